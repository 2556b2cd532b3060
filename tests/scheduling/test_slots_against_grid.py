"""The interval arithmetic against a grid that asks every single minute.

The grid below shares no code with what it checks: it walks minute by minute through the days,
asks zoneinfo what the wall shows, and looks each rule up in plain sets.
"""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from booking.scheduling.slots import (
    ServiceRules,
    TimeRange,
    WorkingTime,
    candidate_starts,
    free_starts,
    open_intervals,
    why_not,
)

DAY = timedelta(days=1)

# Walking the minutes again and again to shrink a failure takes minutes; as found, it reads well.
UNHURRIED = settings(deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])

# A date on, or next to, which the clock of the zone changes; and zones and dates without.
PLACES = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("Europe/Berlin", date(2026, 6, 10)),
    ("America/Santiago", date(2026, 4, 4)),
    ("America/Santiago", date(2026, 9, 6)),
    ("Australia/Lord_Howe", date(2027, 4, 4)),
    ("Australia/Lord_Howe", date(2027, 10, 3)),
    ("America/St_Johns", date(2028, 11, 5)),
    ("Pacific/Chatham", date(2029, 9, 30)),
    ("Antarctica/Troll", date(2026, 10, 25)),
    ("Asia/Kathmandu", date(2026, 1, 1)),
    ("Pacific/Apia", date(2011, 12, 30)),
]


class Question(NamedTuple):
    working: WorkingTime
    rules: ServiceRules
    taken: list[tuple[int, int]]
    now: int
    first: date
    last: date
    full_days: list[tuple[int, int]]


