"""How much one visitor may hold and book: counted in the database, for all processes alike."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from booking.scheduling.clock import day_interval, local_day, to_minute
from booking.scheduling.hours import TICK
from booking.scheduling.pressure import is_under_pressure
from booking.scheduling.share import within_share
from booking.storage.claims import day_places
from booking.storage.days import Part, VisitorUsage, visitor_usage
from booking.storage.models import Service, StaffMember
from booking.storage.past_holds import held_since
from booking.storage.snapshot import AvailabilitySnapshot
from booking.storage.visitors import VisitorHashes, count, visitor_hashes

from .errors import Limit, VisitorLimit
from .lasting import Lasting

MULTIPLES = (1, 4, 8)
"""How many visitors' worth an address, the network around it and a wide one may take."""
_VISITORS = 1651470188  # a family of PostgreSQL's advisory locks, beside that of the migrations


@dataclass(frozen=True)
class Visitor:
    """Who asks, and how much they may take.

    `address` and `networks`, those around it from narrow to wide, are never written down. `holds`
    at the same time, `bookings` in 24 hours, `drafts` begun in a day (UTC), `share` in percent of a
    staff member's day and of a service's daily limit. None of that binds a `shared` address, behind
    which many people sit. `held_share` binds everybody: the percent of a day that may be held and
    not booked. Above `pressure_share` percent of it one more hold costs a sum; at 0 and at 100 it
    never does.
    """

    address: str
    holds: int
    bookings: int
    share: int
    networks: tuple[str, ...] = ()
    held_share: int = 100
    pressure_share: int = 100
    shared: bool = False
    drafts: int = sys.maxsize


@dataclass(frozen=True)
class Room:
    """Who of the staff may be asked, and whether what is chosen may be held for the visitor.

    `is_pressed` where others hold so much of that day that a hold costs a sum.
    """

    staff: list[StaffMember]
    is_held: bool = True
    is_pressed: bool = False


def check_visitor_limits(
    session: Session, visitor: Visitor, *, tab_key: int | None, now: datetime
) -> VisitorHashes:
    """The visitor's marks, unless their other tabs hold, or they booked, as much as they may.

    The same goes, by larger numbers, for the networks around. A live hold counts as the booking it
    may become, so that confirming it needs no leave any more. Raises VisitorLimit.
    """
    if visitor.shared:
        return visitor_hashes(session, [visitor.address], now)
    marks = visitor_hashes(session, (visitor.address, *visitor.networks), now)
    _one_at_a_time(session, marks)
    counted = count(session, marks, now=now, besides_tab=tab_key)
    for multiple, found in zip(MULTIPLES, counted, strict=True):
        if found.holds >= visitor.holds * multiple:
            raise VisitorLimit(Limit.HOLDS)
        if found.holds + found.bookings >= visitor.bookings * multiple:
            raise VisitorLimit(Limit.BOOKINGS)
    return marks


def staff_within_visitor_share(  # noqa: PLR0913 - each is one thing it depends on
    session: Session,
    service: Service,
    staff: Sequence[StaffMember],
    snapshot: AvailabilitySnapshot,
    start: datetime,
    visitor: Visitor,
    marks: VisitorHashes,
    *,
    tab_key: int | None,
    now: datetime,
) -> Room:
    """Those of the staff of whose day the visitor may have more; if any, those who may be held.

    Where too much of everybody's day is held and not booked already, it is not held. Raises
    VisitorLimit if the visitor may have more of nobody's day, or of none of the service's daily
    limit.
    """
    date = local_day(to_minute(start), snapshot.zone)
    first, end = day_interval(date, snapshot.zone)
    asked: dict[str, Any] = {"now": now, "besides_tab": tab_key}
    places = _places(session, service, snapshot, visitor, marks, day_places(date), asked)
    resources = [member.resource_id for member in staff]
    taken = visitor_usage(session, marks, resources, range(first // TICK, end // TICK), **asked)
    span = snapshot.rules.span(to_minute(start))
    wanted = span[1] - span[0]
    opened = {member.id: snapshot.open_minutes(member, (first, end)) for member in staff}

    def leaves(member: StaffMember, part: Part, percent: int) -> bool:
        minutes = opened[member.id]
        return within_share(minutes, part.appointments, part.minutes, wanted, percent)

    of = {member.id: taken.get(member.resource_id, VisitorUsage()) for member in staff}
    own = 100 if visitor.shared else visitor.share
    left = [member for member in staff if leaves(member, of[member.id].own, own)]
    if not left:
        raise VisitorLimit(Limit.DAY)
    free = [one for one in left if leaves(one, of[one.id].held, visitor.held_share)]
    held = [of[member.id].held for member in staff]
    return Room(
        free or left,
        is_held=places.is_held and bool(free),
        is_pressed=places.is_pressed or _is_pressed(sum(opened.values()), held, visitor),
    )


def held_before(
    session: Session,
    visitor: Visitor,
    marks: VisitorHashes,
    member: StaffMember,
    snapshot: AvailabilitySnapshot,
    start: datetime,
    lasting: Lasting,
    tab_key: int,
) -> int | None:
    """Since when other tabs of the visitor's network have held that very time, if they did.

    Never so at a shared address, where the next tab is the next person.
    """
    if visitor.shared:
        return None
    span, lately = snapshot.rules.span(to_minute(start)), lasting.lately
    resource = member.resource_id
    return held_since(session, marks, resource, span, lately=lately, besides_tab=tab_key)


def _is_pressed(opened: int, held: Sequence[Part], visitor: Visitor) -> bool:
    holds, minutes = (sum(each) for each in zip(*held, strict=True))
    return is_under_pressure(opened, holds, minutes, visitor.pressure_share)


def _places(
    session: Session,
    service: Service,
    snapshot: AvailabilitySnapshot,
    visitor: Visitor,
    marks: VisitorHashes,
    places: range,
    asked: dict[str, Any],
) -> Room:
    """What the places of a daily limit say, as others must keep their part. Raises VisitorLimit."""
    limit = snapshot.rules.daily_limit
    if not limit:
        return Room([])
    taken = visitor_usage(session, marks, [service.resource_id], places, **asked)
    own, held = (part.appointments for part in taken.get(service.resource_id, VisitorUsage()))
    if not visitor.shared and not within_share(limit, own, own, 1, visitor.share):
        raise VisitorLimit(Limit.DAY)
    return Room(
        [],
        is_held=within_share(limit, held, held, 1, visitor.held_share),
        is_pressed=is_under_pressure(limit, held, held, visitor.pressure_share),
    )


def _one_at_a_time(session: Session, marks: VisitorHashes) -> None:
    # Or two tabs would both count before either holds. SQLite has one writer at a time anyway.
    # In one order for everybody, or two visitors of one network would wait for each other.
    if session.get_bind().dialect.name != "postgresql":
        return
    keys = sorted(int.from_bytes(mark[:4], "big", signed=True) for mark in marks.today if mark)
    locks = ", ".join(f"pg_advisory_xact_lock(:family, :key_{place})" for place in range(len(keys)))
    asked = {f"key_{place}": key for place, key in enumerate(keys)}
    session.execute(text(f"SELECT {locks}"), {"family": _VISITORS, **asked})
