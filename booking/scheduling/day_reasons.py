"""Why nothing is free: each start of somebody's day with everything that keeps it from being had.

Whether a start can be had is decided by `anyway.reasons_against`, as it is for whoever books; here
is only told apart what closes a time, and what takes it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from .anyway import reasons_against
from .clock import Interval, intersect, local_day, local_days, subtract, wall_spans
from .slots import Ranges, Reason, ServiceRules, WorkingTime, candidate_starts, each_day


class Why(StrEnum):
    """What keeps a start from being had, as a shop knows it.

    HOURS: it does not fit into the weekly hours; OTHER_HOURS: into those that stand for them that
    day. TAKEN: by something that nobody knows the name of.
    """

    PAST = "past"
    TOO_SOON = "too_soon"
    TOO_FAR = "too_far"
    HOURS = "hours"
    OTHER_HOURS = "other_hours"
    BREAK = "break"
    AWAY = "away"
    SHUT = "shut"
    BOOKED = "booked"
    HELD = "held"
    TAKEN = "taken"
    BUFFER = "buffer"
    LIMIT = "limit"


class Busy(NamedTuple):
    """Time that is BOOKED or HELD: what it lasts, and what it takes up with its buffers."""

    kind: Why
    span: Interval
    buffered: Interval


class Start(NamedTuple):
    """A minute at which an appointment could begin; without a `why` it is free."""

    minute: int
    whys: tuple[Why, ...]


class Part(NamedTuple):
    """Starts in a row, a step apart, of which the same is to be said: the first and the last."""

    first: int
    last: int
    whys: tuple[Why, ...]


class Hours(NamedTuple):
    """What somebody's day is before anybody books; `are_others`: than in a usual week."""

    opened: list[Interval]
    breaks: list[Interval]
    away: list[Interval]
    shut: list[Interval]
    are_others: bool


def starts_of_day(
    working: WorkingTime,
    rules: ServiceRules,
    taken: Sequence[Interval],
    busy: Sequence[Busy],
    now: int,
    day: Interval,
    *,
    full_days: Sequence[Interval] = (),
) -> list[Start]:
    """Return every start of the day (minutes, UTC) that the hours could allow, in order.

    `taken` decides; `busy` says what it is.
    """
    found = []
    for minute in candidate_starts(working, rules.slot_step, *local_days(day, working.zone)):
        if day[0] <= minute < day[1]:
            against = reasons_against(working, rules, taken, now, minute, full_days=full_days)
            found.append(Start(minute, _told_apart(working, rules, busy, minute, against)))
    return found


def parts_of(starts: Iterable[Start], step: int) -> list[Part]:
    """Return the starts in parts: those in a row of which the same is to be said as one."""
    parts: list[Part] = []
    for start in starts:
        last = parts[-1] if parts else None
        if last and last.whys == start.whys and start.minute - last.last <= step:
            parts[-1] = last._replace(last=start.minute)
        else:
            parts.append(Part(start.minute, start.minute, start.whys))
    return parts


def hours_on(working: WorkingTime, day: Interval) -> Hours:
    """Return what the day's hours are, and what lies in them of breaks, time off and closures."""
    first, last = local_days(day, working.zone)
    dates = [*each_day(first, last)]
    opened = intersect([day], _on_wall(working, dates, working.ranges))
    pauses = _on_wall(working, dates, working.pauses)
    return Hours(
        opened,
        intersect(pauses, opened),
        intersect([day], working.time_off),
        intersect([day], working.closures),
        any(each in working.overrides for each in dates),
    )


def _on_wall(
    working: WorkingTime, dates: Sequence[date], ranges: Callable[[date], Ranges]
) -> list[Interval]:
    return [
        span
        for day in dates
        for part in ranges(day)
        for span in wall_spans(day, part.starts, part.ends, working.zone)
    ]


def _told_apart(
    working: WorkingTime,
    rules: ServiceRules,
    busy: Sequence[Busy],
    start: int,
    against: Iterable[Reason],
) -> tuple[Why, ...]:
    whys: list[Why] = []
    for reason in against:
        if reason in (Reason.CLOSED, Reason.BETWEEN):
            whys += _closed_by(working, start, start + rules.duration)
        elif reason in (Reason.TAKEN, Reason.BUFFER):
            whys += _taken_by(rules, busy, start)
        else:
            whys.append(Why(reason.value))
    return tuple(dict.fromkeys(whys))


def _closed_by(working: WorkingTime, start: int, end: int) -> Iterator[Why]:
    wanted = [(start, end)]
    hours = hours_on(working, (start, end))
    has_any = False
    for why, spans in (
        (Why.BREAK, hours.breaks),
        (Why.AWAY, hours.away),
        (Why.SHUT, hours.shut),
    ):
        if spans:
            has_any = True
            yield why
    if subtract(wanted, hours.opened) or not has_any:
        is_other = local_day(start, working.zone) in working.overrides
        yield Why.OTHER_HOURS if is_other else Why.HOURS


def _taken_by(rules: ServiceRules, busy: Sequence[Busy], start: int) -> Iterator[Why]:
    appointment, whole = [(start, start + rules.duration)], [rules.span(start)]
    inside = {each.kind for each in busy if intersect(appointment, [each.span])}
    yield from (kind for kind in (Why.BOOKED, Why.HELD) if kind in inside)
    near = [
        each
        for each in busy
        if intersect(whole, [each.buffered]) and not intersect(appointment, [each.span])
    ]
    if near:
        yield Why.BUFFER
    if not inside and not near:
        yield Why.TAKEN
