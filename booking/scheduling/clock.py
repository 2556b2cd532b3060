"""Spans of minutes, and between the wall clock and the instant: knows time zones.

Whatever spans go into `merge`, `subtract` and `intersect` may be unsorted, overlapping or empty;
what comes out is sorted, disjoint, without empty spans, and spans that touch are one.

Twice a year most clocks jump. Seen from the wall, some minutes then never come (a gap) and
some come twice (a fold). Everything here follows one rule: an instant belongs to the wall
time that the clock shows at that instant. So a minute in a gap has no instant, and a repeated
minute has two.
"""

from bisect import bisect_left, bisect_right
from calendar import Calendar
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from operator import itemgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

DAY = 24 * 60
"""Minutes of a day without a clock change."""

TICK = 5
"""Minutes: hours, breaks, durations, buffers and steps are multiples of it."""

Interval = tuple[int, int]
"""Minutes since the epoch, UTC: from the first, up to but not including the second."""


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the same time, said with as few spans as possible."""
    merged: list[Interval] = []
    for start, end in sorted(span for span in intervals if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def subtract(intervals: Iterable[Interval], cut: Iterable[Interval]) -> list[Interval]:
    """Return what is left of `intervals` once all of `cut` is taken out."""
    left: list[Interval] = []
    holes = deque(merge(cut))
    for opens, end in merge(intervals):
        start = opens
        while holes and holes[0][0] < end:
            hole_start, hole_end = holes[0]
            if start < hole_start:
                left.append((start, hole_start))
            start = max(start, hole_end)
            if hole_end > end:
                break  # this hole may reach into the next span as well
            holes.popleft()
        if start < end:
            left.append((start, end))
    return left


def intersect(intervals: Iterable[Interval], others: Iterable[Interval]) -> list[Interval]:
    """Return the time that lies in both."""
    shared: list[Interval] = []
    mine, theirs = deque(merge(intervals)), deque(merge(others))
    while mine and theirs:
        start = max(mine[0][0], theirs[0][0])
        end = min(mine[0][1], theirs[0][1])
        if start < end:
            shared.append((start, end))
        (mine if mine[0][1] == end else theirs).popleft()
    return shared


def contains(intervals: Sequence[Interval], start: int, end: int) -> bool:
    """Tell whether one of `intervals` (as `merge` returns them) holds all of [start, end)."""
    index = bisect_right(intervals, start, key=itemgetter(0)) - 1
    return index >= 0 and end <= intervals[index][1]


Instants = tuple[datetime, datetime]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_FURTHEST_FROM_UTC = 16 * 60  # history's extremes, Manila and Metlakatla, stay within it


class UnknownZone(ValueError):
    """No time zone of that name is known here."""


class OffsetPeriod(NamedTuple):
    """Part of a local day with one UTC offset: the clock runs from `starts` up to `ends`.

    All three are minutes; `starts` and `ends` are counted from the wall clock's 00:00.
    """

    starts: int
    ends: int
    offset: int


def to_minute(instant: datetime) -> int:
    """Return minutes since the epoch; seconds are dropped.

    Raises: ValueError if naive.
    """
    if instant.utcoffset() is None:
        raise ValueError(f"{instant!r} has no time zone: pass an aware datetime")
    return (instant - _EPOCH) // _MINUTE


def from_minute(minute: int) -> datetime:
    """Return the same instant as an aware datetime in UTC."""
    return _EPOCH + timedelta(minutes=minute)


def local_day(minute: int, zone: ZoneInfo) -> date:
    """Return the date on the calendar in `zone` at that instant."""
    return from_minute(minute).astimezone(zone).date()


def local_days(span: Interval, zone: ZoneInfo) -> tuple[date, date]:
    """Return the first and the last date, as the wall has it, that the span touches."""
    return local_day(span[0], zone), local_day(span[1] - 1, zone)


def minute_of_day(minute: int, zone: ZoneInfo) -> int:
    """Return what the clock in `zone` shows at that instant, in minutes after its 00:00."""
    shown = from_minute(minute).astimezone(zone)
    return shown.hour * 60 + shown.minute


@lru_cache(maxsize=8192)
def offset_periods(day: date, zone: ZoneInfo) -> tuple[OffsetPeriod, ...]:
    """Return the local day in pieces of one UTC offset, in order of time.

    One piece on most days, two on the day of a change, none on a day the calendar left out
    (30 December 2011 in Apia).
    """
    midnight = _utc_midnight(day)
    since, until = midnight - _FURTHEST_FROM_UTC, midnight + DAY + _FURTHEST_FROM_UTC
    before, after = _offset(since, zone), _offset(until, zone)
    if before == after:
        return (OffsetPeriod(0, DAY, before),)
    change = _first_change(since, until, zone) - midnight
    pieces = (
        OffsetPeriod(0, min(DAY, change + before), before),
        OffsetPeriod(max(0, change + after), DAY, after),
    )
    return tuple(piece for piece in pieces if piece.starts < piece.ends)


def instants(day: date, minute_of_day: int, zone: ZoneInfo) -> tuple[int, ...]:
    """Return when the clock shows that minute of that day: never in a gap, twice in a fold.

    `minute_of_day` is 0 to 1440, where 1440 is the next day's 00:00; anything else raises
    ValueError. Ascending.
    """
    if minute_of_day == DAY:
        return instants(day + timedelta(days=1), 0, zone)
    if not 0 <= minute_of_day < DAY:
        raise ValueError(f"{minute_of_day} is not a minute of a day (0 to {DAY})")
    return tuple(wall_steps(day, minute_of_day, minute_of_day + 1, 1, zone))


def wall_spans(day: date, starts: int, ends: int, zone: ZoneInfo) -> Iterator[Interval]:
    """Return when the clock shows a minute of that day from `starts` up to `ends`."""
    midnight = _utc_midnight(day)
    for period in offset_periods(day, zone):
        first, end = max(starts, period.starts), min(ends, period.ends)
        if first < end:
            yield midnight + first - period.offset, midnight + end - period.offset


def wall_steps(day: date, starts: int, ends: int, step: int, zone: ZoneInfo) -> Iterator[int]:
    """Return when the clock shows `starts`, `starts + step`, … of that day, before `ends`."""
    midnight = _utc_midnight(day)
    for period in offset_periods(day, zone):
        skipped = max(0, -(-(period.starts - starts) // step))
        shift = midnight - period.offset
        yield from range(shift + starts + skipped * step, shift + min(ends, period.ends), step)


@lru_cache(maxsize=8192)
def day_interval(day: date, zone: ZoneInfo) -> Interval:
    """Return the time from the first instant of that local date to the end of its last.

    23 or 25 hours where the clock changes; empty for a date the calendar left out.
    """
    spans = list(wall_spans(day, 0, DAY, zone))
    if not spans:
        resumes = day_interval(day + timedelta(days=1), zone)[0]
        return resumes, resumes
    return spans[0][0], spans[-1][1]


def wall_clock_before(instant: datetime, minutes: int, zone: ZoneInfo) -> datetime:
    """Return when it is so many minutes before the instant (aware), in UTC.

    Whole days are counted by the wall clock of the zone: a day before 14:00 is 14:00, also where
    the clock changed in between. What is less than a day is that much time.
    """
    days, rest = divmod(minutes, DAY)
    same_time = instant.astimezone(zone) - timedelta(days=days)
    return same_time.astimezone(UTC) - timedelta(minutes=rest)


def on_same_wall(starts: datetime, ends: datetime, before: ZoneInfo, after: ZoneInfo) -> Instants:
    """Return when the clock of the zone `after` shows what that of `before` does then, in UTC.

    Where it shows an end of that twice, or never, the whole of it and an hour rather than less.
    """
    first, last = (
        [one.astimezone(before).replace(tzinfo=after, fold=fold).astimezone(UTC) for fold in (0, 1)]
        for one in (starts, ends)
    )
    return min(first), max(last)


def zone(name: str) -> ZoneInfo:
    """Return the time zone of that IANA name.

    Raises: UnknownZone for anything else.
    """
    if name not in zone_names():
        raise UnknownZone(f"{name[:64]!r} is not the name of a time zone")
    return ZoneInfo(name)


@cache
def zone_names() -> frozenset[str]:
    """Return every name that `zone` knows."""
    # Two are no places: the server's own setting, and "not set".
    return frozenset(available_timezones() - {"localtime", "Factory"})


def _utc_midnight(day: date) -> int:
    return (day.toordinal() - _EPOCH.toordinal()) * DAY


def _offset(minute: int, zone: ZoneInfo) -> int:
    # The wall clock, read as if it were UTC.
    return to_minute(from_minute(minute).astimezone(zone).replace(tzinfo=UTC)) - minute


def _first_change(since: int, until: int, zone: ZoneInfo) -> int:
    # Halving finds the one change there is: no zone changes its clock twice within these days.
    before = _offset(since, zone)
    return since + bisect_left(
        range(since, until), 1, key=lambda minute: int(_offset(minute, zone) != before)
    )


NOON = 12 * 60
EVENING = 17 * 60


class PartOfDay(StrEnum):
    """As the clock on the reader's wall divides the day: until 12:00, until 17:00, after."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


def part_of_day(minute: int, zone: ZoneInfo) -> PartOfDay:
    """Return the part of the local day in which that instant lies."""
    shown = minute_of_day(minute, zone)
    if shown < NOON:
        return PartOfDay.MORNING
    return PartOfDay.AFTERNOON if shown < EVENING else PartOfDay.EVENING


@lru_cache(maxsize=100)
def month_days(year: int, month: int) -> tuple[tuple[date | None, ...], ...]:
    """Return the weeks of a month, Monday first; None is a day of the month before or after.

    Raises: ValueError for a year or month that no calendar has.
    """
    weeks = Calendar().monthdayscalendar(year, month)
    return tuple(tuple(date(year, month, day) if day else None for day in week) for week in weeks)
