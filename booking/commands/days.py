"""Days and times on the command line: 2026-12-24, and nothing that could be read in two ways."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import click

from booking.operations.business.dates import YEARS, counted, moment, starting
from booking.operations.business.values import Wrong
from booking.scheduling.clock import local_day, to_minute

# How days are written elsewhere. Told, never taken over: 3/4 is April here and March there.
_ELSEWHERE = ("%d.%m.%Y", "%d-%m-%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d")


@dataclass(frozen=True)
class Counted:
    """A day counted from another, such as "next friday"."""

    words: str

    def __call__(self, today: date) -> date:
        """Which day it has come to."""
        return counted(self.words, today)


def day(written: str) -> date | Counted:
    """The day, or how it is counted; written otherwise it is refused with what to write."""
    with suppress(Wrong):
        counted(written, date.min.replace(year=YEARS[0]))
        return Counted(written)
    if found := _read(written, "%Y-%m-%d"):
        if found.year in YEARS:
            return found
        raise click.BadParameter(
            f"{found} is too far away; write a year from {YEARS[0]} to {YEARS[-1]}"
        )
    meant = {found.isoformat(): None for form in _ELSEWHERE if (found := _read(written, form))}
    remedy = " or ".join(meant) or 'one such as 2026-12-24, "tomorrow", "next friday", "+3 weeks"'
    raise click.BadParameter(f'"{written}" is not a day as it is written here; write {remedy}')


def instant(written: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The instant (UTC) of a time on the zone's clock, in the forms of a business file.

    Of an hour that comes twice it is the first.
    """
    today = local_day(to_minute(now), zone)
    try:
        found = moment(written, today)
    except Wrong as wrong:
        example = f'Write it with its time of day, such as "{today} 14:30" or "next friday 9:00"'
        raise click.ClickException(f"{written}: {wrong}. {example}.") from wrong
    try:
        if found.minute is None:
            raise Wrong(f'say the time of day, too: "{found.day} 14:30"')
        return starting(found, zone)
    except Wrong as wrong:
        raise click.ClickException(f"{written}: {wrong}.") from wrong


def _read(written: str, form: str) -> date | None:
    with suppress(ValueError):
        return datetime.strptime(written.strip(), form).date()  # noqa: DTZ007 - a day has no zone
    return None
