"""Holds across tabs: those that run now, whoever's tab they belong to, and those let go of before.

What a network held and let go of is kept for a while, with since when: a new tab of it does not
begin afresh. A row is written when a tab leaves a time that it held, never on the ordinary way from
a hold to a booking. It counts for as long as a hold lasts after it ran out, and is purged later.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Integer,
    LargeBinary,
    Table,
    bindparam,
    delete,
    func,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.scheduling.clock import DAY, TICK, Interval
from booking.transactions.statements import FixedStatement, connection_of

from .base import Base
from .bookings import WIDTHS, Hold
from .bookings import claim as claims
from .bookings import hold as holds
from .visitors import VisitorHashes

past_hold = Table(
    "booking_past_hold",
    Base.metadata,
    Column("mark", LargeBinary(32), primary_key=True),
    Column("resource_id", Integer, primary_key=True, autoincrement=False),
    Column("tick", BigInteger, primary_key=True, autoincrement=False),
    Column("end_tick", BigInteger, nullable=False),
    Column("held_since", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)


def remember_released(session: Session, hold_ids: Collection[int]) -> None:
    """Note what these holds have claimed, before it is let go of."""
    make = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    columns = list(past_hold.c)
    noted = make(past_hold).from_select(columns, _CLAIMED.where(holds.c.id.in_(hold_ids)))
    later = {column.name: noted.excluded[column.name] for column in columns[3:]}
    session.execute(noted.on_conflict_do_update(index_elements=columns[:3], set_=later))


def held_since(
    session: Session,
    hashes: VisitorHashes,
    resource_id: int,
    span: Interval,
    *,
    lately: int,
    besides_tab: int,
) -> int | None:
    """Return since when others of the visitor's widest network have held that time, or None.

    `span` in minutes since the epoch; nothing that ran out by `lately` (seconds) counts any more.
    """
    values = {
        "today": _widest(hashes.today),
        "yesterday": _widest(hashes.yesterday),
        "resource": resource_id,
        "tab": besides_tab,
        "before": (span[0] - 3 * DAY) // TICK,  # longer than any appointment and its buffers
        "first": span[0] // TICK,
        "end": -(-span[1] // TICK),
        "lately": lately,
    }
    since: int | None = _HELD_SINCE.rows(session, values)[0][0]
    return since


def delete_past_holds(session: Session, *, now: datetime, most: int = 500) -> int:
    """Forget up to `most` times that were let go of a day ago or more; how many went."""
    before = int((now - timedelta(days=1)).timestamp())
    key = (past_hold.c.mark, past_hold.c.resource_id, past_hold.c.tick)
    old = select(*key).where(past_hold.c.expires_at < before).limit(most)
    return connection_of(session).execute(delete(past_hold).where(tuple_(*key).in_(old))).rowcount


def _widest(hashes: Sequence[bytes | None]) -> bytes | None:
    return next((mark for mark in reversed(hashes) if mark), None)


# Built once: building a statement takes several times as long as running it.
_MARK = func.coalesce(*(holds.c[width] for width in reversed(WIDTHS)))
_MARKS = [bindparam(day, type_=LargeBinary) for day in ("today", "yesterday")]
_CLAIMED = (
    select(
        _MARK,
        claims.c.resource_id,
        func.min(claims.c.tick),
        func.max(claims.c.tick) + 1,
        holds.c.held_since,
        func.max(claims.c.expires_at),
    )
    .join(holds, holds.c.id == claims.c.hold_id)
    .where(holds.c.visitor.is_not(None))
    .group_by(_MARK, claims.c.resource_id, claims.c.hold_id, holds.c.held_since)
)
_LET_GO = select(past_hold.c.held_since).where(
    past_hold.c.mark.in_(_MARKS),
    past_hold.c.resource_id == bindparam("resource"),
    past_hold.c.tick >= bindparam("before"),
    past_hold.c.tick < bindparam("end"),
    past_hold.c.end_tick > bindparam("first"),
    past_hold.c.expires_at > bindparam("lately"),
)
_RAN_OUT = (
    select(holds.c.held_since)
    .join(claims, claims.c.hold_id == holds.c.id)
    .where(
        claims.c.resource_id == bindparam("resource"),
        claims.c.tick >= bindparam("first"),
        claims.c.tick < bindparam("end"),
        claims.c.expires_at > bindparam("lately"),
        holds.c.tab_session_id != bindparam("tab"),
        _MARK.in_(_MARKS),
    )
)
_EITHER = union_all(_LET_GO, _RAN_OUT).subquery()
_HELD_SINCE = FixedStatement(select(func.min(_EITHER.c.held_since)))


@dataclass(frozen=True)
class HoldFilter:
    """Which live holds: every one of them, as far as nothing is named.

    `numbers` are those of holds, `tab` is that of a tab's row, `like` one of WIDTHS and a mark of
    it; `between` are two instants, and meant are holds of which a part lies between them.
    """

    numbers: Collection[int] | None = None
    tab: int | None = None
    like: tuple[str, bytes] | None = None
    staff_member_id: int | None = None
    between: tuple[datetime, datetime] | None = None


def live_holds(
    session: Session, which: HoldFilter, *, now: datetime, lock: bool = False
) -> Sequence[Hold]:
    """Return the holds whose time has not run out, in order of their numbers.

    `lock` keeps everybody else off them until the transaction ends; what changed while we waited
    for that is read anew.
    """
    query = select(holds).where(holds.c.expires_at > int(now.timestamp()), *_named(which))
    query = query.order_by(holds.c.id)
    rows = connection_of(session).execute(query.with_for_update() if lock else query)
    return [Hold(*row) for row in rows]


def holds_on(session: Session, resource_id: int, ticks: range, *, now: datetime) -> list[int]:
    """Return the numbers of the live holds that have claimed any of these ticks, ascending."""
    query = (
        select(claims.c.hold_id)
        .where(
            claims.c.resource_id == resource_id,
            claims.c.tick >= ticks.start,
            claims.c.tick < ticks.stop,
            claims.c.hold_id.is_not(None),
            claims.c.expires_at > int(now.timestamp()),
        )
        .distinct()
    )
    return sorted(connection_of(session).execute(query).scalars())


def held_ticks(session: Session, *, now: datetime) -> Sequence[tuple[int, int, int]]:
    """Return resource, tick and hold of every claim that is held and not booked."""
    query = select(claims.c.resource_id, claims.c.tick, claims.c.hold_id).where(
        claims.c.hold_id.is_not(None), claims.c.expires_at > int(now.timestamp())
    )
    rows = connection_of(session).execute(query)
    return [(resource, tick, number) for resource, tick, number in rows]


def _named(which: HoldFilter) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if which.numbers is not None:
        wanted.append(holds.c.id.in_(which.numbers))
    if which.tab is not None:
        wanted.append(holds.c.tab_session_id == which.tab)
    if which.like is not None:
        width, mark = which.like
        wanted.append(holds.c[width] == mark)
    if which.staff_member_id is not None:
        wanted.append(holds.c.staff_member_id == which.staff_member_id)
    if which.between is not None:
        first, end = (instant.astimezone(UTC) for instant in which.between)
        wanted += [holds.c.starts_at < end, holds.c.ends_at > first]
    return wanted
