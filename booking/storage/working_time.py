"""Rows of hours and rules, as the values that `scheduling` computes with."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.scheduling import clock
from booking.scheduling.clock import day_interval, from_minute, to_minute
from booking.scheduling.hours import Ranges, TimeRange, WorkingTime
from booking.scheduling.intervals import Interval
from booking.scheduling.rules import ServiceRules
from booking.storage.business import Service, StaffMember
from booking.storage.hours import Closure, DateOverride, TimeOff, WeeklyHours


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
    session: Session, staff: Sequence[StaffMember], shop_zone: ZoneInfo, span: Interval
) -> dict[int, WorkingTime]:
    """Each staff member's time by their id, whole for the span (minutes since the epoch, UTC).

    Four queries, however many staff members and days.
    """
    ids = [member.id for member in staff]
    weekly, breaks = _weekly(session, ids)
    overrides = _overrides(session, ids, span)
    away = _time_off(session, ids, span)
    closures = _closures(session, shop_zone, span)
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


Weeks = dict[int, dict[int, Ranges]]


def _weekly(session: Session, ids: Iterable[int]) -> tuple[Weeks, Weeks]:
    opened: Weeks = defaultdict(dict)
    breaks: Weeks = defaultdict(dict)
    query = select(
        WeeklyHours.staff_member_id,
        WeeklyHours.kind,
        WeeklyHours.weekday,
        WeeklyHours.starts,
        WeeklyHours.ends,
    ).where(WeeklyHours.staff_member_id.in_(ids))
    for row in session.execute(query):
        week = (opened if row.kind == "open" else breaks)[row.staff_member_id]
        week[row.weekday] = (*week.get(row.weekday, ()), TimeRange(row.starts, row.ends))
    return opened, breaks


def _overrides(
    session: Session, ids: Iterable[int], span: Interval
) -> dict[int, dict[date, Ranges]]:
    found: dict[int, dict[date, Ranges]] = defaultdict(dict)
    first, last = _days_around(span)
    query = select(
        DateOverride.staff_member_id, DateOverride.day, DateOverride.starts, DateOverride.ends
    ).where(DateOverride.staff_member_id.in_(ids), DateOverride.day.between(first, last))
    for row in session.execute(query):
        days = found[row.staff_member_id]
        ranges = days.setdefault(row.day, ())
        if row.starts is not None and row.ends is not None:
            days[row.day] = (*ranges, TimeRange(row.starts, row.ends))
    return found


def _time_off(session: Session, ids: Iterable[int], span: Interval) -> dict[int, list[Interval]]:
    found: dict[int, list[Interval]] = defaultdict(list)
    query = select(TimeOff.staff_member_id, TimeOff.starts_at, TimeOff.ends_at).where(
        TimeOff.staff_member_id.in_(ids),
        TimeOff.ends_at > from_minute(span[0]),
        TimeOff.starts_at < from_minute(span[1]),
    )
    for row in session.execute(query):
        # A part of a minute counts as the whole: somebody who is away is away.
        until = to_minute(row.ends_at + timedelta(minutes=1, microseconds=-1))
        found[row.staff_member_id].append((to_minute(row.starts_at), until))
    return found


def _closures(session: Session, shop_zone: ZoneInfo, span: Interval) -> tuple[Interval, ...]:
    first, last = _days_around(span)
    query = select(Closure.first_day, Closure.last_day).where(
        Closure.last_day >= first, Closure.first_day <= last
    )
    return tuple(
        (day_interval(row.first_day, shop_zone)[0], day_interval(row.last_day, shop_zone)[1])
        for row in session.execute(query)
    )


def _days_around(span: Interval) -> tuple[date, date]:
    # No zone is further from UTC than a day, so a day on either side is enough for all of them.
    margin = 2 * clock.DAY
    return from_minute(span[0] - margin).date(), from_minute(span[1] + margin).date()
