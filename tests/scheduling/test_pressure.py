"""When a day is held by so many that one more hold begins to cost something."""

import pytest

from booking.scheduling.pressure import is_under_pressure

DAY = 480  # minutes


@pytest.mark.parametrize(
    ("opened", "holds", "minutes", "percent", "pressed"),
    [
        pytest.param(DAY, 0, 0, 25, False, id="nothing is held"),
        pytest.param(DAY, 2, 120, 25, False, id="exactly a quarter"),
        pytest.param(DAY, 3, 121, 25, True, id="more than a quarter"),
        pytest.param(DAY, 12, 480, 25, True, id="all of it"),
        pytest.param(DAY, 12, 240, 50, False, id="half, where half is let be"),
        pytest.param(DAY, 1, 480, 25, False, id="one long hold is no crowd"),
        pytest.param(60, 1, 60, 25, False, id="one hold of a short day"),
        pytest.param(60, 2, 60, 25, True, id="two holds of a short day"),
        pytest.param(0, 2, 60, 25, True, id="a day that was closed meanwhile"),
        pytest.param(10, 3, 3, 25, True, id="three of ten places"),
    ],
)
def test_pressure_begins_above_a_share_of_the_day(opened, holds, minutes, percent, pressed):
    assert is_under_pressure(opened, holds, minutes, percent) is pressed
