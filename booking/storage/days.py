"""How much of a day is taken, and by whom: what the shares of a day are counted from."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, LargeBinary, bindparam, case, func, or_, select
from sqlalchemy.orm import Session

from booking.scheduling.hours import TICK

from .bookings import booking as bookings
from .bookings import claim as claims
from .bookings import hold as holds
from .visitors import VisitorHashes, number_of


class Part(NamedTuple):
    """A part of a day: how many appointments, and their minutes."""

    appointments: int = 0
    minutes: int = 0


class VisitorUsage(NamedTuple):
    """Of one resource's day: what the visitor has, and what everybody holds and has not booked."""

    own: Part = Part()
    held: Part = Part()


def visitor_usage(
    session: Session,
    marks: VisitorHashes,
    resources: Collection[int],
    ticks: range,
    *,
    now: datetime,
    besides_tab: int | None,
) -> dict[int, VisitorUsage]:
    """What is taken of each resource within those ticks, that tab's own hold left out."""
    today, yesterday = marks.of("visitor")
    asked = {
        "today": today,
        "yesterday": yesterday,
        "resources": list(resources),
        "first": ticks.start,
        "end": ticks.stop,
        "now": int(now.timestamp()),
        "tab": number_of(besides_tab),
    }
    rows = session.connection().execute(_TAKEN, asked)
    return {
        resource: VisitorUsage(Part(ours, own * TICK), Part(theirs, held * TICK))
        for resource, ours, own, theirs, held in rows
    }


def _part(which: ColumnElement[bool]) -> list[ColumnElement[int]]:
    owner = func.coalesce(claims.c.hold_id, -claims.c.booking_id)
    return [func.count(case((which, owner)).distinct()), func.count(case((which, 1)))]


# Built once: building a statement takes several times as long as running it.
_MARKS = [bindparam(day, type_=LargeBinary) for day in ("today", "yesterday")]
_HELD = claims.c.hold_id.is_not(None) & (holds.c.tab_session_id != bindparam("tab"))
_OWN = or_(_HELD & holds.c.visitor.in_(_MARKS), bookings.c.visitor.in_(_MARKS))
_TAKEN = (
    select(claims.c.resource_id, *_part(_OWN), *_part(_HELD))
    .outerjoin(holds, holds.c.id == claims.c.hold_id)
    .outerjoin(bookings, bookings.c.id == claims.c.booking_id)
    .where(
        claims.c.resource_id.in_(bindparam("resources", expanding=True)),
        claims.c.tick >= bindparam("first"),
        claims.c.tick < bindparam("end"),
        or_(claims.c.expires_at.is_(None), claims.c.expires_at > bindparam("now")),
    )
    .group_by(claims.c.resource_id)
)
