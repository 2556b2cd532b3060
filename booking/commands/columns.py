"""Lines of a table on a terminal: cells under each other, and none wider than people can scan."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from .output import plain

MOST_WIDE = 32
_CUT = "..."


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A line for each row, columns as wide as they need to be."""
    cells = [[plain(text) for text in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        padded = (padded_to(wide, text) for text, wide in zip(row, widths, strict=True))
        yield "  ".join(padded).rstrip()


def width(text: str) -> int:
    """How many columns a terminal takes for it: Chinese takes two, an accent of its own none."""
    return sum(map(_columns, text))


def padded_to(wide: int, text: str) -> str:
    """With blanks behind it up to so many columns."""
    return text + " " * (wide - width(text))


def short(name: str) -> str:
    """The name as far as a column may be wide: one long one must not widen every row."""
    shown = plain(name)
    if width(shown) <= MOST_WIDE and len(shown) <= 2 * MOST_WIDE:
        return shown
    left, kept = MOST_WIDE - len(_CUT), ""
    for character in shown[: 2 * MOST_WIDE]:
        left -= _columns(character)
        if left < 0:
            break
        kept += character
    return kept.rstrip() + _CUT


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
