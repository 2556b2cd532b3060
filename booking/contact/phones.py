"""The shop's phone: a link on each number in it that can be dialled, and the country it tells.

Brackets, words, extensions, two numbers in one line: what stands there is shown, what is dialled is
read by phonenumbers and written as RFC 3966 asks. The country is where a customer's number without
'+' is meant to be dialled.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from babel.core import get_global
from phonenumbers import Leniency, PhoneNumber, PhoneNumberFormat, PhoneNumberMatcher

# A slash stands between two numbers where the second begins as one: "089 / 12 34 56" is a single.
BETWEEN_NUMBERS = re.compile(r"(\s+/\s+(?=\(?[+0])|\s*[|;\n]\s*)")
# "030 1234567/68" is two numbers, of which the second is written by its last digits only.
LAST_DIGITS = re.compile(r"(?<=\d)\s*/\s*\d{1,3}\s*$")
SHORTEST_WHOLE = 6  # digits before such an ending
NUMBER_ALONE = re.compile(r"[\W\d]*\d[\W\d]*")
TRUNK_ZERO = re.compile(r"\(0\)")  # of those who call from within the country
SIGNS = "+*"
# Clocks of many countries: 'WET' says nothing of Portugal, although it is a link to Lisbon.
_NO_PLACE = frozenset({"CET", "EET", "EST", "HST", "MET", "MST", "WET"})


class LinePart(NamedTuple):
    """A piece of the line; `href` is None where there is nothing to dial."""

    text: str
    href: str | None = None


@lru_cache(maxsize=64)
def dialled(line: str, region: str | None) -> tuple[LinePart, ...]:
    """Return the line in parts, whose texts together are the line again.

    `region`: the country (ISO code) whose numbers need no '+', or None.
    """
    pieces = BETWEEN_NUMBERS.split(line)
    return tuple(part for piece in pieces for part in _numbers_in(piece, region) if part.text)


def whole_number(typed: str, region: str | None) -> str:
    """Return a customer's number as bookings have it, '+351 912 345 678'; empty if it is none."""
    try:
        number = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        return ""
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)


def _numbers_in(piece: str, region: str | None) -> Iterator[LinePart]:
    ending = LAST_DIGITS.search(piece)
    if ending and sum(map(str.isdecimal, piece[: ending.start()])) >= SHORTEST_WHOLE:
        yield from _numbers_in(piece[: ending.start()], region)
        yield LinePart(ending.group())
        return
    matches = list(PhoneNumberMatcher(piece, region, leniency=Leniency.VALID))
    if not matches:
        yield LinePart(piece, _whole(piece, region))
        return
    end = 0
    for match in matches:
        yield LinePart(piece[end : match.start])
        yield LinePart(match.raw_string, _link(match.number))
        end = match.end
    yield LinePart(piece[end:])


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


@lru_cache(maxsize=64)  # each page asks, and reading a number takes a tenth of a millisecond
def shop_region(phone: str, zone: str) -> str | None:
    """Return the country (ISO code) of the shop's number, else of its zone; None if none tells."""
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(phone))
    except phonenumbers.NumberParseException:
        region = None
    return region if _is_country(region) else zone_region(zone)


def zone_region(zone: str) -> str | None:
    """Return the country of a time zone: 'Europe/Berlin' is in 'DE'; 'UTC' and 'CET' are in none.

    Former names are known as well: 'Asia/Calcutta' is in 'IN'.
    """
    places, renamed = get_global("zone_territories"), get_global("zone_aliases")
    place = zone if zone in _NO_PLACE else renamed.get(zone, zone)
    return places[place] if _is_country(places.get(place)) else None


def _is_country(region: str | None) -> bool:
    # '001' is the region of numbers that belong to no country: freephone, satellite, premium.
    return region in phonenumbers.SUPPORTED_REGIONS
