"""Days and times on the command line: 2026-12-24, and nothing that could be read in two ways."""

import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import click

from booking.i18n.date_input import (
    YEARS,
    InvalidValue,
    Moment,
    WrittenOtherwise,
    counted,
    moment,
    starting,
)
from booking.i18n.formats import format_utc_offset as offset_of
from booking.scheduling.clock import from_minute, instants, local_day, to_minute

# How days are written elsewhere. Told, never taken over: 3/4 is April here and March there.
_ELSEWHERE = (
    *("%d.%m.%Y", "%d-%m-%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y-%m-%d"),
    *("%d.%m.%y", "%d/%m/%y", "%m/%d/%y"),
    *("%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y", "%B %d, %Y", "%b %d, %Y"),
)
# 01:30 (UTC+1) as it is printed, or 01:30+01:00, 01:30Z. Only behind a time: dates have hyphens.
_OFFSET = re.compile(
    r"(?P<text>.*?\d:\d\d)(?: ?\(?(?P<utc>UTC|Z))?"
    r"(?:(?P<sign>[-+\N{MINUS SIGN}])(?P<hours>\d{1,2}):?(?P<minutes>\d\d)?)?\)?",
    re.ASCII | re.IGNORECASE,
)


Day = Callable[[date], date]
"""A day, perhaps one that is counted from another, such as "next friday": given today it is one."""


def day(written: str) -> Day:
    """Return the day as it is counted from today.

    Raises: BadParameter, which says what to write.
    """
    written = _with_usual_digits(written)
    with suppress(InvalidValue):
        counted(written, date.min.replace(year=YEARS[0]))
        return partial(counted, written)
    if found := _read(written, "%Y-%m-%d"):
        if found.year in YEARS:
            return lambda _today: found
        raise click.BadParameter(
            f"{found} is too far away; write a year from {YEARS[0]} to {YEARS[-1]}"
        )
    remedy = " or ".join(_meant(written)) or (
        'one such as 2026-12-24, "tomorrow", "next friday", "+3 weeks"'
    )
    raise click.BadParameter(f'"{written}" is not a day as it is written here; write {remedy}')


def instant(written: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) of a time on the zone's clock, in the forms of a business file.

    Of an hour that comes twice it is the first, unless the offset stands behind it as it is
    printed, (UTC), or as computers write it, +00:00.
    """
    today = local_day(to_minute(now), zone)
    text, offset = _apart(_with_usual_digits(written))
    try:
        found = moment(text, today)
        if found.minute is None:
            raise WrittenOtherwise(f'say the time of day, too: "{found.day} 14:30"')
        return starting(found, zone) if offset is None else _at(found, offset, zone)
    except WrittenOtherwise as wrong:
        raise click.ClickException(f"{written}: {wrong}.") from wrong
    except InvalidValue as wrong:
        raise click.ClickException(f"{written}: {wrong}. {_example(text, today)}.") from wrong


def has_offset(written: str) -> bool:
    """Tell whether the time is written with how far its clock stands from UTC."""
    return _apart(_with_usual_digits(written))[1] is not None


def _apart(written: str) -> tuple[str, timedelta | None]:
    """The time on the wall, and how far its clock stands from UTC where that is written."""
    match = _OFFSET.fullmatch(written.strip())
    if not match or not (match["utc"] or match["sign"]):
        return written, None
    ahead = timedelta(hours=int(match["hours"] or 0), minutes=int(match["minutes"] or 0))
    return match["text"], -ahead if match["sign"] in ("-", "\N{MINUS SIGN}") else ahead


def _at(moment: Moment, offset: timedelta, zone: ZoneInfo) -> datetime:
    found = [from_minute(each) for each in instants(moment.day, moment.minute or 0, zone)]
    fitting = [each for each in found if each.astimezone(zone).utcoffset() == offset]
    if fitting:
        return fitting[0]
    starting(moment, zone)  # says it of a time that the clock leaves out
    shown = " and ".join(offset_of(each.astimezone(zone)) for each in found)
    raise WrittenOtherwise(f"the clock of {zone.key} is at {shown} then; write that, or nothing")


def _example(written: str, today: date) -> str:
    head, _, time = written.strip().rpartition(" ")
    if meant := [f'"{found} {time}"' for found in _meant(head)]:
        return f"Write {' or '.join(meant)}"
    return f'Write it with its time of day, such as "{today} 14:30" or "next friday 9:00"'


def _meant(written: str) -> list[str]:
    """The days that may be meant by one that is written as elsewhere."""
    found = (_read(written, form) for form in _ELSEWHERE)
    return list({each.isoformat(): None for each in found if each and each.year in YEARS})


def _with_usual_digits(written: str) -> str:
    return unicodedata.normalize("NFKC", written)


def _read(written: str, form: str) -> date | None:
    with suppress(ValueError):
        return datetime.strptime(written.strip(), form).date()  # noqa: DTZ007 - a day has no zone
    return None
