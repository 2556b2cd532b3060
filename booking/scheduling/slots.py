"""Free slots: where hours, rules, and the time already taken leave room.

A slot is named by its start, in minutes since the epoch, UTC; its length is the service's.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from .clock import Interval, contains, day_interval, intersect, local_day, merge, wall_steps
from .hours import Ranges, WorkingTime, each_day, open_intervals
from .rules import ServiceRules


class Reason(StrEnum):
    """Why a start cannot be had."""

    PAST = "past"
    TOO_SOON = "too_soon"
    TOO_FAR = "too_far"
    CLOSED = "closed"
    TAKEN = "taken"
    LIMIT = "limit"


def candidate_starts(
    working: WorkingTime, rules: ServiceRules, first: date, last: date
) -> list[int]:
    """Return the step grid of those local dates: every start that the hours could allow.

    The wall clock counts the steps, from the start of each open range, straight through breaks.
    """
    starts: list[int] = []
    for day in each_day(first, last):
        if ranges := working.ranges(day):
            starts.extend(_day_starts(day, ranges, rules.slot_step, working.zone))
    starts.sort()  # a clock that is set back over midnight mixes two days
    return starts


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
    first = max(first, local_day(earliest, working.zone))
    last = min(last, local_day(latest, working.zone))
    if last < first:
        return []
    starts = _within(
        candidate_starts(working, rules, first, last), _fitting(working, rules, first, last)
    )
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
    if not _is_open(working, rules, start):
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


def _fitting(working: WorkingTime, rules: ServiceRules, first: date, last: date) -> list[Interval]:
    """Starts from which the whole appointment lies in open time, past midnight if need be."""
    latest_end = day_interval(last, working.zone)[1] + rules.duration
    opened = open_intervals(working, first, local_day(latest_end, working.zone))
    return [(start, end - rules.duration + 1) for start, end in opened]


def _blocked(rules: ServiceRules, taken: Iterable[Interval]) -> list[Interval]:
    """Starts whose span, buffers included, would touch what is taken."""
    ahead = rules.duration + rules.buffer_after - 1
    behind = rules.buffer_before
    return [(start - ahead, end + behind) for start, end in taken if start < end]


def _within(starts: list[int], allowed: Iterable[Interval]) -> list[int]:
    """Those of the sorted starts that lie in one of the sorted, disjoint intervals."""
    found: list[int] = []
    for first, end in allowed:
        found += starts[bisect_left(starts, first) : bisect_left(starts, end)]
    return found


def _without(starts: list[int], cut: Iterable[Interval]) -> list[int]:
    """Those of the sorted starts that lie in none of the intervals."""
    left: list[int] = []
    reached = 0
    for first, end in sorted(cut):
        from_here = bisect_left(starts, first, reached)
        left += starts[reached:from_here]
        reached = bisect_left(starts, end, from_here)
    return left + starts[reached:]


def _untimely(rules: ServiceRules, now: int, start: int) -> Reason | None:
    if start < now:
        return Reason.PAST
    if start < rules.earliest(now):
        return Reason.TOO_SOON
    return Reason.TOO_FAR if start > rules.latest(now) else None


def _is_open(working: WorkingTime, rules: ServiceRules, start: int) -> bool:
    end = start + rules.duration
    day = local_day(start, working.zone)
    opened = open_intervals(working, day, local_day(end, working.zone))
    return contains(opened, start, end) and start in candidate_starts(working, rules, day, day)
