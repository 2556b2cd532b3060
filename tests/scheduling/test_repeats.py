"""Every second Tuesday, six times: by the wall clock, also where it changes."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.scheduling.clock import from_minute, to_minute
from booking.scheduling.repeats import Repeat, occurrences, shifted

BERLIN, APIA, HOWE = map(ZoneInfo, ("Europe/Berlin", "Pacific/Apia", "Australia/Lord_Howe"))


def minute(text: str, zone=BERLIN, fold: int = 0) -> int:
    return to_minute(datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold))


def shown(found, zone=BERLIN) -> list[str]:
    return [
        f"{each.day}: left out"
        if each.start is None
        else f"{from_minute(each.start).astimezone(zone):%Y-%m-%d %H:%M}"
        for each in found
    ]


def test_every_second_tuesday_three_times_keeps_its_time_when_summer_comes() -> None:
    found = occurrences(minute("2026-03-17 10:00"), Repeat(2, 3), BERLIN)
    assert shown(found) == ["2026-03-17 10:00", "2026-03-31 10:00", "2026-04-14 10:00"]
    hours = [(later.start - each.start) / 60 for each, later in pairwise(found)]
    assert hours == [14 * 24 - 1, 14 * 24]


def test_a_time_that_the_clock_leaves_out_has_no_instant_and_the_others_stand() -> None:
    found = occurrences(minute("2026-03-22 02:30"), Repeat(1, 3), BERLIN)
    assert shown(found) == ["2026-03-22 02:30", "2026-03-29: left out", "2026-04-05 02:30"]


def test_a_day_that_the_calendar_leaves_out_has_no_instant() -> None:
    found = occurrences(minute("2011-12-23 10:00", APIA), Repeat(1, 3), APIA)
    assert shown(found, APIA) == [
        "2011-12-23 10:00",
        "2011-12-30: left out",
        "2012-01-06 10:00",
    ]


def test_of_a_time_that_comes_twice_the_first_is_meant() -> None:
    found = occurrences(minute("2026-10-18 02:30"), Repeat(1, 2), BERLIN)
    assert found[1].start == minute("2026-10-25 02:30", fold=0)


def test_a_series_that_begins_in_the_second_of_two_equal_hours_begins_there() -> None:
    start = minute("2026-10-25 02:30", fold=1)
    found = occurrences(start, Repeat(1, 2), BERLIN)
    assert found[0].start == start
    assert shown(found) == ["2026-10-25 02:30", "2026-11-01 02:30"]


@given(
    st.integers(minute("2026-01-01"), minute("2030-01-01")),
    st.integers(1, 8),
    st.integers(2, 52),
    st.sampled_from([BERLIN, HOWE]),
)
def test_each_shows_the_same_on_the_wall_and_lies_whole_weeks_apart(start, weeks, times, zone):
    first = from_minute(start).astimezone(zone)
    found = occurrences(start, Repeat(weeks, times), zone)
    assert len(found) == times
    for number, each in enumerate(found):
        assert each.day == first.date() + timedelta(weeks=weeks * number)
        if each.start is not None:
            there = from_minute(each.start).astimezone(zone)
            assert (there.date(), there.time()) == (each.day, first.time())


@pytest.mark.parametrize(("weeks", "times"), [(0, 6), (53, 6), (1, 1), (1, 53)])
def test_a_repeat_is_at_most_52_times_and_more_than_once(weeks, times) -> None:
    with pytest.raises(ValueError, match=r"is [12] to 52"):
        Repeat(weeks, times)


def test_who_moves_one_moves_the_others_as_far_on_the_wall_clock() -> None:
    before, after = minute("2026-03-17 10:00"), minute("2026-03-18 09:30")
    moved = shifted(minute("2026-03-31 10:00"), before, after, BERLIN)
    assert shown([moved]) == ["2026-04-01 09:30"]


def test_a_move_over_midnight_moves_over_midnight() -> None:
    before, after = minute("2026-03-17 23:00"), minute("2026-03-18 00:30")
    moved = shifted(minute("2026-03-24 23:00"), before, after, BERLIN)
    assert shown([moved]) == ["2026-03-25 00:30"]
    assert shown([shifted(moved.start, after, before, BERLIN)]) == ["2026-03-24 23:00"]


def test_one_that_would_move_where_no_clock_shows_it_has_no_instant() -> None:
    before, after = minute("2026-03-22 10:00"), minute("2026-03-22 02:30")
    moved = shifted(minute("2026-03-29 10:00"), before, after, BERLIN)
    assert (moved.day, moved.start) == (date(2026, 3, 29), None)
