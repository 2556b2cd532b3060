"""An appointment as a file that calendars open (iCalendar, RFC 5545)."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from icalendar import Calendar, Event

from booking.storage.models import Booking, Shop

PRODUCT = "-//Sidebook//Sidebook//EN"
STATUS = {"pending": "TENTATIVE", "cancelled": "CANCELLED"}


def calendar_file(booking: Booking, shop: Shop, *, url: str) -> bytes:
    """The appointment with its instants in UTC, which every calendar shows on its own clock.

    `url` is the manage link. A file taken again after a change replaces the event: same UID,
    higher SEQUENCE.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(_event(booking, shop, url))
    return bytes(calendar.to_ical())


def _event(booking: Booking, shop: Shop, url: str) -> Event:
    event = Event()
    event.add("uid", f"{booking.reference}@{urlsplit(url).hostname}")
    changed_at = booking.cancelled_at or booking.rescheduled_at or booking.created_at
    event.add("dtstamp", _whole_seconds(changed_at))
    event.add("dtstart", _whole_seconds(booking.starts_at))
    event.add("dtend", _whole_seconds(booking.ends_at))
    event.add("summary", f"{booking.service.name}, {shop.name}")
    event.add("description", _description(booking, url))
    event.add("location", booking.service.place or shop.address or shop.name)
    event.add("url", url)
    event.add("status", STATUS.get(booking.state, "CONFIRMED"))
    event.add("sequence", booking.changes)
    event.add("transp", "TRANSPARENT" if booking.state == "cancelled" else "OPAQUE")
    return event


def _description(booking: Booking, url: str) -> str:
    with_whom = f"With {booking.staff_member.name}. Reference {booking.reference}."
    return f"{with_whom}\nSee or cancel the appointment: {url}"


def _whole_seconds(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(microsecond=0)
