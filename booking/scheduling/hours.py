"""When somebody works, and the open time that comes of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from .clock import DAY, TICK, Interval, merge, subtract, wall_spans


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


@dataclass(frozen=True)
class WorkingTime:
    """One staff member's time.

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
    closed = (*working.time_off, *working.closures)
    return subtract(opened, closed) if closed else merge(opened)


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
