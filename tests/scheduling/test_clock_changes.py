"""Every clock change from 2025 to 2030, found by asking zoneinfo, day by day and minute by minute.

Round the clock, every five minutes is offered. So what the wall shows at the offered starts
must be: nothing from a gap, everything in a fold twice, all else once.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from booking.scheduling.clock import day_interval, instants, to_minute
from booking.scheduling.slots import (
    ServiceRules,
    TimeRange,
    WorkingTime,
    free_starts,
    open_intervals,
)

CHANGING = [
    "Africa/Cairo",  # at midnight
    "Africa/Casablanca",  # back for Ramadan, on dates that wander
    "America/New_York",
    "America/Nuuk",  # late on Saturday
    "America/Santiago",  # at midnight, the other half of the year
    "America/St_Johns",  # half an hour off
    "Antarctica/Troll",  # by two hours
    "Australia/Lord_Howe",  # by half an hour
    "Europe/Berlin",
    "Europe/London",
    "Pacific/Chatham",  # three quarters of an hour off
]
STEADY = ["Asia/Kathmandu", "Pacific/Apia", "Asia/Tokyo"]

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
BEGIN, END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)


class Change(NamedTuple):
    zone: ZoneInfo
    instant: datetime
    forward: timedelta

    @property
    def jumped(self) -> list[datetime]:
        """The naive wall times that the change leaves out or repeats."""
        after = self.instant.astimezone(self.zone).replace(tzinfo=None, fold=0)
        first = min(after, after - self.forward)
        return [first + n * MINUTE for n in range(abs(self.forward) // MINUTE)]

    @property
    def days(self) -> tuple[date, date]:
        return (self.jumped[0] - DAY).date(), (self.jumped[-1] + DAY).date()


def changes(name: str) -> list[Change]:
    zone, found, instant = ZoneInfo(name), [], BEGIN
    while instant < END:
        if offset(instant, zone) != offset(instant + DAY, zone):
            found.append(change_within_a_day(instant, zone))
        instant += DAY
    return found


def change_within_a_day(instant: datetime, zone: ZoneInfo) -> Change:
    before = offset(instant, zone)
    while offset(instant, zone) == before:
        instant += MINUTE
    return Change(zone, instant, offset(instant, zone) - before)


def offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset()


ALL = [change for name in CHANGING for change in changes(name)]


def label(change: Change) -> str:
    return f"{change.zone.key} {change.instant:%Y-%m-%d}"


def offered(change: Change, duration: int = 5) -> list[int]:
    always = WorkingTime(change.zone, dict.fromkeys(range(7), (TimeRange(0, 1440),)))
    rules = ServiceRules(duration=duration, slot_step=5, booking_window=30)
    now = to_minute(change.instant - 10 * DAY)
    return free_starts(always, rules, (), now, *change.days)


def shown(first: date, last: date, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Each minute of those days, with what the clock on the wall shows then, naive."""
    minute = datetime.combine(first - DAY, time(), UTC)
    while (wall := minute.astimezone(zone).replace(tzinfo=None, fold=0)).date() <= last:
        if wall.date() >= first:
            yield minute, wall
        minute += MINUTE


def test_the_scan_finds_changes_in_every_changing_zone_and_none_in_the_steady():
    for name in CHANGING:
        assert len([change for change in ALL if change.zone.key == name]) >= 6
    assert [change for name in STEADY for change in changes(name)] == []


@pytest.mark.parametrize("change", ALL, ids=label)
def test_a_wall_time_is_offered_as_often_as_the_clock_shows_it(change):
    walls = [*shown(*change.days, change.zone)]
    assert offered(change) == [to_minute(minute) for minute, wall in walls if wall.minute % 5 == 0]


@pytest.mark.parametrize("change", ALL, ids=label)
def test_a_minute_in_a_gap_has_no_instant_and_one_in_a_fold_has_two(change):
    found = {wall: [] for wall in change.jumped}
    for minute, wall in shown(*change.days, change.zone):
        if wall in found:
            found[wall].append(to_minute(minute))
    times = 2 if change.forward < timedelta() else 0
    for wall, minutes in found.items():
        assert list(instants(wall.date(), wall.hour * 60 + wall.minute, change.zone)) == minutes
        assert len(minutes) == times


@pytest.mark.parametrize("change", ALL, ids=label)
def test_the_days_around_a_change_follow_each_other_without_gap_or_overlap(change):
    first, last = change.days
    days = [first + n * DAY for n in range((last - first).days + 1)]
    spans = [day_interval(day, change.zone) for day in days]
    for (_, end), (start, _) in pairwise(spans):
        assert end == start
    passed = spans[-1][1] - spans[0][0]
    assert passed == len(days) * 1440 - change.forward // MINUTE


@pytest.mark.parametrize("change", ALL, ids=label)
def test_an_appointment_across_a_change_takes_its_true_time(change):
    minute = to_minute(change.instant)
    crossing = [start for start in offered(change, 90) if start < minute < start + 90]
    assert crossing == list(range(minute - 85, minute, 5))


@pytest.mark.parametrize("name", STEADY)
def test_a_steady_zone_has_only_days_of_24_hours(name):
    zone = ZoneInfo(name)
    always = WorkingTime(zone, dict.fromkeys(range(7), (TimeRange(0, 1440),)))
    first, last = date(2025, 1, 1), date(2030, 12, 31)
    days = (last - first).days + 1
    for n in range(days):
        start, end = day_interval(first + n * DAY, zone)
        assert end - start == 1440
    [(start, end)] = open_intervals(always, first, last)
    assert end - start == days * 1440
