"""Spans of time behave like the sets of minutes they stand for."""

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from booking.scheduling.clock import Interval, contains, intersect, merge, subtract

spans = st.lists(st.tuples(st.integers(-20, 40), st.integers(-20, 40)), max_size=8)


def minutes(intervals: list[Interval]) -> set[int]:
    return {minute for start, end in intervals for minute in range(start, end)}


def assert_tidy(intervals: list[Interval]) -> None:
    assert all(start < end for start, end in intervals)
    assert all(one[1] < other[0] for one, other in pairwise(intervals))


@given(spans)
@example([(0, 5), (5, 9)])  # spans that touch become one
@example([(5, 5), (9, 3)])  # empty and backward ones hold no time
def test_merge_keeps_every_minute_and_no_other(intervals):
    assert_tidy(merge(intervals))
    assert minutes(merge(intervals)) == minutes(intervals)


@given(spans, spans)
@example([(0, 10), (20, 30), (40, 50)], [(5, 45)])
def test_subtract_takes_out_exactly_the_minutes_of_the_cut(intervals, cut):
    assert_tidy(subtract(intervals, cut))
    assert minutes(subtract(intervals, cut)) == minutes(intervals) - minutes(cut)


@given(spans, spans)
@example([(0, 10)], [(10, 20)])  # the end is not part of it
def test_intersect_keeps_exactly_the_minutes_in_both(intervals, others):
    assert_tidy(intersect(intervals, others))
    assert minutes(intersect(intervals, others)) == minutes(intervals) & minutes(others)


@given(spans, st.integers(-20, 40), st.integers(1, 20))
@example([(0, 10)], 5, 5)
@example([(0, 10)], 5, 6)
def test_contains_wants_every_minute_inside(intervals, start, length):
    inside = set(range(start, start + length)) <= minutes(intervals)
    assert contains(merge(intervals), start, start + length) is inside
