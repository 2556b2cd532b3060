"""What speaks against a time, told apart: the shop's rules, and what others have."""

from datetime import date
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from booking.scheduling.anyway import MAY_BE_PASSED_OVER, reasons_against, squeezed
from booking.scheduling.clock import day_interval, intersect
from booking.scheduling.slots import Reason, ServiceRules, TimeRange, WorkingTime, why_not

LISBON = ZoneInfo("Europe/Lisbon")
MIDNIGHT = day_interval(date(2027, 3, 1), LISBON)[0]
OPEN = WorkingTime(LISBON, weekly={day: (TimeRange(9 * 60, 17 * 60),) for day in range(7)})
RULES = ServiceRules(
    duration=30,
    buffer_before=15,
    buffer_after=10,
    minimum_notice=60,
    slot_step=15,
    booking_window=30,
    daily_limit=None,
)
minutes = st.integers(0, 24 * 12 - 1).map(lambda tick: MIDNIGHT + tick * 5)
spans = st.tuples(minutes, st.integers(1, 30)).map(lambda each: (each[0], each[0] + each[1] * 5))


def minute(clock: str) -> int:
    hours, rest = map(int, clock.split(":"))
    return MIDNIGHT + hours * 60 + rest


def against(clock: str, *taken: tuple[str, str], now: str = "06:00") -> set[Reason]:
    spans = [(minute(start), minute(end)) for start, end in taken]
    return {*reasons_against(OPEN, RULES, spans, minute(now), minute(clock))}


@given(st.lists(spans, max_size=5), minutes, minutes, st.lists(spans, max_size=1))
def test_nothing_speaks_against_exactly_what_customers_are_offered(taken, now, start, full) -> None:
    found = reasons_against(OPEN, RULES, taken, now, start, full_days=full)
    first = why_not(OPEN, RULES, taken, now, start, full_days=full)
    told = {Reason.BUFFER: Reason.TAKEN, Reason.BETWEEN: Reason.CLOSED}
    assert bool(found) == (first is not None)
    assert first is None or first in {told.get(each, each) for each in found}


def test_everything_that_speaks_against_a_time_is_told_at_once() -> None:
    assert against("07:00", now="06:30") == {Reason.TOO_SOON, Reason.CLOSED}


def test_a_minute_within_the_hours_at_which_nothing_begins_is_told_from_closed_hours() -> None:
    assert against("10:05") == {Reason.BETWEEN}
    assert against("16:45") == {Reason.CLOSED}


def test_a_buffer_that_reaches_into_what_is_taken_is_told_from_the_appointment_itself() -> None:
    assert against("10:30", ("10:00", "10:30")) == {Reason.BUFFER}
    assert against("10:30", ("11:05", "11:30")) == {Reason.BUFFER}
    assert against("10:30", ("10:55", "11:30")) == {Reason.TAKEN}


def test_what_others_have_and_what_has_passed_can_never_be_passed_over() -> None:
    assert MAY_BE_PASSED_OVER.isdisjoint({Reason.TAKEN, Reason.LIMIT, Reason.PAST})


@given(st.lists(spans, max_size=5), minutes)
def test_squeezed_buffers_touch_nothing_and_are_never_longer(taken, start) -> None:
    if intersect([(start, start + RULES.duration)], taken):
        return
    less = squeezed(RULES, taken, start)
    assert not intersect([less.span(start)], taken)
    assert less.buffer_before <= RULES.buffer_before
    assert less.buffer_after <= RULES.buffer_after
    if not intersect([RULES.span(start)], taken):
        assert less == RULES
