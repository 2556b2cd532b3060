"""Rows of hours and rules, as the values that `scheduling` computes with."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.scheduling import clock
from booking.scheduling.clock import day_interval, to_minute
from booking.scheduling.hours import Ranges, TimeRange, WorkingTime
from booking.scheduling.intervals import Interval
from booking.scheduling.rules import ServiceRules

from .business import Service, StaffMember
from .hours import Closure, DateOverride, TimeOff, WeeklyHours


def rules_of(service: Service) -> ServiceRules:
    """What the service asks of its appointments."""
    return ServiceRules(
        duration=service.duration,
        buffer_before=service.buffer_before,
        buffer_after=service.buffer_after,
        minimum_notice=service.minimum_notice,
        slot_step=service.slot_step,
        booking_window=service.booking_window,
        daily_limit=service.daily_limit,
    )


def working_times(
    session: Session, staff: Sequence[StaffMember], shop_zone: ZoneInfo
) -> dict[int, WorkingTime]:
    """Each staff member's time by their id. Four queries, however many staff members."""
    weekly, breaks = _weekly(session)
    overrides, away, closures = (
        _overrides(session),
        _time_off(session),
        _closures(session, shop_zone),
    )
    return {
        member.id: WorkingTime(
            zone=clock.zone(member.zone),
            weekly=weekly[member.id],
            breaks=breaks[member.id],
            overrides=overrides[member.id],
            time_off=tuple(away[member.id]),
            closures=closures,
        )
        for member in staff
    }


def clip_exceptions(working: WorkingTime, span: Interval) -> WorkingTime:
    """The same time without what lies outside the span: years of time off would be in the way."""
    return replace(
        working,
        time_off=tuple(part for part in working.time_off if _overlap(part, span)),
        closures=tuple(part for part in working.closures if _overlap(part, span)),
    )


Weeks = dict[int, dict[int, Ranges]]


def _weekly(session: Session) -> tuple[Weeks, Weeks]:
    opened: Weeks = defaultdict(dict)
    breaks: Weeks = defaultdict(dict)
    query = select(
        WeeklyHours.staff_member_id,
        WeeklyHours.kind,
        WeeklyHours.weekday,
        WeeklyHours.starts,
        WeeklyHours.ends,
    )
    for row in session.execute(query):
        week = (opened if row.kind == "open" else breaks)[row.staff_member_id]
        week[row.weekday] = (*week.get(row.weekday, ()), TimeRange(row.starts, row.ends))
    return opened, breaks


def _overrides(session: Session) -> dict[int, dict[date, Ranges]]:
    found: dict[int, dict[date, Ranges]] = defaultdict(dict)
    query = select(
        DateOverride.staff_member_id, DateOverride.day, DateOverride.starts, DateOverride.ends
    )
    for row in session.execute(query):
        days = found[row.staff_member_id]
        ranges = days.setdefault(row.day, ())
        if row.starts is not None and row.ends is not None:
            days[row.day] = (*ranges, TimeRange(row.starts, row.ends))
    return found


def _time_off(session: Session) -> dict[int, list[Interval]]:
    found: dict[int, list[Interval]] = defaultdict(list)
    query = select(TimeOff.staff_member_id, TimeOff.starts_at, TimeOff.ends_at)
    for row in session.execute(query):
        # A part of a minute counts as the whole: somebody who is away is away.
        until = to_minute(row.ends_at + timedelta(minutes=1, microseconds=-1))
        found[row.staff_member_id].append((to_minute(row.starts_at), until))
    return found


def _closures(session: Session, shop_zone: ZoneInfo) -> tuple[Interval, ...]:
    return tuple(
        (day_interval(row.first_day, shop_zone)[0], day_interval(row.last_day, shop_zone)[1])
        for row in session.execute(select(Closure.first_day, Closure.last_day))
    )


def _overlap(part: Interval, span: Interval) -> bool:
    return part[0] < span[1] and part[1] > span[0]
