"""A colour of the shop's own: measured on our light paper, and as dark mode shows it."""

import re
from pathlib import Path

import pytest

from booking.business_file.colours import (
    DARK_PAPER,
    LIGHT_PAPER,
    NEEDED,
    accent,
    contrast,
    in_the_dark,
    linear,
)
from booking.i18n.date_input import InvalidValue

TOKENS = Path(__file__).parents[2] / "static" / "css" / "tokens.css"


def test_contrast_is_that_of_wcag():
    assert contrast(linear("#000000"), linear("#ffffff")) == pytest.approx(21)
    assert contrast(linear("#777777"), linear("#ffffff")) == pytest.approx(4.48, abs=0.005)


def test_dark_mode_is_computed_as_a_browser_does():
    # What Chromium paints for oklch(from #0b5d57 0.8 calc(c * 0.85) h).
    assert in_the_dark("#0b5d57") == pytest.approx(linear("#90cbc4"), abs=0.005)
    assert in_the_dark("#ff0000") == pytest.approx(linear("#ff7965"), abs=0.005)


@pytest.mark.parametrize("colour", ["#0b5d57", "#6b21a8", "#b91c1c", "#000000", "#1d4ed8"])
def test_a_colour_that_can_be_read_is_taken(colour):
    assert accent(f" {colour.upper()}") == colour


@pytest.mark.parametrize(
    ("colour", "said"),
    [
        ("#ffcc00", "on light paper its contrast is 1.3 to 1, and it takes 4.5 to be read"),
        ("#777777", "on light paper its contrast is 4.0 to 1"),
        ("teal", "this is not a colour"),
        ("#0b5d5", "this is not a colour"),
        (7, "this is not a colour"),
    ],
)
def test_a_colour_that_cannot_be_read_is_refused_with_what_was_measured(colour, said):
    with pytest.raises(InvalidValue, match=re.escape(said)):
        accent(colour)


def test_what_is_measured_is_what_the_style_sheet_says():
    css = TOKENS.read_text(encoding="utf-8")
    assert re.findall(r"--sidebook-paper: (#\w+)", css) == [LIGHT_PAPER, DARK_PAPER]
    assert "oklch(from var(--sidebook-accent) 0.8 calc(c * 0.85) h)" in css
    assert NEEDED == 4.5
