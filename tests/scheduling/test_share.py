"""What one visitor may take of a day."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.scheduling.share import within_share

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
