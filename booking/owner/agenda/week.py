"""A week: a row for each person, a column for each day, and in it who comes."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from booking.i18n import formats
from booking.i18n import gettext as _
from booking.scheduling.clock import day_interval, local_day
from booking.scheduling.day_plan import Kind, spans_of
from booking.scheduling.slots import each_day
from booking.storage.models import StaffMember

from .day import WORDS
from .empty_day import closed_on
from .entries import Entry, Shown


class DayHead(NamedTuple):
    """A column's head."""

    weekday: str
    day: str
    url: str
    is_today: bool


class DayCell(NamedTuple):
    """What one person has on one day; `closed` says why nothing can be, or is empty."""

    head: DayHead
    entries: Sequence[Entry]
    closed: str


class PersonRow(NamedTuple):
    """One person's week."""

    name: str
    cells: Sequence[DayCell]


@dataclass(frozen=True)
class WeekTable:
    """A whole week."""

    heads: Sequence[DayHead]
    rows: Sequence[PersonRow]


def lay_out(shown: Shown) -> WeekTable:
    """Return the week that is asked for."""
    asked = shown.asked
    days = [*each_day(asked.first, asked.last)]
    heads = [
        DayHead(
            formats.format_weekday(day),
            formats.format_short_day(day),
            asked.address(day=day, view="day"),
            day == asked.today,
        )
        for day in days
    ]
    by_place: dict[tuple[int, date], list[Entry]] = defaultdict(list)
    for entry in shown.entries:
        # What began the night before the first day stands on that.
        day = max(local_day(entry.start, shown.zone), asked.first)
        by_place[entry.staff_member_id, day].append(entry)
    rows = [
        PersonRow(
            member.name,
            [
                DayCell(head, by_place[member.id, day], _closed(shown, member, day))
                for day, head in zip(days, heads, strict=True)
            ],
        )
        for member in shown.staff
    ]
    return WeekTable(heads, rows)


def _closed(shown: Shown, member: StaffMember, day: date) -> str:
    """Why the person's day has no open time at all; empty where it has some."""
    working, span = shown.catalogue.working_time(member.id), day_interval(day, shown.zone)
    kinds = {each.kind for each in spans_of(working, span, ())}
    if kinds & {Kind.FREE, Kind.BREAK}:
        return ""
    kind = next((each for each in (Kind.SHUT, Kind.AWAY) if each in kinds), Kind.OFF)
    return (kind == Kind.SHUT and closed_on(shown, day)) or _(WORDS[kind])
