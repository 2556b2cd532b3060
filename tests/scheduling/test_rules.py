"""A service's rules refuse what could never be kept; what one visitor may take of a day."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.scheduling.slots import ServiceRules, is_under_pressure, within_share


def rules(**changed) -> ServiceRules:
    return ServiceRules(**({"duration": 30, "slot_step": 15, "booking_window": 60} | changed))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("duration", 0),
        ("duration", 12),
        ("duration", 1445),
        ("slot_step", 0),
        ("slot_step", -15),
        ("slot_step", 7),
        ("buffer_before", -5),
        ("buffer_before", 3),
        ("buffer_after", -5),
        ("buffer_after", 3),
        ("minimum_notice", -1),
        ("booking_window", -1),
        ("booking_window", 1_000_000),
        ("daily_limit", 0),
    ],
)
def test_an_impossible_rule_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=name):
        rules(**{name: value})


def test_the_span_of_an_appointment_carries_both_buffers():
    assert rules(buffer_before=5, buffer_after=10).span(100) == (95, 140)


def test_starts_are_bounded_by_notice_and_window_from_now():
    bounds = rules(minimum_notice=90, booking_window=2)
    assert (bounds.earliest(1000), bounds.latest(1000)) == (1090, 1000 + 2 * 1440)


MINUTES = st.integers(0, 1440)


@pytest.mark.parametrize(
    ("open_minutes", "appointments", "minutes", "wanted", "percent", "enough"),
    [
        (480, 5, 200, 40, 50, True),
        (480, 6, 240, 40, 50, False),
        (480, 6, 200, 41, 50, False),
        (480, 0, 0, 480, 50, True),  # the first is anybody's
        (480, 1, 240, 240, 50, True),  # and so is the second
        (480, 2, 480, 5, 100, True),  # no limit
        (0, 2, 60, 30, 50, False),  # a day that is closed meanwhile
    ],
)
def test_a_visitor_has_their_part_of_the_day(
    open_minutes, appointments, minutes, wanted, percent, enough
):
    assert within_share(open_minutes, appointments, minutes, wanted, percent) is enough


@given(MINUTES, st.integers(2, 50), MINUTES, MINUTES, st.integers(1, 99))
def test_from_the_third_on_the_others_keep_their_part(
    open_minutes, appointments, minutes, wanted, percent
):
    if within_share(open_minutes, appointments, minutes, wanted, percent):
        assert minutes + wanted <= open_minutes * percent / 100


WORKING_DAY = 480  # minutes


@pytest.mark.parametrize(
    ("opened", "holds", "minutes", "percent", "pressed"),
    [
        pytest.param(WORKING_DAY, 0, 0, 25, False, id="nothing is held"),
        pytest.param(WORKING_DAY, 2, 120, 25, False, id="exactly a quarter"),
        pytest.param(WORKING_DAY, 3, 121, 25, True, id="more than a quarter"),
        pytest.param(WORKING_DAY, 12, 480, 25, True, id="all of it"),
        pytest.param(WORKING_DAY, 12, 240, 50, False, id="half, where half is let be"),
        pytest.param(WORKING_DAY, 1, 480, 25, False, id="one long hold is no crowd"),
        pytest.param(60, 1, 60, 25, False, id="one hold of a short day"),
        pytest.param(60, 2, 60, 25, True, id="two holds of a short day"),
        pytest.param(0, 2, 60, 25, True, id="a day that was closed meanwhile"),
        pytest.param(10, 3, 3, 25, True, id="three of ten places"),
    ],
)
def test_pressure_begins_above_a_share_of_the_day(opened, holds, minutes, percent, pressed):
    assert is_under_pressure(opened, holds, minutes, percent) is pressed
