"""How much one visitor may hold and book: counted in the database, for all processes alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from booking.operations.errors import Limit, VisitorLimit
from booking.scheduling.clock import day_interval, local_day, to_minute
from booking.scheduling.hours import TICK
from booking.scheduling.share import leaves_enough
from booking.storage.claims import day_places
from booking.storage.diary import Diary
from booking.storage.models import Service, StaffMember
from booking.storage.visitors import (
    Marks,
    Taken,
    count_bookings,
    count_live_holds,
    marks_of,
    taken_by,
)

_VISITORS = 1651470188  # a family of PostgreSQL's advisory locks, beside that of the migrations


@dataclass(frozen=True)
class Visitor:
    """Who asks, and how much they may take.

    `address` is never written down. `holds` at the same time, `bookings` in 24 hours, `share` in
    percent of a staff member's day and of a service's daily limit.
    """

    address: str
    holds: int
    bookings: int
    share: int


def require_room(
    session: Session, visitor: Visitor, *, tab_key: int | None, now: datetime
) -> Marks:
    """The visitor's marks, unless their other tabs hold, or they booked, as much as they may.

    A live hold counts as the booking it may become, so that confirming it needs no leave any more.
    Raises VisitorLimit.
    """
    marks = marks_of(session, visitor.address, now)
    _one_at_a_time(session, marks[0])
    held = count_live_holds(session, marks, now=now, besides_tab=tab_key)
    if held >= visitor.holds:
        raise VisitorLimit(Limit.HOLDS)
    if held + count_bookings(session, marks, now=now) >= visitor.bookings:
        raise VisitorLimit(Limit.BOOKINGS)
    return marks


def leave_room(  # noqa: PLR0913 - each is one thing it depends on
    session: Session,
    service: Service,
    staff: Sequence[StaffMember],
    diary: Diary,
    start: datetime,
    visitor: Visitor,
    marks: Marks,
    *,
    tab_key: int | None,
    now: datetime,
) -> list[StaffMember]:
    """Those of the staff of whose day the visitor may have more.

    Raises VisitorLimit if of none, or if they have their share of the service's daily limit.
    """
    date = local_day(to_minute(start), diary.zone)
    day = day_interval(date, diary.zone)
    asked: dict[str, Any] = {"now": now, "besides_tab": tab_key}
    if limit := diary.rules.daily_limit:
        ours = taken_by(session, marks, [service.resource_id], day_places(date), **asked)
        places = ours.get(service.resource_id, Taken()).appointments
        if not leaves_enough(limit, places, places, 1, visitor.share):
            raise VisitorLimit(Limit.DAY)
    resources, ticks = (
        [member.resource_id for member in staff],
        range(day[0] // TICK, day[1] // TICK),
    )
    taken = taken_by(session, marks, resources, ticks, **asked)
    first, end = diary.rules.span(to_minute(start))

    def has_room(member: StaffMember) -> bool:
        theirs = taken.get(member.resource_id, Taken())
        return leaves_enough(
            diary.open_minutes(member, day),
            theirs.appointments,
            theirs.minutes,
            end - first,
            visitor.share,
        )

    left = [member for member in staff if has_room(member)]
    if not left:
        raise VisitorLimit(Limit.DAY)
    return left


def _one_at_a_time(session: Session, mark: bytes) -> None:
    # Or two tabs would both count before either holds. SQLite has one writer at a time anyway.
    if session.get_bind().dialect.name != "postgresql":
        return
    key = int.from_bytes(mark[:4], "big", signed=True)
    session.execute(
        text("SELECT pg_advisory_xact_lock(:family, :visitor)"),
        {"family": _VISITORS, "visitor": key},
    )
