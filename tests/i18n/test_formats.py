"""Instants, lengths and lists read as a person would say them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from babel.localedata import locale_identifiers

from booking.i18n import Language, formats, speaking

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
        (60 * 1440, "1440 hours"),
    ],
)
def test_lengths_are_said_in_hours_and_minutes(minutes, said):
    assert formats.format_duration(minutes) == said


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
    assert formats.format_time_left(seconds) == said


def test_days_and_months_are_written_out_whatever_the_servers_language():
    assert formats.format_day(date(2026, 3, 1)) == "Sunday 1 March 2026"
    assert formats.format_month(date(2026, 12, 31)) == "December 2026"


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
    assert formats.format_zone(ZoneInfo(zone), at(2026, 11, 24, 12)) == said


def test_a_repeated_hour_carries_its_offset_and_no_other_hour_does():
    assert formats.format_time(at(2026, 10, 25, 0, 30), BERLIN) == "02:30 (UTC+2)"
    assert formats.format_time(at(2026, 10, 25, 1, 30), BERLIN) == "02:30 (UTC+1)"
    assert formats.format_time(at(2026, 10, 25, 2, 30), BERLIN) == "03:30"
    assert formats.format_time(at(2026, 3, 29, 1, 30), BERLIN) == "03:30"


def test_an_end_after_midnight_names_its_day():
    start, end = at(2026, 11, 24, 22, 30), at(2026, 11, 24, 23, 30)
    assert formats.format_span(start, end, LISBON) == "Tuesday 24 November 2026, 22:30 to 23:30"
    later = "Tuesday 24 November 2026, 23:30 to Wednesday 25 November 2026, 00:30"
    assert formats.format_span(start, end, BERLIN) == later


def test_the_other_clock_is_shown_only_where_it_shows_something_else():
    noon = at(2026, 11, 24, 12)
    assert formats.time_in_zone_if_different(noon, LISBON, ZoneInfo("Europe/London")) is None
    assert formats.time_in_zone_if_different(noon, LISBON, NEW_YORK) == "07:00"
    assert (
        formats.time_in_zone_if_different(at(2026, 11, 24, 3), LISBON, NEW_YORK) == "Monday 22:00"
    )


@pytest.mark.parametrize(
    ("names", "said"),
    [([], ""), (["Ada"], "Ada"), (["Ada", "Ben"], "Ada or Ben"), (list("ABC"), "A, B or C")],
)
def test_names_are_listed_as_a_choice(names, said):
    assert formats.join_or(names) == said


def test_dates_times_lengths_and_lists_follow_the_language():
    german = Language("de", Locale("de"))
    noon = at(2026, 11, 24, 12)
    with speaking(german):
        assert formats.format_day(date(2026, 11, 24)) == "Dienstag, 24. November 2026"
        assert formats.format_month(date(2026, 3, 1)) == "März 2026"
        assert formats.format_weekday(date(2026, 11, 24)) == "Dienstag"
        assert formats.format_duration(90) == "1 Stunde, 30 Minuten"
        assert formats.join_or(["Ada", "Ben", "Cleo"]) == "Ada, Ben oder Cleo"
        assert formats.join_list(["Ada", "Ben", "Cleo"]) == "Ada, Ben, Cleo"
        assert formats.format_zone(ZoneInfo("Europe/Lisbon"), noon).startswith("Lissabon")
    with speaking(Language("en-US", Locale("en", "US"))):
        assert formats.format_time(noon, NEW_YORK) == "7:00\N{NARROW NO-BREAK SPACE}AM"
    assert formats.format_time(noon, NEW_YORK) == "07:00"


def test_weekdays_have_a_short_and_a_full_name_from_monday_on():
    assert formats.weekdays()[0] == ("Mo", "Monday")
    assert formats.weekdays()[6] == ("Su", "Sunday")


def test_names_in_a_row_have_commas():
    assert formats.join_list(["Ada", "Ben", "Cleo"]) == "Ada, Ben, Cleo"


def test_any_number_of_names_is_listed_in_any_language():
    names = ["Ada", "Ben", "Cleo {0}", "Dora"]
    for tag in (each for each in locale_identifiers() if "_" not in each):
        with speaking(Language(tag, Locale.parse(tag))):
            for few in (names[:most] for most in range(len(names) + 1)):
                for said in (formats.join_list(few), formats.join_or(few)):
                    assert all(name in said for name in few), (tag, said)
            assert len(formats.format_duration(90)) > len(formats.format_duration(60)), tag
