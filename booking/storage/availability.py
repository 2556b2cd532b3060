"""Which days and times a customer can choose from.

Every question here takes a constant number of queries, whatever the number of staff members,
bookings and days.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from booking.scheduling.clock import DAY, day_interval, from_minute, local_day, to_minute
from booking.scheduling.hours import each_day
from booking.scheduling.intervals import Interval
from booking.scheduling.slots import Slot, nearest
from booking.storage.business import Service, StaffMember
from booking.storage.diary import Diary, read_diary
from booking.storage.working_time import rules_of

_DAYS_AT_A_TIME = 14
_REACHES = (2 * DAY, 14 * DAY)  # how far round a lost time we look first


@dataclass(frozen=True)
class FreeSlot:
    """An appointment that can be had of one staff member: aware UTC datetimes, no buffers."""

    start: datetime
    end: datetime
    staff_member_id: int


@dataclass(frozen=True)
class DayAvailability:
    """One day of the customer's calendar; slots in order of time, one for each staff member.

    `open`: some appointment would start that day if nothing was taken. Open without slots means
    full, past, too soon or too far ahead.
    """

    day: date
    open: bool
    slots: tuple[FreeSlot, ...]


def days(
    session: Session,
    service: Service,
    staff: Sequence[StaffMember],
    first: date,
    last: date,
    *,
    now: datetime,
    zone: ZoneInfo,
    tab_key: int | None,
) -> dict[date, DayAvailability]:
    """Every day from `first` to `last` (both included) of the customer's `zone`."""
    span = day_interval(first, zone)[0], day_interval(last, zone)[1]
    diary = read_diary(session, service, staff, span, now=now, tab_key=tab_key)
    return _days(diary, staff, first, last, zone)


def next_free_day(
    session: Session,
    service: Service,
    staff: Sequence[StaffMember],
    after: date,
    *,
    now: datetime,
    zone: ZoneInfo,
    tab_key: int | None,
) -> date | None:
    """The first day later than `after` with a free time, to the end of the booking window."""
    last = local_day(rules_of(service).latest(to_minute(now)) + 1, zone)
    if after >= last:
        return None
    first = max(after + timedelta(days=1), local_day(to_minute(now), zone))
    span = day_interval(first, zone)[0], day_interval(last, zone)[1]
    diary = read_diary(session, service, staff, span, now=now, tab_key=tab_key)
    for part in _parts(first, last):
        bounds = day_interval(part[0], zone)[0], day_interval(part[1], zone)[1]
        slots = [slot for member in staff for slot in diary.free(member, bounds)]
        if slots:
            return local_day(min(slots).start, zone)
    return None


def nearest_free(
    session: Session,
    service: Service,
    staff: Sequence[StaffMember],
    wanted: datetime,
    *,
    now: datetime,
    tab_key: int | None,
    count: int = 3,
) -> list[FreeSlot]:
    """The `count` free times closest to the one that was wanted, in order of time.

    Times differ; where several staff members have one, the first of `staff` is named.
    """
    around, today = to_minute(wanted), to_minute(now)
    window = today, rules_of(service).latest(today) + 2
    diary = read_diary(session, service, staff, window, now=now, tab_key=tab_key)
    found: list[FreeSlot] = []
    for reach in (*_REACHES, max(abs(around - edge) for edge in window) + 1):
        span = max(window[0], around - reach), min(window[1], around + reach)
        found = _closest(diary, staff, span, around, count) if span[0] < span[1] else []
        if len(found) == count:
            break
    return found


def _closest(
    diary: Diary, staff: Sequence[StaffMember], span: Interval, wanted: int, count: int
) -> list[FreeSlot]:
    first_with: dict[Slot, int] = {}
    for member in staff:
        for slot in diary.free(member, span):
            first_with.setdefault(slot, member.id)
    return [_free_slot(slot, first_with[slot]) for slot in nearest(first_with, wanted, count)]


def _days(
    diary: Diary, staff: Sequence[StaffMember], first: date, last: date, zone: ZoneInfo
) -> dict[date, DayAvailability]:
    span = day_interval(first, zone)[0], day_interval(last, zone)[1]
    offered = {slot for member in staff for slot in diary.offered(member, span)}
    opened = {local_day(slot.start, zone) for slot in offered}
    free: dict[date, list[FreeSlot]] = defaultdict(list)
    for slot, member_id in sorted(_of_all(diary, staff, span), key=lambda one: one[0]):
        free[local_day(slot.start, zone)].append(_free_slot(slot, member_id))
    return {
        day: DayAvailability(day, day in opened or day in free, tuple(free.get(day, ())))
        for day in each_day(first, last)
    }


def _of_all(
    diary: Diary, staff: Sequence[StaffMember], span: Interval
) -> Iterable[tuple[Slot, int]]:
    return [(slot, member.id) for member in staff for slot in diary.free(member, span)]


def _free_slot(slot: Slot, staff_member_id: int) -> FreeSlot:
    return FreeSlot(from_minute(slot.start), from_minute(slot.end), staff_member_id)


def _parts(first: date, last: date) -> Iterator[tuple[date, date]]:
    while first <= last:
        end = min(last, first + timedelta(days=_DAYS_AT_A_TIME - 1))
        yield first, end
        first = end + timedelta(days=1)
