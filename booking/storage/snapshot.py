"""All that decides what is free for one service and some of its staff, read once.

The calendar the customer sees and the check inside a hold or a booking ask the same snapshot, so
they cannot disagree about the rules.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, String, bindparam, cast, func, literal_column, select, union_all
from sqlalchemy.orm import Session

from booking.scheduling.anyway import reasons_against, squeezed
from booking.scheduling.clock import (
    DAY,
    TICK,
    Interval,
    day_interval,
    from_minute,
    local_day,
    local_days,
    to_minute,
)
from booking.scheduling.day_reasons import Busy, Start, starts_of_day
from booking.scheduling.slots import (
    Reason,
    ServiceRules,
    WorkingTime,
    fitting_starts,
    free_starts,
    limit_days,
    why_not,
)
from booking.transactions.statements import FixedStatement, connection_of

from .bookings import STANDING, Hold
from .bookings import booking as bookings
from .bookings import claim as claims
from .business import Service, StaffMember
from .catalogue import Catalogue, rules_of
from .claims import BLOCKING, PLACES_A_DAY, Pair, day_places


@dataclass(frozen=True)
class DailyQuota:
    """By day of the shop's zone: which places are claimed, by which booking if by one; and every
    booking of that day, with a place or without.
    """

    claimed: Mapping[date, Mapping[int, int | None]] = field(default_factory=dict)
    booked: Mapping[date, Collection[int]] = field(default_factory=dict)

    def free(self, day: date, limit: int) -> list[int]:
        """Return the day's free places, lowest first."""
        taken = self.claimed.get(day, {})
        # Places beyond a limit that was lowered since still count against it.
        room = limit - sum(place > limit for place in taken) - self._without(day)
        return [place for place in range(1, room + 1) if place not in taken]

    def counts(self) -> dict[date, int]:
        """Return how much of each day's limit is used up."""
        return {
            day: len(self.claimed.get(day, {})) + self._without(day)
            for day in self.claimed.keys() | self.booked.keys()
        }

    def _without(self, day: date) -> int:
        """Bookings of before there was a limit, or whose place was let go of by a wrong clock."""
        with_place = set(self.claimed.get(day, {}).values())
        return sum(booking not in with_place for booking in self.booked.get(day, ()))


def load_daily_quota(
    session: Session, service: Service, span: Interval, limits: dict[str, int], zone: ZoneInfo
) -> DailyQuota:
    """Return those of the days that the span touches. Two queries; none without a daily limit.

    `limits` are the values of `claims.BLOCKING` besides the ticks: a booking of one's own is
    left out.
    """
    if service.daily_limit is None:
        return DailyQuota()
    first, last = (local_day(minute, zone) for minute in span)
    return DailyQuota(
        claimed=_claimed_places(session, service, first, last, limits),
        booked=_bookings_by_day(session, service, first, last, zone, limits),
    )


def free_places(
    session: Session,
    service: Service,
    start: int,
    zone: ZoneInfo,
    *,
    now: datetime,
    booking_id: int,
) -> list[int]:
    """Return what places a limited service's day has for that booking, lowest first.

    The day is that of `start` (minutes since the epoch, UTC) in the shop's `zone`.
    """
    limits = _limits(int(now.timestamp()), None, booking_id)
    quota = load_daily_quota(session, service, (start, start), limits, zone)
    return quota.free(local_day(start, zone), service.daily_limit or 0)


def _claimed_places(
    session: Session, service: Service, first: date, last: date, limits: dict[str, int]
) -> Mapping[date, Mapping[int, int | None]]:
    ticks = {"first": day_places(first).start, "last": day_places(last).stop - 1}
    values = {"resource": service.resource_id, **ticks, **limits}
    places: dict[date, dict[int, int | None]] = defaultdict(dict)
    for tick, booking in connection_of(session).execute(_CLAIMED_PLACES, values):
        day, place = divmod(tick, PLACES_A_DAY)
        places[date.fromordinal(day)][place] = booking
    return places