def fives(low: int, high: int) -> st.SearchStrategy[int]:
    return st.integers(low // 5, high // 5).map(lambda count: count * 5)


def time_ranges(longest: int) -> st.SearchStrategy[TimeRange]:
    pairs = st.tuples(fives(0, 1435), fives(5, longest))
    return pairs.map(lambda pair: TimeRange(pair[0], min(1440, pair[0] + pair[1])))


WHOLE_DAY = (TimeRange(0, 1440),)
hours = st.one_of(st.just(WHOLE_DAY), st.lists(time_ranges(900), max_size=3).map(tuple))
pauses = st.lists(time_ranges(120), max_size=2).map(tuple)


def spans_near(minute: int, longest: int) -> st.SearchStrategy[list[tuple[int, int]]]:
    """Spans about the first days; half of them on the five-minute grid, some of no length."""
    starts = st.one_of(fives(-300, 3000), st.integers(-300, 3000)).map(lambda after: minute + after)
    lengths = st.one_of(st.just(0), fives(0, longest), st.integers(0, longest))
    return st.lists(
        st.tuples(starts, lengths).map(lambda pair: (pair[0], sum(pair))), min_size=1, max_size=6
    )


rules = st.builds(
    ServiceRules,
    duration=st.one_of(fives(5, 60), fives(5, 240)),
    buffer_before=fives(0, 60),
    buffer_after=fives(0, 60),
    minimum_notice=st.one_of(st.just(0), fives(0, 3000), st.integers(0, 3000)),
    slot_step=st.one_of(st.just(5), fives(5, 120)),
    booking_window=st.one_of(st.just(30), st.integers(0, 5)),
)


@st.composite
def questions(draw: st.DrawFn) -> Question:
    name, change = draw(st.sampled_from(PLACES))
    first = change - draw(st.sampled_from([DAY, 0 * DAY]))
    last = first + draw(st.sampled_from([0 * DAY, DAY, 2 * DAY]))
    near = (
        int(datetime(first.year, first.month, first.day, tzinfo=ZoneInfo(name)).timestamp()) // 60
    )
    days = [first + n * DAY for n in range(-1, 5)]
    working = WorkingTime(
        ZoneInfo(name),
        weekly={day.weekday(): draw(hours) for day in days},
        breaks={day.weekday(): draw(pauses) for day in days},
        overrides=draw(st.dictionaries(st.sampled_from(days), hours, max_size=2)),
        time_off=tuple(draw(spans_near(near, 600))[1:3]),
        closures=tuple(draw(spans_near(near, 1500))[1:2]),
    )
    now = near + draw(st.one_of(fives(-4500, 0), fives(-4500, 3000), st.integers(-4500, 0)))
    full_days = draw(spans_near(near, 1440))[1:2]
    return Question(working, draw(rules), draw(spans_near(near, 120)), now, first, last, full_days)


@lru_cache
def walls(zone: ZoneInfo, first: date, last: date) -> dict[int, datetime]:
    """What the wall shows at each minute, from a day before `first` to three after `last`."""
    midnight = datetime(first.year, first.month, first.day, tzinfo=zone)
    begin = int(midnight.timestamp()) // 60 - 2 * 1440
    minutes = range(begin, begin + ((last - first).days + 6) * 1440)
    return {minute: datetime.fromtimestamp(minute * 60, zone) for minute in minutes}


class Grid:
    """Every minute, looked up."""

    def __init__(self, asked: Question):
        self.asked = asked
        self.walls = walls(asked.working.zone, asked.first, asked.last)
        self.open = {minute for minute, wall in self.walls.items() if self.is_open(minute, wall)}
        self.taken = every_minute(asked.taken)
        self.full = every_minute(asked.full_days)

    def is_open(self, minute: int, wall: datetime) -> bool:
        working, day = self.asked.working, wall.date()
        if day in working.overrides:
            ranges, breaks = working.overrides[day], ()
        else:
            ranges = working.weekly.get(day.weekday(), ())
            breaks = working.breaks.get(day.weekday(), ())
        away = (*working.time_off, *working.closures)
        return (
            any(shows(wall, part) for part in ranges)
            and not any(shows(wall, part) for part in breaks)
            and not any(start <= minute < end for start, end in away)
        )

    def on_step(self, minute: int) -> bool:
        working, wall = self.asked.working, self.walls[minute]
        ranges = working.overrides.get(wall.date())
        if ranges is None:
            ranges = working.weekly.get(wall.weekday(), ())
        past = [wall.hour * 60 + wall.minute - part.starts for part in ranges if shows(wall, part)]
        return any(minutes % self.asked.rules.slot_step == 0 for minutes in past)

    def in_days(self, minute: int) -> bool:
        return self.asked.first <= self.walls[minute].date() <= self.asked.last

    def reason(self, start: int) -> str | None:
        rules, now = self.asked.rules, self.asked.now
        appointment = range(start, start + rules.duration)
        claimed = range(start - rules.buffer_before, appointment.stop + rules.buffer_after)
        checks = {
            "past": start < now,
            "too_soon": start - now < rules.minimum_notice,
            "too_far": start - now > rules.booking_window * 24 * 60,
            "closed": not (self.on_step(start) and self.open.issuperset(appointment)),
            "taken": not self.taken.isdisjoint(claimed),
            "limit": start in self.full,
        }
        return next((name for name, applies in checks.items() if applies), None)


def shows(wall: datetime, part: TimeRange) -> bool:
    return part.starts <= wall.hour * 60 + wall.minute < part.ends


def every_minute(spans: list[tuple[int, int]]) -> set[int]:
    return {minute for start, end in spans for minute in range(start, end)}


@given(questions(), st.lists(st.integers(0, 10_000), max_size=5))
@settings(UNHURRIED, max_examples=2 * UNHURRIED.max_examples)
def test_open_time_starts_and_reasons_are_what_the_grid_says(asked, odd_minutes):
    grid = Grid(asked)
    inside = [minute for minute in grid.walls if grid.in_days(minute)]
    steps = [minute for minute in inside if grid.on_step(minute)]
    opened = open_intervals(asked.working, asked.first, asked.last)
    assert every_minute(opened) == grid.open.intersection(inside)
    assert candidate_starts(asked.working, asked.rules.slot_step, asked.first, asked.last) == steps
    free = free_starts(*asked[:-1], full_days=asked.full_days)
    assert free == [start for start in steps if grid.reason(start) is None]
    odd = [inside[odd % len(inside)] for odd in odd_minutes if inside]
    for start in steps + odd:
        given_reason = why_not(
            asked.working, asked.rules, asked.taken, asked.now, start, full_days=asked.full_days
        )
        assert given_reason == grid.reason(start)
