"""An appointment as lines on a terminal, in the shop's zone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from booking.i18n.words import clock
from booking.storage.models import Booking

from .columns import padded_to, short, table, width
from .output import plain


def agenda(bookings: Sequence[Booking], zone: ZoneInfo) -> Iterator[str]:
    """A table: a line for each booking."""
    return table([_row(booking, zone) for booking in bookings])


def details(booking: Booking, zone: ZoneInfo) -> Iterator[str]:
    """All that is known about one booking, a line each."""
    known = [
        ("reference", booking.reference),
        ("state", _state(booking)),
        ("when", f"{when(booking, zone)} ({zone.key})"),
        ("service", booking.service.name),
        ("staff", booking.staff_member.name),
        ("customer", booking.customer_name),
        ("e-mail", booking.customer_email),
        ("phone", booking.customer_phone),
        ("their zone", booking.customer_zone),
        ("note", booking.customer_note),
        *((str(answer["label"]), _answer(answer["value"])) for answer in booking.answers),
    ]
    told = [(plain(label), plain(value)) for label, value in known if value]
    widest = max(width(label) for label, _ in told)
    for label, value in told:
        yield f"{padded_to(widest, label)}  {value}"


def when(booking: Booking, zone: ZoneInfo) -> str:
    """Date and times on the wall clock of the zone."""
    return span(booking.starts_at, booking.ends_at, zone)


def span(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """2026-12-24 14:30-15:00; an end that is a whole day later or more has its date."""
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    after = f"{last} " if end - start >= timedelta(days=1) else ""
    return f"{day} {time_of_day(start, zone)}-{after}{time_of_day(end, zone)}"


def time_of_day(instant: datetime, zone: ZoneInfo) -> str:
    """14:30, and in an hour that comes twice 01:30 (UTC+1), as customers read it."""
    return clock(instant, zone).replace("\N{MINUS SIGN}", "-")  # as one types it


def _row(booking: Booking, zone: ZoneInfo) -> list[str]:
    return [
        when(booking, zone),
        short(booking.staff_member.name),
        short(booking.service.name),
        short(booking.customer_name),
        booking.reference,
        booking.state,
    ]


def _state(booking: Booking) -> str:
    return booking.state + (f" by the {booking.cancelled_by}" if booking.cancelled_by else "")


def _answer(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
