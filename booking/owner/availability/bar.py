"""A person's day as a bar: above what the day is, below where a free time begins.

It says nothing that the sentences and the table do not say, and is hidden from who hears the page.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

from booking.i18n import formats
from booking.scheduling.clock import Interval, from_minute, intersect
from booking.scheduling.day_plan import hours_of, hours_shown
from booking.scheduling.day_reasons import Busy, Hours, Part

from .words import DRAWN, FREE

MANY = 12
"""Hours: of more not every one has room for its name."""


class Box(NamedTuple):
    """Something in the bar: `x` and `width` in minutes."""

    kind: str
    x: int
    width: int


class Bar(NamedTuple):
    """What is drawn, over `length` minutes; `kinds` are those that are there, for the legend."""

    length: int
    boxes: Sequence[Box]
    hours: Sequence[str]
    is_long: bool
    kinds: Sequence[str]


def bar_of(
    day: date, zone: ZoneInfo, hours: Hours, busy: Iterable[Busy], parts: Sequence[Part], step: int
) -> Bar | None:
    """Return the bar; None for a day on which nothing is open and nobody comes."""
    busy = list(busy)
    needed = [*hours.opened, *(each.span for each in busy)]
    shown = hours_shown(hours_of(day, zone), needed)
    if not needed or not shown:
        return None
    whole = shown[0].start, shown[-1].end
    drawn: list[tuple[str, Sequence[Interval]]] = [
        ("open", hours.opened),
        ("break", hours.breaks),
        ("away", hours.away),
        ("shut", hours.shut),
        ("buffer", [each.buffered for each in busy]),
        *((each.kind.value, [each.span]) for each in busy),
        (FREE, [(each.first, each.last + step) for each in parts if not each.whys]),
    ]
    boxes = [
        Box(kind, start - whole[0], end - start)
        for kind, spans in drawn
        for start, end in intersect(spans, [whole])
    ]
    there = {each.kind for each in boxes}
    names = [formats.format_time(from_minute(hour.start), zone) for hour in shown]
    kinds = [kind for kind in DRAWN if kind in there]
    return Bar(whole[1] - whole[0], boxes, names, len(shown) > MANY, kinds)
