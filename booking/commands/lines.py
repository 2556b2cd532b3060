"""An appointment as lines on a terminal, in the shop's zone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from booking.storage.models import Booking


def agenda(bookings: Sequence[Booking], zone: ZoneInfo) -> Iterator[str]:
    """A table: a line for each booking, columns as wide as they need to be."""
    rows = [_row(booking, zone) for booking in bookings]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


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
    width = max(len(label) for label, _ in known)
    for label, value in known:
        if value:
            yield f"{plain(label).ljust(width)}  {plain(value)}"


def when(booking: Booking, zone: ZoneInfo) -> str:
    """Date and times on the wall clock of the zone."""
    starts, ends = booking.starts_at.astimezone(zone), booking.ends_at.astimezone(zone)
    return f"{starts:%Y-%m-%d %H:%M}-{ends:%H:%M}"


def plain(text: str) -> str:
    """On one line and without what could drive the terminal: it was typed by a stranger."""
    return "".join(c if c.isprintable() else " " for c in text)


def _row(booking: Booking, zone: ZoneInfo) -> list[str]:
    cells = (
        when(booking, zone),
        booking.staff_member.name,
        booking.service.name,
        booking.customer_name,
        booking.reference,
        booking.state,
    )
    return [plain(cell) for cell in cells]


def _state(booking: Booking) -> str:
    return booking.state + (f" by the {booking.cancelled_by}" if booking.cancelled_by else "")


def _answer(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
