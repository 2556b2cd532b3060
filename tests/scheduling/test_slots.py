"""Free slots by example: each rule alone, at its very edge."""

from datetime import UTC, date, datetime

import pytest

from booking.scheduling.clock import day_interval, from_minute, minute_of_day, to_minute, zone
from booking.scheduling.slots import (
    Reason,
    ServiceRules,
    TimeRange,
    WorkingTime,
    free_starts,
    limit_days,
    nearest,
    why_not,
)

UTC_ZONE, BERLIN = zone("UTC"), zone("Europe/Berlin")
MONDAY, TUESDAY = date(2026, 1, 5), date(2026, 1, 6)


def at(hour: int, minute: int = 0, day: date = MONDAY) -> int:
    return to_minute(datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC))


def opening(*hours: tuple[int, int], **more) -> WorkingTime:
    """The same whole hours every day, in UTC."""
    ranges = tuple(TimeRange(starts * 60, ends * 60) for starts, ends in hours)
    return WorkingTime(UTC_ZONE, dict.fromkeys(range(7), ranges), **more)


def hourly(**changed) -> ServiceRules:
    return ServiceRules(**({"duration": 60, "slot_step": 60, "booking_window": 30} | changed))


NOON_TO_TWO = {"breaks": dict.fromkeys(range(7), (TimeRange(720, 840),))}


def times(starts: list[int]) -> list[str]:
    return [f"{from_minute(start):%H:%M}" for start in starts]


@pytest.mark.parametrize(
    ("working", "rules", "taken", "now", "expected"),
    [
        pytest.param(
            opening((9, 12)), {}, [], at(0), "09:00 10:00 11:00", id="back to back until closing"
        ),
        pytest.param(
            opening((9, 12)),
            {"slot_step": 30},
            [],
            at(0),
            "09:00 09:30 10:00 10:30 11:00",
            id="the step is not the duration",
        ),
        pytest.param(
            opening((9, 12)),
            {"duration": 90},
            [],
            at(0),
            "09:00 10:00",
            id="what would end after closing is not offered",
        ),
        pytest.param(
            opening((9, 11), (13, 15)),
            {},
            [],
            at(0),
            "09:00 10:00 13:00 14:00",
            id="each range has a grid of its own",
        ),
        pytest.param(
            opening((9, 16), **NOON_TO_TWO),
            {"slot_step": 45},
            [],
            at(0),
            "09:00 09:45 10:30 14:15 15:00",
            id="the grid runs on through a break",
        ),
        pytest.param(
            opening((9, 12)),
            {},
            [(at(10), at(11))],
            at(0),
            "09:00 11:00",
            id="neighbours of a taken hour stay free",
        ),
        pytest.param(
            opening((9, 12)),
            {},
            [(at(10, 59), at(11))],
            at(0),
            "09:00 11:00",
            id="one taken minute is enough",
        ),
        pytest.param(
            opening((9, 12)),
            {},
            [(at(10), at(10))],
            at(0),
            "09:00 10:00 11:00",
            id="a taken span without time takes nothing",
        ),
        pytest.param(
            opening((9, 12)),
            {"buffer_after": 5},
            [(at(10), at(11))],
            at(0),
            "11:00",
            id="the buffer after must be free",
        ),
        pytest.param(
            opening((9, 12)),
            {"buffer_before": 5},
            [(at(10), at(11))],
            at(0),
            "09:00",
            id="the buffer before must be free",
        ),
        pytest.param(
            opening((9, 12)),
            {"buffer_before": 60, "buffer_after": 60},
            [],
            at(0),
            "09:00 10:00 11:00",
            id="buffers may reach outside the hours",
        ),
        pytest.param(
            opening((9, 12)),
            {"buffer_before": 30},
            [(at(8), at(8, 35))],
            at(0),
            "10:00 11:00",
            id="buffers outside the hours must be free too",
        ),
        pytest.param(
            opening((9, 10)),
            {"buffer_before": 15, "buffer_after": 15},
            [],
            at(0),
            "09:00",
            id="a slot begins and ends where the appointment does, buffers left out",
        ),
        pytest.param(
            opening((9, 11), (10, 12)),
            {},
            [],
            at(0),
            "09:00 10:00 11:00",
            id="what ranges have in common is offered once",
        ),
        pytest.param(
            opening((9, 12)),
            {"minimum_notice": 60},
            [],
            at(9),
            "10:00 11:00",
            id="the notice may be just kept",
        ),
        pytest.param(
            opening((9, 12)),
            {"minimum_notice": 60},
            [],
            at(9, 1),
            "11:00",
            id="the notice may be just missed",
        ),
        pytest.param(
            opening((9, 12)), {}, [], at(10), "10:00 11:00", id="what begins now is not past"
        ),
        pytest.param(opening((9, 12)), {}, [], at(10, 1), "11:00", id="what began is past"),
        pytest.param(
            opening((9, 12)),
            {"booking_window": 1},
            [],
            at(10) - 1440,
            "09:00 10:00",
            id="the window ends to the minute",
        ),
        pytest.param(
            opening((9, 12)),
            {"booking_window": 1},
            [],
            at(0) - 3 * 1440,
            "",
            id="beyond the window",
        ),
        pytest.param(
            opening((22, 24), (0, 1)),
            {"duration": 90, "slot_step": 30},
            [],
            at(0),
            "22:00 22:30 23:00 23:30",
            id="an appointment may run past midnight, even on the last day asked for",
        ),
    ],
)
def test_slots_of_a_monday(working, rules, taken, now, expected):
    slots = free_starts(working, hourly(**rules), taken, now, MONDAY, MONDAY)
    assert times(slots) == expected.split()


