"""Slots by part of the day, and the weeks of a month."""

from datetime import UTC, date, datetime

import pytest

from booking.scheduling.clock import to_minute, zone
from booking.scheduling.days import PartOfDay, month_days, part_of_day

MORNING, AFTERNOON, EVENING = PartOfDay


def at(hour: int, minute: int = 0, day: date = date(2026, 1, 5)) -> int:
    return to_minute(datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC))


@pytest.mark.parametrize(
    ("hour", "minute", "part"),
    [
        (0, 0, MORNING),
        (11, 59, MORNING),
        (12, 0, AFTERNOON),
        (16, 59, AFTERNOON),
        (17, 0, EVENING),
        (23, 59, EVENING),
    ],
)
def test_noon_and_five_part_the_day(hour, minute, part):
    assert part_of_day(at(hour, minute), zone("UTC")) is part


def test_the_readers_own_clock_decides():
    nine_utc = at(9)
    assert part_of_day(nine_utc, zone("Europe/Berlin")) is MORNING
    assert part_of_day(nine_utc, zone("Asia/Kathmandu")) is AFTERNOON
    assert part_of_day(nine_utc, zone("Pacific/Auckland")) is EVENING


def test_weeks_begin_on_monday_and_show_only_their_own_month():
    weeks = month_days(2026, 8)  # begins on a Saturday, ends on a Monday
    assert weeks[0] == [None] * 5 + [date(2026, 8, 1), date(2026, 8, 2)]
    assert weeks[-1] == [date(2026, 8, 31)] + [None] * 6
    assert [day.day for week in weeks for day in week if day] == list(range(1, 32))
    assert all(len(week) == 7 for week in weeks)


def test_the_last_month_of_the_calendar_has_all_its_days():
    assert month_days(9999, 12)[-1][4] == date(9999, 12, 31)


@pytest.mark.parametrize(("year", "month"), [(2026, 0), (2026, 13), (0, 1), (10000, 1)])
def test_a_month_no_calendar_has_is_refused(year, month):
    with pytest.raises(ValueError):  # noqa: PT011  the calendar's own words will do
        month_days(year, month)
