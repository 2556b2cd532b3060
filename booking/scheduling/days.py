"""How slots and dates are laid out for a reader."""

from calendar import Calendar
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from booking.scheduling.clock import minute_of_day
from booking.scheduling.slots import Slot

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


def parts_of_day(slots: Iterable[Slot], zone: ZoneInfo) -> dict[PartOfDay, list[Slot]]:
    """One day's slots by part of the day; every part is there, if only with an empty list.

    Within a part the order is that of time, so an hour that comes twice is listed once whole
    and then once more.
    """
    parts: dict[PartOfDay, list[Slot]] = {part: [] for part in PartOfDay}
    for slot in sorted(slots):
        parts[part_of_day(slot.start, zone)].append(slot)
    return parts


def month_days(year: int, month: int) -> list[list[date | None]]:
    """The weeks of a month, Monday first; None stands for a day of the month before or after.

    Raises ValueError for a year or month that no calendar has.
    """
    weeks = Calendar().monthdayscalendar(year, month)
    return [[date(year, month, day) if day else None for day in week] for week in weeks]
