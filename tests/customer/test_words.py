"""Instants, lengths and lists read as a person would say them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from booking.i18n import words

BERLIN, LISBON, NEW_YORK = (
    ZoneInfo(name) for name in ("Europe/Berlin", "Europe/Lisbon", "America/New_York")
)


def at(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "0 minutes"),
        (1, "1 minute"),
        (45, "45 minutes"),
        (60, "1 hour"),
        (90, "1 hour 30 minutes"),
        (121, "2 hours 1 minute"),
        (1440, "24 hours"),
    ],
)
def test_lengths_are_said_in_hours_and_minutes(minutes, said):
    assert words.duration(minutes) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "no time"),
        (0, "no time"),
        (59, "less than a minute"),
        (119, "1 minute"),
        (600, "10 minutes"),
    ],
)
def test_time_left_never_promises_more_than_there_is(seconds, said):
    assert words.time_left(seconds) == said


def test_days_and_months_are_written_out_whatever_the_servers_language():
    assert words.day(date(2026, 3, 1)) == "Sunday 1 March 2026"
    assert words.month(date(2026, 12, 31)) == "December 2026"


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("UTC", "UTC"),
        ("Etc/GMT+5", "UTC\N{MINUS SIGN}5"),
        ("Europe/Berlin", "Berlin time (UTC+1)"),
        ("America/St_Johns", "St Johns time (UTC\N{MINUS SIGN}3:30)"),
        ("Australia/Lord_Howe", "Lord Howe time (UTC+11)"),
        ("Asia/Kathmandu", "Kathmandu time (UTC+5:45)"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires time (UTC\N{MINUS SIGN}3)"),
    ],
)
def test_a_zone_is_named_by_its_place_and_its_offset_at_that_time(zone, said):
    assert words.zone_label(ZoneInfo(zone), at(2026, 11, 24, 12)) == said


def test_a_repeated_hour_carries_its_offset_and_no_other_hour_does():
    assert words.clock(at(2026, 10, 25, 0, 30), BERLIN) == "02:30 (UTC+2)"
    assert words.clock(at(2026, 10, 25, 1, 30), BERLIN) == "02:30 (UTC+1)"
    assert words.clock(at(2026, 10, 25, 2, 30), BERLIN) == "03:30"
    assert words.clock(at(2026, 3, 29, 1, 30), BERLIN) == "03:30"


def test_an_end_after_midnight_names_its_day():
    start, end = at(2026, 11, 24, 22, 30), at(2026, 11, 24, 23, 30)
    assert words.span(start, end, LISBON) == "Tuesday 24 November 2026, 22:30 to 23:30"
    later = "Tuesday 24 November 2026, 23:30 to Wednesday 25 November 2026, 00:30"
    assert words.span(start, end, BERLIN) == later


def test_the_other_clock_is_shown_only_where_it_shows_something_else():
    noon = at(2026, 11, 24, 12)
    assert words.beside(noon, LISBON, ZoneInfo("Europe/London")) is None
    assert words.beside(noon, LISBON, NEW_YORK) == "07:00"
    assert words.beside(at(2026, 11, 24, 3), LISBON, NEW_YORK) == "Monday 22:00"


@pytest.mark.parametrize(
    ("names", "said"),
    [([], ""), (["Ada"], "Ada"), (["Ada", "Ben"], "Ada or Ben"), (list("ABC"), "A, B or C")],
)
def test_names_are_listed_as_a_choice(names, said):
    assert words.one_of(names) == said