def _bookings_by_day(
    session: Session,
    service: Service,
    first: date,
    last: date,
    zone: ZoneInfo,
    limits: dict[str, int],
) -> Mapping[date, Collection[int]]:
    values = {
        "service": service.id,
        "first": from_minute(day_interval(first, zone)[0]),
        "end": from_minute(day_interval(last, zone)[1]),
        "own": limits["own_booking"],
        "now_seconds": limits["now"],
    }
    by_day: dict[date, list[int]] = defaultdict(list)
    for booking, starts_at in connection_of(session).execute(_BOOKED_THAT_DAY, values):
        by_day[local_day(to_minute(starts_at), zone)].append(booking)
    return by_day


# Built once: building a statement takes several times as long as running it.
_CLAIMED_PLACES = select(claims.c.tick, claims.c.booking_id).where(
    claims.c.resource_id == bindparam("resource"), *BLOCKING
)
_BOOKED_THAT_DAY = select(bookings.c.id, bookings.c.starts_at).where(
    bookings.c.service_id == bindparam("service"),
    bookings.c.starts_at >= bindparam("first"),
    bookings.c.starts_at < bindparam("end"),
    *STANDING,
    bookings.c.id != bindparam("own"),
)


@dataclass(frozen=True)
class AvailabilitySnapshot:
    """What one service's staff have left, as one tab sees it: its own hold hides nothing.

    `own_claims` are those of its hold, over or not, and of the booking about to be moved.
    `now` and all intervals are minutes since the epoch, UTC.
    """

    service_id: int
    rules: ServiceRules
    working: dict[int, WorkingTime]
    taken: dict[int, Sequence[Interval]]
    places: DailyQuota
    own: Hold | None
    own_claims: frozenset[Pair]
    now: int
    zone: ZoneInfo

    def why_not(self, member: StaffMember, start: int) -> Reason | None:
        """Return the first reason that keeps the start from being had; None if it can be had."""
        return why_not(
            self.working[member.id],
            self._rules_for(member, start),
            self.taken[member.id],
            self.now,
            start,
            full_days=self._full_days,
        )

    def against(
        self, member: StaffMember, start: int, *, even_if_held: bool = False
    ) -> Sequence[Reason]:
        """Return everything that keeps the start from being had.

        The notice that was short when its own hold was made counts only `even_if_held`.
        """
        return reasons_against(
            self.working[member.id],
            self.rules if even_if_held else self._rules_for(member, start),
            self.taken[member.id],
            self.now,
            start,
            full_days=self._full_days,
        )

    def starts_of_day(
        self, member: StaffMember, day: Interval, busy: Sequence[Busy]
    ) -> list[Start]:
        """Return each start of the day with everything that keeps it from being had.

        `busy` names what takes the member's time, and decides nothing.
        """
        return starts_of_day(
            self.working[member.id],
            self.rules,
            self.taken[member.id],
            busy,
            self.now,
            day,
            full_days=self._full_days,
        )

    def squeezed(self, member: StaffMember, start: int) -> "AvailabilitySnapshot":
        """Return it with the buffers that there is room for around that start of one member's."""
        return replace(self, rules=squeezed(self.rules, self.taken[member.id], start))

    def free(self, member: StaffMember, span: Interval) -> Sequence[int]:
        """List the free slots that start within the span (minutes, UTC), in order."""
        working = self.working[member.id]
        starts = free_starts(
            working,
            self.rules,
            self.taken[member.id],
            self.now,
            *local_days(span, working.zone),
            full_days=self._full_days,
        )
        if own := self._own_start(member):
            starts = sorted({*starts, own})
        return within(starts, span)

    def offered(self, member: StaffMember, span: Interval) -> Sequence[int]:
        """List the slots that would start on the days of the span if nothing was taken."""
        working = self.working[member.id]
        return fitting_starts(working, self.rules, *local_days(span, working.zone))

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
    """Return what decides about starts within the span, in a constant number of queries.

    `own` is the asking tab's hold, over or not, `booking_id` a booking about to be moved: what
    these take up now stands in no one's way.
    """
    limits = _limits(int(now.timestamp()), own, booking_id)
    around = (span[0] - 2 * DAY, span[1] + 2 * DAY)  # longer than any appointment and its buffers
    taken, own_claims = _taken(session, staff, around, limits)
    return AvailabilitySnapshot(
        service_id=service.id,
        rules=rules_of(service),
        working={member.id: catalogue.working_time(member.id) for member in staff},
        taken=taken,
        places=load_daily_quota(session, service, around, limits, catalogue.zone),
        own=own if own and not own.is_over(now) else None,
        own_claims=own_claims,
        now=-(-int(now.timestamp()) // 60),  # rounded up: the current minute is over
        zone=catalogue.zone,
    )


def within(starts: Sequence[int], span: Interval) -> Sequence[int]:
    """Return those of the sorted starts that lie within the span."""
    return starts[bisect_left(starts, span[0]) : bisect_left(starts, span[1])]


def _limits(now: int, own: Hold | None, booking_id: int | None) -> dict[str, int]:
    # No row has the number -1, so it leaves nothing out.
    return {"now": now, "own_hold": own.id if own else -1, "own_booking": booking_id or -1}


def _taken(
    session: Session, staff: Sequence[StaffMember], span: Interval, limits: dict[str, int]
) -> tuple[dict[int, Sequence[Interval]], frozenset[Pair]]:
    of_resource = {member.resource_id: member.id for member in staff}
    taken: dict[int, Sequence[Interval]] = {member.id: () for member in staff}
    resources = [*of_resource] or [-1]  # which no row has
    asked = {f"resource_{place}": each for place, each in enumerate(resources)}
    values = {"first": span[0] // TICK, "last": span[1] // TICK, **limits, **asked}
    own: set[Pair] = set()
    for resource, written, is_own in _taken_of(len(resources)).rows(session, values):
        if is_own:
            own |= {(resource, int(tick)) for tick in written.split(",")}
        else:
            taken[of_resource[resource]] = merge_ticks(written)
    return taken, frozenset(own)


# Whoever looks at a month asks again and again, and mostly nothing was taken meanwhile. A booking
# makes another text of it, of up to 50 kB with what it says: of what is over not many are kept.
@lru_cache(maxsize=64)
def merge_ticks(written: str) -> tuple[Interval, ...]:
    """Return ticks, written with commas between, as intervals: those in a row as one."""
    ticks = sorted(map(int, written.split(",")))
    gaps = [place for place in range(1, len(ticks)) if ticks[place] != ticks[place - 1] + 1]
    firsts, ends = [0, *gaps], [*gaps, len(ticks)]
    return tuple(
        [
            (ticks[first] * TICK, (ticks[end - 1] + 1) * TICK)
            for first, end in zip(firsts, ends, strict=True)
        ]
    )


@lru_cache(maxsize=32)
def _taken_of(resources: int) -> FixedStatement:
    """What is taken of so many resources."""
    # One row for each resource: a row for each five minutes, or a window function over them, took
    # most of the time that a busy month takes.
    # The comma stands in the text: as a value only Core could put it in.
    comma: Any = literal_column("','")
    ticks = func.aggregate_strings(cast(claims.c.tick, String), comma)
    asked = [
        bindparam(f"resource_{place}", type_=claims.c.resource_id.type)
        for place in range(resources)
    ]
    return FixedStatement(
        union_all(
            select(claims.c.resource_id, ticks, literal_column("0", Integer))
            .where(claims.c.resource_id.in_(asked), *BLOCKING)
            .group_by(claims.c.resource_id),
            *(
                select(claims.c.resource_id, ticks, literal_column("1", Integer))
                .where(claims.c[owner] == bindparam(f"own_{owner.removesuffix('_id')}"))
                .group_by(claims.c.resource_id)
                for owner in ("hold_id", "booking_id")
            ),
        )
    )
