"""The values of a business file: what is written, turned into what is meant.

Each function takes a value as TOML gives it and raises Wrong, which says what is amiss and what
to write instead.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from difflib import get_close_matches

from booking import characters
from booking.scheduling.clock import zone_names

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_KEY = re.compile(r"[a-z][a-z0-9_-]*")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


class Wrong(ValueError):
    """A value that cannot be meant; its text ends in what to write instead."""


def text(most: int = 120) -> Callable[[object], str]:
    """A line of text of at most so many characters."""
    return lambda value: _text(value, most, "")


def paragraphs(most: int = 2000) -> Callable[[object], str]:
    """Text that may have several lines."""
    return lambda value: _text(value, most, "\n\t")


def _text(value: object, most: int, allowed: str) -> str:
    if not isinstance(value, str):
        raise Wrong('this must be text; write it in quotes, "like this"')
    value = characters.spelt(value.strip().replace("\r\n", "\n"))
    if any(unicodedata.category(c) == "Cc" and c not in allowed for c in value):
        raise Wrong("there is a line break or control character in it; write it on one line")
    if characters.has_towers(value):
        most_marks = characters.MOST_MARKS
        raise Wrong(f"there are too many accents on one letter; write at most {most_marks}")
    if len(value) > most:
        raise Wrong(f"this has {len(value)} characters; write at most {most}")
    return value


def filled(convert: Callable[[object], str]) -> Callable[[object], str]:
    """The same text, which may not be empty."""

    def some(value: object) -> str:
        if found := convert(value):
            return found
        raise Wrong("this is empty; write something between the quotes")

    return some


def slug(value: object) -> str:
    """A short name that goes into addresses."""
    found = _text(value, 60, "")
    if _SLUG.fullmatch(found):
        return found
    plain = unicodedata.normalize("NFKD", found.lower()).encode("ascii", "ignore").decode()
    better = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "haircut"
    raise Wrong(f'"{found}" is not made of small letters a-z, digits and hyphens; write "{better}"')


def key(value: object) -> str:
    """The name of a question, by which its answer is stored."""
    found = _text(value, 60, "")
    if _KEY.fullmatch(found):
        return found
    raise Wrong(
        "a key is made of small letters a-z, digits, _ and -, a letter first; "
        'write one such as "first_visit"'
    )


def email(value: object) -> str:
    found = characters.bare(_text(value, 254, ""))
    if _EMAIL.fullmatch(found):
        return found
    raise Wrong('this is not an e-mail address; write one such as "hello@example.com"')


def phone(value: object) -> str:
    found = characters.bare(_text(value, 40, ""))
    if sum(c.isdigit() for c in found) >= 3:
        return found
    raise Wrong('this is not a phone number; write one such as "+351 21 000 00 00"')


def zone(value: object) -> str:
    """An IANA time zone name."""
    found = _text(value, 60, "")
    if found in zone_names():
        return found
    raise Wrong(f'"{found}" is not a time zone; write "{_zone_like(found)}"')


def _zone_like(name: str) -> str:
    names = sorted(zone_names())
    place = name.strip().replace(" ", "_").lower()
    for known in names:
        if "/" in known and known.lower().rsplit("/", 1)[1] == place.rsplit("/", 1)[-1]:
            return known
    lower = {known.lower(): known for known in names}
    near = get_close_matches(place, lower, n=1)
    return lower[near[0]] if near else "Europe/Lisbon"


def flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise Wrong("this is a yes or no; write true or false, without quotes")


def whole(least: int, most: int) -> Callable[[object], int]:
    """A whole number between two others, both included."""

    def number(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise Wrong(f"this must be a whole number; write one from {least} to {most}")
        if not least <= value <= most:
            raise Wrong(f"{shown(value)} is out of bounds; write a number from {least} to {most}")
        return value

    return number


def shown(number: int, unit: str = "") -> str:
    """The number, as far as anybody reads one: Python writes none of thousands of digits."""
    return f"{number} {unit}".rstrip() if abs(number) < 10**18 else "a number of so many digits"


def one_of(*words: str) -> Callable[[object], str]:
    """One of a few words."""
    *others, last = (f'"{word}"' for word in words)
    choices = f"{', '.join(others)} or {last}"

    def word(value: object) -> str:
        found = _text(value, 60, "")
        if found in words:
            return found
        near = get_close_matches(found.lower(), words, n=1)
        meant = f'did you mean "{near[0]}"? ' if near else ""
        raise Wrong(f'"{found}" is not known here; {meant}write {choices}')

    return word
