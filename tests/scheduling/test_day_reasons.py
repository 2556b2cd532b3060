"""Why nothing is free: every reason at once, and a start is free exactly if it can be had."""

from datetime import date

import pytest
from hypothesis import given

from booking.scheduling.clock import day_interval, zone
from booking.scheduling.day_reasons import Busy, Part, Start, Why, hours_on, parts_of, starts_of_day
from booking.scheduling.slots import TimeRange, free_starts, why_not
from tests.scheduling.test_slots import MONDAY, UTC_ZONE, at, hourly, opening
from tests.scheduling.test_slots_against_grid import UNHURRIED, questions

DAY = day_interval(MONDAY, UTC_ZONE)
LUNCH = {"breaks": dict.fromkeys(range(7), (TimeRange(12 * 60, 13 * 60),))}


def whys(working, rules=None, busy=(), now=0, full_days=(), day=DAY):
    """The reasons of each start, by its hour."""
    taken = [each.buffered for each in busy]
    given_rules = rules or hourly(booking_window=30)
    starts = starts_of_day(
        working, given_rules, taken, busy, now or at(0), day, full_days=full_days
    )
    return {(each.minute - DAY[0]) // 60: each.whys for each in starts}


def booked(first, last, kind=Why.BOOKED, before=0, after=0):
    return Busy(kind, (first, last), (first - before, last + after))


@given(questions())
@UNHURRIED
def test_a_start_is_free_exactly_if_it_is_offered(asked):
    zone_, full = asked.working.zone, asked.full_days
    span = day_interval(asked.first, zone_)[0], day_interval(asked.last, zone_)[1]
    starts = starts_of_day(
        asked.working, asked.rules, asked.taken, [], asked.now, span, full_days=full
    )
    offered = free_starts(*asked[:-1], full_days=full)
    assert [each.minute for each in starts if not each.whys] == offered
    for each in starts:
        first = why_not(
            asked.working, asked.rules, asked.taken, asked.now, each.minute, full_days=full
        )
        assert (first is None) == (each.whys == ())


@given(questions())
@UNHURRIED
def test_whatever_is_said_of_what_takes_the_time_decides_nothing(asked):
    zone_ = asked.working.zone
    span = day_interval(asked.first, zone_)[0], day_interval(asked.last, zone_)[1]
    given_ = asked.working, asked.rules, asked.taken
    plain = starts_of_day(*given_, [], asked.now, span)
    named = starts_of_day(*given_, [booked(*each) for each in asked.taken], asked.now, span)
    assert [(each.minute, not each.whys) for each in plain] == [
        (each.minute, not each.whys) for each in named
    ]


@pytest.mark.parametrize(
    ("working", "more", "expected"),
    [
        (opening((9, 12)), {}, {9: (), 10: (), 11: ()}),
        (opening((9, 11)), {"rules": hourly(duration=90)}, {9: (), 10: (Why.HOURS,)}),
        (
            opening((11, 15), **LUNCH),
            {"rules": hourly(duration=75)},
            {11: (Why.BREAK,), 12: (Why.BREAK,), 13: (), 14: (Why.HOURS,)},
        ),
        (opening((9, 11), time_off=((at(9), at(10)),)), {}, {9: (Why.AWAY,), 10: ()}),
        (opening((9, 11), closures=(DAY,)), {}, {9: (Why.SHUT,), 10: (Why.SHUT,)}),
        (
            opening((9, 11), closures=(DAY,), time_off=((at(10), at(11)),)),
            {},
            {9: (Why.SHUT,), 10: (Why.AWAY, Why.SHUT)},
        ),
        (
            opening((9, 12), overrides={MONDAY: (TimeRange(600, 690),)}),
            {},
            {10: (), 11: (Why.OTHER_HOURS,)},
        ),
        (opening((9, 11)), {"now": at(9, 30)}, {9: (Why.PAST,), 10: ()}),
        (
            opening((9, 11)),
            {"now": at(9, 30), "rules": hourly(minimum_notice=60)},
            {9: (Why.PAST,), 10: (Why.TOO_SOON,)},
        ),
        (
            opening((9, 11)),
            {"now": at(10) - 1440, "rules": hourly(booking_window=1)},
            {9: (), 10: ()},
        ),
        (
            opening((9, 11)),
            {"now": at(9) - 1440, "rules": hourly(booking_window=1)},
            {9: (), 10: (Why.TOO_FAR,)},
        ),
        (opening((9, 11)), {"busy": [booked(at(9), at(10))]}, {9: (Why.BOOKED,), 10: ()}),
        (opening((9, 11)), {"busy": [booked(at(9), at(10), Why.HELD)]}, {9: (Why.HELD,), 10: ()}),
        (
            opening((9, 12)),
            {"busy": [booked(at(9), at(10), after=15)]},
            {9: (Why.BOOKED,), 10: (Why.BUFFER,), 11: ()},
        ),
        (
            opening((9, 12)),
            {"busy": [booked(at(11), at(12))], "rules": hourly(buffer_after=15)},
            {9: (), 10: (Why.BUFFER,), 11: (Why.BOOKED,)},
        ),
        (
            opening((9, 11)),
            {"busy": [booked(at(9), at(10))], "full_days": [DAY]},
            {9: (Why.BOOKED, Why.LIMIT), 10: (Why.LIMIT,)},
        ),
    ],
)
def test_each_reason_is_told_apart_and_all_of_them_are_given(working, more, expected):
    assert whys(working, **more) == expected


def test_what_nobody_knows_the_name_of_is_taken_all_the_same():
    (start,) = starts_of_day(opening((9, 10)), hourly(), [(at(9), at(10))], [], at(0), DAY)
    assert start.whys == (Why.TAKEN,)


def test_starts_in_a_row_of_which_the_same_is_to_be_said_are_one_part():
    starts = [Start(0, ()), Start(15, ()), Start(30, (Why.BREAK,)), Start(45, ()), Start(120, ())]
    assert parts_of(starts, 15) == [
        Part(0, 15, ()),
        Part(30, 30, (Why.BREAK,)),
        Part(45, 45, ()),
        Part(120, 120, ()),
    ]
    assert parts_of([], 15) == []


def test_the_hours_of_a_day_are_those_of_its_date_and_end_at_its_edges():
    away = ((at(0) - 600, at(10)),)
    hours = hours_on(opening((9, 17), time_off=away, **LUNCH), DAY)
    assert hours.opened == [(at(9), at(17))]
    assert hours.breaks == [(at(12), at(13))]
    assert hours.away == [(at(0), at(10))]
    assert not hours.are_others
    closed = hours_on(opening((9, 17), overrides={MONDAY: ()}, **LUNCH), DAY)
    assert (closed.opened, closed.breaks, closed.are_others) == ([], [], True)


def test_a_day_is_the_shops_whatever_zone_somebody_works_in():
    auckland = zone("Pacific/Auckland")
    day = day_interval(date(2026, 1, 6), auckland)
    assert whys(opening((20, 24)), day=day) == {20: (), 21: (), 22: (), 23: ()}
