"""Wall clock and instant find each other; strange zone names are refused; a day has its parts."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from booking.scheduling.clock import (
    PartOfDay,
    UnknownZone,
    day_interval,
    from_minute,
    instants,
    local_day,
    minute_of_day,
    month_days,
    part_of_day,
    to_minute,
    wall_spans,
    wall_steps,
    zone,
    zone_names,
)


def utc(*parts: int) -> int:
    return to_minute(datetime(*parts, tzinfo=UTC))


@pytest.mark.parametrize(
    ("instant", "minute"),
    [
        pytest.param(datetime(1970, 1, 1, tzinfo=UTC), 0, id="it begins with the epoch"),
        pytest.param(datetime(1970, 1, 2, 0, 1, tzinfo=UTC), 1441, id="a day and a minute later"),
        pytest.param(datetime(1969, 12, 31, 23, 59, tzinfo=UTC), -1, id="a minute before"),
        pytest.param(datetime(1970, 1, 1, 0, 0, 59, tzinfo=UTC), 0, id="seconds are dropped"),
        pytest.param(
            datetime(1969, 12, 31, 23, 59, 30, tzinfo=UTC), -1, id="even before the epoch"
        ),
        pytest.param(
            datetime(1970, 1, 1, 0, 5, tzinfo=timezone(timedelta(hours=-5))),
            305,
            id="the same from whatever zone it is told",
        ),
    ],
)
def test_the_minute_of_an_instant(instant, minute):
    assert to_minute(instant) == minute


def test_a_minute_comes_back_as_an_aware_utc_datetime():
    instant = datetime(2026, 1, 5, 9, 5, tzinfo=UTC)
    assert from_minute(to_minute(instant)) == instant
    assert from_minute(0).tzinfo is UTC


def test_a_naive_datetime_is_refused_with_the_remedy():
    with pytest.raises(ValueError, match="pass an aware datetime"):
        to_minute(datetime(2026, 1, 5, 9, 0))  # noqa: DTZ001  that is the point


@pytest.mark.parametrize(
    ("name", "day", "wall", "expected"),
    [
        pytest.param(
            "Europe/Berlin", date(2026, 1, 5), 540, [utc(2026, 1, 5, 8, 0)], id="an ordinary day"
        ),
        pytest.param("Europe/Berlin", date(2026, 3, 29), 150, [], id="02:30 never comes"),
        pytest.param(
            "Europe/Berlin",
            date(2026, 3, 29),
            180,
            [utc(2026, 3, 29, 1, 0)],
            id="03:00 follows 01:59",
        ),
        pytest.param(
            "Europe/Berlin",
            date(2026, 10, 25),
            150,
            [utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 1, 30)],
            id="02:30 comes twice",
        ),
        pytest.param(
            "Australia/Lord_Howe",
            date(2026, 4, 5),
            105,
            [utc(2026, 4, 4, 14, 45), utc(2026, 4, 4, 15, 15)],
            id="Lord Howe repeats half an hour only",
        ),
        pytest.param(
            "America/Santiago",
            date(2026, 4, 4),
            1410,
            [utc(2026, 4, 5, 2, 30), utc(2026, 4, 5, 3, 30)],
            id="Santiago repeats the hour before midnight",
        ),
        pytest.param(
            "Asia/Kathmandu", date(2026, 1, 5), 540, [utc(2026, 1, 5, 3, 15)], id="a quarter hour"
        ),
        pytest.param(
            "Europe/Berlin",
            date(2026, 1, 5),
            1440,
            [utc(2026, 1, 5, 23, 0)],
            id="24:00 is the next midnight",
        ),
        pytest.param(
            "America/Santiago", date(2026, 9, 5), 1440, [], id="a midnight that is missing"
        ),
    ],
)
def test_instants_of_a_wall_time(name, day, wall, expected):
    assert list(instants(day, wall, zone(name))) == expected


@pytest.mark.parametrize("wall", [-1, 1441])
def test_a_minute_no_day_has_is_refused(wall):
    with pytest.raises(ValueError, match="not a minute of a day"):
        instants(date(2026, 1, 5), wall, zone("UTC"))


@pytest.mark.parametrize(
    ("name", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 1, 5), 24),
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        ("America/Santiago", date(2026, 9, 6), 23),
        ("Pacific/Apia", date(2011, 12, 30), 0),
    ],
)
def test_a_day_is_as_long_as_its_clock_makes_it(name, day, hours):
    start, end = day_interval(day, zone(name))
    assert end - start == hours * 60


def test_a_date_the_calendar_left_out_lies_between_its_neighbours():
    apia = zone("Pacific/Apia")
    assert day_interval(date(2011, 12, 29), apia)[1] == day_interval(date(2011, 12, 30), apia)[0]
    assert day_interval(date(2011, 12, 30), apia)[1] == day_interval(date(2011, 12, 31), apia)[0]
    assert list(wall_spans(date(2011, 12, 30), 0, 1440, apia)) == []
    assert instants(date(2011, 12, 30), 600, apia) == ()


def test_the_local_date_and_time_follow_the_zone():
    late = utc(2026, 1, 5, 23, 30)
    assert local_day(late, zone("Europe/Berlin")) == date(2026, 1, 6)
    assert local_day(late, zone("America/New_York")) == date(2026, 1, 5)
    assert minute_of_day(late, zone("Asia/Kathmandu")) == 5 * 60 + 15


def test_a_wall_span_inside_the_repeated_hour_comes_twice():
    spans = list(wall_spans(date(2026, 10, 25), 120, 150, zone("Europe/Berlin")))
    first, again = utc(2026, 10, 25, 0, 0), utc(2026, 10, 25, 1, 0)
    assert spans == [(first, first + 30), (again, again + 30)]


def test_steps_keep_to_the_wall_clock_across_a_gap():
    steps = wall_steps(date(2026, 3, 29), 90, 240, 45, zone("Europe/Berlin"))
    assert [minute_of_day(step, zone("Europe/Berlin")) for step in steps] == [90, 180, 225]


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/Argentina/Ushuaia", "UTC"])
def test_a_zone_goes_by_its_name(name):
    assert zone(name).key == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        ".",
        "..",
        "../../etc/passwd",
        "/etc/passwd",
        "/usr/share/zoneinfo/Europe/Berlin",
        "Europe/../Europe/Berlin",
        "C:\\Windows",
        "Europe",
        "Europe/",
        "Europe/Nowhere",
        "Europe/Berlin/",
        " Europe/Berlin",
        "Europe/Berlin\n",
        "Europe/Ber\0lin",
        "Europe/Berlin\x1b[31m",
        "\ud800",
        "localtime",
        "posixrules",
        "Factory",
        "right/Europe/Berlin",
        "zone.tab",
        "tzdata.zi",
        "+02:00",
        "A" * 100_000,
        "Europe/" * 10_000,
    ],
    ids=lambda name: ascii(name[:40]),
)
def test_anything_but_a_zone_name_is_refused(name):
    with pytest.raises(UnknownZone) as refused:
        zone(name)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 400


def test_every_name_that_is_offered_is_a_zone():
    assert all(zone(name).key == name for name in zone_names())
    assert len(zone_names()) > 400


MORNING, AFTERNOON, EVENING = PartOfDay


@pytest.mark.parametrize(
    ("hour", "minute", "where", "part"),
    [
        (0, 0, "UTC", MORNING),
        (11, 59, "UTC", MORNING),
        (12, 0, "UTC", AFTERNOON),
        (16, 59, "UTC", AFTERNOON),
        (17, 0, "UTC", EVENING),
        (23, 59, "UTC", EVENING),
        (9, 0, "Europe/Berlin", MORNING),
        (9, 0, "Asia/Kathmandu", AFTERNOON),
        (9, 0, "Pacific/Auckland", EVENING),
    ],
)
def test_noon_and_five_on_the_readers_own_clock_part_the_day(hour, minute, where, part):
    assert part_of_day(utc(2026, 1, 5, hour, minute), zone(where)) is part


def test_weeks_begin_on_monday_and_show_only_their_own_month():
    weeks = month_days(2026, 8)  # begins on a Saturday, ends on a Monday
    assert weeks[0] == (*[None] * 5, date(2026, 8, 1), date(2026, 8, 2))
    assert weeks[-1] == (date(2026, 8, 31), *[None] * 6)
    assert [day.day for week in weeks for day in week if day] == list(range(1, 32))
    assert all(len(week) == 7 for week in weeks)


def test_the_last_month_of_the_calendar_has_all_its_days():
    assert month_days(9999, 12)[-1][4] == date(9999, 12, 31)


@pytest.mark.parametrize(("year", "month"), [(2026, 0), (2026, 13), (0, 1), (10000, 1)])
def test_a_month_no_calendar_has_is_refused(year, month):
    with pytest.raises(ValueError):  # noqa: PT011  the calendar's own words will do
        month_days(year, month)
