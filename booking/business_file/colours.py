"""Whether a colour can be read: on our light paper, and as dark mode shows it.

The numbers are those of static/css/tokens.css, and the contrast is that of WCAG 2.
"""

import math
import re

from booking.i18n import gettext as _
from booking.i18n import gettext_noop
from booking.i18n.date_input import InvalidValue

NEEDED = 4.5
LIGHT_PAPER, DARK_PAPER = "#f2f5f2", "#0f1615"
_SHADE, _CHROMA = 0.8, 0.85  # what dark mode makes of an accent: oklch(from … 0.8 calc(c * 0.85) h)
_WRITTEN = re.compile("#[0-9a-f]{6}")
ON_PAPER = gettext_noop(
    "on light paper its contrast is %(measured)s to 1, and it takes %(needed)s to be read; "
    "write a darker one"
)
IN_THE_DARK = gettext_noop(
    "in the dark its contrast is %(measured)s to 1, and it takes %(needed)s to be read; "
    "write another one"
)
Linear = tuple[float, float, float]


def accent(value: object) -> str:
    """Read a colour such as "#0b5d57" that can be read by day and in the dark; "" for ours."""
    colour = value.strip().lower() if isinstance(value, str) else "?"
    if not colour:
        return ""
    if not _WRITTEN.fullmatch(colour):
        raise InvalidValue(_('this is not a colour; write one such as "#0b5d57"'))
    for paper, shown, words in (
        (LIGHT_PAPER, linear(colour), ON_PAPER),
        (DARK_PAPER, in_the_dark(colour), IN_THE_DARK),
    ):
        measured = contrast(shown, linear(paper))
        if measured < NEEDED:
            raise InvalidValue(_(words, measured=_down(measured), needed=NEEDED))
    return colour


def contrast(one: Linear, other: Linear) -> float:
    """Return how many to one two colours stand out from each other: from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def linear(colour: str) -> Linear:
    """Return red, green and blue of "#0b5d57" as light, from 0 to 1."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return red, green, blue


def in_the_dark(colour: str) -> Linear:
    """Return the shade that dark mode makes of the colour, as light."""
    _lightness, a, b = _oklab(linear(colour))
    chroma, hue = math.hypot(a, b) * _CHROMA, math.atan2(b, a)
    return _from_oklab(_SHADE, chroma * math.cos(hue), chroma * math.sin(hue))


def _cbrt(value: float) -> float:
    return float(value ** (1 / 3))


def _luminance(colour: Linear) -> float:
    return 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]


def _oklab(colour: Linear) -> Linear:
    red, green, blue = colour
    long = _cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = _cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = _cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def _from_oklab(lightness: float, a: float, b: float) -> Linear:
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short
    return _clipped(red), _clipped(green), _clipped(blue)


def _clipped(part: float) -> float:
    return min(1.0, max(0.0, part))


def _down(measured: float) -> float:
    """Rounded down: what just fails must not read as if it passed."""
    return math.floor(measured * 10) / 10