def test_a_whole_days_appointment_reaches_over_a_day_of_23_hours():
    always = WorkingTime(BERLIN, dict.fromkeys(range(7), (TimeRange(0, 1440),)))
    saturday = date(2026, 3, 28)
    start, end = day_interval(saturday, BERLIN)
    rules = hourly(duration=1440, slot_step=30)
    assert free_starts(always, rules, (), start, saturday, saturday)[-1] == end - 30
    assert why_not(always, rules, (), start, end - 30) is None


def test_what_is_taken_may_come_in_any_order_and_only_once():
    taken = iter([(at(11), at(12)), (at(9), at(10)), (at(9, 30), at(9, 40))])
    assert times(free_starts(opening((9, 12)), hourly(), taken, at(0), MONDAY, MONDAY)) == ["10:00"]


def test_days_outside_the_window_are_not_walked():
    """Three and a half million days would outlast the suite's patience."""
    slots = free_starts(opening((9, 10)), hourly(), (), at(0), date(1, 1, 1), date(9999, 12, 31))
    assert len(slots) == 30


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        pytest.param(date(2026, 3, 29), [60, 105, 195], id="a minute in the gap never"),
        pytest.param(date(2026, 10, 25), [60, 105, 150, 150, 195], id="one in the fold twice"),
    ],
)
def test_steps_are_counted_on_the_wall_when_the_clock_changes(day, shown):
    berlin = WorkingTime(BERLIN, {6: (TimeRange(60, 240),)})
    rules = hourly(duration=15, slot_step=45)
    starts = free_starts(berlin, rules, (), day_interval(day, BERLIN)[0], day, day)
    assert [minute_of_day(start, BERLIN) for start in starts] == shown


def test_what_was_found_for_one_question_is_no_answer_to_another():
    mornings = opening((9, 12))
    shorter, paused = opening((9, 11)), opening((9, 12), breaks={0: (TimeRange(600, 660),)})

    def found(working, **rules):
        return " ".join(times(free_starts(working, hourly(**rules), (), at(0), MONDAY, MONDAY)))

    for _ in range(2):
        assert found(mornings) == "09:00 10:00 11:00"
        assert found(mornings, duration=120) == "09:00 10:00"
        assert found(mornings, slot_step=90) == "09:00 10:30"
        assert found(shorter) == "09:00 10:00"
        assert found(paused) == "09:00 11:00"


