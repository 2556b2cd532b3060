"""Where the handle of a slider (`<input type="range">`) stands: always somewhere on its scale.

A browser corrects whatever else the page says or a script sets, as the HTML standard has it
("range state"); a person can only move it from one place to the next.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation


def value_of(slider: Mapping[str, object], value: str | None) -> str:
    """Return what is sent for this value; None: where the handle stands to begin with."""
    lowest, highest, step = _scale(slider)
    wanted = _number(value)
    if wanted is None:
        wanted = lowest + (highest - lowest) / 2
    wanted = min(max(wanted, lowest), highest)
    if step is None:
        return _text(wanted)
    steps = ((wanted - lowest) / step).quantize(Decimal(1), ROUND_HALF_UP)
    if lowest + steps * step > highest:
        steps -= 1
    return _text(lowest + steps * step)


def describe(slider: Mapping[str, object]) -> str:
    """Say where the handle may stand."""
    lowest, highest, step = _scale(slider)
    steps = "" if step is None else f" in steps of {_text(step)}"
    return f"{_text(lowest)} to {_text(highest)}{steps}"


def _scale(slider: Mapping[str, object]) -> tuple[Decimal, Decimal, Decimal | None]:
    """The lowest and the highest number, and the step; None: any number between."""
    lowest = _number(slider.get("min")) or Decimal(0)
    highest = _number(slider.get("max"))
    highest = max(lowest, Decimal(100) if highest is None else highest)
    if slider.get("step") == "any":
        return lowest, highest, None
    step = _number(slider.get("step"))
    return lowest, highest, step if step is not None and step > 0 else Decimal(1)


def _number(text: object) -> Decimal | None:
    try:
        number = Decimal(str(text))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _text(number: Decimal) -> str:
    return format(number.normalize(), "f")
