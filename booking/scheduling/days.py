"""How times and dates are laid out for a reader."""

from calendar import Calendar
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from .clock import minute_of_day

NOON = 12 * 60
EVENING = 17 * 60


class PartOfDay(StrEnum):
    """As the clock on the reader's wall divides the day: until 12:00, until 17:00, after."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


def part_of_day(minute: int, zone: ZoneInfo) -> PartOfDay:
    """The part of the local day in which that instant lies."""
    shown = minute_of_day(minute, zone)
    if shown < NOON:
        return PartOfDay.MORNING
    return PartOfDay.AFTERNOON if shown < EVENING else PartOfDay.EVENING


def month_days(year: int, month: int) -> list[list[date | None]]:
    """The weeks of a month, Monday first; None stands for a day of the month before or after.

    Raises ValueError for a year or month that no calendar has.
    """
    weeks = Calendar().monthdayscalendar(year, month)
    return [[date(year, month, day) if day else None for day in week] for week in weeks]
