"""The appointment as a letter brings it to calendars: invited, called off, or a file to be opened.

Nobody's answer is relied upon: a declined invitation frees no time.
"""

from datetime import UTC, datetime
from typing import Literal

from icalendar import vCalAddress

from booking.addresses import domain_in_ascii, lowered
from booking.i18n import gettext as _
from booking.storage.models import Booking, Shop
from booking.storage.outbox import ADDRESS_CHANGED, Letter

from .calendar_file import (
    Occasion,
    event_of,
    file_of,
    for_the_customer,
    mailto,
    person,
    shown_link,
    uid,
    with_whom,
)
from .mime import Appointment
from .quoting import NAME, quotable

Way = Literal["REQUEST", "CANCEL", "file"]
"""How a letter brings the appointment: by one of two methods of RFC 5546, or as a file without."""
_BY_KIND: dict[str, Way] = {
    "booked": "REQUEST",
    "moved": "REQUEST",
    "cancelled": "CANCEL",
    ADDRESS_CHANGED: "CANCEL",
}


def way_of(
    kind: str,
    role: str,
    *,
    wish: str = "request",
    is_organizer: bool = False,
    was_confirmed: bool = True,
) -> Way | None:
    """Return how a letter of this kind brings the appointment to this recipient; None: not at all.

    Staff are invited, whose calendars fill themselves so. Customers get what the shop wishes for
    them. The shop is told, and may open the file: its address may be that of somebody on its staff,
    in whose calendar two invitations to one event would be at odds. Nobody is invited by himself,
    and nobody to what is not confirmed, or never was.
    """
    way = _BY_KIND.get(kind) if was_confirmed else None
    if way and (is_organizer or role == "shop" or (role == "customer" and wish == "file")):
        # A file tells that the appointment is cancelled, which it is not.
        return None if kind == ADDRESS_CHANGED else "file"
    return way


def way_for(letter: Letter, shop: Shop, *, organizer: str) -> Way | None:
    """Return how this letter brings its appointment; `organizer` is the bare sender's address."""
    return way_of(
        letter.kind,
        letter.role,
        wish=(shop.mail or {}).get("invitation", "request"),
        is_organizer=_compared(letter.recipient) == _compared(organizer),
        # Nobody was invited to what was never confirmed.
        was_confirmed=not letter.facts.get("pending_for"),
    )


def _compared(address: str) -> tuple[str, str]:
    """An address without its case, and with its domain in ASCII, as that of a setting is."""
    name, _, domain = lowered(address).rpartition("@")
    return name, domain_in_ascii(domain)


def appointment_of(
    letter: Letter, booking: Booking, shop: Shop, *, organizer: str, manage_url: str
) -> Appointment | None:
    """Return what the letter brings to calendars; None: nothing.

    `organizer` is the bare sender's address; an older booking is named in calendars by the host of
    `manage_url`, which may be empty.
    """
    way = way_for(letter, shop, organizer=organizer)
    if way is None:
        return None
    occasion = _as_it_was(letter)
    link = shown_link(shop, manage_url) if _may_have_the_link(letter) else ""
    if letter.role == "customer":
        description = for_the_customer(occasion, booking, link)
    else:
        description = _for_the_staff(occasion, booking)
    named = uid(booking, manage_url)
    event = event_of(occasion, booking, shop, uid=named, description=description, url=link)
    if way == "file":
        return Appointment(file_of(event, None), None)
    event.add("organizer", person(mailto(organizer), shop.name))
    event.add("attendee", _attendee(letter, occasion))
    return Appointment(file_of(event, way), way)


def _may_have_the_link(letter: Letter) -> bool:
    return letter.role == "customer" and letter.kind != ADDRESS_CHANGED


def _as_it_was(letter: Letter) -> Occasion:
    """The appointment as the letter's event left it; as it was for whoever has lost it to another.

    What is said is as old as the event, however late it is sent, and the same at every try. An
    address that is left knows the appointment as of one change before: where both addresses fill
    one calendar, calling the old one off undoes no invitation of the new one, which is later.
    """
    facts, at = letter.facts, datetime.fromtimestamp(letter.created_at, UTC)
    is_left = letter.kind == ADDRESS_CHANGED
    is_over = is_left or letter.kind == "cancelled"
    held = facts | facts.get("before", {}) if is_over else facts
    return Occasion(
        start=datetime.fromisoformat(held["start"]),
        end=datetime.fromisoformat(held["end"]),
        service=held["service"],
        staff=held["staff"],
        place=held["place"],
        is_online=held["is_online"],
        state="cancelled" if is_over else "confirmed",
        sequence=letter.sequence - is_left,
        changed_at=at,
        stamped_at=at,
    )


def _attendee(letter: Letter, occasion: Occasion) -> vCalAddress:
    """Whoever gets the letter; no answer is asked for. A customer's name is only what was typed."""
    name = occasion.staff if letter.role == "staff" else ""
    asked = {"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"}
    return person(mailto(letter.recipient), name, **asked)


def _for_the_staff(occasion: Occasion, booking: Booking) -> str:
    """With whom and for whom it is; nothing else that was typed, because calendars are shared."""
    name = quotable(booking.customer_name, NAME)
    return f"{with_whom(occasion, booking)}\n{_('Customer: “%(name)s”', name=name)}"
