"""Arithmetic on spans of time: sort once, sweep once.

Whatever goes in may be unsorted, overlapping or empty; what comes out is sorted, disjoint,
without empty spans, and spans that touch are one.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Sequence
from operator import itemgetter

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
