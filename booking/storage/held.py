"""Holds as the owner sees them: all that are live, whoever's tab they belong to."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from .bookings import Hold
from .bookings import claim as claims
from .bookings import hold as holds


@dataclass(frozen=True)
class Which:
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
    session: Session, which: Which, *, now: datetime, lock: bool = False
) -> Sequence[Hold]:
    """The holds whose time has not run out, in order of their numbers.

    `lock` keeps everybody else off them until the transaction ends; what changed while we waited
    for that is read anew.
    """
    query = select(holds).where(holds.c.expires_at > int(now.timestamp()), *_named(which))
    query = query.order_by(holds.c.id)
    rows = session.connection().execute(query.with_for_update() if lock else query)
    return [Hold(*row) for row in rows]


def holds_on(session: Session, resource_id: int, ticks: range, *, now: datetime) -> list[int]:
    """The numbers of the live holds that have claimed any of these ticks, in ascending order."""
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
    return sorted(session.connection().execute(query).scalars())


def held_ticks(session: Session, *, now: datetime) -> Sequence[tuple[int, int, int]]:
    """Resource, tick and hold of every claim that is held and not booked."""
    query = select(claims.c.resource_id, claims.c.tick, claims.c.hold_id).where(
        claims.c.hold_id.is_not(None), claims.c.expires_at > int(now.timestamp())
    )
    rows = session.connection().execute(query)
    return [(resource, tick, number) for resource, tick, number in rows]


def _named(which: Which) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if which.numbers is not None:
        found.append(holds.c.id.in_(which.numbers))
    if which.tab is not None:
        found.append(holds.c.tab_session_id == which.tab)
    if which.like is not None:
        width, mark = which.like
        found.append(holds.c[width] == mark)
    if which.staff_member_id is not None:
        found.append(holds.c.staff_member_id == which.staff_member_id)
    if which.between is not None:
        first, end = (instant.astimezone(UTC) for instant in which.between)
        found += [holds.c.starts_at < end, holds.c.ends_at > first]
    return found
