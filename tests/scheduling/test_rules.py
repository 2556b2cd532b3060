"""A service's rules refuse what could never be kept."""

import pytest

from booking.scheduling.rules import ServiceRules


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
