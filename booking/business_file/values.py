"""The values of a business file: what is written, turned into what is meant.

Each function takes a value as TOML gives it and raises InvalidValue, which says what is amiss and
what to write instead, in the language that is spoken: at a shell English, at the desk the
visitor's.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from itertools import pairwise

from booking import characters
from booking.i18n import ENGLISH, formats, gettext_noop, load_languages
from booking.i18n import gettext as _
from booking.i18n.date_input import WEEKDAYS, InvalidValue
from booking.scheduling.clock import DAY, TICK, zone_names
from booking.scheduling.slots import TimeRange

from .bounds import within

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


_RANGE = re.compile(r"(\d\d?):(\d\d)\s*(?:-|–|—|to)\s*(\d\d?):(\d\d)", re.ASCII)  # noqa: RUF001
_TIME = re.compile(r"(\d\d?):(\d\d)", re.ASCII)


def text(most: int = 120) -> Callable[[object], str]:
    """Read a line of text of at most so many characters."""
    return lambda value: _text(value, most, "")


def paragraphs(most: int = 2000) -> Callable[[object], str]:
    """Read text that may have several lines."""
    return lambda value: _text(value, most, "\n\t")


def _text(value: object, most: int, allowed: str) -> str:
    if not isinstance(value, str):
        raise InvalidValue(_('this must be text; write it in quotes, "like this"'))
    value = characters.spelt(value.strip().replace("\r\n", "\n"))
    if any(unicodedata.category(c) == "Cc" and c not in allowed for c in value):
        raise InvalidValue(
            _("there is a line break or control character in it; write it on one line")
        )
    if characters.has_towers(value):
        words = _(
            "there are too many accents on one letter; write at most %(most)s",
            most=characters.MOST_MARKS,
        )
        raise InvalidValue(words)
    if len(value) > most:
        raise InvalidValue(
            _("this has %(count)s characters; write at most %(most)s", count=len(value), most=most)
        )
    return value


def filled(convert: Callable[[object], str]) -> Callable[[object], str]:
    """Read the same text, which may not be empty."""

    def some(value: object) -> str:
        if text := convert(value):
            return text
        raise InvalidValue(_("this is empty; write something"))

    return some


def slug(value: object) -> str:
    """Read a short name that goes into addresses."""
    name = _text(value, 60, "")
    if _SLUG.fullmatch(name):
        return name
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    better = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "haircut"
    raise InvalidValue(
        _(
            '"%(name)s" is not made of small letters a-z, digits and hyphens; write "%(better)s"',
            name=name,
            better=better,
        )
    )


def _matching(
    pattern: str, most: int, remedy: str, clean: Callable[[str], str] = str
) -> Callable[[object], str]:
    def matching(value: object) -> str:
        text = clean(_text(value, most, ""))
        if re.fullmatch(pattern, text):
            return text
        raise InvalidValue(_(remedy))

    return matching


key = _matching(
    "[a-z][a-z0-9_-]*",
    60,
    gettext_noop(
        "a key is made of small letters a-z, digits, _ and -, a letter first; "
        'write one such as "first_visit"'
    ),
)
email = _matching(
    r"[^@\s<>(),;:]+@[^@\s<>(),;:]+\.[^@\s<>(),;:.]+",
    254,
    gettext_noop('this is not an e-mail address; write one such as "hello@example.com"'),
    characters.bare,
)
phone = _matching(
    r"(?:.*\d){3}.*",
    40,
    gettext_noop('this is not a phone number; write one such as "+351 21 000 00 00"'),
    characters.bare,
)


def zone(value: object) -> str:
    """Read an IANA time zone name."""
    name = _text(value, 60, "")
    if name in zone_names():
        return name
    raise InvalidValue(
        _('"%(name)s" is not a time zone; write "%(near)s"', name=name, near=_zone_like(name))
    )


def _zone_like(name: str) -> str:
    names = sorted(zone_names())
    place = name.strip().replace(" ", "_").lower()
    for known in names:
        if "/" in known and known.lower().rsplit("/", 1)[1] == place.rsplit("/", 1)[-1]:
            return known
    lower = {known.lower(): known for known in names}
    near = get_close_matches(place, lower, n=1)
    return lower[near[0]] if near else "Europe/Lisbon"


def language(value: object) -> str:
    """Read the tag of a language that is installed; "" for English, which is the code's own."""
    tag = one_of(*load_languages())(value) if value != "" else ""
    return "" if tag == ENGLISH.tag else tag


def flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise InvalidValue(_("this is a yes or no; write true or false, without quotes"))


def whole(least: int, most: int) -> Callable[[object], int]:
    """Read a whole number between two others, both included."""

    def number(value: object) -> int:
        if type(value) is not int:
            raise InvalidValue(
                _(
                    "this must be a whole number; write one from %(least)s to %(most)s",
                    least=least,
                    most=most,
                )
            )
        return value

    return within(number, least, most, "")


