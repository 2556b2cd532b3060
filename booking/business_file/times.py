"""Lengths of time, times of day and weekdays, as a business file writes them.

Like all values they raise Wrong, which says what is amiss and what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from difflib import get_close_matches
from itertools import pairwise

from booking.scheduling.clock import DAY
from booking.scheduling.hours import TICK, TimeRange

from .values import Wrong, shown

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_RANGE = re.compile(r"(\d\d?):(\d\d)\s*(?:-|–|—|to)\s*(\d\d?):(\d\d)", re.ASCII)  # noqa: RUF001
_LENGTH = re.compile(
    r"(?:(\d{1,4})\s*(?:weeks?))?\s*(?:(\d{1,4})\s*(?:d|days?))?\s*"
    r"(?:(\d{1,5})\s*(?:h|hours?))?\s*(?:(\d{1,6})\s*(?:m|min|minutes?))?",
    re.ASCII,
)


def minutes(least: int, most: int) -> Callable[[object], int]:
    """A length of time in minutes: a whole number, or words such as "1 h 30 min"."""

    def length(value: object) -> int:
        found = _minutes(value)
        if not least <= found <= most:
            raise Wrong(
                f"{shown(found, 'minutes')} is out of bounds; write from {least} to {most} minutes"
            )
        return found

    return length


def grid_minutes(least: int, most: int) -> Callable[[object], int]:
    """The same, on the five-minute grid."""
    within = minutes(least, most)

    def length(value: object) -> int:
        found = within(value)
        if found % TICK:
            down = found - found % TICK
            raise Wrong(
                f"{found} minutes is not on the five-minute grid; "
                f"write {' or '.join(str(n) for n in (down, down + TICK) if least <= n <= most)}"
            )
        return found

    return length


def days(least: int, most: int) -> Callable[[object], int]:
    """A number of days: a whole number, or words such as "8 weeks"."""

    def length(value: object) -> int:
        found = value if type(value) is int else _minutes(value) // DAY
        if not least <= found <= most:
            raise Wrong(
                f"{shown(found, 'days')} is out of bounds; write from {least} to {most} days"
            )
        return found

    return length


def _minutes(value: object) -> int:
    if type(value) is int:
        return value
    match = _LENGTH.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    if not match or not any(match.groups()):
        raise Wrong(
            'this is not a length of time; write minutes, such as 45, or "1 h 30 min", "2 days"'
        )
    weeks, whole_days, hours, mins = (int(part or 0) for part in match.groups())
    return timedelta(weeks=weeks, days=whole_days, hours=hours, minutes=mins) // timedelta(
        minutes=1
    )


def length(minutes: int) -> str:
    """A number of minutes as an owner would write it, such as "1 h 30 min"."""
    units = (("days" if minutes >= 2 * DAY else "day", DAY), ("h", 60), ("min", 1))
    parts = []
    for unit, size in units:
        count, minutes = divmod(minutes, size)
        parts += [f"{count} {unit}"] * bool(count)
    return " ".join(parts) or "0 min"


def time_range(value: object) -> TimeRange:
    """A part of the day such as "09:00-12:30", on the five-minute grid, at the most to "24:00"."""
    match = _RANGE.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        raise Wrong('this is not a range of times; write one such as "09:00-12:30"')
    starts, ends = _time(match[1], match[2]), _time(match[3], match[4])
    if starts % TICK or ends % TICK:
        near = written((starts - starts % TICK, ends - ends % TICK))
        raise Wrong(f'"{value}" is not on the five-minute grid; write times such as "{near}"')
    if starts == ends:
        raise Wrong(f'"{value}" ends when it starts; write "00:00-24:00" for a whole day')
    if starts > ends:
        tonight, morning = written((starts, DAY)), written((0, ends))
        raise Wrong(
            f'"{value}" ends before it starts; write "{tonight}"'
            + (f' here and "{morning}" on the next day' if ends else "")
        )
    return TimeRange(starts, ends)


def _time(hour: str, minute: str) -> int:
    found = int(hour) * 60 + int(minute)
    if int(minute) > 59 or found > DAY:
        raise Wrong(f'"{hour}:{minute}" is not a time; write one from "00:00" to "24:00"')
    return found


def written(times: tuple[int, int]) -> str:
    """A range of minutes of the day as an owner would write it."""
    return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in times)


def in_order(ranges: Sequence[TimeRange]) -> tuple[TimeRange, ...]:
    """The ranges of one day, sorted."""
    found = sorted(ranges, key=lambda one: (one.starts, one.ends))
    for one, next_one in pairwise(found):
        if next_one.starts < one.ends:
            both = written((one.starts, max(one.ends, next_one.ends)))
            raise Wrong(
                f'"{written((one.starts, one.ends))}" and '
                f'"{written((next_one.starts, next_one.ends))}" overlap; write "{both}" for both'
            )
    return tuple(found)


def weekdays(name: str) -> tuple[int, ...]:
    """The days that a key such as `mon`, `friday` or `mon-fri` names, Monday as 0."""
    ends = [_weekday(part.strip()) for part in name.lower().split("-")]
    if len(ends) > 2:
        raise Wrong(f"{name} is not a day; write mon, or mon-fri for several")
    first, last = ends[0], ends[-1]
    return tuple((first + n) % 7 for n in range((last - first) % 7 + 1))


def _weekday(word: str) -> int:
    for number, name in enumerate(WEEKDAYS):
        if len(word) >= 3 and name.startswith(word):
            return number
    near = get_close_matches(word, [*WEEKDAYS, *(name[:3] for name in WEEKDAYS)], n=1)
    raise Wrong(f"{word} is not a day; write {near[0][:3] if near else 'mon, or mon-fri'}")