def test_years_of_time_off_are_gone_through_once_and_not_with_every_question():
    class Watched(tuple):
        __slots__ = ()
        looked_at = 0

        def __iter__(self):
            Watched.looked_at += 1
            return super().__iter__()

    before = Watched((at(0) - 1440 * day, at(0) - 1440 * day + 60) for day in range(1, 900))
    working = opening((9, 11), time_off=before)
    for taken in ((), [(at(9), at(10))]):
        free_starts(working, hourly(), taken, at(0), MONDAY, MONDAY)
        why_not(working, hourly(), taken, at(0), at(9))
    assert Watched.looked_at == 1


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        pytest.param(at(8, 0), Reason.PAST, id="before now"),
        pytest.param(at(9, 0), Reason.TOO_SOON, id="within the notice"),
        pytest.param(at(10, 0), None, id="as soon as the notice allows"),
        pytest.param(at(10, 30), Reason.CLOSED, id="off the step grid"),
        pytest.param(at(11, 0), Reason.TAKEN, id="taken"),
        pytest.param(at(16, 0), None, id="the last of the day"),
        pytest.param(at(17, 0), Reason.CLOSED, id="at closing time"),
        pytest.param(at(11, 0, TUESDAY), Reason.LIMIT, id="a full day"),
        pytest.param(at(10, 0, TUESDAY), Reason.TAKEN, id="a full day, and taken"),
        pytest.param(at(18, 0, TUESDAY), Reason.CLOSED, id="a full day, and closed"),
        pytest.param(at(9, 0) + 6 * 1440, None, id="in the last minute of the window"),
        pytest.param(at(9, 0) + 7 * 1440, Reason.TOO_FAR, id="after the window"),
        pytest.param(10**12, Reason.TOO_FAR, id="after the end of all calendars"),
        pytest.param(-(10**12), Reason.PAST, id="before the beginning of all calendars"),
    ],
)
def test_the_first_reason_that_applies_is_given(start, reason):
    rules = hourly(minimum_notice=60, booking_window=6)
    taken = [(at(11, 30), at(11, 35)), (at(10, 0, TUESDAY), at(11, 0, TUESDAY))]
    full = [day_interval(TUESDAY, UTC_ZONE)]
    assert why_not(opening((9, 17)), rules, taken, at(9), start, full_days=full) is reason


def test_a_full_day_is_told_by_the_day_on_which_the_appointment_starts():
    night = opening((22, 24), (0, 2))
    full = limit_days({TUESDAY: 3}, 3, UTC_ZONE)
    rules = hourly(duration=120, buffer_after=60)
    slots = free_starts(night, rules, (), at(12), MONDAY, TUESDAY, full_days=full)
    assert slots == [at(22), at(23)]


@pytest.mark.parametrize(
    ("limit", "full"), [(None, []), (2, [MONDAY, TUESDAY]), (3, [TUESDAY]), (4, [])]
)
def test_days_are_full_once_their_count_reaches_the_limit(limit, full):
    counts = {TUESDAY: 3, MONDAY: 2}
    minutes = {
        minute for start, end in limit_days(counts, limit, BERLIN) for minute in range(start, end)
    }
    expected = {minute for day in full for minute in range(*day_interval(day, BERLIN))}
    assert minutes == expected


@pytest.mark.parametrize(
    ("wanted", "count", "expected"),
    [
        pytest.param(at(11), 3, [9, 10, 12], id="in order of time"),
        pytest.param(at(11), 1, [10], id="a tie goes to the earlier"),
        pytest.param(at(0), 2, [9, 10], id="before all of them"),
        pytest.param(at(23), 2, [13, 16], id="after all of them"),
        pytest.param(at(11), 9, [9, 10, 12, 13, 16], id="fewer than asked for"),
    ],
)
def test_the_nearest_slots(wanted, count, expected):
    starts = [at(hour) for hour in (13, 9, 16, 10, 12)]
    assert nearest(starts, wanted, count) == [at(hour) for hour in expected]
