"""The shop's phone as its owner wrote it, with a link on each number in it that can be dialled.

Brackets, words, extensions, two numbers in one line: what stands there is shown, what is dialled is
read by phonenumbers and written as RFC 3966 asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import Leniency, PhoneNumber, PhoneNumberFormat, PhoneNumberMatcher

# A slash stands between two numbers where the second begins as one: "089 / 12 34 56" is a single.
BETWEEN_NUMBERS = re.compile(r"(\s+/\s+(?=\(?[+0])|\s*[|;\n]\s*)")
# "030 1234567/68" is two numbers, of which the second is written by its last digits only.
LAST_DIGITS = re.compile(r"(?<=\d)\s*/\s*\d{1,3}\s*$")
SHORTEST_WHOLE = 6  # digits before such an ending
NUMBER_ALONE = re.compile(r"[\W\d]*\d[\W\d]*")
TRUNK_ZERO = re.compile(r"\(0\)")  # of those who call from within the country
SIGNS = "+*"


class Words(NamedTuple):
    """A piece of the line; `href` is None where there is nothing to dial."""

    text: str
    href: str | None = None


@lru_cache(maxsize=64)
def dialled(line: str, region: str | None) -> tuple[Words, ...]:
    """The line in pieces, whose texts together are the line again."""
    pieces = BETWEEN_NUMBERS.split(line)
    return tuple(words for piece in pieces for words in _numbers_in(piece, region) if words.text)


def _numbers_in(piece: str, region: str | None) -> Iterator[Words]:
    ending = LAST_DIGITS.search(piece)
    if ending and _digits(piece[: ending.start()]) >= SHORTEST_WHOLE:
        yield from _numbers_in(piece[: ending.start()], region)
        yield Words(ending.group())
        return
    found = list(PhoneNumberMatcher(piece, region, leniency=Leniency.VALID))
    if not found:
        yield Words(piece, _whole(piece, region))
        return
    end = 0
    for match in found:
        yield Words(piece[end : match.start])
        yield Words(match.raw_string, _link(match.number))
        end = match.end
    yield Words(piece[end:])


def _whole(piece: str, region: str | None) -> str | None:
    """The link of a piece that is one number, though of no known shape; None for mere words."""
    try:
        number = phonenumbers.parse(piece, region)
    except phonenumbers.NumberParseException:
        number = None
    if number and phonenumbers.is_valid_number(number):  # letters on the keys: 1-800-FLOWERS
        return _link(number)
    return _as_it_stands(piece.strip()) if NUMBER_ALONE.fullmatch(piece) else None


def _as_it_stands(number: str) -> str:
    """For a number of no known country, or a short one that only the country itself knows."""
    sign = number[0] if number[0] in SIGNS else ""
    figures = TRUNK_ZERO.sub("", number) if sign == "+" else number
    return f"tel:{sign}{''.join(str(int(each)) for each in figures if each.isdecimal())}"


def _link(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.RFC3966).replace("-", "")


def _digits(text: str) -> int:
    return sum(each.isdecimal() for each in text)
