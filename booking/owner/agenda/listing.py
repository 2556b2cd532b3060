"""A list: who comes, one line each, by day; the one to print."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from booking.i18n import formats, ngettext
from booking.i18n import gettext as _
from booking.scheduling.clock import local_day
from booking.scheduling.slots import each_day

from .empty_day import closed_on, why_empty
from .entries import Entry, Shown

ROOMY, DENSE = 40, 68
"""Lines: up to so many stand on one page in large letters, and up to so many in small ones."""


class Lines(NamedTuple):
    """A day's lines; `closed` says that the shop is."""

    heading: str
    number: str
    closed: str
    entries: Sequence[Entry]


class Listed(NamedTuple):
    """All of them; `size` says how small they are printed: roomy, dense, tiny.

    `why_empty` says why there is nothing in them; empty where there is, or the only day is closed.
    """

    days: Sequence[Lines]
    size: str
    why_empty: str


def lay_out(shown: Shown) -> Listed:
    """Return the days on which somebody comes or the shop is closed; a day that is alone always."""
    asked = shown.asked
    by_day: dict[date, list[Entry]] = defaultdict(list)
    for entry in shown.entries:
        by_day[max(local_day(entry.start, shown.zone), asked.first)].append(entry)
    days = [
        Lines(formats.format_day(day), _count(by_day[day]), closed, by_day[day])
        for day in each_day(asked.first, asked.last)
        for closed in [closed_on(shown, day)]
        if by_day[day] or closed or asked.days == 1
    ]
    lines = sum(1 + len(day.entries) for day in days)
    size = "roomy" if lines <= ROOMY else "dense" if lines <= DENSE else "tiny"
    return Listed(days, size, _why_empty(shown, days))


def _why_empty(shown: Shown, days: Sequence[Lines]) -> str:
    if any(day.entries or day.closed for day in days):
        return ""
    if shown.asked.days == 1:
        return why_empty(shown, shown.asked.first)
    if shown.asked.is_filtered:
        return _("No appointment of these days is one of those that you chose to see.")
    return _("No appointments on these days.")


def _count(entries: Sequence[Entry]) -> str:
    number = sum(each.kind != "cancelled" for each in entries)
    return ngettext("%(number)s appointment", "%(number)s appointments", number, number=number)
