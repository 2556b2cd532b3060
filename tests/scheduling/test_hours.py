"""Hours, breaks, overrides, time off and closures make the open time of a day."""

from datetime import UTC, date, datetime

import pytest

from booking.scheduling.clock import to_minute, zone
from booking.scheduling.slots import TimeRange, WorkingTime, open_intervals

BERLIN = zone("Europe/Berlin")
MONDAY, TUESDAY, SUNDAY = date(2026, 1, 5), date(2026, 1, 6), date(2026, 1, 11)


def clock(text: str) -> TimeRange:
    """'9:00-17:30' as a range."""
    starts, ends = (text_minute(part) for part in text.split("-"))
    return TimeRange(starts, ends)


def text_minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def ranges(text: str) -> tuple[TimeRange, ...]:
    return tuple(clock(part) for part in text.split())


def at(day: date, text: str) -> int:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return to_minute(midnight) + text_minute(text)


def as_text(working: WorkingTime, first: date, last: date) -> list[str]:
    """Open time in UTC, day and minute left readable."""
    opened = open_intervals(working, first, last)
    return [f"{utc_text(start)}-{utc_text(end)}" for start, end in opened]


def utc_text(minute: int) -> str:
    return datetime.fromtimestamp(minute * 60, UTC).strftime("%d %H:%M")


def office(**changed) -> WorkingTime:
    """Berlin, an hour ahead of UTC in January: Monday 9-17 with lunch, Tuesday in two ranges."""
    usual = {
        "zone": BERLIN,
        "weekly": {0: ranges("9:00-17:00"), 1: ranges("8:00-12:00 14:00-18:00")},
        "breaks": {0: ranges("12:00-12:30")},
    }
    return WorkingTime(**(usual | changed))


@pytest.mark.parametrize(
    ("changed", "first", "last", "expected"),
    [
        pytest.param(
            {}, MONDAY, MONDAY, ["05 08:00-05 11:00", "05 11:30-05 16:00"], id="a break is cut out"
        ),
        pytest.param(
            {}, TUESDAY, TUESDAY, ["06 07:00-06 11:00", "06 13:00-06 17:00"], id="several ranges"
        ),
        pytest.param({}, SUNDAY, SUNDAY, [], id="a weekday without hours is closed"),
        pytest.param(
            {"overrides": {MONDAY: ranges("10:00-14:00")}},
            MONDAY,
            MONDAY,
            ["05 09:00-05 13:00"],
            id="an override replaces the hours and the break",
        ),
        pytest.param(
            {"overrides": {MONDAY: ()}}, MONDAY, MONDAY, [], id="an empty override closes"
        ),
        pytest.param(
            {"overrides": {SUNDAY: ranges("10:00-11:00")}},
            SUNDAY,
            SUNDAY,
            ["11 09:00-11 10:00"],
            id="an override opens a closed day",
        ),
        pytest.param(
            {"time_off": ((at(MONDAY, "9:00"), at(MONDAY, "10:15")),)},
            MONDAY,
            MONDAY,
            ["05 08:00-05 09:00", "05 10:15-05 11:00", "05 11:30-05 16:00"],
            id="time off is cut out by the minute",
        ),
        pytest.param(
            {"closures": ((at(MONDAY, "0:00"), at(TUESDAY, "16:00")),)},
            MONDAY,
            TUESDAY,
            ["06 16:00-06 17:00"],
            id="a closure reaches over days",
        ),
        pytest.param(
            {
                "overrides": {MONDAY: ranges("10:00-14:00")},
                "time_off": ((at(MONDAY, "9:00"), at(MONDAY, "10:00")),),
            },
            MONDAY,
            MONDAY,
            ["05 10:00-05 13:00"],
            id="time off holds on an overridden day too",
        ),
        pytest.param(
            {"weekly": {0: ranges("20:00-24:00"), 1: ranges("0:00-3:00")}, "breaks": {}},
            MONDAY,
            TUESDAY,
            ["05 19:00-06 02:00"],
            id="a night is one stretch across midnight",
        ),
        pytest.param(
            {"weekly": {0: ranges("9:00-12:00 11:00-13:00")}, "breaks": {}},
            MONDAY,
            MONDAY,
            ["05 08:00-05 12:00"],
            id="ranges that overlap are one",
        ),
        pytest.param({}, TUESDAY, MONDAY, [], id="no days, no time"),
        pytest.param(
            {"zone": zone("Pacific/Auckland")},
            MONDAY,
            MONDAY,
            ["04 20:00-04 23:00", "04 23:30-05 04:00"],
            id="the date is the staff member's own",
        ),
        pytest.param(
            {"weekly": {6: ranges("2:00-3:00")}},
            date(2026, 3, 29),
            date(2026, 3, 29),
            [],
            id="hours inside a gap are no time at all",
        ),
        pytest.param(
            {"weekly": {6: ranges("1:00-2:30")}},
            date(2026, 10, 25),
            date(2026, 10, 25),
            ["24 23:00-25 00:30", "25 01:00-25 01:30"],
            id="hours that end inside a fold are open each time the clock shows them",
        ),
    ],
)
def test_open_time(changed, first, last, expected):
    assert as_text(office(**changed), first, last) == expected


@pytest.mark.parametrize(
    ("starts", "ends"), [(540, 540), (600, 540), (-5, 60), (1380, 1445), (541, 600), (540, 601)]
)
def test_a_range_no_day_has_is_refused(starts, ends):
    with pytest.raises(ValueError, match="a time range"):
        TimeRange(starts, ends)


@pytest.mark.parametrize("kind", ["weekly", "breaks"])
def test_an_eighth_weekday_is_refused(kind):
    with pytest.raises(ValueError, match=r"not \[7\]"):
        office(**{kind: {7: ranges("9:00-10:00")}})
