"""Time off is on a wall's clock: whoever gets another clock is away at the same hours of it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from booking.scheduling.clock import on_same_wall

LISBON, TOKYO, NEW_YORK = "Europe/Lisbon", "Asia/Tokyo", "America/New_York"
MOVES = {
    "a winter's day": (LISBON, "2026-03-04T10:00", "2026-03-04T12:00", TOKYO),
    "a summer's day": (LISBON, "2026-07-04T10:00", "2026-07-04T12:00", NEW_YORK),
    "whole days": (TOKYO, "2026-03-04T00:00", "2026-03-07T00:00", NEW_YORK),
    "a change of the clock there alone": (TOKYO, "2026-03-28T00:00", "2026-03-30T00:00", LISBON),
    "a change of the clock here alone": (LISBON, "2026-03-28T00:00", "2026-03-30T00:00", TOKYO),
    "a year later": (NEW_YORK, "2027-11-07T09:00", "2027-11-07T17:00", LISBON),
}
# An end that the other clock shows never, or twice: what is off then has that hour in it.
AT_A_CHANGE = {
    "never, at its beginning": ("2026-03-29T01:30", "2026-03-29T09:00", "00:30", "09:00"),
    "never, at its end": ("2026-03-28T20:00", "2026-03-29T01:30", "20:00", "02:30"),
    "never at all": ("2026-03-29T01:10", "2026-03-29T01:50", "00:10", "02:50"),
    "twice, at its beginning": ("2026-10-25T01:30", "2026-10-25T09:00", "01:30", "09:00"),
    "twice, at its end": ("2026-10-24T20:00", "2026-10-25T01:30", "20:00", "01:30"),
}


def at(shown: str, zone: str) -> datetime:
    return datetime.fromisoformat(shown).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def moved(before: str, starts: str, ends: str, after: str) -> tuple[datetime, datetime]:
    zones = ZoneInfo(before), ZoneInfo(after)
    return on_same_wall(at(starts, before), at(ends, before), *zones)


@pytest.mark.parametrize("which", MOVES)
def test_another_clock_shows_the_same_hours_and_the_one_before_them_again(which):
    before, starts, ends, after = MOVES[which]
    span = moved(before, starts, ends, after)
    assert span == (at(starts, after), at(ends, after))
    back = on_same_wall(*span, ZoneInfo(after), ZoneInfo(before))
    assert back == (at(starts, before), at(ends, before))


@pytest.mark.parametrize("which", AT_A_CHANGE)
def test_where_a_clock_is_changed_the_whole_hour_is_off(which):
    starts, ends, first, last = AT_A_CHANGE[which]
    span = moved(TOKYO, starts, ends, LISBON)
    assert [f"{one.astimezone(ZoneInfo(LISBON)):%H:%M}" for one in span] == [first, last]
    away, meant = span[1] - span[0], datetime.fromisoformat(ends) - datetime.fromisoformat(starts)
    assert away >= meant
