"""An appointment as an event that calendars read (iCalendar, RFC 5545 and 5546).

Page, letter and attachment have their event from one function, so that they agree on what it is
and on how often it has changed.
"""

import unicodedata
from dataclasses import dataclass
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
# What an address may have as it is in mailto: (RFC 6068, 2). Calendars compare a plus as written.
_AS_WRITTEN = "@!$'*+"


@dataclass(frozen=True)
class Occasion:
    """An appointment as it is now, or as it was when something happened to it.

    `place` is the service's own (empty: the shop's, unless it is online); `state` the booking's.
    `sequence` counts its changes, the last of which was at `changed_at`; at `stamped_at` this was
    said of it.
    """

    start: datetime
    end: datetime
    service: str
    staff: str
    place: str
    is_online: bool
    state: str
    sequence: int
    changed_at: datetime
    stamped_at: datetime

    def summary(self, shop: Shop) -> str:
        """Return what it is, in one line."""
        return written(f"{self.service}, {shop.name}")

    def location(self, shop: Shop) -> str:
        """Return where it is; empty where it is online and the service names no place."""
        return written(self.place or ("" if self.is_online else shop.address or shop.name))


def as_it_is(booking: Booking, now: datetime) -> Occasion:
    """Return the appointment as its booking has it, said now."""
    service = booking.service
    return Occasion(
        start=booking.starts_at,
        end=booking.ends_at,
        service=service.name,
        staff=booking.staff_member.name,
        place=service.place,
        is_online=bool(service.is_online),
        state=booking.state_at(now),
        sequence=booking.changes,
        changed_at=booking.cancelled_at or booking.rescheduled_at or booking.created_at,
        stamped_at=now,
    )


def calendar_file(
    booking: Booking, shop: Shop, *, url: str, now: datetime, organizer: str = ""
) -> bytes:
    """Return the appointment as whoever has its link takes it along, published by the shop.

    `url` is the manage link, `organizer` the address that letters invite from (empty: the shop's).
    A file taken again after a change replaces the event: same UID, higher SEQUENCE.
    """
    occasion, link = as_it_is(booking, now), shown_link(shop, url)
    event = event_of(
        occasion,
        booking,
        shop,
        uid=uid(booking, url),
        description=for_the_customer(occasion, booking, link),
        url=link,
    )
    # What is published needs an organizer (RFC 5546, 3.2.1). A shop without an address is named by
    # where the manage link's site begins, without the link itself, which is a key.
    site = urlsplit(url)._replace(path="/", query="", fragment="").geturl()
    address = organizer or shop.email
    event.add("organizer", person(mailto(address) if address else site, shop.name))
    return file_of(event, METHOD)


def file_of(event: Event, method: str | None) -> bytes:
    """Return the file that holds this event; without a method it only says that there is one."""
    calendar = Calendar()
    for name, value in {"prodid": PRODUCT, "version": "2.0", "method": method}.items():
        if value:
            calendar.add(name, value)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def event_of(
    occasion: Occasion,
    booking: Booking,
    shop: Shop,
    *,
    uid: str,
    description: str,
    url: str,
) -> Event:
    """Return the event, its instants in UTC, which every calendar shows on its own clock.

    `url` is the manage link, or empty for whoever may not have it.
    """
    event = Event()
    properties: dict[str, Any] = {
        "uid": uid,
        "dtstamp": _whole_seconds(occasion.stamped_at),
        "created": _whole_seconds(booking.created_at),
        "last-modified": _whole_seconds(occasion.changed_at),
        "dtstart": _whole_seconds(occasion.start),
        "dtend": _whole_seconds(occasion.end),
        "summary": occasion.summary(shop),
        "description": description,
        "location": occasion.location(shop),
        "url": url,
        "status": STATUS.get(occasion.state, "CONFIRMED"),
        "sequence": occasion.sequence,
        "transp": "TRANSPARENT" if occasion.state == "cancelled" else "OPAQUE",
    }
    for name, value in properties.items():
        if value != "":
            event.add(name, value)
    return event


def for_the_customer(occasion: Occasion, booking: Booking, link: str) -> str:
    """Return what a customer's calendar says beside what, when and where; `link` may be empty."""
    lines = [with_whom(occasion, booking)]
    if link and booking.service.approval:
        ways = _("See the appointment, cancel it, or ask for another time: %(url)s", url=link)
        lines.append(ways)
    elif link:
        lines.append(_("See, move or cancel the appointment: %(url)s", url=link))
    return "\n".join(lines)


def with_whom(occasion: Occasion, booking: Booking) -> str:
    """Return with whom the appointment is, and by what the shop knows it."""
    return written(
        _(
            "With %(staff)s. Reference %(reference)s.",
            staff=occasion.staff,
            reference=booking.reference,
        )
    )


def shown_link(shop: Shop, url: str) -> str:
    """Return the manage link, or nothing where the shop keeps it out of calendars."""
    return url if (shop.mail or {}).get("link_in_invitation", True) else ""


def uid(booking: Booking, url: str) -> str:
    """Return what a calendar knows the appointment by, for ever.

    Bookings of before it was stored are known by their reference and the host that was asked, as
    `operations.bookings.keep_calendar_uids` writes it down.
    """
    return booking.calendar_uid or f"{booking.reference}@{urlsplit(url).hostname}"


def mailto(address: str) -> str:
    """Return an e-mail address as a calendar names somebody by it."""
    return f"mailto:{quote(address, safe=_AS_WRITTEN)}"


def person(address: str, name: str, **parameters: str) -> vCalAddress:
    """Return somebody by an address and, unless it is empty, by a name, which is no address."""
    somebody = vCalAddress(address)
    somebody.params.update(parameters)
    # A parameter has no way to write a quotation mark (RFC 5545, 3.2).
    if shown := " ".join(written(name).replace('"', "'").split()):
        somebody.params["CN"] = shown
    return somebody


def written(text: str) -> str:
    """Return text without control characters but for line breaks: no calendar may hold them."""
    if text.isprintable():
        return text
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"})


def _whole_seconds(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(microsecond=0)
