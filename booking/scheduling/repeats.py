"""Appointments that repeat: every so many weeks at the same time, by the shop's wall clock."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from .clock import DAY, instants, local_day, minute_of_day

MOST_TIMES = 52
MOST_WEEKS = 52


@dataclass(frozen=True)
class Repeat:
    """Every `weeks` weeks, `times` times in all.

    Raises: ValueError unless `weeks` is 1 to 52 and `times` 2 to 52.
    """

    weeks: int
    times: int

    def __post_init__(self) -> None:
        if not 1 <= self.weeks <= MOST_WEEKS:
            raise ValueError(f"weeks is 1 to {MOST_WEEKS}")
        if not 2 <= self.times <= MOST_TIMES:
            raise ValueError(f"times is 2 to {MOST_TIMES}")


class Occurrence(NamedTuple):
    """One of the dates, and when it starts (minutes since the epoch, UTC).

    None: the clock leaves that time of day out on that date.
    """

    day: date
    start: int | None


def occurrences(start: int, repeat: Repeat, zone: ZoneInfo) -> list[Occurrence]:
    """Return all of them, the first at `start`, the others when the clock shows the same.

    Where it shows that twice, because it is set back, the first of the two is meant.
    """
    first, clock = local_day(start, zone), minute_of_day(start, zone)
    days = [first + timedelta(weeks=repeat.weeks * number) for number in range(repeat.times)]
    later = [Occurrence(day, _shown(day, clock, zone)) for day in days[1:]]
    return [Occurrence(first, start), *later]


def shifted(start: int, before: int, after: int, zone: ZoneInfo) -> Occurrence:
    """Return where an appointment comes to that moves as another did, from `before` to `after`.

    By as many days and as much of a day, on the wall clock: who moves Tuesday 10:00 to Wednesday
    9:30 moves Tuesday 10:00 in every week there, also where the clock changes in between.
    """
    days = local_day(after, zone) - local_day(before, zone)
    clock = minute_of_day(start, zone) + minute_of_day(after, zone) - minute_of_day(before, zone)
    over, clock = divmod(clock, DAY)
    day = local_day(start, zone) + days + timedelta(days=over)
    return Occurrence(day, _shown(day, clock, zone))


def _shown(day: date, clock: int, zone: ZoneInfo) -> int | None:
    return next(iter(instants(day, clock, zone)), None)
