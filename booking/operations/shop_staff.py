"""Carrying out the staff of a business plan: people, what they offer, and their hours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.business_file.times import WEEKDAYS, written
from booking.scheduling.hours import TimeRange
from booking.storage.models import DateOverride, Service, StaffMember, TimeOff, WeeklyHours

from .plan import StaffPlan, TimeOffPlan, Week
from .revision import apart, drop, returned, revised, told


def carry_out_staff(session: Session, plans: tuple[StaffPlan, ...]) -> Iterator[str]:
    """Create, update, retire and delete staff members; a line for every change."""
    found = session.scalars(select(StaffMember).with_for_update().order_by(StaffMember.id)).all()
    rows, gone = apart(found, lambda row: row.slug, {plan.slug: plan for plan in plans})
    services = {row.slug: row for row in session.scalars(select(Service))}
    for position, plan in enumerate(plans, start=1):
        what = f"staff {plan.slug}"
        values = {
            "slug": plan.slug,
            "name": plan.name,
            "about": plan.about,
            "zone": plan.zone,
            "position": position,
        }
        if row := rows.get(plan.slug):
            yield from returned(row, what)
            yield from told(what, revised(row, values))
            yield from (f"{what}: {change}" for change in _working_life(row, plan, services))
        else:
            row = StaffMember(**values)
            session.add(row)
            list(_working_life(row, plan, services))
            yield f"{what}: added"
        row.resource.name = plan.name
    session.flush()
    for row in gone:
        yield from drop(session, row, f"staff {row.slug}")


def _working_life(
    row: StaffMember, plan: StaffPlan, services: Mapping[str, Service]
) -> Iterator[str]:
    yield from _offers(row, [services[slug] for slug in plan.offers])
    yield from _weekly(row, "open", plan.hours, "hours")
    yield from _weekly(row, "break", plan.breaks, "breaks")
    yield from _overrides(row, plan.overrides)
    yield from _time_off(row, plan.time_off, ZoneInfo(plan.zone))


def _offers(row: StaffMember, wanted: list[Service]) -> Iterator[str]:
    for service in [one for one in row.services if one not in wanted]:
        row.services.remove(service)
        yield f"no longer offers {service.slug}"
    for service in [one for one in wanted if one not in row.services]:
        row.services.append(service)
        yield f"offers {service.slug}"


def _weekly(row: StaffMember, kind: str, week: Week, what: str) -> Iterator[str]:
    for weekday, name in enumerate(WEEKDAYS):
        ours = [one for one in row.weekly_hours if (one.kind, one.weekday) == (kind, weekday)]
        wanted = week.get(weekday, ())
        if {(one.starts, one.ends) for one in ours} == {(one.starts, one.ends) for one in wanted}:
            continue
        for one in ours:
            row.weekly_hours.remove(one)
        row.weekly_hours.extend(
            WeeklyHours(weekday=weekday, starts=one.starts, ends=one.ends, kind=kind)
            for one in wanted
        )
        yield f"{what} on {name} {_spoken(wanted) or 'none'}"


def _overrides(row: StaffMember, wanted: Mapping[date, tuple[TimeRange, ...]]) -> Iterator[str]:
    for day in sorted({one.day for one in row.date_overrides} | wanted.keys()):
        ours = [one for one in row.date_overrides if one.day == day]
        ranges = _override_ranges(wanted[day]) if day in wanted else set()
        if {(one.starts, one.ends) for one in ours} == ranges:
            continue
        for one in ours:
            row.date_overrides.remove(one)
        row.date_overrides.extend(
            DateOverride(day=day, starts=starts, ends=ends) for starts, ends in ranges
        )
        yield f"override on {day} " + (
            _spoken(wanted[day]) or "closed" if day in wanted else "deleted"
        )


def _override_ranges(ranges: tuple[TimeRange, ...]) -> set[tuple[int | None, int | None]]:
    return {(one.starts, one.ends) for one in ranges} or {(None, None)}


def _time_off(row: StaffMember, plans: tuple[TimeOffPlan, ...], zone: ZoneInfo) -> Iterator[str]:
    wanted = {(plan.starts_at, plan.ends_at): plan for plan in plans}
    rows, gone = apart(row.time_off, lambda one: (one.starts_at, one.ends_at), wanted)
    for one in gone:
        row.time_off.remove(one)
        yield f"time off from {_local(one.starts_at, zone)} deleted"
    for span, plan in wanted.items():
        what = f"time off from {_local(plan.starts_at, zone)}"
        if span in rows:
            yield from told(what, revised(rows[span], vars(plan)))
        else:
            row.time_off.append(TimeOff(**vars(plan)))
            yield f"{what} to {_local(plan.ends_at, zone)} added"


def _spoken(ranges: tuple[TimeRange, ...]) -> str:
    return ", ".join(written((one.starts, one.ends)) for one in ranges)


def _local(instant: datetime, zone: ZoneInfo) -> str:
    local = instant.astimezone(zone)
    twice = local.utcoffset() != local.replace(fold=not local.fold).utcoffset()
    return f"{local:%Y-%m-%d %H:%M%z}" if twice else f"{local:%Y-%m-%d %H:%M}"
