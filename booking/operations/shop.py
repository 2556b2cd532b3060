"""Carry out a plan for the shop: make the rows say what the plan says, wherever it came from.

Repeatable: what the rows say already is left alone, and a second time nothing is changed. What was
changed is returned as data (`Change`); whoever asked for it writes the sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from booking.scheduling.slots import TimeRange
from booking.storage.claims import release_holds
from booking.storage.models import (
    Booking,
    Closure,
    DateOverride,
    PendingMove,
    Question,
    Service,
    Shop,
    StaffMember,
    TimeOff,
    WeeklyHours,
    hold,
)

from .plan import (
    BusinessPlan,
    ClosurePlan,
    QuestionPlan,
    ServicePlan,
    ShopPlan,
    StaffPlan,
    TimeOffPlan,
    Week,
)

Key = TypeVar("Key")
Row = TypeVar("Row")
Sold = TypeVar("Sold", Service, StaffMember)
Ranges = tuple[TimeRange, ...]


class Action(StrEnum):
    """What became of a thing. Retired: taken out of sale, and kept because of its bookings."""

    ADDED = "added"
    CHANGED = "changed"
    DELETED = "deleted"
    RETIRED = "retired"
    RETURNED = "returned"


class Thing(NamedTuple):
    """A part of the business: its kind, what it is known by, and what it is a part of.

    The key is a slug for "service", "staff" and "offer"; a question's key; a weekday (Monday is 0)
    for "hours" and "breaks"; a date for "override"; two instants on the staff member's clock for
    "time_off"; two dates for "closure"; None for "shop".
    """

    kind: str
    key: Any = None
    owner: Thing | None = None


class Difference(NamedTuple):
    """One attribute of a thing, before and after. Ranges of a day are a tuple of TimeRange."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Change:
    """What was done to one thing; `differences` only where it was changed."""

    thing: Thing
    action: Action
    differences: tuple[Difference, ...] = ()


def apply_business(session: Session, plan: BusinessPlan) -> list[Change]:
    """Create, update, retire and delete until the database says what the plan says.

    Runs inside the caller's write transaction and never commits. Returns every change, in the order
    of the plan; none the second time.
    """
    changes = [
        *_shop(session, plan.shop),
        *_services(session, plan.services),
        *_staff(session, plan.staff),
        *_vanished_services(session, plan.services),
        *_closures(session, plan.closures),
    ]
    session.flush()
    return changes


# -- the shop and what it sells --------------------------------------------------------------------


def _shop(session: Session, plan: ShopPlan) -> Iterator[Change]:
    shop, thing = session.get(Shop, 1), Thing("shop")
    if shop is None:
        session.add(Shop(id=1, **vars(plan)))
        yield Change(thing, Action.ADDED)
    else:
        yield from _update(shop, vars(plan), thing)


def _services(session: Session, plans: tuple[ServicePlan, ...]) -> Iterator[Change]:
    # Locked, so that nobody books what is about to be found without bookings and deleted.
    rows = {row.slug: row for row in session.scalars(select(Service).with_for_update())}
    for position, plan in enumerate(plans, start=1):
        values = {**vars(plan), "position": position}
        parts = partial(_questions, values.pop("questions"))
        yield from _sold(session, rows.get(plan.slug) or Service, values, "service", parts)
    session.flush()


def _questions(plans: tuple[QuestionPlan, ...], service: Service, owner: Thing) -> Iterator[Change]:
    wanted = {
        plan.key: {**vars(plan), "choices": list(plan.choices), "position": position}
        for position, plan in enumerate(plans, start=1)
    }
    return _merge(
        service.questions,
        lambda row: row.key,
        wanted,
        Question,
        lambda key: Thing("question", key, owner),
    )


def _vanished_services(session: Session, plans: tuple[ServicePlan, ...]) -> Iterator[Change]:
    kept = [plan.slug for plan in plans]
    for row in session.scalars(
        select(Service).where(Service.slug.not_in(kept)).order_by(Service.id)
    ).all():
        yield from _remove_or_retire(session, row, Thing("service", row.slug))


