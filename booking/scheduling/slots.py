"""Free slots: where hours, rules, and the time already taken leave room.

A slot is named by its start, in minutes since the epoch, UTC; its length is the service's.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from .clock import (
    DAY,
    TICK,
    Interval,
    contains,
    day_interval,
    intersect,
    local_day,
    local_days,
    merge,
    subtract,
    wall_spans,
    wall_steps,
)

LONGEST_WINDOW = 3660
"""Days: nobody books further ahead than ten years."""


@dataclass(frozen=True, kw_only=True)
class ServiceRules:
    """One service's rules: minutes, except `booking_window` (days) and `daily_limit` (bookings).

    Raises: ValueError for a value that is off the five-minute grid or out of all proportion.
    """

    duration: int
    buffer_before: int = 0
    buffer_after: int = 0
    minimum_notice: int = 0
    slot_step: int
    booking_window: int
    daily_limit: int | None = None

    def __post_init__(self) -> None:
        least = {"duration": TICK, "slot_step": TICK, "buffer_before": 0, "buffer_after": 0}
        for name, at_least in least.items():
            if not at_least <= getattr(self, name) <= DAY or getattr(self, name) % TICK:
                raise ValueError(f"{name} is {at_least} to {DAY} minutes, in steps of {TICK}")
        if not 0 <= self.booking_window <= LONGEST_WINDOW:
            raise ValueError(f"booking_window is 0 to {LONGEST_WINDOW} days")
        if not 0 <= self.minimum_notice <= LONGEST_WINDOW * DAY:
            raise ValueError(f"minimum_notice is 0 to {LONGEST_WINDOW * DAY} minutes")
        if self.daily_limit is not None and self.daily_limit < 1:
            raise ValueError("daily_limit is at least 1, or None for no limit")

    def earliest(self, now: int) -> int:
        """Return the first minute at which an appointment may start."""
        return now + self.minimum_notice

    def latest(self, now: int) -> int:
        """Return the last minute at which an appointment may start."""
        return now + self.booking_window * DAY

    def span(self, start: int) -> Interval:
        """Return all the time an appointment at `start` takes up, buffers included."""
        return start - self.buffer_before, start + self.duration + self.buffer_after


GUARANTEED_APPOINTMENTS = 2
"""Every visitor may have this many appointments a day regardless of the share limit."""


def within_share(
    open_minutes: int, appointments: int, minutes: int, wanted: int, percent: int
) -> bool:
    """Tell whether others keep their part of the day: nobody may lock them out.

    The visitor has `appointments` of it already, together `minutes` long, and wants `wanted`
    minutes more; `percent` of the `open_minutes` is the most that is theirs.
    """
    if percent >= 100 or appointments < GUARANTEED_APPOINTMENTS:
        return True
    return (minutes + wanted) * 100 <= open_minutes * percent


def is_under_pressure(open_minutes: int, holds: int, minutes: int, percent: int) -> bool:
    """Tell whether so much of a day is held and not booked that one more hold costs something.

    Others have `holds` of it, `minutes` long in all; the limit is `percent` of the `open_minutes`.
    Few holds are never a crowd, however short the day. At 0 and at 100 percent nothing is.
    """
    if not 0 < percent < 100:
        return False
    return holds >= GUARANTEED_APPOINTMENTS and minutes * 100 > open_minutes * percent


@dataclass(frozen=True, order=True)
class TimeRange:
    """Part of a day on the wall clock, in minutes after 00:00; `ends` is left out.

    Raises: ValueError unless 0 <= starts < ends <= 1440, both multiples of 5.
    """

    starts: int
    ends: int

    def __post_init__(self) -> None:
        if not 0 <= self.starts < self.ends <= DAY:
            raise ValueError(f"a time range needs 0 <= starts < ends <= {DAY}: {self}")
        if self.starts % TICK or self.ends % TICK:
            raise ValueError(f"a time range lies on the {TICK}-minute grid: {self}")


Ranges = tuple[TimeRange, ...]


@dataclass(frozen=True, eq=False)
class WorkingTime:
    """One staff member's time. Each object equals only itself: what follows from it is remembered.

    `weekly` and `breaks` go by weekday, 0 being Monday. An override stands for the weekly hours
    *and* the breaks of its date; an empty one closes it. `time_off` and `closures` are instants.
    """

    zone: ZoneInfo
    weekly: Mapping[int, Ranges]
    breaks: Mapping[int, Ranges] = field(default_factory=dict)
    overrides: Mapping[date, Ranges] = field(default_factory=dict)
    time_off: tuple[Interval, ...] = ()
    closures: tuple[Interval, ...] = ()

    def __post_init__(self) -> None:
        if unknown := (self.weekly.keys() | self.breaks.keys()) - set(range(7)):
            raise ValueError(f"weekdays go from 0 (Monday) to 6 (Sunday), not {sorted(unknown)}")

    def ranges(self, day: date) -> Ranges:
        """Return the open ranges of that date, breaks not yet cut out."""
        return self.overrides.get(day, self.weekly.get(day.weekday(), ()))

    def pauses(self, day: date) -> Ranges:
        """Return the breaks of that date."""
        return () if day in self.overrides else self.breaks.get(day.weekday(), ())


def open_intervals(working: WorkingTime, first: date, last: date) -> list[Interval]:
    """Return the open time of the local dates from `first` to `last`, both included."""
    opened: list[Interval] = []
    for day in each_day(first, last):
        if ranges := working.ranges(day):
            opened += _day_opening(day, ranges, working.pauses(day), working.zone)
    # Years of time off would be in the way.
    since, until = day_interval(first, working.zone)[0], day_interval(last, working.zone)[1]
    away = (*working.time_off, *working.closures)
    closed = [part for part in away if part[0] < until and part[1] > since]
    return subtract(opened, closed) if closed else merge(opened)


def open_minutes(working: WorkingTime, span: Interval) -> int:
    """Return how many minutes of the span are open, taken or not."""
    opened = open_intervals(working, *local_days(span, working.zone))
    return sum(end - start for start, end in intersect(opened, [span]))


def each_day(first: date, last: date) -> Iterator[date]:
    """Return every date from `first` to `last`, both included."""
    return map(date.fromordinal, range(first.toordinal(), last.toordinal() + 1))


# Hours repeat from week to week and from one staff member to the next.
@lru_cache(maxsize=2048)
def _day_opening(day: date, ranges: Ranges, pauses: Ranges, zone: ZoneInfo) -> tuple[Interval, ...]:
    return tuple(subtract(_spans(ranges, day, zone), _spans(pauses, day, zone)))


def _spans(ranges: Ranges, day: date, zone: ZoneInfo) -> Iterator[Interval]:
    for part in ranges:
        yield from wall_spans(day, part.starts, part.ends, zone)


class Reason(StrEnum):
    """Why a start cannot be had."""

    PAST = "past"
    TOO_SOON = "too_soon"
    TOO_FAR = "too_far"
    CLOSED = "closed"
    TAKEN = "taken"
    LIMIT = "limit"
    # Told apart only where the shop may pass over them; to a customer they are TAKEN and CLOSED.
    BUFFER = "buffer"
    BETWEEN = "between"


def candidate_starts(working: WorkingTime, step: int, first: date, last: date) -> list[int]:
    """Return the step grid of those local dates: every start that the hours could allow.

    The wall clock counts the steps, from the start of each open range, straight through breaks.
    """
    starts: list[int] = []
    for day in each_day(first, last):
        if ranges := working.ranges(day):
            starts.extend(_day_starts(day, ranges, step, working.zone))
    starts.sort()  # a clock that is set back over midnight mixes two days
    return starts


def fitting_starts(
    working: WorkingTime, rules: ServiceRules, first: date, last: date
) -> Sequence[int]:
    """Return every start on those local dates that could be had if nothing was taken, in order.

    From it the whole appointment lies in open time, past midnight if need be.
    """
    find = _remembered_starts if last - first <= _LONGEST_REMEMBERED else _fitting_starts
    return find(working, rules.slot_step, rules.duration, first, last)


def free_starts(
    working: WorkingTime,
    rules: ServiceRules,
    taken: Iterable[Interval],
    now: int,
    first: date,
    last: date,
    *,
    full_days: Iterable[Interval] = (),
) -> list[int]:
    """Return every free slot that starts on the local dates `first` to `last`, in order.

    The appointment lies in open time; its span with buffers touches nothing in `taken` (which
    carries its own buffers) but may reach outside the hours. It starts in none of `full_days`.
    """
    earliest, latest = rules.earliest(now), rules.latest(now)
    if last - first > _LONGEST_REMEMBERED:
        first = max(first, local_day(earliest, working.zone))
        last = min(last, local_day(latest, working.zone))
    starts = fitting_starts(working, rules, first, last)
    starts = starts[bisect_left(starts, earliest) : bisect_right(starts, latest)]
    return _without(_without(starts, _blocked(rules, taken)), full_days)


def why_not(
    working: WorkingTime,
    rules: ServiceRules,
    taken: Iterable[Interval],
    now: int,
    start: int,
    *,
    full_days: Iterable[Interval] = (),
) -> Reason | None:
    """Return the first reason that keeps the start from being had; None if it can be had."""
    if untimely := _untimely(rules, now, start):
        return untimely
    day = local_day(start, working.zone)
    if start not in fitting_starts(working, rules, day, day):
        return Reason.CLOSED
    if intersect([rules.span(start)], taken):
        return Reason.TAKEN
    if contains(merge(full_days), start, start + 1):
        return Reason.LIMIT
    return None


def limit_days(counts: Mapping[date, int], limit: int | None, zone: ZoneInfo) -> list[Interval]:
    """Return the days of `zone` whose count has reached the limit; none without one."""
    if limit is None:
        return []
    return merge(day_interval(day, zone) for day, count in counts.items() if count >= limit)


def nearest(starts: Iterable[int], wanted: int, count: int = 3) -> list[int]:
    """Return the `count` starts closest to `wanted`, the earlier on a tie; in order of time."""
    closest = sorted(starts, key=lambda start: (abs(start - wanted), start))
    return sorted(closest[:count])


# Hours repeat from week to week and from one staff member to the next.
@lru_cache(maxsize=2048)
def _day_starts(day: date, ranges: Ranges, step: int, zone: ZoneInfo) -> tuple[int, ...]:
    steps = (wall_steps(day, part.starts, part.ends, step, zone) for part in ranges)
    return tuple(sorted({start for part in steps for start in part}))


def _fitting_starts(
    working: WorkingTime, step: int, duration: int, first: date, last: date
) -> tuple[int, ...]:
    latest_end = day_interval(last, working.zone)[1] + duration
    opened = open_intervals(working, first, local_day(latest_end, working.zone))
    fitting = [(start, end - duration + 1) for start, end in opened]
    return tuple(_within(candidate_starts(working, step, first, last), fitting))


# A month of one person is looked at again and again, and only what is taken of it changes.
_remembered_starts = lru_cache(maxsize=512)(_fitting_starts)
_LONGEST_REMEMBERED = timedelta(days=42)


def _blocked(rules: ServiceRules, taken: Iterable[Interval]) -> list[Interval]:
    """Starts whose span, buffers included, would touch what is taken."""
    ahead = rules.duration + rules.buffer_after - 1
    return [(start - ahead, end + rules.buffer_before) for start, end in taken if start < end]


def _within(starts: list[int], allowed: Iterable[Interval]) -> list[int]:
    """Those of the sorted starts that lie in one of the sorted, disjoint intervals."""
    inside: list[int] = []
    for first, end in allowed:
        inside += starts[bisect_left(starts, first) : bisect_left(starts, end)]
    return inside


def _without(starts: Sequence[int], cut: Iterable[Interval]) -> list[int]:
    """Those of the sorted starts that lie in none of the intervals."""
    left: list[int] = []
    reached = 0
    for first, end in sorted(cut):
        from_here = bisect_left(starts, first, reached)
        left += starts[reached:from_here]
        reached = bisect_left(starts, end, from_here)
    return [*left, *starts[reached:]]


def _untimely(rules: ServiceRules, now: int, start: int) -> Reason | None:
    if start < now:
        return Reason.PAST
    if start < rules.earliest(now):
        return Reason.TOO_SOON
    return Reason.TOO_FAR if start > rules.latest(now) else None
