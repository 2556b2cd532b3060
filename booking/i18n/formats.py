"""Dates, times, lengths and lists as people of the current language write them (CLDR, by Babel).

What is formatted is kept, because a month has sixty dates and a day forty times, again and again.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache, reduce
from typing import Literal
from zoneinfo import ZoneInfo

from babel.dates import format_date as format_date_of_cldr
from babel.dates import format_skeleton, get_day_names
from babel.dates import format_time as babel_time
from babel.lists import format_list
from babel.units import format_unit

from .language import ENGLISH, Language, current_language
from .language import gettext as _

_WITHOUT_A_PLACE = frozenset({"UTC", "GMT", "Zulu", "UCT"})


def format_duration(minutes: int) -> str:
    """Return a length given in minutes: '45 minutes', '1 hour', '1 hour 30 minutes'."""
    return _duration(current_language(), *divmod(minutes, 60))


def format_time_left(seconds: int) -> str:
    """Return what is left of a hold, rounded so that it never promises more than there is."""
    if seconds <= 0:
        return _("no time")
    # In minutes, however many there are.
    left = _duration(current_language(), 0, seconds // 60)
    return left if seconds >= 60 else _("less than a minute")


def format_day(value: date) -> str:
    """Return a date with its weekday: 'Tuesday 24 November 2026'."""
    return _day(current_language(), value.year, value.month, value.day)


def format_date(value: date) -> str:
    """Return a date without its weekday: '24 November 2026'."""
    return _date(current_language(), value.year, value.month, value.day)


def format_short_day(value: date) -> str:
    """Return a date without its weekday and year: '24 Nov'."""
    return _short_day(current_language(), value.month, value.day)


def format_month(value: date) -> str:
    """Return 'November 2026'."""
    return _month(current_language(), value.year, value.month)


def weekdays() -> tuple[tuple[str, str], ...]:
    """Return the weekdays from Monday on, each short and in full: ('Mo', 'Monday')."""
    return _weekdays(current_language())


def format_weekday(value: date) -> str:
    """Return 'Tuesday'."""
    return weekdays()[value.weekday()][1]


def format_utc_offset(moment: datetime) -> str:
    """Return how far a local time is from UTC: 'UTC', 'UTC+1', 'UTC\N{MINUS SIGN}3:30'."""
    seconds = int((moment.utcoffset() or timedelta()).total_seconds())
    if seconds == 0:
        return "UTC"
    hours, minutes = divmod(abs(seconds) // 60, 60)
    sign = "+" if seconds > 0 else "\N{MINUS SIGN}"
    return f"UTC{sign}{hours}" + (f":{minutes:02}" if minutes else "")


def format_time(instant: datetime, zone: ZoneInfo) -> str:
    """Return the time of day in `zone`: '14:30'; with its offset in an hour that comes twice."""
    local = instant.astimezone(zone)
    shown = _time(current_language(), local.hour, local.minute)
    if not _is_repeated(local):
        return shown
    return _("%(time)s (%(offset)s)", time=shown, offset=format_utc_offset(local))


def format_moment(instant: datetime, zone: ZoneInfo) -> str:
    """Return 'Tuesday 24 November 2026, 14:30'."""
    day = format_day(instant.astimezone(zone))
    return _("%(day)s, %(time)s", day=day, time=format_time(instant, zone))


def format_time_range(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """Return '14:30 to 15:15'; an end on another day names that day."""
    same_day = start.astimezone(zone).date() == end.astimezone(zone).date()
    return _(
        "%(start)s to %(end)s",
        start=format_time(start, zone),
        end=format_time(end, zone) if same_day else format_moment(end, zone),
    )


def format_span(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """Return 'Tuesday 24 November 2026, 14:30 to 15:15'."""
    day = format_day(start.astimezone(zone))
    return _("%(day)s, %(time)s", day=day, time=format_time_range(start, end, zone))


def time_in_zone_if_different(instant: datetime, zone: ZoneInfo, other: ZoneInfo) -> str | None:
    """Return the time on the other zone's clock, with its weekday where that differs.

    None where both clocks show the same.
    """
    ours, theirs = instant.astimezone(zone), instant.astimezone(other)
    if ours.utcoffset() == theirs.utcoffset():
        return None
    shown = format_time(instant, other)
    if ours.date() == theirs.date():
        return shown
    return with_weekday(theirs, shown)


def with_weekday(day: date, shown: str) -> str:
    """Return 'Monday 22:00': a time, or a range of them, after its weekday."""
    return _("%(weekday)s %(time)s", weekday=format_weekday(day), time=shown)


def format_zone(zone: ZoneInfo, instant: datetime) -> str:
    """Return 'Berlin time (UTC+1)': the place, and the offset at that instant."""
    shown = format_utc_offset(instant.astimezone(zone))
    if _has_no_place(zone):
        return shown
    place = _place(current_language(), zone.key)
    return _("%(place)s time (%(offset)s)", place=place, offset=shown)


def zone_name(zone: ZoneInfo, instant: datetime) -> str:
    """Return 'Berlin time'; the offset at that instant of a zone that is no place's."""
    if _has_no_place(zone):
        return format_utc_offset(instant.astimezone(zone))
    return _("%(place)s time", place=_place(current_language(), zone.key))