def one_of(*words: str) -> Callable[[object], str]:
    """Read one of a few words."""

    def word(value: object) -> str:
        written = _text(value, 60, "")
        if written in words:
            return written
        near = get_close_matches(written.lower(), words, n=1)
        given = {"written": written, "choices": formats.join_or([f'"{each}"' for each in words])}
        if not near:
            raise InvalidValue(_('"%(written)s" is not known here; write %(choices)s', **given))
        raise InvalidValue(
            _(
                '"%(written)s" is not known here; did you mean "%(near)s"? write %(choices)s',
                near=near[0],
                **given,
            )
        )

    return word


# -- times of day and weekdays ---------------------------------------------------------------------


def time_of_day(least: int, most: int) -> Callable[[object], int]:
    """Read a time such as "18:00" in minutes of the day, between two others, both included."""

    def at(value: object) -> int:
        match = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
        if not match:
            raise InvalidValue(_('this is not a time of day; write one in quotes, such as "18:00"'))
        minutes = _time(match[1], match[2])
        if not least <= minutes <= most:
            raise InvalidValue(
                _(
                    '"%(time)s" is out of bounds; write a time from "%(least)s" to "%(most)s"',
                    time=value,
                    least=format_time(least),
                    most=format_time(most),
                )
            )
        return minutes

    return at


def time_range(value: object) -> TimeRange:
    """Read a part of the day such as "09:00-12:30", on the five-minute grid, up to "24:00"."""
    match = _RANGE.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        raise InvalidValue(_('this is not a range of times; write one such as "09:00-12:30"'))
    starts, ends = _time(match[1], match[2]), _time(match[3], match[4])
    if starts % TICK or ends % TICK:
        near = format_range((starts - starts % TICK, ends - ends % TICK))
        raise InvalidValue(
            _(
                '"%(range)s" is not on the five-minute grid; write times such as "%(near)s"',
                range=value,
                near=near,
            )
        )
    if starts == ends:
        raise InvalidValue(
            _('"%(range)s" ends when it starts; write "00:00-24:00" for a whole day', range=value)
        )
    if starts > ends:
        raise InvalidValue(_beyond_midnight(value, starts, ends))
    return TimeRange(starts, ends)


def _beyond_midnight(value: object, starts: int, ends: int) -> str:
    tonight, morning = format_range((starts, DAY)), format_range((0, ends))
    if not ends:
        return _(
            '"%(range)s" ends before it starts; write "%(tonight)s"', range=value, tonight=tonight
        )
    return _(
        '"%(range)s" ends before it starts; write "%(tonight)s" here and "%(morning)s" on the '
        "next day",
        range=value,
        tonight=tonight,
        morning=morning,
    )


def _time(hour: str, minute: str) -> int:
    minutes = int(hour) * 60 + int(minute)
    if int(minute) > 59 or minutes > DAY:
        raise InvalidValue(
            _(
                '"%(time)s" is not a time; write one from "00:00" to "24:00"',
                time=f"{hour}:{minute}",
            )
        )
    return minutes


def format_range(times: tuple[int, int]) -> str:
    """Return a range of minutes of the day as an owner would write it."""
    return "-".join(map(format_time, times))


def format_time(minute: int) -> str:
    """Return a minute of the day as an owner would write it, such as "18:00"."""
    return f"{minute // 60:02}:{minute % 60:02}"


def in_order(ranges: Sequence[TimeRange]) -> tuple[TimeRange, ...]:
    """Return the ranges of one day, sorted."""
    ordered = sorted(ranges, key=lambda one: (one.starts, one.ends))
    for one, next_one in pairwise(ordered):
        if next_one.starts < one.ends:
            first, second = (format_range((part.starts, part.ends)) for part in (one, next_one))
            both = format_range((one.starts, max(one.ends, next_one.ends)))
            raise InvalidValue(
                _(
                    '"%(first)s" and "%(second)s" overlap; write "%(both)s" for both',
                    first=first,
                    second=second,
                    both=both,
                )
            )
    return tuple(ordered)


def weekdays(name: str) -> tuple[int, ...]:
    """Return the days that a key such as `mon`, `friday` or `mon-fri` names, Monday as 0."""
    ends = [_weekday(part.strip()) for part in name.lower().split("-")]
    if len(ends) > 2:
        raise InvalidValue(_("%(day)s is not a day; write mon, or mon-fri for several", day=name))
    first, last = ends[0], ends[-1]
    return tuple((first + n) % 7 for n in range((last - first) % 7 + 1))


def _weekday(word: str) -> int:
    for number, name in enumerate(WEEKDAYS):
        if len(word) >= 3 and name.startswith(word):
            return number
    near = get_close_matches(word, [*WEEKDAYS, *(name[:3] for name in WEEKDAYS)], n=1)
    if near:
        raise InvalidValue(_("%(day)s is not a day; write %(near)s", day=word, near=near[0][:3]))
    raise InvalidValue(_("%(day)s is not a day; write mon, or mon-fri", day=word))
