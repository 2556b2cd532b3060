"""Tell which appointments to come a change of the business touches, before anything is changed.

Asked with the rules that decide what can be booked, of the business as it is and as it would be.
Nothing becomes of these appointments: somebody has to call, move or cancel them, one by one.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from booking.scheduling import clock
from booking.scheduling.clock import (
    Interval,
    contains,
    day_interval,
    intersect,
    local_days,
    to_minute,
)
from booking.scheduling.slots import WorkingTime, open_intervals
from booking.storage.base import UTCDateTime
from booking.storage.bookings import STANDING, Booking
from booking.storage.business import Service, StaffMember
from booking.storage.catalogue import away_minutes
from booking.storage.reads import LONGEST

from .plan import BusinessPlan, ClosurePlan, StaffPlan


class Concern(StrEnum):
    """Why nobody could book an appointment as it stands."""

    SERVICE_GONE = "service_gone"
    PERSON_GONE = "person_gone"
    NOT_OFFERED = "not_offered"
    CLOSED = "closed"
    AWAY = "away"
    OUTSIDE_HOURS = "outside_hours"


_STRANDED = {Concern.SERVICE_GONE, Concern.PERSON_GONE}
"""What no other trouble adds to."""


class Touched(NamedTuple):
    """An appointment to come, and why it could not be booked any more. Slugs, and instants."""

    booking_id: int
    reference: str
    service: str
    member: str
    starts_at: datetime
    ends_at: datetime
    why: Concern


def touches(
    session: Session,
    before: BusinessPlan,
    after: BusinessPlan,
    now: datetime,
    *,
    among: Sequence[int] | None = None,
) -> Sequence[Touched]:
    """Return the appointments to come, by their start, that would have a concern they have not yet.

    One that is under way is among them. One query, whatever the number. `among` are the numbers of
    the bookings to ask it of; None: of all.
    """
    if before == after or among == []:
        return ()
    was, becomes = _Business(before), _Business(after)
    values = {"since": now - LONGEST, "now": now, "now_seconds": int(now.timestamp())}
    if among is None:
        rows = session.execute(_COMING, values)
    else:
        rows = session.execute(_COMING_AMONG, values | {"among": among})
    asked = [Touched(*row, why=Concern.CLOSED) for row in rows]
    return [
        one._replace(why=why)
        for one in asked
        if (why := becomes.concern(one)) and was.concern(one) not in {why, *_STRANDED}
    ]


class Block(NamedTuple):
    """Time in which nobody is to come, in minutes, UTC; to one staff member, or "" for all."""

    span: Interval
    member: str = ""


def lying_inside(
    session: Session, blocks: Sequence[Block], now: datetime
) -> Sequence[Sequence[Touched]]:
    """Return for each block the appointments to come of which a part lies inside. One query."""
    values = {"since": now - LONGEST, "now": now, "now_seconds": int(now.timestamp())}
    rows = session.execute(_COMING, values).all() if blocks else []
    coming = [
        (Touched(*row, why=Concern.CLOSED), (to_minute(row.starts_at), to_minute(row.ends_at)))
        for row in rows
    ]
    return [
        [
            one._replace(why=Concern.AWAY if block.member else Concern.CLOSED)
            for one, (first, end) in coming
            if first < block.span[1] and end > block.span[0] and block.member in ("", one.member)
        ]
        for block in blocks
    ]


def closed_span(closure: ClosurePlan, zone: str) -> Interval:
    """Return when that closure keeps the whole shop closed, in minutes, UTC."""
    own = clock.zone(zone)
    return day_interval(closure.first_day, own)[0], day_interval(closure.last_day, own)[1]


def working_time(member: StaffPlan, closures: Sequence[Interval]) -> WorkingTime:
    """Return when somebody works as a plan says; `closures` are the whole shop's."""
    return WorkingTime(
        zone=clock.zone(member.zone),
        weekly=member.hours,
        breaks=member.breaks,
        overrides=member.overrides,
        time_off=tuple(away_minutes(one.starts_at, one.ends_at) for one in member.time_off),
        closures=tuple(closures),
    )


def closed_spans(plan: BusinessPlan) -> tuple[Interval, ...]:
    """Return when the whole shop is closed, in minutes, UTC."""
    return tuple(closed_span(one, plan.shop.zone) for one in plan.closures)


class _Business:
    """A plan, asked about one appointment after the other."""

    def __init__(self, plan: BusinessPlan) -> None:
        closures = closed_spans(plan)
        self._services = {one.slug for one in plan.services}
        self._members = {one.slug: one for one in plan.staff}
        self._working = {one.slug: working_time(one, closures) for one in plan.staff}
        self._open = cache(open_intervals)  # a day has many appointments

    def concern(self, one: Touched) -> Concern | None:
        if one.service not in self._services:
            return Concern.SERVICE_GONE
        if one.member not in self._members:
            return Concern.PERSON_GONE
        if one.service not in self._members[one.member].offers:
            return Concern.NOT_OFFERED
        span = to_minute(one.starts_at), to_minute(one.ends_at)
        working = self._working[one.member]
        if contains(self._open(working, *local_days(span, working.zone)), *span):
            return None
        if intersect([span], working.closures):
            return Concern.CLOSED
        return Concern.AWAY if intersect([span], working.time_off) else Concern.OUTSIDE_HOURS


_COMING = (
    select(
        Booking.id,
        Booking.reference,
        Service.slug,
        StaffMember.slug,
        Booking.starts_at,
        Booking.ends_at,
    )
    .join(Service, Service.id == Booking.service_id)
    .join(StaffMember, StaffMember.id == Booking.staff_member_id)
    .where(
        Booking.state.in_(("pending", "confirmed")),
        Booking.starts_at > bindparam("since", type_=UTCDateTime),  # where the index begins
        Booking.ends_at > bindparam("now", type_=UTCDateTime),
        *STANDING,
    )
    .order_by(Booking.starts_at, Booking.id)
)
_COMING_AMONG = _COMING.where(Booking.id.in_(bindparam("among", expanding=True)))
