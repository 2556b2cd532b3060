"""Lengths of time in the words of who writes them: "45", "1 h 30 min", "2 days", "2 Tage"."""

import re
from collections.abc import Callable
from functools import lru_cache

from booking.i18n import formats, gettext_noop, ngettext
from booking.i18n import gettext as _
from booking.i18n.date_input import InvalidValue
from booking.scheduling.clock import DAY, TICK

from .bounds import within

# The words by which each part of a length is written: those of the file, and a translator's.
_UNITS = (
    (7 * DAY, "week, weeks", gettext_noop("week, weeks")),
    (DAY, "day, days, d", gettext_noop("day, days, d")),
    (60, "hour, hours, h", gettext_noop("hour, hours, h")),
    (1, "minute, minutes, min, m", gettext_noop("minute, minutes, min, m")),
)


def minutes(least: int, most: int) -> Callable[[object], int]:
    """Read a length of time in minutes: a whole number, or words such as "1 h 30 min"."""
    return within(_minutes, least, most, "minutes")


def grid_minutes(least: int, most: int) -> Callable[[object], int]:
    """Read the same, on the five-minute grid."""
    within = minutes(least, most)

    def length(value: object) -> int:
        wanted = within(value)
        if wanted % TICK:
            down = wanted - wanted % TICK
            near = [str(number) for number in (down, down + TICK) if least <= number <= most]
            raise InvalidValue(
                _(
                    "%(wanted)s minutes is not on the five-minute grid; write %(near)s",
                    wanted=wanted,
                    near=formats.join_or(near),
                )
            )
        return wanted

    return length


def days(least: int, most: int) -> Callable[[object], int]:
    """Read a number of days: a whole number, or words such as "8 weeks"."""
    return within(_days, least, most, "days")


def _days(value: object) -> int:
    return value if type(value) is int else _minutes(value) // DAY


def _minutes(value: object) -> int:
    if type(value) is int:
        return value
    pattern = _pattern(tuple(_(theirs) for _size, _english, theirs in _UNITS))
    match = pattern.fullmatch(value.strip().casefold()) if isinstance(value, str) else None
    if not match or not any(match.groups()):
        raise InvalidValue(
            _('this is not a length of time; write minutes, such as 45, or "1 h 30 min", "2 days"')
        )
    parts = zip(match.groups(), _UNITS, strict=True)
    return sum(int(number or 0) * size for number, (size, *_words) in parts)


@lru_cache(maxsize=50)
def _pattern(translated: tuple[str, ...]) -> re.Pattern[str]:
    """Return what a length looks like: each unit at most once, the longest first."""
    parts = []
    for (_size, english, _theirs), theirs in zip(_UNITS, translated, strict=True):
        words = {*english.split(", "), *theirs.casefold().split(", ")}
        either = "|".join(re.escape(word) for word in sorted(words))
        parts.append(rf"(?:(\d{{1,6}})\s*(?:{either})\.?)?")
    return re.compile(r"\s*".join(parts), re.ASCII)


def length_in_words(minutes: int) -> str:
    """Return a number of minutes as an owner writes it at the desk, in the current language."""
    days, minutes = divmod(minutes, DAY)
    hours, minutes = divmod(minutes, 60)
    parts = [
        ngettext("%(number)s day", "%(number)s days", days) if days else "",
        _("%(number)s h", number=hours) if hours else "",
        _("%(number)s min", number=minutes) if minutes or not (days or hours) else "",
    ]
    return " ".join(filter(None, parts))


def format_length(minutes: int) -> str:
    """Return a number of minutes as the file has it, such as "1 h 30 min"."""
    units = (("days" if minutes >= 2 * DAY else "day", DAY), ("h", 60), ("min", 1))
    parts = []
    for unit, size in units:
        count, minutes = divmod(minutes, size)
        parts += [f"{count} {unit}"] * bool(count)
    return " ".join(parts) or "0 min"
