"""Dates as people type them: written out, or counted from today, such as "next friday".

In a business file the second kind is for examples, which must look alive whenever somebody runs
them. Loaded on another day it means another day; so loading tells what each has come to.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from booking.i18n.language import gettext as _
from booking.scheduling.clock import DAY, day_interval, from_minute, instants

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""As they are typed, from Monday on."""
YEARS = range(2000, 2200)

_ORDINALS = ("first", "second", "third", "fourth", "last")
_ON = "|".join(WEEKDAYS)
_COUNTED = re.compile(r"\+ ?(\d{1,3}) (day|week)s?", re.ASCII)
_NEXT_WEEKDAY = re.compile(rf"next ({_ON})")
_NEXT_MONTH = re.compile(r"next month (\d{1,2})", re.ASCII)
_NTH = re.compile(rf"({'|'.join(_ORDINALS)}) ({_ON}) of next month")
_DIGITS = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"(.*?)[ T](\d{1,2}):(\d\d)(?::00)?", re.ASCII | re.DOTALL)
# How times of day are written elsewhere. Told, never taken over: whoever wrote it looks again.
_TIME_ELSEWHERE = re.compile(
    r"(.*?)[ T,]+(?:at )?(\d{1,2})(?:[:.h](\d\d))?(?:[:.]\d\d)?\s*"
    r"(a\.?m\.?|p\.?m\.?|h|uhr|o'clock)?",
    re.ASCII | re.DOTALL | re.IGNORECASE,
)


class InvalidValue(ValueError):
    """A value that cannot be meant; its text ends in what to write instead."""


@dataclass(frozen=True)
class Moment:
    """A day, or a minute of it; None is the whole day."""

    day: date
    minute: int | None = None


class WrittenOtherwise(InvalidValue):
    """What is meant is clear, but not written as it is here; the text says how to write it."""


def day(value: object, today: date) -> date:
    """A date as TOML has it, "2026-12-24", or one counted from today such as "+21 days"."""
    if isinstance(value, datetime):
        raise InvalidValue(_("a time of day has no meaning here; write %(day)s", day=value.date()))
    if isinstance(value, date):
        return _in_reach(value)
    if not isinstance(value, str):
        raise _unreadable(today)
    return counted(value, today) if is_counted(value) else _from_digits(value)


def moment(value: object, today: date) -> Moment:
    """A day, or a day with a time of day: "2026-12-24 14:00"."""
    if isinstance(value, datetime):
        if value.tzinfo or value.second or value.microsecond:
            raise InvalidValue(
                _(
                    'write the time as the clock on the wall has it: "%(moment)s"',
                    moment=f"{value:%Y-%m-%d %H:%M}",
                )
            )
        return Moment(_in_reach(value.date()), value.hour * 60 + value.minute)
    match = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        _refuse_time_elsewhere(value, today)
        return Moment(day(value, today))
    minute = int(match[2]) * 60 + int(match[3])
    if int(match[3]) > 59 or minute > DAY:
        raise InvalidValue(_('this is not a time of day; write one from "00:00" to "24:00"'))
    return Moment(day(match[1], today), minute)


def counted(value: str, today: date) -> date:
    """A date counted from today, by one of the forms that docs/business-file.md lists."""
    words = " ".join(value.lower().split())
    if words in ("today", "tomorrow"):
        return today + timedelta(days=words == "tomorrow")
    if match := _COUNTED.fullmatch(words):
        return today + timedelta(days=int(match[1]) * (7 if match[2] == "week" else 1))
    if match := _NEXT_WEEKDAY.fullmatch(words):
        return today + timedelta(days=_days_until(match[1], today + timedelta(days=1)) + 1)
    if match := _NEXT_MONTH.fullmatch(words):
        return _day_of_next_month(int(match[1]), today)
    if match := _NTH.fullmatch(words):
        return _nth_of_next_month(match[1], match[2], today)
    raise _unreadable(today)


