"""Spans of time behave like the sets of minutes they stand for."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.scheduling.clock import Interval, contains, intersect, merge, subtract

spans = st.lists(st.tuples(st.integers(-20, 40), st.integers(-20, 40)), max_size=8)


def minutes(intervals: list[Interval]) -> set[int]:
    return {minute for start, end in intervals for minute in range(start, end)}


def assert_tidy(intervals: list[Interval]) -> None:
    assert all(start < end for start, end in intervals)
    assert all(one[1] < other[0] for one, other in pairwise(intervals))


@given(spans)
def test_merge_keeps_every_minute_and_no_other(intervals):
    assert_tidy(merge(intervals))
    assert minutes(merge(intervals)) == minutes(intervals)


@given(spans, spans)
def test_subtract_takes_out_exactly_the_minutes_of_the_cut(intervals, cut):
    assert_tidy(subtract(intervals, cut))
    assert minutes(subtract(intervals, cut)) == minutes(intervals) - minutes(cut)


@given(spans, spans)
def test_intersect_keeps_exactly_the_minutes_in_both(intervals, others):
    assert_tidy(intersect(intervals, others))
    assert minutes(intersect(intervals, others)) == minutes(intervals) & minutes(others)


@given(spans, st.integers(-20, 40), st.integers(1, 20))
def test_contains_wants_every_minute_inside(intervals, start, length):
    inside = set(range(start, start + length)) <= minutes(intervals)
    assert contains(merge(intervals), start, start + length) is inside


@pytest.mark.parametrize(
    ("intervals", "merged"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([(5, 5), (9, 3)], [], id="empty and backward spans hold no time"),
        pytest.param([(0, 5), (5, 9)], [(0, 9)], id="spans that touch become one"),
        pytest.param([(0, 9), (2, 3)], [(0, 9)], id="a span inside another disappears"),
        pytest.param([(6, 9), (0, 5)], [(0, 5), (6, 9)], id="order is restored"),
    ],
)
def test_merge_examples(intervals, merged):
    assert merge(intervals) == merged


def test_a_hole_can_reach_over_several_spans():
    assert subtract([(0, 10), (20, 30), (40, 50)], [(5, 45)]) == [(0, 5), (45, 50)]


def test_the_end_of_a_span_is_not_part_of_it():
    assert intersect([(0, 10)], [(10, 20)]) == []
    assert contains([(0, 10)], 5, 10)
    assert not contains([(0, 10)], 5, 11)
