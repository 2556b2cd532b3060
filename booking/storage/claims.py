"""The guard: one row per resource and five-minute tick, and its primary key is the promise.

Whatever locks rows of claims locks them in ascending order of (resource, tick), in one go, and
after the hold they belong to. Two transactions that meet on several rows then wait for each other
in one direction only. Who lets several holds go one after the other, as the end of several tabs
does, can still meet somebody crosswise: PostgreSQL breaks that deadlock, and it is run again.
"""

from collections.abc import Collection, Iterable
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import ColumnElement, bindparam, delete, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from booking.scheduling.clock import TICK, Interval
from booking.transactions.statements import FixedStatement, connection_of, send_text

from .bookings import Hold
from .bookings import claim as claims
from .bookings import hold as holds
from .holds import remember_released

Pair = tuple[int, int]
"""(resource id, tick)"""

PLACES_A_DAY = 10_000
_ROWS_A_STATEMENT = 150  # of five parameters each: below the 999 that an old SQLite takes


def staff_ticks(resource_id: int, span: Interval) -> set[Pair]:
    """Return every tick that touches the span (minutes since the epoch, UTC), buffers included."""
    start, end = span
    return {(resource_id, tick) for tick in range(start // TICK, -(-end // TICK))}


def day_place(resource_id: int, day: date, place: int) -> Pair:
    """Return the n-th place of a service's day, from 1, as a tick of the service's resource."""
    return resource_id, day.toordinal() * PLACES_A_DAY + place


def day_places(day: date) -> range:
    """Return all ticks that could be places of that day."""
    return range(day.toordinal() * PLACES_A_DAY, (day.toordinal() + 1) * PLACES_A_DAY)


def claim_and_release(
    session: Session,
    wanted: Collection[Pair],
    to_release: Iterable[Pair],
    *,
    hold_id: int | None = None,
    booking_id: int | None = None,
    own_hold_id: int | None = None,
    expires_at: int | None = None,
    now: int,
) -> set[Pair]:
    """Claim `wanted`, let go of the rest of `to_release`, and return the pairs that others have.

    Claimed for a hold (until `expires_at`) or for a booking (for good, or until then while it, or
    its move, is pending). A claim that ran out by `now`, or that belongs to `own_hold_id` or to
    that booking, is taken over. Times are in seconds since the epoch. Unless the answer is empty,
    roll back: part of the rest may be written.
    """
    # What is given up is written once more together with what is wanted, then deleted: deleting
    # it on its own would lock rows out of order.
    extra = set(to_release) - set(wanted)
    every = sorted({*wanted, *extra})
    claimant = _Claimant(hold_id, booking_id, expires_at)
    if _write(session, every, claimant, own_hold_id=own_hold_id, now=now) < len(every):
        lost = set(wanted) - owned(session, hold_id=hold_id, booking_id=booking_id)
        if lost:
            return lost
    if extra:
        column, owner = ("booking_id", booking_id) if hold_id is None else ("hold_id", hold_id)
        surplus = tuple_(claims.c.resource_id, claims.c.tick).in_(sorted(extra))
        connection_of(session).execute(delete(claims).where(claims.c[column] == owner, surplus))
    return set()


def owned(
    session: Session, *, hold_id: int | None = None, booking_id: int | None = None
) -> set[Pair]:
    """Return what a hold or a booking has claimed and not lost."""
    query, owner = (_OF_HOLD, hold_id) if hold_id is not None else (_OF_BOOKING, booking_id)
    return {(row[0], row[1]) for row in query.rows(session, {"owner": owner})}


def owned_for_good(session: Session, booking_id: int) -> frozenset[Pair]:
    """Return what a booking has claimed for good, and not only while something of it waits."""
    rows = _FOR_GOOD.rows(session, {"owner": booking_id})
    return frozenset((row[0], row[1]) for row in rows)


def release_hold(session: Session, hold_id: int) -> None:
    """Let go of all that the hold claimed, and of the hold itself."""
    _release(session, [hold_id])


def release_holds(session: Session, hold_ids: Collection[int]) -> None:
    """Let go of several holds at once: one after the other would lock rows out of order."""
    # The holds before their claims, as who extends one locks them.
    in_order = select(holds.c.id).where(holds.c.id.in_(hold_ids)).order_by(holds.c.id)
    session.execute(in_order.with_for_update()).fetchall()
    _release(session, hold_ids)


def _release(session: Session, hold_ids: Collection[int]) -> None:
    remember_released(session, hold_ids)
    _let_go(session, claims.c.hold_id.in_(hold_ids))
    session.execute(delete(holds).where(holds.c.id.in_(hold_ids)))


def prolong_hold(session: Session, held: Hold, until: int, claimed: int) -> bool:
    """Let the hold and all that it claimed, so many, run out later.

    False where somebody was quicker, and nothing is changed: while a request waited, its time may
    have run out for others.
    """
    connection, old = connection_of(session), held.expires_at
    if not _PROLONG_HOLD.execute(session, {"hold": held.id, "old": old, "until": until}):
        return False
    if connection.dialect.name == "postgresql":
        _lock(session, claims.c.hold_id == held.id)
    if _PROLONG_CLAIMS.execute(session, {"hold": held.id, "until": until, "claimed": claimed}):
        return True
    # All of the claims or none: then only the hold is to be put back, which no savepoint is for.
    _PROLONG_HOLD.execute(session, {"hold": held.id, "old": until, "until": old})
    return False


def release_claims(session: Session, hold_ids: Collection[int]) -> None:
    """Let go of all that these holds claimed; their records stay."""
    remember_released(session, hold_ids)
    _let_go(session, claims.c.hold_id.in_(hold_ids))


def drop_hold(session: Session, hold_id: int) -> None:
    """Delete a hold all of whose claims a booking has taken over."""
    _DROP.execute(session, {"hold": hold_id})


def release_bookings(session: Session, booking_ids: Collection[int]) -> None:
    """Let go of all that these bookings claimed; their records stay."""
    _let_go(session, claims.c.booking_id.in_(booking_ids))


def release_what_waits(session: Session, booking_ids: Collection[int]) -> None:
    """Let go of what these bookings claimed for a while; what they have for good stays."""
    _let_go(session, claims.c.booking_id.in_(booking_ids) & claims.c.expires_at.is_not(None))


def release_past(session: Session, resource_id: int, before: int, most: int) -> int:
    """Delete up to `most` of the resource's claims on ticks below `before`; how many went.

    They guard nothing any more. Rows that others are busy with are left to them.
    """
    values = {"resource": resource_id, "before": before, "most": most}
    ticks = connection_of(session).execute(_PAST, values).scalars().all()
    if ticks:
        past = (claims.c.resource_id == resource_id, claims.c.tick.in_(ticks))
        session.execute(delete(claims).where(*past))
    return len(ticks)


def _let_go(session: Session, belonging: ColumnElement[bool]) -> None:
    _lock(session, belonging)
    session.execute(delete(claims).where(belonging))


def _lock(session: Session, belonging: ColumnElement[bool]) -> None:
    in_order = (claims.c.resource_id, claims.c.tick)
    session.execute(
        select(*in_order).where(belonging).order_by(*in_order).with_for_update()
    ).fetchall()


def blocking(first: str = "first", last: str = "last") -> tuple[ColumnElement[bool], ...]:
    """Return the SQL conditions for claims that block a slot at `now` (seconds since the epoch).

    Those on the ticks from `first` to `last` (names of values) that are not expired.
    """
    return (
        claims.c.tick >= bindparam(first),
        claims.c.tick <= bindparam(last),
        or_(claims.c.expires_at.is_(None), claims.c.expires_at > bindparam("now")),
    )


def not_of_hold(own_hold: ColumnElement[int]) -> ColumnElement[bool]:
    """Return the SQL condition for claims of anything but that hold."""
    return or_(claims.c.hold_id.is_(None), claims.c.hold_id != own_hold)


# Built once: building a statement takes several times as long as running it.
BLOCKING = (
    *blocking(),
    not_of_hold(bindparam("own_hold")),
    or_(claims.c.booking_id.is_(None), claims.c.booking_id != bindparam("own_booking")),
)
"""And neither of the hold `own_hold` nor of the booking `own_booking`."""
_PAIRS = select(claims.c.resource_id, claims.c.tick)
_OF_HOLD = FixedStatement(_PAIRS.where(claims.c.hold_id == bindparam("owner")))
_OF_BOOKING = FixedStatement(_PAIRS.where(claims.c.booking_id == bindparam("owner")))
_FOR_GOOD = FixedStatement(
    _PAIRS.where(claims.c.booking_id == bindparam("owner"), claims.c.expires_at.is_(None))
)
_PROLONG_HOLD = FixedStatement(
    update(holds)
    .where(holds.c.id == bindparam("hold"), holds.c.expires_at == bindparam("old"))
    .values(expires_at=bindparam("until"))
)
_HOW_MANY = select(func.count()).where(claims.c.hold_id == bindparam("hold")).correlate(None)
_PROLONG_CLAIMS = FixedStatement(
    update(claims)
    .where(
        claims.c.hold_id == bindparam("hold"), bindparam("claimed") == _HOW_MANY.scalar_subquery()
    )
    .values(expires_at=bindparam("until"))
)
_DROP = FixedStatement(delete(holds).where(holds.c.id == bindparam("hold")))
_PAST = (
    select(claims.c.tick)
    .where(claims.c.resource_id == bindparam("resource"), claims.c.tick < bindparam("before"))
    .order_by(claims.c.tick)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)


class _Claimant(NamedTuple):
    """Who claims until when, in the order the statement asks for it."""

    hold_id: int | None
    booking_id: int | None
    expires_at: int | None


def _write(
    session: Session, pairs: list[Pair], claimant: _Claimant, *, own_hold_id: int | None, now: int
) -> int:
    """Write the claims that are free or our own; how many were."""
    connection = connection_of(session)
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    written = 0
    for begin in range(0, len(pairs), _ROWS_A_STATEMENT):
        part = pairs[begin : begin + _ROWS_A_STATEMENT]
        values = [value for pair in part for value in (*pair, *claimant)]
        # Past SQLAlchemy's compiler: with its parameters by name it took half of a claim's time.
        text = _statement(len(part), mark)
        own = own_hold_id, claimant.booking_id
        written += send_text(connection, text, (*values, now, *own))[1]
    return written


@lru_cache(maxsize=_ROWS_A_STATEMENT)
def _statement(rows: int, mark: str) -> str:
    values = ", ".join([f"({', '.join([mark] * 5)})"] * rows)
    return (
        "INSERT INTO booking_claim (resource_id, tick, hold_id, booking_id, expires_at)"  # noqa: S608
        f" VALUES {values}"
        " ON CONFLICT (resource_id, tick) DO UPDATE SET hold_id = excluded.hold_id,"
        " booking_id = excluded.booking_id, expires_at = excluded.expires_at"
        f" WHERE booking_claim.expires_at <= {mark} OR booking_claim.hold_id = {mark}"
        f" OR booking_claim.booking_id = {mark}"
    )
