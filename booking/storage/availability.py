"""Which days and times a customer can choose from.

Every question here takes a constant number of queries, whatever the number of staff members,
bookings and days.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from booking.scheduling.clock import DAY, Interval, day_interval, from_minute, local_day, to_minute
from booking.scheduling.hours import each_day
from booking.scheduling.slots import nearest

from .bookings import Hold
from .business import Service, StaffMember
from .catalogue import Catalogue, rules_of
from .snapshot import AvailabilitySnapshot, load_snapshot

_DAYS_AT_A_TIME = 14
_REACHES = (2 * DAY, 14 * DAY)  # how far round a lost time we look first


@dataclass(frozen=True)
class FreeSlot:
    """An appointment that can be had: aware UTC datetimes, no buffers."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class DayAvailability:
    """One day of the customer's calendar. `starts` are minutes since the epoch, UTC, in order.

    `open`: some appointment would start that day if nothing was taken. Open without starts means
    full, past, too soon or too far ahead. `duration` is the service's, in minutes.
    """

    day: date
    open: bool
    starts: tuple[int, ...]
    duration: int

    @property
    def slots(self) -> list[FreeSlot]:
        """The day's free times, each once, whoever has them free."""
        return [_free_slot(start, self.duration) for start in self.starts]


@dataclass(frozen=True)
class Diary:
    """What these staff have free for that service, as whoever has the hold `own` sees it.

    Own holds are in nobody's way, over or not; None for who holds nothing.
    """

    session: Session
    catalogue: Catalogue
    service: Service
    staff: Sequence[StaffMember]
    now: datetime
    own: Hold | None = None

    def days(self, first: date, last: date, zone: ZoneInfo) -> dict[date, DayAvailability]:
        """Return every day from `first` to `last` (both included) of the customer's `zone`."""
        span = day_interval(first, zone)[0], day_interval(last, zone)[1]
        snapshot = self._snapshot(span)
        free = _starts(snapshot, self.staff, span)
        return {day: _day(snapshot, self.staff, free, day, zone) for day in each_day(first, last)}

    def next_free_day(self, after: date, zone: ZoneInfo) -> date | None:
        """Return the first day later than `after` with a free time, within the booking window."""
        today = to_minute(self.now)
        last = local_day(rules_of(self.service).latest(today) + 1, zone)
        if after >= last:
            return None
        first = max(after + timedelta(days=1), local_day(today, zone))
        snapshot = self._snapshot((day_interval(first, zone)[0], day_interval(last, zone)[1]))
        for part in _parts(first, last):
            bounds = day_interval(part[0], zone)[0], day_interval(part[1], zone)[1]
            if free := _starts(snapshot, self.staff, bounds):
                return local_day(free[0], zone)
        return None

    def nearest_free(self, wanted: datetime, count: int = 3) -> list[FreeSlot]:
        """Return the `count` free times closest to the one that was wanted, in order of time."""
        around, today = to_minute(wanted), to_minute(self.now)
        window = today, rules_of(self.service).latest(today) + 2
        snapshot = self._snapshot(window)
        found: list[int] = []
        for reach in (*_REACHES, max(abs(around - edge) for edge in window) + 1):
            span = max(window[0], around - reach), min(window[1], around + reach)
            if span[0] < span[1]:
                found = nearest(_starts(snapshot, self.staff, span), around, count)
            if len(found) == count:
                break
        return [_free_slot(start, snapshot.rules.duration) for start in found]

    def _snapshot(self, span: Interval) -> AvailabilitySnapshot:
        asked = self.session, self.catalogue, self.service, self.staff, span
        return load_snapshot(*asked, now=self.now, own=self.own)


def _starts(
    snapshot: AvailabilitySnapshot, staff: Sequence[StaffMember], span: Interval
) -> list[int]:
    """The starts that anybody of the staff has free, each once, in order."""
    return sorted({start for member in staff for start in snapshot.free(member, span)})


def _day(
    snapshot: AvailabilitySnapshot,
    staff: Sequence[StaffMember],
    free: Sequence[int],
    day: date,
    zone: ZoneInfo,
) -> DayAvailability:
    span = day_interval(day, zone)
    starts = tuple(free[bisect_left(free, span[0]) : bisect_left(free, span[1])])
    is_open = bool(starts) or any(snapshot.offers(member, span) for member in staff)
    return DayAvailability(day, is_open, starts, snapshot.rules.duration)


def _free_slot(start: int, duration: int) -> FreeSlot:
    return FreeSlot(from_minute(start), from_minute(start + duration))


def _parts(first: date, last: date) -> Iterator[tuple[date, date]]:
    while first <= last:
        end = min(last, first + timedelta(days=_DAYS_AT_A_TIME - 1))
        yield first, end
        first = end + timedelta(days=1)