def _closures(session: Session, plans: tuple[ClosurePlan, ...]) -> Iterator[Change]:
    rows = list(session.scalars(select(Closure)))
    before = [*rows]
    yield from _merge(
        rows,
        lambda row: (row.first_day, row.last_day),
        {(plan.first_day, plan.last_day): vars(plan) for plan in plans},
        Closure,
        lambda span: Thing("closure", span),
    )
    session.add_all(rows)
    for gone in [row for row in before if row not in rows]:
        session.delete(gone)


# -- staff: people, what they offer, and their hours -----------------------------------------------


def _staff(session: Session, plans: tuple[StaffPlan, ...]) -> Iterator[Change]:
    stored = session.scalars(select(StaffMember).with_for_update().order_by(StaffMember.id)).all()
    rows, gone = _partition(stored, lambda row: row.slug, {plan.slug for plan in plans})
    services = {row.slug: row for row in session.scalars(select(Service))}
    for position, plan in enumerate(plans, start=1):
        attributes = ("slug", "name", "about", "zone", "email", "letters")
        values = {name: getattr(plan, name) for name in attributes} | {"position": position}
        parts = partial(_working_life, plan, services)
        yield from _sold(session, rows.get(plan.slug) or StaffMember, values, "staff", parts)
    session.flush()
    for row in gone:
        yield from _remove_or_retire(session, row, Thing("staff", row.slug))


def _working_life(
    plan: StaffPlan, services: Mapping[str, Service], row: StaffMember, owner: Thing
) -> Iterator[Change]:
    yield from _offers(row, [services[slug] for slug in plan.offers], owner)
    yield from _weekly(row, "open", plan.hours, "hours", owner)
    yield from _weekly(row, "break", plan.breaks, "breaks", owner)
    yield from _overrides(row, plan.overrides, owner)
    yield from _time_off(row, plan.time_off, ZoneInfo(plan.zone), owner)


def _offers(row: StaffMember, wanted: list[Service], owner: Thing) -> Iterator[Change]:
    for service in [one for one in row.services if one not in wanted]:
        row.services.remove(service)
        yield Change(Thing("offer", service.slug, owner), Action.DELETED)
    for service in [one for one in wanted if one not in row.services]:
        row.services.append(service)
        yield Change(Thing("offer", service.slug, owner), Action.ADDED)


def _weekly(row: StaffMember, kind: str, week: Week, name: str, owner: Thing) -> Iterator[Change]:
    for weekday in range(7):
        ours = [one for one in row.weekly_hours if (one.kind, one.weekday) == (kind, weekday)]
        before, wanted = _ranges(ours), week.get(weekday, ())
        if set(before) == set(wanted):
            continue
        for one in ours:
            row.weekly_hours.remove(one)
        row.weekly_hours.extend(
            WeeklyHours(weekday=weekday, starts=one.starts, ends=one.ends, kind=kind)
            for one in wanted
        )
        yield _changed_ranges(Thing(name, weekday, owner), before, wanted)


def _overrides(row: StaffMember, wanted: Mapping[date, Ranges], owner: Thing) -> Iterator[Change]:
    for day in sorted({one.day for one in row.date_overrides} | wanted.keys()):
        ours = [one for one in row.date_overrides if one.day == day]
        rows = _override_rows(wanted[day]) if day in wanted else set()
        if {(one.starts, one.ends) for one in ours} == rows:
            continue
        before = _ranges(ours)
        for one in ours:
            row.date_overrides.remove(one)
        row.date_overrides.extend(
            DateOverride(day=day, starts=starts, ends=ends) for starts, ends in rows
        )
        thing = Thing("override", day, owner)
        if day in wanted:
            yield _changed_ranges(thing, before, wanted[day])
        else:
            yield Change(thing, Action.DELETED)


def _override_rows(ranges: Ranges) -> set[tuple[int | None, int | None]]:
    return {(one.starts, one.ends) for one in ranges} or {(None, None)}


