"""The values of a business file: what is written, turned into what is meant.

Each function takes a value as TOML gives it and raises InvalidValue, which says what is amiss and
what to write instead.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from itertools import pairwise

from booking import characters
from booking.i18n.date_input import WEEKDAYS, InvalidValue
from booking.scheduling.clock import DAY, TICK, zone_names
from booking.scheduling.slots import TimeRange

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


_RANGE = re.compile(r"(\d\d?):(\d\d)\s*(?:-|–|—|to)\s*(\d\d?):(\d\d)", re.ASCII)  # noqa: RUF001
_LENGTH = re.compile(
    r"(?:(\d{1,4})\s*(?:weeks?))?\s*(?:(\d{1,4})\s*(?:d|days?))?\s*"
    r"(?:(\d{1,5})\s*(?:h|hours?))?\s*(?:(\d{1,6})\s*(?:m|min|minutes?))?",
    re.ASCII,
)


def text(most: int = 120) -> Callable[[object], str]:
    """Read a line of text of at most so many characters."""
    return lambda value: _text(value, most, "")


def paragraphs(most: int = 2000) -> Callable[[object], str]:
    """Read text that may have several lines."""
    return lambda value: _text(value, most, "\n\t")


def _text(value: object, most: int, allowed: str) -> str:
    if not isinstance(value, str):
        raise InvalidValue('this must be text; write it in quotes, "like this"')
    value = characters.spelt(value.strip().replace("\r\n", "\n"))
    if any(unicodedata.category(c) == "Cc" and c not in allowed for c in value):
        raise InvalidValue("there is a line break or control character in it; write it on one line")
    if characters.has_towers(value):
        most_marks = characters.MOST_MARKS
        raise InvalidValue(f"there are too many accents on one letter; write at most {most_marks}")
    if len(value) > most:
        raise InvalidValue(f"this has {len(value)} characters; write at most {most}")
    return value


def filled(convert: Callable[[object], str]) -> Callable[[object], str]:
    """Read the same text, which may not be empty."""

    def some(value: object) -> str:
        if text := convert(value):
            return text
        raise InvalidValue("this is empty; write something between the quotes")

    return some


def slug(value: object) -> str:
    """Read a short name that goes into addresses."""
    name = _text(value, 60, "")
    if _SLUG.fullmatch(name):
        return name
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    better = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "haircut"
    raise InvalidValue(
        f'"{name}" is not made of small letters a-z, digits and hyphens; write "{better}"'
    )


def _matching(
    pattern: str, most: int, remedy: str, clean: Callable[[str], str] = str
) -> Callable[[object], str]:
    def matching(value: object) -> str:
        text = clean(_text(value, most, ""))
        if re.fullmatch(pattern, text):
            return text
        raise InvalidValue(remedy)

    return matching


key = _matching(
    "[a-z][a-z0-9_-]*",
    60,
    "a key is made of small letters a-z, digits, _ and -, a letter first; "
    'write one such as "first_visit"',
)
email = _matching(
    r"[^@\s<>(),;:]+@[^@\s<>(),;:]+\.[^@\s<>(),;:.]+",
    254,
    'this is not an e-mail address; write one such as "hello@example.com"',
    characters.bare,
)
phone = _matching(
    r"(?:.*\d){3}.*",
    40,
    'this is not a phone number; write one such as "+351 21 000 00 00"',
    characters.bare,
)


def zone(value: object) -> str:
    """Read an IANA time zone name."""
    name = _text(value, 60, "")
    if name in zone_names():
        return name
    raise InvalidValue(f'"{name}" is not a time zone; write "{_zone_like(name)}"')


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
    raise InvalidValue("this is a yes or no; write true or false, without quotes")


def _within(
    read: Callable[[object], int], least: int, most: int, unit: str, what: str
) -> Callable[[object], int]:
    def number(value: object) -> int:
        amount = read(value)
        if not least <= amount <= most:
            raise InvalidValue(f"{shown(amount, unit)} is out of bounds; write {what}")
        return amount

    return number


def whole(least: int, most: int) -> Callable[[object], int]:
    """Read a whole number between two others, both included."""

    def number(value: object) -> int:
        if type(value) is not int:
            raise InvalidValue(f"this must be a whole number; write one from {least} to {most}")
        return value

    return _within(number, least, most, "", f"a number from {least} to {most}")


def shown(number: int, unit: str = "") -> str:
    """Write the number, as far as anybody reads one: Python writes none of thousands of digits."""
    return f"{number} {unit}".rstrip() if abs(number) < 10**18 else "a number of so many digits"


def one_of(*words: str) -> Callable[[object], str]:
    """Read one of a few words."""
    *others, last = (f'"{word}"' for word in words)
    choices = f"{', '.join(others)} or {last}"

    def word(value: object) -> str:
        written = _text(value, 60, "")
        if written in words:
            return written
        near = get_close_matches(written.lower(), words, n=1)
        meant = f'did you mean "{near[0]}"? ' if near else ""
        raise InvalidValue(f'"{written}" is not known here; {meant}write {choices}')

    return word


# -- lengths of time, times of day and weekdays ----------------------------------------------------


def minutes(least: int, most: int) -> Callable[[object], int]:
    """Read a length of time in minutes: a whole number, or words such as "1 h 30 min"."""
    return _within(_minutes, least, most, "minutes", f"from {least} to {most} minutes")


def grid_minutes(least: int, most: int) -> Callable[[object], int]:
    """Read the same, on the five-minute grid."""
    within = minutes(least, most)

    def length(value: object) -> int:
        wanted = within(value)
        if wanted % TICK:
            down = wanted - wanted % TICK
            raise InvalidValue(
                f"{wanted} minutes is not on the five-minute grid; "
                f"write {' or '.join(str(n) for n in (down, down + TICK) if least <= n <= most)}"
            )
        return wanted

    return length


def days(least: int, most: int) -> Callable[[object], int]:
    """Read a number of days: a whole number, or words such as "8 weeks"."""
    return _within(_days, least, most, "days", f"from {least} to {most} days")


def _days(value: object) -> int:
    return value if type(value) is int else _minutes(value) // DAY


def _minutes(value: object) -> int:
    if type(value) is int:
        return value
    match = _LENGTH.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    if not match or not any(match.groups()):
        raise InvalidValue(
            'this is not a length of time; write minutes, such as 45, or "1 h 30 min", "2 days"'
        )
    sizes = (7 * DAY, DAY, 60, 1)
    return sum(int(part or 0) * size for part, size in zip(match.groups(), sizes, strict=True))


def format_length(minutes: int) -> str:
    """Return a number of minutes as an owner would write it, such as "1 h 30 min"."""
    units = (("days" if minutes >= 2 * DAY else "day", DAY), ("h", 60), ("min", 1))
    parts = []
    for unit, size in units:
        count, minutes = divmod(minutes, size)
        parts += [f"{count} {unit}"] * bool(count)
    return " ".join(parts) or "0 min"


def time_range(value: object) -> TimeRange:
    """Read a part of the day such as "09:00-12:30", on the five-minute grid, up to "24:00"."""
    match = _RANGE.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        raise InvalidValue('this is not a range of times; write one such as "09:00-12:30"')
    starts, ends = _time(match[1], match[2]), _time(match[3], match[4])
    if starts % TICK or ends % TICK:
        near = format_range((starts - starts % TICK, ends - ends % TICK))
        raise InvalidValue(
            f'"{value}" is not on the five-minute grid; write times such as "{near}"'
        )
    if starts == ends:
        raise InvalidValue(f'"{value}" ends when it starts; write "00:00-24:00" for a whole day')
    if starts > ends:
        tonight, morning = format_range((starts, DAY)), format_range((0, ends))
        raise InvalidValue(
            f'"{value}" ends before it starts; write "{tonight}"'
            + (f' here and "{morning}" on the next day' if ends else "")
        )
    return TimeRange(starts, ends)


def _time(hour: str, minute: str) -> int:
    minutes = int(hour) * 60 + int(minute)
    if int(minute) > 59 or minutes > DAY:
        raise InvalidValue(f'"{hour}:{minute}" is not a time; write one from "00:00" to "24:00"')
    return minutes


def format_range(times: tuple[int, int]) -> str:
    """Return a range of minutes of the day as an owner would write it."""
    return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in times)


def in_order(ranges: Sequence[TimeRange]) -> tuple[TimeRange, ...]:
    """Return the ranges of one day, sorted."""
    ordered = sorted(ranges, key=lambda one: (one.starts, one.ends))
    for one, next_one in pairwise(ordered):
        if next_one.starts < one.ends:
            first, second = (format_range((part.starts, part.ends)) for part in (one, next_one))
            both = format_range((one.starts, max(one.ends, next_one.ends)))
            raise InvalidValue(f'"{first}" and "{second}" overlap; write "{both}" for both')
    return tuple(ordered)


def weekdays(name: str) -> tuple[int, ...]:
    """Return the days that a key such as `mon`, `friday` or `mon-fri` names, Monday as 0."""
    ends = [_weekday(part.strip()) for part in name.lower().split("-")]
    if len(ends) > 2:
        raise InvalidValue(f"{name} is not a day; write mon, or mon-fri for several")
    first, last = ends[0], ends[-1]
    return tuple((first + n) % 7 for n in range((last - first) % 7 + 1))


def _weekday(word: str) -> int:
    for number, name in enumerate(WEEKDAYS):
        if len(word) >= 3 and name.startswith(word):
            return number
    near = get_close_matches(word, [*WEEKDAYS, *(name[:3] for name in WEEKDAYS)], n=1)
    raise InvalidValue(f"{word} is not a day; write {near[0][:3] if near else 'mon, or mon-fri'}")
