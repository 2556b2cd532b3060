"""A day laid out for whoever looks after it: its hours, its spans, what stands beside what.

Everything is told in minutes since the epoch, UTC; the rows of a day are those of one zone's wall
clock, whatever zones the people's own hours are read in.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from .clock import (
    TICK,
    Interval,
    day_interval,
    intersect,
    local_days,
    merge,
    offset_periods,
    subtract,
    to_minute,
    wall_spans,
)
from .slots import Ranges, WorkingTime, each_day

HOUR = 60
USUAL_DAY = (9 * HOUR, 17 * HOUR)
"""What is shown of a day on which nothing is open and nobody comes, by the wall clock."""
SHORTEST_SHOWN = 15
"""Minutes: what is shorter is as tall as this, so that it can be read and pressed."""


class Hour(NamedTuple):
    """A row of a day: an hour of the wall clock, or what the clock leaves of it.

    `shown` is what the clock shows at its start, in minutes after 00:00; `again`: it has shown
    that hour before, that day.
    """

    start: int
    end: int
    shown: int
    again: bool

    def holds(self, minute: int) -> bool:
        """Tell whether that instant lies in it."""
        return self.start <= minute < self.end

    def ticks_to(self, minute: int) -> int:
        """Return how many steps of five minutes lie between its start and that instant."""
        return (minute - self.start) // TICK


def hours_of(day: date, zone: ZoneInfo) -> list[Hour]:
    """Return the day's hours in order of time, without a gap; none of a day that was left out."""
    hours: list[Hour] = []
    seen: set[int] = set()
    midnight = to_minute(datetime(day.year, day.month, day.day, tzinfo=UTC))
    for period in offset_periods(day, zone):
        for number in range(period.starts // HOUR, -(-period.ends // HOUR)):
            first, end = max(number * HOUR, period.starts), min(number * HOUR + HOUR, period.ends)
            shift = midnight - period.offset
            hours.append(Hour(shift + first, shift + end, first, number in seen))
        seen |= {hour.shown // HOUR for hour in hours}
    return hours


def hours_shown(hours: Sequence[Hour], needed: Iterable[Interval]) -> list[Hour]:
    """Return the hours from the first that is needed to the last; a usual day's if none is."""
    wanted = intersect(needed, [(hour.start, hour.end) for hour in hours])
    if not wanted:
        return [hour for hour in hours if USUAL_DAY[0] <= hour.shown < USUAL_DAY[1]] or [*hours]
    first, last = wanted[0][0], wanted[-1][1]
    return [hour for hour in hours if hour.start < last and hour.end > first]


class Kind(StrEnum):
    """What a part of somebody's day is, where nobody is booked."""

    FREE = "free"
    BUFFER = "buffer"
    BREAK = "break"
    AWAY = "away"
    SHUT = "shut"
    OFF = "off"


class Span(NamedTuple):
    """A part of somebody's day, of one kind from its first minute up to its end."""

    kind: Kind
    start: int
    end: int


def spans_of(
    working: WorkingTime,
    day: Interval,
    taken: Iterable[Interval],
    buffered: Iterable[Interval] = (),
) -> list[Span]:
    """Return what the day is outside of `taken`, in order: every other minute of it, once.

    `taken` is what appointments and holds last, `buffered` the same with their buffers. Buffers
    stand before everything else, then what closes the whole shop, who is away, breaks, open hours.
    """
    left = subtract([day], taken)
    first, last = local_days(day, working.zone) if day[0] < day[1] else (date.max, date.min)
    dates = [*each_day(first, last)] if first <= last else []
    opened = [part for each in dates for part in _on_wall(working.ranges(each), each, working.zone)]
    pauses = [part for each in dates for part in _on_wall(working.pauses(each), each, working.zone)]
    # A break is one only while the others work.
    in_this_order = (
        (Kind.BUFFER, buffered),
        (Kind.SHUT, working.closures),
        (Kind.AWAY, working.time_off),
        (Kind.BREAK, intersect(pauses, _hull(opened))),
        (Kind.FREE, opened),
        (Kind.OFF, [day]),
    )
    spans: list[Span] = []
    for kind, wanted in in_this_order:
        spans += [Span(kind, *part) for part in intersect(left, wanted)]
        left = subtract(left, wanted)
    return sorted(spans, key=lambda span: span.start)


def _on_wall(ranges: Ranges, day: date, zone: ZoneInfo) -> list[Interval]:
    return [span for part in ranges for span in wall_spans(day, part.starts, part.ends, zone)]


def _hull(opened: Sequence[Interval]) -> list[Interval]:
    return [(min(opened)[0], max(end for _, end in opened))] if opened else []


class Lane(NamedTuple):
    """Where one of several that overlap stands: the `number`-th from the left, from 0, of `of`."""

    number: int
    of: int


def lanes(intervals: Sequence[Interval], shortest: int = SHORTEST_SHOWN) -> list[Lane]:
    """Return for each of them where it stands, so that no two that overlap stand in one place.

    All that hang together share the width evenly. What is shorter than `shortest` minutes counts
    as long as that.
    """
    shown = [(start, max(end, start + shortest)) for start, end in intervals]
    order = sorted(range(len(shown)), key=lambda place: (shown[place][0], -shown[place][1]))
    numbers: dict[int, int] = {}
    widths: dict[int, int] = {}
    group: list[int] = []
    ends: list[int] = []  # of each lane, so far
    for place in order:
        start, end = shown[place]
        if ends and start >= max(ends):
            widths |= dict.fromkeys(group, len(ends))
            group, ends = [], []
        free = next((lane for lane, until in enumerate(ends) if until <= start), len(ends))
        ends[free : free + 1] = [end]
        numbers[place] = free
        group.append(place)
    widths |= dict.fromkeys(group, len(ends))
    return [Lane(numbers[place], widths[place]) for place in range(len(shown))]


def open_span(working: WorkingTime, day: date, zone: ZoneInfo) -> list[Interval]:
    """Return the day's open time, as `zone` has that day, breaks and what is closed cut out."""
    span = day_interval(day, zone)
    return merge(
        (each.start, each.end) for each in spans_of(working, span, ()) if each.kind == Kind.FREE
    )
