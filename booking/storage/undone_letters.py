"""Letters of something that is undone: whether one has left, and those of before put back.

Instants are seconds since the epoch, UTC.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import Session

from booking.transactions.statements import connection_of

from .bookings import booking
from .outbox import REFUSED, SERIES, TOO_LATE, WAITING, WITHDRAWN, letter

REMINDER = "reminder"


def lock_letters(
    session: Session, booking_id: int, *, sequence: int, since: int, kinds: Collection[str] = ()
) -> bool:
    """Keep whoever delivers off these letters; return whether none of them is on its way.

    Those of the booking's `sequence` that were written `since` then, of these kinds or of all. What
    is refused, or came too late, has told nobody anything.
    """
    query = select(letter.c.state, letter.c.tries, letter.c.lease).where(
        _of_event(booking_id, sequence, since, kinds)
    )
    rows = connection_of(session).execute(query.order_by(letter.c.id).with_for_update()).all()
    return not any(_has_left(*row) for row in rows)


def lock_series_letters(session: Session, series: str, *, since: int) -> bool:
    """Keep whoever delivers off the letters about several of that series; return as `lock_letters`.

    What else they tell stays true: `leave_out` takes one appointment out of them.
    """
    query = select(letter.c.state, letter.c.tries, letter.c.lease).where(
        _about_several(series, since)
    )
    rows = connection_of(session).execute(query.order_by(letter.c.id).with_for_update()).all()
    return not any(_has_left(*row) for row in rows)


def leave_out(
    session: Session, series: str, booking_id: int, *, event: str, since: int, now: int
) -> None:
    """Let what waits of the letters that tell this event of that series name the booking no more.

    A letter that named it alone is withdrawn.
    """
    of_event = _about_several(series, since) & (letter.c.kind == SERIES[event])
    waiting = of_event & (letter.c.state == WAITING)
    for number, facts in session.execute(select(letter.c.id, letter.c.facts).where(waiting)).all():
        others = [each for each in facts["series"] if each != booking_id]
        values = {"facts": {**facts, "series": others}} if others else _withdrawn(now)
        session.execute(update(letter).where(letter.c.id == number).values(values))


def withdraw_event(
    session: Session,
    booking_id: int,
    *,
    sequence: int,
    since: int,
    now: int,
    kinds: Collection[str] = (),
) -> None:
    """Withdraw what waits of these letters, a host's among them: what they tell did not happen."""
    waiting = _of_event(booking_id, sequence, since, kinds) & (letter.c.state == WAITING)
    about_it = waiting & letter.c.kind.not_in(SERIES.values())
    withdrawn = update(letter).where(about_it).values(_withdrawn(now))
    connection_of(session).execute(withdrawn)


def put_back(session: Session, numbers: Collection[int], *, sequence: int) -> None:
    """Let these letters wait again, as they did before they were withdrawn; they are true again.

    One that was under way then is left alone: it may have arrived. `sequence` is the booking's now.
    """
    if numbers:
        theirs = and_(
            letter.c.id.in_(numbers), letter.c.state == WITHDRAWN, letter.c.lease.is_(None)
        )
        again = {"state": WAITING, "ended_at": None, "sequence": sequence}
        connection_of(session).execute(update(letter).where(theirs).values(again))


def _withdrawn(now: int) -> dict[str, Any]:
    return {"state": WITHDRAWN, "ended_at": now}


def _about_several(series: str, since: int) -> ColumnElement[bool]:
    theirs = select(booking.c.id).where(booking.c.series == series)
    return and_(
        letter.c.booking_id.in_(theirs),
        letter.c.kind.in_(SERIES.values()),
        letter.c.created_at >= since,
    )


def _of_event(
    booking_id: int, sequence: int, since: int, kinds: Collection[str]
) -> ColumnElement[bool]:
    wanted = [
        letter.c.booking_id == booking_id,
        letter.c.sequence == sequence,
        letter.c.created_at >= since,
    ]
    if kinds:
        wanted.append(letter.c.kind.in_(kinds))
    return and_(*wanted)


def _has_left(state: str, tries: int, lease: str | None) -> bool:
    if state in (REFUSED, TOO_LATE):
        return False
    return bool(tries) or bool(lease) or state not in (WAITING, WITHDRAWN)
