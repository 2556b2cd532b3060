"""Whose letter it is to send now: leases, and the turn of one deliverer among all processes.

A letter's own lease is what keeps it from being sent twice within one lease, whatever else goes
wrong. The turn beside it only sees to it that the pace, and a pause that the server asked for, are
those of all processes together. Instants are in seconds since the epoch, UTC.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    and_,
    case,
    delete,
    exists,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session

from booking.transactions.statements import connection_of

from .outbox import LOST_LINK, SENDING, SENT, WAITING, WITHDRAWN, Letter, deliverer, letter

_FIRST_PAUSE, _LONGEST_PAUSE = 60, 3600
# Made once: an alias has columns of its own, and they take longer to make than a letter to find.
_FREE, _OLDER = letter.alias("free"), letter.alias("older")
_LONGEST = 24 * 3600
"""Seconds: no lease and no pause is longer. What is, was written by a clock that was ahead."""
_THE_ROW = text(
    "INSERT INTO booking_deliverer (id, leased_until, paused_until, pauses, answer) "
    "VALUES (1, 0, 0, 0, '') ON CONFLICT (id) DO NOTHING"
)


def take_turn(session: Session, lease: str, *, now: int, until: int) -> bool:
    """Take or keep the turn to deliver; return whether it is ours until then.

    It is nobody's once it ran out.
    """
    free = or_(deliverer.c.lease == lease, _is_over(deliverer.c.leased_until, now, _LONGEST_PAUSE))
    mine = update(deliverer).where(free).values(lease=lease, leased_until=until)
    connection = connection_of(session)
    if connection.execute(mine).rowcount:
        return True
    # Where a host's create_all made the tables, nobody has written the row yet.
    return bool(connection.execute(_THE_ROW).rowcount and connection.execute(mine).rowcount)


def end_turn(session: Session, lease: str, *, until: int) -> None:
    """Let another process have the turn from then on, where it is still ours."""
    ours = update(deliverer).where(deliverer.c.lease == lease)
    connection_of(session).execute(ours.values(lease=None, leased_until=until))


def is_paused(session: Session, *, now: int) -> bool:
    """Tell whether no letters leave, because the server said so."""
    is_over = _is_over(deliverer.c.paused_until, now, _LONGEST_PAUSE)
    return session.scalar(select(~is_over)) or False


def pause(session: Session, *, now: int, answer: str) -> int:
    """Let no letters leave for a while, each time for twice as long; return until when."""
    connection = connection_of(session)
    before = connection.scalar(select(deliverer.c.pauses).with_for_update()) or 0
    until = now + int(min(_FIRST_PAUSE * 2**before, _LONGEST_PAUSE))
    paused = update(deliverer).values(paused_until=until, pauses=min(before + 1, 16), answer=answer)
    connection.execute(paused)
    return until


def end_pauses(session: Session) -> None:
    """Forget that the server asked for pauses: it takes letters again."""
    after = update(deliverer).where(deliverer.c.pauses > 0)
    connection_of(session).execute(after.values(paused_until=0, pauses=0, answer=""))


def due_letters(session: Session, *, now: int, most: int, only_hosts: bool = False) -> list[int]:
    """Return letters that are to go now, up to `most`, as they came.

    Reminders are last, and before them what anybody can have written: links that were asked for.
    """
    due = select(letter.c.id).where(_is_due(letter, now))
    if only_hosts:
        due = due.where(letter.c.role == "host")
    first = case((letter.c.kind == "reminder", 2), (letter.c.kind == LOST_LINK, 1), else_=0)
    return list(session.scalars(due.order_by(first, letter.c.due_at, letter.c.id).limit(most)))


def claim_letter(
    session: Session, number: int, lease: str, *, now: int, until: int, only_hosts: bool = False
) -> Letter | None:
    """Take the letter for ourselves until then; None: it is not to go now, or somebody has it."""
    free = select(_FREE.c.id).where(_FREE.c.id == number, _is_due(_FREE, now))
    if only_hosts:
        free = free.where(_FREE.c.role == "host")
    free = free.with_for_update(skip_locked=True, of=_FREE)
    mine = (
        update(letter)
        .where(letter.c.id == free.scalar_subquery())
        .values(state=SENDING, lease=lease, leased_until=until, tries=letter.c.tries + 1)
    )
    connection = connection_of(session)
    if not connection.execute(mine).rowcount:
        return None
    [row] = connection.execute(select(letter).where(letter.c.id == number)).mappings()
    return Letter(**row)


def _is_due(row: FromClause, now: int) -> ColumnElement[bool]:
    """Due, or given up by whoever had it; and nothing older is on its way to the same recipient.

    What was tried and waits to be tried again is on its way; a reminder that is not due is not.
    """
    older = _OLDER
    before = or_(
        and_(older.c.state == WAITING, or_(older.c.tries > 0, older.c.due_at <= row.c.due_at)),
        older.c.state == SENDING,
        and_(
            older.c.state == WITHDRAWN,
            older.c.lease.is_not(None),  # without one it waited to be tried again
            ~_is_over(older.c.leased_until, now),
        ),
    )
    is_held_up = exists().where(
        older.c.booking_id == row.c.booking_id,
        older.c.state.in_((WAITING, SENDING, WITHDRAWN)),
        older.c.recipient == row.c.recipient,
        older.c.id < row.c.id,
        before,
    )
    nobody_has_it = or_(row.c.leased_until.is_(None), _is_over(row.c.leased_until, now))
    waits = and_(row.c.state == WAITING, row.c.due_at <= now, nobody_has_it)
    given_up = and_(row.c.state == SENDING, nobody_has_it)
    return and_(or_(waits, given_up), ~is_held_up)


def _is_over(until: ColumnElement[Any], now: int, longest: int = _LONGEST) -> ColumnElement[bool]:
    return or_(until <= now, until > now + longest)


def end_letter(
    session: Session, number: int, lease: str, state: str, *, answer: str, now: int
) -> bool:
    """Write down how it ended, if the lease is still ours; return whether it was.

    What was withdrawn meanwhile has gone out, or stays withdrawn.
    """
    return _finish(session, number, lease, state=state, answer=answer, ended_at=now)


def postpone_letter(
    session: Session, number: int, lease: str, *, answer: str, until: int, tries: int
) -> bool:
    """Let nobody try it again before then, if the lease is still ours; return whether it was.

    It has been tried so many times, as far as they count. It stays due when it was. What was
    withdrawn meanwhile stays withdrawn.
    """
    values = {"answer": answer, "leased_until": until, "tries": tries}
    return _finish(session, number, lease, state=WAITING, **values)


def erase_letter(
    session: Session, number: int, lease: str, *, sent_to: str, answer: str, now: int
) -> bool:
    """Let nothing be left of whom it was for, if the lease is still ours; return whether it was.

    `sent_to` is what is kept in place of the address; where it is empty nothing was sent, and the
    letter goes.
    """
    if sent_to:
        values = {"answer": answer, "ended_at": now, "recipient": sent_to}
        return _finish(session, number, lease, state=SENT, **values)
    ours = delete(letter).where(letter.c.id == number, letter.c.lease == lease)
    return bool(connection_of(session).execute(ours).rowcount)


def _finish(session: Session, number: int, lease: str, **values: Any) -> bool:
    connection = connection_of(session)
    ours = and_(letter.c.id == number, letter.c.lease == lease)
    state = connection.scalar(select(letter.c.state).where(ours).with_for_update())
    if state is None:
        return False
    if state == WITHDRAWN and values["state"] != SENT:
        values = {"answer": values["answer"]}
    values = {"lease": None, "leased_until": None} | values
    connection.execute(update(letter).where(ours).values(values))
    return True


def delete_old_letters(session: Session, *, before: int, most: int) -> int:
    """Delete up to `most` letters that ended before then; return how many went.

    So go those that were due before then and wait, because nobody delivers any more.
    """
    forgotten = and_(letter.c.state.in_((WAITING, SENDING)), letter.c.due_at < before)
    old: Sequence[int] = session.scalars(
        select(letter.c.id)
        .where(or_(letter.c.ended_at < before, forgotten))
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    connection_of(session).execute(delete(letter).where(letter.c.id.in_(old)))
    return len(old)
