"""Tell what keeps customers from booking anything at all, by the rules that decide what is free.

For whoever sets up a shop: an empty page for customers says nothing about why it is empty.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy.orm import Session

from booking.scheduling.clock import local_day, to_minute
from booking.scheduling.slots import WorkingTime, fitting_starts, open_intervals
from booking.storage.catalogue import Catalogue, read_catalogue, rules_of
from booking.storage.models import Service, StaffMember
from booking.storage.reads import Diary


class Lack(StrEnum):
    """What is missing; from NO_PERSON on it is missing for one service."""

    SHOP = "shop"
    SERVICES = "services"
    STAFF = "staff"
    NO_PERSON = "no_person"
    NO_HOURS = "no_hours"
    ALL_CLOSED = "all_closed"
    TOO_SHORT = "too_short"
    TOO_SOON = "too_soon"
    ALL_TAKEN = "all_taken"


class Missing(NamedTuple):
    """One lack; of one service where it is named, by its slug."""

    lack: Lack
    service: str = ""


def what_is_missing(session: Session, now: datetime) -> Sequence[Missing]:
    """Return what is missing, the first to be mended first; empty where all services have times."""
    return list(_missing(session, read_catalogue(session), now))


def _missing(session: Session, catalogue: Catalogue, now: datetime) -> Iterator[Missing]:
    services = [one for one in catalogue.every_service.values() if not one.retired]
    if catalogue.shop is None:
        yield Missing(Lack.SHOP)
    if not services:
        yield Missing(Lack.SERVICES)
    if all(one.retired for one in catalogue.staff.values()):
        yield Missing(Lack.STAFF)
    for service in services:
        if lack := _lack_of(session, catalogue, service, now):
            yield Missing(lack, service.slug)


def _lack_of(
    session: Session, catalogue: Catalogue, service: Service, now: datetime
) -> Lack | None:
    staff = catalogue.offering(service.id)
    if not staff:
        return Lack.NO_PERSON
    times = [catalogue.working_time(one.id) for one in staff]
    if not any(one.weekly or any(one.overrides.values()) for one in times):
        return Lack.NO_HOURS
    return _lack_of_time(service, times, now) or _lack_of_room(
        session, catalogue, service, staff, now
    )


def _lack_of_time(service: Service, times: Sequence[WorkingTime], now: datetime) -> Lack | None:
    rules, minute = rules_of(service), to_minute(now)
    is_open = can_start = False
    for working in times:
        first = local_day(minute, working.zone)
        last = local_day(rules.latest(minute), working.zone)
        is_open = is_open or bool(open_intervals(working, first, last))
        starts = fitting_starts(working, rules, first, last)
        can_start = can_start or bool(starts)
        if any(rules.earliest(minute) <= one <= rules.latest(minute) for one in starts):
            return None
    if not is_open:
        return Lack.ALL_CLOSED
    return Lack.TOO_SOON if can_start else Lack.TOO_SHORT


def _lack_of_room(
    session: Session,
    catalogue: Catalogue,
    service: Service,
    staff: Sequence[StaffMember],
    now: datetime,
) -> Lack | None:
    diary = Diary(session, catalogue, service, staff, now)
    yesterday = local_day(to_minute(now) - 24 * 60, catalogue.zone)
    return None if diary.next_free_day(yesterday, catalogue.zone) else Lack.ALL_TAKEN
