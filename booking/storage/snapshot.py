"""All that decides what is free for one service and some of its staff, read once.

The calendar the customer sees and the check inside a hold or a booking ask the same snapshot, so
they cannot disagree about the rules.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from sqlalchemy import String, bindparam, cast, func, select
from sqlalchemy.orm import Session

from booking.scheduling.clock import DAY, local_day, to_minute
from booking.scheduling.hours import TICK, WorkingTime, each_day, open_intervals
from booking.scheduling.intervals import Interval, intersect
from booking.scheduling.rules import LONGEST_WINDOW, ServiceRules
from booking.scheduling.slots import Reason, free_starts, limit_days, why_not

from .bookings import Hold
from .bookings import claim as claims
from .business import Service, StaffMember
from .catalogue import Catalogue
from .claims import BLOCKING
from .places import DailyQuota, load_daily_quota
from .working_time import clip_exceptions, rules_of


@dataclass(frozen=True)
class AvailabilitySnapshot:
    """What one service's staff have left, as one tab sees it: its own hold hides nothing.

    `now` and all intervals are minutes since the epoch, UTC.
    """

    service_id: int
    rules: ServiceRules
    working: dict[int, WorkingTime]
    taken: dict[int, list[Interval]]
    places: DailyQuota
    own: Hold | None
    now: int
    zone: ZoneInfo

    def why_not(self, member: StaffMember, start: int) -> Reason | None:
        """The first reason that keeps the start from being had; None if it can be."""
        return why_not(
            self.working[member.id],
            self._rules_for(member, start),
            self.taken[member.id],
            self.now,
            start,
            full_days=self._full_days,
        )

    def free(self, member: StaffMember, span: Interval) -> list[int]:
        """The staff member's free slots that start within the span (minutes, UTC), in order."""
        working = self.working[member.id]
        found = free_starts(
            working,
            self.rules,
            self.taken[member.id],
            self.now,
            *_local_days(span, working),
            full_days=self._full_days,
        )
        if own := self._own_start(member):
            found = sorted({*found, own})
        return _within(found, span)

    def offers(self, member: StaffMember, span: Interval) -> bool:
        """Whether there would be a slot within the span if nothing was taken, past or not."""
        working = self.working[member.id]
        if not any(map(working.ranges, each_day(*_local_days(span, working)))):
            return False
        whenever = replace(self.rules, minimum_notice=0, booking_window=LONGEST_WINDOW)
        starts = free_starts(working, whenever, (), span[0], *_local_days(span, working))
        return bool(_within(starts, span))

    def open_minutes(self, member: StaffMember, span: Interval) -> int:
        """How long the staff member works within the span, taken or not."""
        working = self.working[member.id]
        opened = intersect(open_intervals(working, *_local_days(span, working)), [span])
        return sum(end - start for start, end in opened)

    def free_places(self, day: date) -> list[int]:
        """The day's free places, lowest first. Empty too where the service has no daily limit."""
        return self.places.free(day, self.rules.daily_limit or 0)

    @cached_property
    def _full_days(self) -> list[Interval]:
        return limit_days(self.places.counts(), self.rules.daily_limit, self.zone)

    def _own_start(self, member: StaffMember) -> int | None:
        if self.own is None:
            return None
        start = to_minute(self.own.starts_at)
        return start if self._is_own(member, start) and not self.why_not(member, start) else None

    def _rules_for(self, member: StaffMember, start: int) -> ServiceRules:
        # Notice was given when the hold was made; time that passes since does not count.
        if self._is_own(member, start):
            return replace(self.rules, minimum_notice=0)
        return self.rules

    def _is_own(self, member: StaffMember, start: int) -> bool:
        return (
            self.own is not None
            and self.own.service_id == self.service_id
            and self.own.staff_member_id == member.id
            and to_minute(self.own.starts_at) == start
        )


def load_snapshot(
    session: Session,
    catalogue: Catalogue,
    service: Service,
    staff: Sequence[StaffMember],
    span: Interval,
    *,
    now: datetime,
    own: Hold | None,
    booking_id: int | None = None,
) -> AvailabilitySnapshot:
    """What decides about starts within the span, in a constant number of queries.

    `own` is the asking tab's hold, over or not, `booking_id` a booking about to be moved: what
    these take up now stands in no one's way.
    """
    limits = _limits(int(now.timestamp()), own, booking_id)
    around = (span[0] - 2 * DAY, span[1] + 2 * DAY)  # longer than any appointment and its buffers
    return AvailabilitySnapshot(
        service_id=service.id,
        rules=rules_of(service),
        working={
            member.id: clip_exceptions(catalogue.working_time(member.id), around)
            for member in staff
        },
        taken=_taken(session, staff, around, limits),
        places=load_daily_quota(session, service, around, limits, catalogue.zone),
        own=own if own and not own.is_over(now) else None,
        now=-(-int(now.timestamp()) // 60),  # a minute that has begun is over
        zone=catalogue.zone,
    )


def _local_days(span: Interval, working: WorkingTime) -> tuple[date, date]:
    return local_day(span[0], working.zone), local_day(span[1] - 1, working.zone)


def _within(starts: list[int], span: Interval) -> list[int]:
    return starts[bisect_left(starts, span[0]) : bisect_left(starts, span[1])]


def _limits(now: int, own: Hold | None, booking_id: int | None) -> dict[str, int]:
    # No row has the number -1, so it leaves nothing out.
    return {"now": now, "own_hold": own.id if own else -1, "own_booking": booking_id or -1}


def _taken(
    session: Session, staff: Sequence[StaffMember], span: Interval, limits: dict[str, int]
) -> dict[int, list[Interval]]:
    of_resource = {member.resource_id: member.id for member in staff}
    taken: dict[int, list[Interval]] = {member.id: [] for member in staff}
    asked = {"resources": list(of_resource), "first": span[0] // TICK, "last": span[1] // TICK}
    for resource, written in session.connection().execute(_TAKEN, {**asked, **limits}):
        taken[of_resource[resource]] = _merge_ticks(sorted(map(int, written.split(","))))
    return taken


def _merge_ticks(ticks: list[int]) -> list[Interval]:
    """Ticks in a row as one interval."""
    gaps = [here for here in range(1, len(ticks)) if ticks[here] != ticks[here - 1] + 1]
    firsts, ends = [0, *gaps], [*gaps, len(ticks)]
    return [
        (ticks[first] * TICK, (ticks[end - 1] + 1) * TICK)
        for first, end in zip(firsts, ends, strict=True)
    ]


# Built once: building a statement takes several times as long as running it. One row for each
# resource: a row for each five minutes, or a window function over them, took most of the time
# that a busy month takes.
_TAKEN = (
    select(claims.c.resource_id, func.aggregate_strings(cast(claims.c.tick, String), ","))
    .where(claims.c.resource_id.in_(bindparam("resources", expanding=True)), *BLOCKING)
    .group_by(claims.c.resource_id)
)