def join_or(names: Sequence[str]) -> str:
    """Return names to choose from: 'Ada', 'Ada or Ben', 'Ada, Ben or Cleo'."""
    return _choice(current_language(), tuple(names))


def join_list(names: Sequence[str]) -> str:
    """Return names in a row: 'Ada, Ben, Cleo'."""
    return _in_a_row(current_language(), "unit-short", tuple(names))


def _has_no_place(zone: ZoneInfo) -> bool:
    return zone.key.startswith("Etc/") or zone.key in _WITHOUT_A_PLACE


def _is_repeated(moment: datetime) -> bool:
    """Return whether that local time is in the hour that clocks show twice when they go back."""
    return moment.replace(fold=0).utcoffset() != moment.replace(fold=1).utcoffset()


@lru_cache(maxsize=1000)
def _duration(language: Language, hours: int, minutes: int) -> str:
    given = {"hour": hours} if hours else {}
    if minutes or not hours:
        given["minute"] = minutes
    # "0": without a comma in thousands.
    parts = [
        format_unit(number, f"duration-{unit}", "long", format="0", locale=language.locale)
        for unit, number in given.items()
    ]
    # The narrow style is the one that has no commas: "1 hour 30 minutes".
    return _in_a_row(language, "unit-narrow", tuple(parts))


@lru_cache(maxsize=5000)
def _day(language: Language, year: int, month: int, day: int) -> str:
    return format_date_of_cldr(date(year, month, day), language.date_pattern, language.locale)


@lru_cache(maxsize=1000)
def _date(language: Language, year: int, month: int, day: int) -> str:
    return format_date_of_cldr(date(year, month, day), "long", language.locale)


@lru_cache(maxsize=1000)
def _short_day(language: Language, month: int, day: int) -> str:
    leap_year = 2024
    return format_skeleton("MMMd", date(leap_year, month, day), locale=language.locale)


@lru_cache(maxsize=1000)
def _month(language: Language, year: int, month: int) -> str:
    return format_skeleton("yMMMM", date(year, month, 1), locale=language.locale)


@lru_cache(maxsize=5000)
def _time(language: Language, hour: int, minute: int) -> str:
    return babel_time(time(hour, minute), "short", locale=language.locale)


@lru_cache(maxsize=1000)
def _choice(language: Language, names: tuple[str, ...]) -> str:
    return format_list(names, style="or", locale=language.locale)


@lru_cache(maxsize=1000)
def _in_a_row(
    language: Language, style: Literal["unit-short", "unit-narrow"], names: tuple[str, ...]
) -> str:
    """Join them as CLDR says; Babel has lost what a language takes over from another style.

    Its own `format_list` fails there at three names, in German as in 250 of its locales.
    """
    patterns = language.locale.list_patterns.get(style, {})
    pattern = next((patterns[part] for part in ("2", "middle") if part in patterns), "{0}, {1}")
    return reduce(pattern.format, names) if names else ""


@lru_cache(maxsize=100)
def _weekdays(language: Language) -> tuple[tuple[str, str], ...]:
    short, full = (
        get_day_names(width, "stand-alone", language.locale) for width in ("short", "wide")
    )
    return tuple((short[day], full[day]) for day in range(7))


@lru_cache(maxsize=5000)
def _place(language: Language, key: str) -> str:
    """Return the last part of a zone's name; in another language than English the city's own."""
    city = key.rpartition("/")[2].replace("_", " ")
    if language.locale.language == ENGLISH.locale.language:
        return city
    return str(language.locale.time_zones.get(key, {}).get("city", city))
