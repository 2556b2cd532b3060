"""One letter about several appointments of a series, with one file of all their events.

A file and no invitation: by RFC 5546 an invitation is of one appointment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from icalendar import Calendar

from booking.addresses import is_same_address
from booking.i18n import gettext as _
from booking.i18n import ngettext
from booking.storage.models import Booking, Shop
from booking.storage.outbox import SERIES, Letter

from .calendar_file import (
    PRODUCT,
    as_it_is,
    event_of,
    for_the_customer,
    shown_link,
    uid,
    with_whom,
)
from .contents import (
    Content,
    Entry,
    Row,
    appointment_rows,
    contact_lines,
    customer_rows,
    values_of,
    why,
)
from .mime import Appointment
from .quoting import one_line
from .when import Clocks, clocks, shop_clock, when
from .words import Words, own_words

Links = Mapping[int, str]
"""The manage link of each booking, by its id; none in a letter to the shop."""


def is_still_so(letter: Letter, booking: Booking, now: datetime) -> bool:
    """Tell whether the letter is to name that booking: it is as it says, and still its reader's."""
    if letter.role == "customer" and not is_same_address(booking.customer_email, letter.recipient):
        return False
    state = "cancelled" if letter.kind == SERIES["cancelled"] else "confirmed"
    return booking.state_at(now) == state


def of_series(letter: Letter, bookings: Sequence[Booking], shop: Shop, links: Links) -> Content:
    """Return what the letter says of these bookings, by their start (at least one), as they are."""
    what, first = letter.kind.removeprefix("series_"), bookings[0]
    to_customer, is_over = letter.role == "customer", what == "cancelled"
    of = _clocks(first, shop, to_customer=to_customer)
    link = links.get(first.id, "")
    shown = when(first.starts_at, first.ends_at, of)
    given = values_of(letter.facts, shown, shop, first.reference, link)
    if more := len(bookings) - 1:
        given["when"] = _("%(when)s and %(number)s more", when=given["when"], number=more)
    name = what if to_customer else f"shop_{what}"
    told = _words(what, given, len(bookings))
    shown_links = {} if is_over else links
    rows = (*why(letter.facts), *appointment_rows(letter.facts, given, of, is_over=is_over))
    content = Content(
        name=name,
        words=own_words(shop, name, told, given),
        shop=shop,
        rows=rows,
        entries=tuple(
            _entry(each, of, given["staff"], shown_links.get(each.id, "")) for each in bookings
        ),
    )
    if to_customer:
        return _for_the_customer(content, given)
    told = told._replace(paragraphs=())
    every = (*rows, *customer_rows(first, in_full=False))
    return replace(content, rows=every, words=own_words(shop, name, told, given))


def _clocks(booking: Booking, shop: Shop, *, to_customer: bool) -> Clocks:
    if not to_customer:
        return Clocks(shop_clock(shop))
    return clocks(shop, booking.customer_zone, is_online=bool(booking.service.is_online))


def _for_the_customer(content: Content, given: Mapping[str, str]) -> Content:
    is_over = content.name == "cancelled"
    linked = _("Each link shows one of them. There you can also move or cancel it.")
    closing = _(
        "This address was given for an appointment at %(shop)s. If it was not you, there is "
        "nothing you need to do.",
        **given,
    )
    return replace(
        content,
        notes=() if is_over else (linked,),
        contact=contact_lines(content.shop),
        address=one_line(content.shop.email),
        closing=closing,
    )


def _words(what: str, given: Mapping[str, str], number: int) -> Words:
    """What customer and shop are told alike, but for the text: only the shop does several."""
    if what == "booked":
        subject = ngettext(
            "Booked: %(service)s, %(number)s appointment",
            "Booked: %(service)s, %(number)s appointments",
            number,
            service=given["service"],
        )
        heading = ngettext(
            "%(number)s appointment is booked", "%(number)s appointments are booked", number
        )
        text = _("We look forward to seeing you.")
    elif what == "moved":
        subject = ngettext(
            "Moved: %(service)s, %(number)s appointment",
            "Moved: %(service)s, %(number)s appointments",
            number,
            service=given["service"],
        )
        heading = ngettext(
            "%(number)s appointment was moved", "%(number)s appointments were moved", number
        )
        text = _("%(shop)s gave them other times. Please tell us if you cannot come.", **given)
    else:
        subject = ngettext(
            "Cancelled: %(service)s, %(number)s appointment",
            "Cancelled: %(service)s, %(number)s appointments",
            number,
            service=given["service"],
        )
        heading = ngettext(
            "%(number)s appointment is cancelled", "%(number)s appointments are cancelled", number
        )
        text = _("%(shop)s cancelled them.", **given)
    return Words(subject, heading, (text,))


def _entry(booking: Booking, of: Clocks, staff: str, link: str) -> Entry:
    rows = [Row(_("Reference"), booking.reference)]
    if (name := one_line(booking.staff_member.name, 80)) != staff:
        rows.append(Row(_("With"), name))
    if link:
        rows.append(Row(_("Link"), link, link))
    time = when(booking.starts_at, booking.ends_at, of).line
    return Entry(time, one_line(booking.service.name, 80), tuple(rows))


def file_of_series(
    letter: Letter, bookings: Sequence[Booking], shop: Shop, links: Links, host: str
) -> Appointment:
    """Return one file of all their events, as they are; `host` names those of older bookings."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    said = datetime.fromtimestamp(letter.created_at, UTC)
    for each in bookings:
        occasion, link = as_it_is(each, said), shown_link(shop, links.get(each.id, ""))
        if letter.role == "customer":
            description = for_the_customer(occasion, each, link)
        else:
            description = with_whom(occasion, each)
        named = uid(each, host)
        event = event_of(occasion, each, shop, uid=named, description=description, url=link)
        calendar.add_component(event)
    return Appointment(bytes(calendar.to_ical()), None)
