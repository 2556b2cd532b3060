"""The places of a service's days, where it has a daily limit: who has them, and which are left."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from booking.scheduling.clock import day_interval, from_minute, local_day, to_minute
from booking.scheduling.intervals import Interval

from .bookings import booking as bookings
from .bookings import claim as claims
from .business import Service
from .claims import BLOCKING, PLACES_A_DAY, day_places


@dataclass(frozen=True)
class DailyQuota:
    """By day of the shop's zone: which places are claimed, by which booking if by one; and every
    booking of that day, with a place or without.
    """

    claimed: Mapping[date, Mapping[int, int | None]] = field(default_factory=dict)
    booked: Mapping[date, Collection[int]] = field(default_factory=dict)

    def free(self, day: date, limit: int) -> list[int]:
        """The day's free places, lowest first."""
        taken = self.claimed.get(day, {})
        # DailyQuota beyond a limit that was lowered since still count against it.
        room = limit - sum(place > limit for place in taken) - self._without(day)
        return [place for place in range(1, room + 1) if place not in taken]

    def counts(self) -> dict[date, int]:
        """How much of each day's limit is used up."""
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
    """Those of the days that the span touches. Two queries; none without a daily limit.

    `limits` are the values of `claims.BLOCKING` besides the ticks: a booking of one's own is
    left out.
    """
    if service.daily_limit is None:
        return DailyQuota()
    first, last = (local_day(minute, zone) for minute in span)
    return DailyQuota(
        claimed=_claimed(session, service, first, last, limits),
        booked=_booked(session, service, first, last, zone, limits["own_booking"]),
    )


def _claimed(
    session: Session, service: Service, first: date, last: date, limits: dict[str, int]
) -> Mapping[date, Mapping[int, int | None]]:
    ticks = {"first": day_places(first).start, "last": day_places(last).stop - 1}
    asked = {"resource": service.resource_id, **ticks, **limits}
    found: dict[date, dict[int, int | None]] = defaultdict(dict)
    for tick, booking in session.connection().execute(_CLAIMED, asked):
        day, place = divmod(tick, PLACES_A_DAY)
        found[date.fromordinal(day)][place] = booking
    return found


def _booked(
    session: Session, service: Service, first: date, last: date, zone: ZoneInfo, own: int
) -> Mapping[date, Collection[int]]:
    asked = {
        "service": service.id,
        "first": from_minute(day_interval(first, zone)[0]),
        "end": from_minute(day_interval(last, zone)[1]),
        "own": own,
    }
    found: dict[date, list[int]] = defaultdict(list)
    for booking, starts_at in session.connection().execute(_BOOKED, asked):
        found[local_day(to_minute(starts_at), zone)].append(booking)
    return found


# Built once: building a statement takes several times as long as running it.
_CLAIMED = select(claims.c.tick, claims.c.booking_id).where(
    claims.c.resource_id == bindparam("resource"), *BLOCKING
)
_BOOKED = select(bookings.c.id, bookings.c.starts_at).where(
    bookings.c.service_id == bindparam("service"),
    bookings.c.starts_at >= bindparam("first"),
    bookings.c.starts_at < bindparam("end"),
    bookings.c.state != "cancelled",
    bookings.c.id != bindparam("own"),
)