def _time_off(
    row: StaffMember, plans: tuple[TimeOffPlan, ...], zone: ZoneInfo, owner: Thing
) -> Iterator[Change]:
    return _merge(
        row.time_off,
        lambda one: (one.starts_at, one.ends_at),
        {(plan.starts_at, plan.ends_at): vars(plan) for plan in plans},
        TimeOff,
        lambda span: Thing("time_off", tuple(one.astimezone(zone) for one in span), owner),
    )


def _ranges(rows: Iterable[WeeklyHours | DateOverride]) -> Ranges:
    return tuple(
        TimeRange(row.starts, row.ends)
        for row in rows
        if row.starts is not None and row.ends is not None
    )


def _changed_ranges(thing: Thing, before: Ranges, after: Ranges) -> Change:
    return Change(thing, Action.CHANGED, (Difference("ranges", before, after),))


# -- what all of them have in common ---------------------------------------------------------------


def _update(row: object, values: Mapping[str, Any], thing: Thing) -> Iterator[Change]:
    """Give the row these values; no change where it had them all."""
    compared = [Difference(name, getattr(row, name), value) for name, value in values.items()]
    differences = [one for one in compared if one.before != one.after]
    for one in differences:
        setattr(row, one.name, one.after)
    if differences:
        yield Change(thing, Action.CHANGED, tuple(differences))


def _partition(
    rows: Iterable[Row], key: Callable[[Row], Key], wanted: Iterable[Key]
) -> tuple[dict[Key, Row], list[Row]]:
    """Return the rows that are still wanted, by their key, and the others."""
    keys = set(wanted)
    stored = list(rows)
    kept = {key(row): row for row in stored if key(row) in keys}
    return kept, [row for row in stored if row not in kept.values()]


def _merge(
    rows: list[Row],
    key: Callable[[Row], Key],
    wanted: Mapping[Key, Mapping[str, Any]],
    make: Callable[..., Row],
    thing: Callable[[Key], Thing],
) -> Iterator[Change]:
    """Take out of the rows what is not wanted, then change or add the rest, by their keys."""
    kept, gone = _partition(rows, key, wanted)
    for old in gone:
        rows.remove(old)
        yield Change(thing(key(old)), Action.DELETED)
    for name, values in wanted.items():
        if row := kept.get(name):
            yield from _update(row, values, thing(name))
        else:
            rows.append(make(**values))
            yield Change(thing(name), Action.ADDED)


def _sold(
    session: Session,
    known: Sold | type[Sold],
    values: Mapping[str, Any],
    kind: str,
    parts: Callable[[Sold, Thing], Iterator[Change]],
) -> Iterator[Change]:
    """Put on sale, or change, what is sold with its parts; it is new where `known` is its class."""
    thing = Thing(kind, values["slug"])
    if isinstance(known, type):
        row = known(**values)
        session.add(row)
        list(parts(row, thing))
        yield Change(thing, Action.ADDED)
    else:
        row = known
        if row.retired:
            row.retired = False
            yield Change(thing, Action.RETURNED)
        yield from _update(row, values, thing)
        yield from parts(row, thing)
    row.resource.name = values["name"]


ASKED_OF = PendingMove.staff_member_id
"""Whom a move was asked for with, by now or not, whether or not anything was booked with them."""


def _remove_or_retire(
    session: Session, row: Service | StaffMember, thing: Thing
) -> Iterator[Change]:
    """Take out what the plan has no longer: retired where bookings need it, else deleted."""
    is_service = isinstance(row, Service)
    theirs = [Booking.service_id] if is_service else [Booking.staff_member_id, ASKED_OF]
    if not any(session.scalar(select(exists().where(each == row.id))) for each in theirs):
        _release_holds(session, row)
        session.delete(row)
        session.flush()
        yield Change(thing, Action.DELETED)
    elif not row.retired:
        _release_holds(session, row)
        row.retired = True
        yield Change(thing, Action.RETIRED)


def _release_holds(session: Session, row: Service | StaffMember) -> None:
    column = hold.c.service_id if isinstance(row, Service) else hold.c.staff_member_id
    release_holds(session, session.scalars(select(hold.c.id).where(column == row.id)).all())
