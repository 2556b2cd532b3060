"""An appointment as a file that calendars open (iCalendar, RFC 5545 and 5546)."""

import unicodedata
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from icalendar import Calendar, Event, vCalAddress

from booking.i18n import gettext as _
from booking.storage.models import Booking, Shop

PRODUCT = "-//Sidebook//Sidebook//EN"
METHOD = "PUBLISH"
CONTENT_TYPE = f"text/calendar; charset=utf-8; method={METHOD}"
STATUS = {"pending": "TENTATIVE", "cancelled": "CANCELLED"}


def calendar_file(booking: Booking, shop: Shop, *, url: str, now: datetime) -> bytes:
    """The appointment with its instants in UTC, which every calendar shows on its own clock.

    `url` is the manage link. A file taken again after a change replaces the event: same UID,
    higher SEQUENCE.
    """
    calendar, event = Calendar(), Event()
    for name, value in {"prodid": PRODUCT, "version": "2.0", "method": METHOD}.items():
        calendar.add(name, value)
    for name, value in _properties(booking, shop, url, now).items():
        event.add(name, value)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def uid(booking: Booking, url: str) -> str:
    """What a calendar knows the appointment by, for ever.

    Bookings of before it was stored are known by their reference and the host that was asked, as
    `operations.bookings.keep_calendar_uids` writes it down.
    """
    return booking.calendar_uid or f"{booking.reference}@{urlsplit(url).hostname}"


def _properties(booking: Booking, shop: Shop, url: str, now: datetime) -> dict[str, Any]:
    """What the event says, by the names of RFC 5545."""
    changed_at = booking.cancelled_at or booking.rescheduled_at or booking.created_at
    return {
        "uid": uid(booking, url),
        "dtstamp": _whole_seconds(now),
        "created": _whole_seconds(booking.created_at),
        "last-modified": _whole_seconds(changed_at),
        "dtstart": _whole_seconds(booking.starts_at),
        "dtend": _whole_seconds(booking.ends_at),
        "summary": _written(f"{booking.service.name}, {shop.name}"),
        "description": _description(booking, url),
        "location": _written(booking.service.place or shop.address or shop.name),
        "organizer": _organizer(shop, url),
        "url": url,
        "status": STATUS.get(booking.state, "CONFIRMED"),
        "sequence": booking.changes,
        "transp": "TRANSPARENT" if booking.state == "cancelled" else "OPAQUE",
    }


def _organizer(shop: Shop, url: str) -> vCalAddress:
    """The shop: what is published needs one (RFC 5546, 3.2.1). Its name is no address."""
    # Where the manage link's site begins, without the link itself, which is a key.
    site = urlsplit(url)._replace(path="/", query="", fragment="").geturl()
    organizer = vCalAddress(f"mailto:{quote(shop.email, safe='@')}" if shop.email else site)
    # A parameter has no way to write a quotation mark (RFC 5545, 3.2).
    organizer.params["CN"] = " ".join(_written(shop.name).replace('"', "'").split())
    return organizer


def _description(booking: Booking, url: str) -> str:
    with_whom = _(
        "With %(staff)s. Reference %(reference)s.",
        staff=booking.staff_member.name,
        reference=booking.reference,
    )
    return f"{_written(with_whom)}\n{_('See or cancel the appointment: %(url)s', url=url)}"


def _written(text: str) -> str:
    """Text without control characters, which no calendar file may hold, but for line breaks."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"})


def _whole_seconds(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(microsecond=0)
