"""Why an appointment cannot be entered or moved, in words, and what could be."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from booking.i18n.date_input import format_date
from booking.operations import owners
from booking.operations.errors import AppointmentCancelled, AppointmentPast, SlotUnavailable
from booking.scheduling.clock import day_interval, from_minute, local_day, to_minute
from booking.scheduling.rules import LONGEST_WINDOW
from booking.scheduling.slots import Reason, free_starts, nearest
from booking.storage.catalogue import read_catalogue, rules_of
from booking.storage.models import Service, StaffMember

from .dates import has_offset
from .output import time_of_day

UNAVAILABLE = {
    Reason.PAST: "That time has passed.",
    Reason.TOO_SOON: "That is too soon.",
    Reason.TOO_FAR: "That is further ahead than ten years.",
    Reason.TAKEN: "That time is taken.",
    Reason.LIMIT: "That day has as many of these appointments as it may.",
}

ONLY_HELD = (Reason.TAKEN, Reason.LIMIT)


@contextmanager
def slot_in_words(
    session: Session,
    service: Service,
    staff: Sequence[StaffMember],
    start: datetime,
    *,
    over_holds: bool,
) -> Iterator[None]:
    """Say why the time cannot be had, and where nobody works then, when they do."""
    try:
        yield
    except SlotUnavailable as lost:
        why = UNAVAILABLE.get(lost.reason) or _closed(session, service, staff, start)
        if lost.reason in ONLY_HELD and not over_holds:
            why += _held(session, service, staff, start)
        raise click.ClickException(f"{why} Nothing was changed.") from lost


@contextmanager
def appointment_in_words(reference: str, verb: str) -> Iterator[None]:
    """Say that the appointment can no longer be changed."""
    try:
        yield
    except AppointmentPast as begun:
        raise click.ClickException(
            f"{reference} has begun, so it can no longer be {verb}."
        ) from begun
    except AppointmentCancelled as cancelled:
        raise click.ClickException(
            f"{reference} is cancelled. Enter a new one: flask booking book."
        ) from cancelled


def far_ahead(service: Service, start: datetime, now: datetime) -> str:
    """Return a remark on a start that only the owner could choose; empty otherwise."""
    if start <= now + timedelta(days=service.booking_window):
        return ""
    return (
        f" Note: it is {(start - now).days} days ahead, where customers can book "
        f"{service.booking_window} days ahead."
    )


def _held(session: Session, service: Service, staff: Sequence[StaffMember], start: datetime) -> str:
    """What could be done where a hold is in the way, perhaps beside a booking."""
    if not owners.holds_in_the_way(session, service, staff, start, now=datetime.now(UTC)):
        return ""
    return (
        " Some of it is only held by somebody who has not booked yet (flask booking holds): "
        "--over-holds takes it from them."
    )


def comes_twice(written: str, start: datetime, zone: ZoneInfo) -> str:
    """Return a remark on a start that the clock shows once more an hour later; empty otherwise."""
    shown = time_of_day(start, zone)
    again = start.astimezone(zone).replace(fold=1)
    if not shown.endswith(")") or has_offset(written) or start.astimezone(zone).fold:
        return ""
    second = f"{again.date()} {time_of_day(again, zone)}"
    return f' Note: the clock shows that time twice; the second is "{second}".'


def _closed(
    session: Session, service: Service, staff: Sequence[StaffMember], start: datetime
) -> str:
    zone = read_catalogue(session).zone
    day = local_day(to_minute(start), zone)
    possible = _starts(session, service, staff, day_interval(day, zone))
    who = staff[0].name if len(staff) == 1 else f"nobody who offers {service.name}"
    if not possible:
        does = "does not work" if len(staff) == 1 else "works"
        why = f"{who} {does} on {format_date(day)}, or not for long enough."
        return why[0].upper() + why[1:]
    near = nearest(possible, to_minute(start))
    times = ", ".join(time_of_day(from_minute(each), zone) for each in near)
    at = time_of_day(start, zone)
    return f"{service.name} cannot begin at {at}; near it begin: {times}, if they are free."


def _starts(
    session: Session, service: Service, staff: Sequence[StaffMember], span: tuple[int, int]
) -> list[int]:
    """Every start within the span that the hours of the staff allow, taken or not."""
    working = read_catalogue(session).working
    whenever = replace(rules_of(service), minimum_notice=0, booking_window=LONGEST_WINDOW)
    found: set[int] = set()
    for hours in (working[member.id] for member in staff):
        days = local_day(span[0], hours.zone), local_day(span[1] - 1, hours.zone)
        found.update(free_starts(hours, whenever, (), span[0], *days))
    return sorted(start for start in found if span[0] <= start < span[1])
