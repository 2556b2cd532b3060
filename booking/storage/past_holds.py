"""Times that a network held and let go of, and since when: a new tab of it does not begin afresh.

A row is written when a tab leaves a time that it held, never on the ordinary way from a hold to a
booking. It counts for as long as a hold lasts after it ran out, and is purged later.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import (
    BigInteger,
    Column,
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

from booking.scheduling.clock import DAY
from booking.scheduling.hours import TICK
from booking.scheduling.intervals import Interval

from .base import Base
from .bookings import WIDTHS
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


def remember(session: Session, hold_ids: Collection[int]) -> None:
    """Note what these holds have claimed, before it is let go of."""
    make = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    columns = list(past_hold.c)
    noted = make(past_hold).from_select(columns, _CLAIMED.where(holds.c.id.in_(hold_ids)))
    later = {column.name: noted.excluded[column.name] for column in columns[3:]}
    session.execute(noted.on_conflict_do_update(index_elements=columns[:3], set_=later))


def held_since(
    session: Session,
    marks: VisitorHashes,
    resource_id: int,
    span: Interval,
    *,
    lately: int,
    besides_tab: int,
) -> int | None:
    """Since when others of the visitor's widest network have held that time; None if none did.

    `span` in minutes since the epoch; nothing that ran out by `lately` (seconds) counts any more.
    """
    asked = {
        "today": _widest(marks.today),
        "yesterday": _widest(marks.yesterday),
        "resource": resource_id,
        "tab": besides_tab,
        "before": (span[0] - 3 * DAY) // TICK,  # longer than any appointment and its buffers
        "first": span[0] // TICK,
        "end": -(-span[1] // TICK),
        "lately": lately,
    }
    since: int | None = session.connection().execute(_HELD_SINCE, asked).scalar_one()
    return since


def forget(session: Session, before: int, most: int) -> int:
    """Delete up to `most` that ran out before that second; how many went."""
    key = (past_hold.c.mark, past_hold.c.resource_id, past_hold.c.tick)
    old = select(*key).where(past_hold.c.expires_at < before).limit(most)
    gone = session.connection().execute(delete(past_hold).where(tuple_(*key).in_(old)))
    return gone.rowcount


def _widest(marks: Sequence[bytes | None]) -> bytes | None:
    return next((mark for mark in reversed(marks) if mark), None)


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
_HELD_SINCE = select(func.min(_EITHER.c.held_since))