def is_counted(value: object) -> bool:
    """Whether what this value means depends on the day it is read."""
    return isinstance(value, str) and not _DIGITS.match(value.strip())


def starting(moment: Moment, zone: ZoneInfo) -> datetime:
    """The instant (UTC) at which time off that starts here begins: of two, the first."""
    return from_minute(_instants(moment, zone)[0])


def ending(moment: Moment, zone: ZoneInfo) -> datetime:
    """The instant (UTC) at which time off that lasts until here is over: of two, the second."""
    return from_minute(_instants(moment, zone)[-1])


def format_date(day: date) -> str:
    """A date with its weekday, in the same words whatever the machine's language."""
    return f"{WEEKDAYS[day.weekday()].capitalize()} {day.isoformat()}"


def _instants(moment: Moment, zone: ZoneInfo) -> tuple[int, ...]:
    day, minute = moment.day, moment.minute
    if minute is None:
        return day_interval(day, zone)
    if same_day := instants(day, minute, zone):
        return same_day
    raise InvalidValue(
        _(
            "the clocks go forward on %(day)s and have no %(time)s; write a time an hour earlier "
            "or later",
            day=day,
            time=f"{minute // 60:02}:{minute % 60:02}",
        )
    )


def _refuse_time_elsewhere(value: object, today: date) -> None:
    """Raise WrittenOtherwise for a day with a time such as "12:00 pm", "14h30" or "14.30"."""
    match = _TIME_ELSEWHERE.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match or _is_day(match[0], today) or not _is_day(match[1], today):
        return
    hour, minute, half = int(match[2]), int(match[3] or 0), (match[4] or "").lower()[:1]
    if half in ("a", "p"):
        hour = hour % 12 + 12 * (half == "p") if 1 <= hour <= 12 else DAY
    meant = f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 else "14:30"
    raise WrittenOtherwise(
        _(
            'the time of day is written %(time)s (from 00:00 to 24:00); write "%(day)s %(time)s"',
            time=meant,
            day=match[1],
        )
    )


def _is_day(value: str, today: date) -> bool:
    try:
        day(value, today)
    except InvalidValue:
        return False
    return True


def _from_digits(value: str) -> date:
    try:
        day = date.fromisoformat(value.strip())
    except ValueError:
        raise InvalidValue(
            _('"%(day)s" is not on any calendar; write one such as 2026-12-24', day=value)
        ) from None
    return _in_reach(day)


def _in_reach(day: date) -> date:
    if day.year not in YEARS:
        raise InvalidValue(
            _(
                "%(day)s is too far away; write a year from %(first)s to %(last)s",
                day=day,
                first=YEARS[0],
                last=YEARS[-1],
            )
        )
    return day


def _days_until(weekday: str, start: date) -> int:
    return (WEEKDAYS.index(weekday) - start.weekday()) % 7


def _next_month(today: date) -> date:
    return (today.replace(day=28) + timedelta(days=4)).replace(day=1)


def _day_of_next_month(number: int, today: date) -> date:
    if not 1 <= number <= 28:
        raise InvalidValue(
            _('not every month has that day; write "next month 1" to "next month 28"')
        )
    return _next_month(today).replace(day=number)


def _nth_of_next_month(ordinal: str, weekday: str, today: date) -> date:
    first = _next_month(today)
    if ordinal == "last":
        end = first.replace(day=monthrange(first.year, first.month)[1])
        return end - timedelta(days=(end.weekday() - WEEKDAYS.index(weekday)) % 7)
    return first + timedelta(days=_days_until(weekday, first) + 7 * _ORDINALS.index(ordinal))


def _unreadable(today: date) -> InvalidValue:
    return InvalidValue(
        _(
            'this is not a date; write one such as %(today)s, or count from today: "+21 days", '
            '"next friday", "next month 14", "second wednesday of next month"',
            today=today,
        )
    )
