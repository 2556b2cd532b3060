"""A day laid out: every minute is shown once, and nothing lies on something else."""

from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.scheduling.clock import DAY, TICK, day_interval, intersect, merge, minute_of_day
from booking.scheduling.day_plan import (
    Kind,
    Lane,
    Span,
    hours_of,
    hours_shown,
    lanes,
    open_span,
    spans_of,
)
from booking.scheduling.slots import TimeRange, WorkingTime, open_intervals

LISBON, NEW_YORK = ZoneInfo("Europe/Lisbon"), ZoneInfo("America/New_York")
# An hour, half an hour, at midnight, a day left out, 45 minutes off.
ZONES = [LISBON, NEW_YORK, *map(ZoneInfo, ("Australia/Lord_Howe", "America/Santiago",
         "Pacific/Apia", "Asia/Kathmandu", "Africa/Cairo"))]  # fmt: skip
MONDAY = date(2027, 3, 1)
SPRING, AUTUMN = date(2027, 3, 28), date(2027, 10, 31)

days = st.dates(date(2011, 12, 1), date(2028, 12, 31))
zones = st.sampled_from(ZONES)
ticks = st.integers(0, DAY // TICK).map(lambda tick: tick * TICK)


@st.composite
def ranges(draw, most=3):
    edges = sorted(draw(st.sets(ticks, max_size=2 * most)))
    return tuple(TimeRange(*pair) for pair in zip(edges[::2], edges[1::2], strict=False))


@st.composite
def intervals(draw, day, most=6):
    """Appointments around that day, by the five minutes: some begin before it or end after it."""
    first, end = day
    made = st.tuples(st.integers(-30, (end - first) // TICK + 5), st.integers(1, 60))
    return [
        (first + start * TICK, first + (start + length) * TICK)
        for start, length in draw(st.lists(made, max_size=most))
    ]


@st.composite
def plans(draw):
    day, zone, own = draw(days), draw(zones), draw(zones)
    span = day_interval(day, zone)
    working = WorkingTime(
        zone=own,
        weekly={number: draw(ranges()) for number in range(7)},
        breaks={number: draw(ranges(1)) for number in range(7)},
        time_off=tuple(draw(intervals(span, 2))),
        closures=tuple(draw(intervals(span, 1))),
    )
    taken = draw(intervals(span))
    around = [(start - 10, end + 15) for start, end in taken]
    return day, zone, working, taken, around


@given(days, zones)
def test_the_hours_of_a_day_follow_each_other_without_a_gap(day, zone):
    hours, (first, end) = hours_of(day, zone), day_interval(day, zone)
    assert [hour.start for hour in hours[:1]] == [first] * bool(hours)
    assert all(one.end == next_one.start for one, next_one in pairwise(hours))
    assert sum(hour.end - hour.start for hour in hours) == end - first
    for hour in hours:
        assert minute_of_day(hour.start, zone) == hour.shown
        assert (hour.end - 1 - hour.start) // 60 == 0
        assert {minute_of_day(each, zone) // 60 for each in (hour.start, hour.end - 1)} == {
            hour.shown // 60
        }


def test_an_hour_that_the_clock_leaves_out_has_no_row_and_one_that_comes_twice_has_two():
    assert [hour.shown // 60 for hour in hours_of(SPRING, LISBON)] == [0, *range(2, 24)]
    autumn = hours_of(AUTUMN, LISBON)
    assert [hour.shown // 60 for hour in autumn] == [0, 1, 1, *range(2, 24)]
    assert [hour.again for hour in autumn[:4]] == [False, False, True, False]


def test_half_an_hour_that_the_clock_leaves_out_makes_a_shorter_row():
    hours = hours_of(date(2027, 10, 3), ZoneInfo("Australia/Lord_Howe"))
    assert [(hour.shown, hour.end - hour.start) for hour in hours[1:4]] == [
        (60, 60), (150, 30), (180, 60),
    ]  # fmt: skip


def test_a_day_that_the_calendar_left_out_has_no_hours():
    assert hours_of(date(2011, 12, 30), ZoneInfo("Pacific/Apia")) == []


@given(plans())
def test_every_minute_of_a_day_is_taken_or_of_one_kind(plan):
    day, zone, working, taken, around = plan
    span = day_interval(day, zone)
    spans = spans_of(working, span, taken, around)
    assert all(one.end <= next_one.start for one, next_one in pairwise(spans))
    kinds = [(each.start, each.end) for each in spans]
    assert not intersect(kinds, taken)
    assert merge([*kinds, *intersect(taken, [span])]) == merge([span])


@given(plans())
def test_what_is_free_is_open_and_neither_taken_nor_a_buffer(plan):
    day, zone, working, taken, around = plan
    span = day_interval(day, zone)
    free = [(each.start, each.end) for each in spans_of(working, span, taken, around)
            if each.kind == Kind.FREE]  # fmt: skip
    around_it = day - timedelta(days=2), day + timedelta(days=2)
    opened = intersect(open_intervals(working, *around_it), [span])
    assert intersect(free, [*taken, *around]) == []
    assert merge([*free, *intersect(opened, [*taken, *around])]) == opened


@given(plans())
def test_the_hours_shown_hold_all_that_is_needed(plan):
    day, zone, working, taken, _ = plan
    hours = hours_of(day, zone)
    shown = hours_shown(hours, [*taken, *open_span(working, day, zone)])
    rows = [(hour.start, hour.end) for hour in shown]
    needed = intersect([*taken, *open_span(working, day, zone)], [day_interval(day, zone)])
    assert intersect(needed, rows) == needed
    assert shown == [hour for hour in hours if shown[0].start <= hour.start <= shown[-1].start]


@given(intervals((0, DAY), most=30))
def test_no_two_that_overlap_stand_in_one_place(appointments):
    placed = lanes(appointments)
    shown = [(start, max(end, start + 15)) for start, end in appointments]
    for one in range(len(shown)):
        assert 0 <= placed[one].number < placed[one].of
        for other in range(one):
            if intersect([shown[one]], [shown[other]]):
                assert placed[one].number != placed[other].number
                assert placed[one].of == placed[other].of


def test_who_is_alone_has_the_whole_width():
    assert lanes([(0, 30), (30, 60)]) == [Lane(0, 1), Lane(0, 1)]


def test_a_lane_that_is_free_again_is_used_again():
    assert lanes([(0, 60), (0, 30), (30, 60)]) == [Lane(0, 2), Lane(1, 2), Lane(1, 2)]


def test_what_is_short_takes_as_much_room_as_can_be_read():
    assert lanes([(0, 5), (5, 10), (15, 20)]) == [Lane(0, 2), Lane(1, 2), Lane(0, 2)]


def wall(day, *clocks):
    first = day_interval(day, LISBON)[0]
    return [first + int(clock[:2]) * 60 + int(clock[3:]) for clock in clocks]


def test_a_working_day_in_its_parts():
    working = WorkingTime(
        zone=LISBON,
        weekly={0: (TimeRange(540, 1020),)},
        breaks={0: (TimeRange(720, 780),)},
        time_off=(tuple(wall(MONDAY, "15:00", "16:00")),),
    )
    span, taken = day_interval(MONDAY, LISBON), [tuple(wall(MONDAY, "10:00", "10:30"))]
    edges = ["00:00", "09:00", "10:00", "10:30", "10:40", "12:00", "13:00", "15:00", "16:00",
             "17:00"]  # fmt: skip
    at = dict(zip(edges, wall(MONDAY, *edges), strict=True))
    assert spans_of(working, span, taken, [(taken[0][0], taken[0][1] + 10)]) == [
        Span(Kind.OFF, at["00:00"], at["09:00"]),
        Span(Kind.FREE, at["09:00"], at["10:00"]),
        Span(Kind.BUFFER, at["10:30"], at["10:40"]),
        Span(Kind.FREE, at["10:40"], at["12:00"]),
        Span(Kind.BREAK, at["12:00"], at["13:00"]),
        Span(Kind.FREE, at["13:00"], at["15:00"]),
        Span(Kind.AWAY, at["15:00"], at["16:00"]),
        Span(Kind.FREE, at["16:00"], at["17:00"]),
        Span(Kind.OFF, at["17:00"], span[1]),
    ]


def test_somebody_of_another_zone_is_shown_by_the_shops_clock():
    working = WorkingTime(zone=NEW_YORK, weekly={0: (TimeRange(540, 1020),)})
    (opened,) = open_span(working, MONDAY, LISBON)
    assert opened == tuple(wall(MONDAY, "14:00", "22:00"))


def test_who_works_past_midnight_is_open_on_both_days():
    working = WorkingTime(zone=NEW_YORK, weekly={0: (TimeRange(1080, 1320),)})
    tuesday = MONDAY + timedelta(days=1)
    assert open_span(working, MONDAY, LISBON) == [tuple(wall(MONDAY, "23:00", "24:00"))]
    assert open_span(working, tuesday, LISBON) == [tuple(wall(tuesday, "00:00", "03:00"))]


@pytest.mark.parametrize("needed", [[], [(0, 60)]])
def test_a_day_on_which_nothing_is_shows_usual_hours(needed):
    shown = hours_shown(hours_of(MONDAY, LISBON), needed)
    assert [hour.shown // 60 for hour in shown] == [*range(9, 17)]
