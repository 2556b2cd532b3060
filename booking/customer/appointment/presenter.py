"""A booking in the customer's words, for the last step and for the manage link; and that link.

Whoever has the link may see the appointment and cancel it. Its token is kept only as a hash, so
that a stolen database opens no appointment. Apart from the pages behind it, because the wizard
makes the link.
"""

import hmac
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for

from booking.customer.wizard.texts import whom_to_ask
from booking.i18n import formats
from booking.i18n import gettext as _
from booking.notifications.places import place_of
from booking.notifications.web_calendars import web_calendars
from booking.operations.links import token_hash
from booking.state import current_sidebook
from booking.storage.models import Booking, PendingMove, Shop
from booking.tab_sessions import TabSession
from booking.web.rendering import named_zone, shop_zone
from booking.web.urls import public_url

ISO = "%Y-%m-%dT%H:%M:%SZ"
MOST_OF_ADDRESS = 60
"""Characters of an address in a sentence; of a longer one its middle is left out."""


def appointment(booking: Booking, shop: Shop) -> dict[str, Any]:
    """Return what a customer is told of a booking, in the zone in which it was made."""
    own = shop_zone(shop)
    zone = booking_zone(booking, shop)
    local = booking.starts_at.astimezone(zone)
    differs = formats.time_in_zone_if_different(booking.starts_at, zone, own) is not None
    return {
        "reference": booking.reference,
        "start": booking.starts_at.strftime(ISO),
        "end": booking.ends_at.strftime(ISO),
        "weekday": formats.format_weekday(local),
        "day": local.day,
        "month": formats.format_month(local.date()),
        "time": formats.format_time_range(booking.starts_at, booking.ends_at, zone),
        "words": formats.format_span(booking.starts_at, booking.ends_at, zone),
        "zone_label": formats.format_zone(zone, booking.starts_at),
        "shop_words": _at_the_shop(booking, zone, own) if differs else None,
        "service": booking.service.name,
        "staff": booking.staff_member.name,
        "place": place_of(booking.service, shop),
        "email": booking.customer_email,
        "web": web_calendars(booking, shop),
    }


def zone_note(start: datetime, zone: ZoneInfo, own: ZoneInfo) -> str:
    """Return 'Berlin time (UTC+1)', and where it differs what the shop's clock shows then."""
    label, shop_time = (
        formats.format_zone(zone, start),
        formats.time_in_zone_if_different(start, zone, own),
    )
    if shop_time is None:
        return label
    return _(
        "%(zone)s; %(time)s at the shop, %(shop_zone)s",
        zone=label,
        time=shop_time,
        shop_zone=formats.format_zone(own, start),
    )


def booking_zone(booking: Booking, shop: Shop) -> ZoneInfo:
    """Return the zone in which it was made, else the shop's."""
    return named_zone(booking.customer_zone) or shop_zone(shop)


def waits_until(booking: Booking, zone: ZoneInfo) -> str:
    """Return until when a pending booking waits, on the clock of that zone."""
    return moment(datetime.fromtimestamp(booking.pending_until or 0, UTC), zone)


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Return day and time of an instant on the clock of that zone."""
    return formats.format_moment(at, zone)


def what_it_waits_for(booking: Booking, shop: Shop) -> str:
    """Return what has to be done until when, so that a pending booking is one."""
    if booking.pending_until is None:  # written by hand
        return ""
    until = waits_until(booking, booking_zone(booking, shop))
    if booking.pending_for == "mail":
        return _(
            "We have written to %(email)s. Press the button in that letter until %(until)s, and "
            "the appointment is yours. After that the time is free for others.",
            email=shortened(booking.customer_email),
            until=until,
        )
    if not current_sidebook().settings.mail_url:  # nor is the shop told that it has to decide
        return _undecided(shop, until)
    return _(
        "%(shop)s decides about it until %(until)s. The time is kept for you until then.",
        shop=shop.name,
        until=until,
    )


def other_time(move: PendingMove | None, booking: Booking, shop: Shop) -> dict[str, str] | None:
    """Return what a customer is told of another time that waits to be decided; None: none does."""
    if move is None:
        return None
    zone = booking_zone(booking, shop)
    until = formats.format_moment(move.waits_until, zone)
    return {
        "start": move.starts_at.strftime(ISO),
        "words": span_with_whom(move, booking, zone, shop_zone(shop)),
        "until": _decided_until(shop, until),
    }


def span_with_whom(move: PendingMove, booking: Booking, zone: ZoneInfo, other: ZoneInfo) -> str:
    """Return the time that is asked for on the clock of `zone`, and whose it is where they differ;
    with whom, where that is another person.
    """
    shown = formats.format_span(move.starts_at, move.ends_at, zone)
    if formats.time_in_zone_if_different(move.starts_at, zone, other) is not None:
        label = formats.format_zone(zone, move.starts_at)
        shown = _("%(time)s, %(zone)s", time=shown, zone=label)
    if move.staff_member_id == booking.staff_member_id:
        return shown
    return _("%(when)s, with %(staff)s", when=shown, staff=move.staff_member.name)


def _decided_until(shop: Shop, until: str) -> str:
    stands = _("Until then your appointment stands as you see it here.")
    if current_sidebook().settings.mail_url:
        decides = _("%(shop)s decides about it until %(until)s.", shop=shop.name, until=until)
        return f"{decides} {stands}"
    decides = _(
        "%(shop)s decides about it until %(until)s, and no letters are sent.",
        shop=shop.name,
        until=until,
    )
    return " ".join(filter(None, [decides, stands, whom_to_ask(shop)]))


def shortened(address: str) -> str:
    """Return an e-mail address as it was typed; of a very long one both ends, to be checked."""
    half = MOST_OF_ADDRESS // 2
    return f"{address[:half]}…{address[-half:]}" if len(address) > MOST_OF_ADDRESS else address


def _undecided(shop: Shop, until: str) -> str:
    kept = _(
        "%(shop)s decides about it until %(until)s, and no letters are sent. The time is kept for "
        "you until then.",
        shop=shop.name,
        until=until,
    )
    return " ".join(filter(None, [kept, whom_to_ask(shop)]))


def people(booking: Booking) -> list[tuple[str, str]]:
    """Return who asks for it, and what they wrote, as rows of label and text."""
    typed = [
        (_("Customer"), booking.customer_name),
        (_("E-mail"), booking.customer_email),
        (_("Phone"), booking.customer_phone),
        *((str(each["label"]), str(each["value"])) for each in booking.answers),
        (_("Note"), booking.customer_note),
    ]
    return [(label, said) for label, said in typed if said]


def _at_the_shop(booking: Booking, zone: ZoneInfo, own: ZoneInfo) -> str:
    start = booking.starts_at
    shop_day = start.astimezone(own).date()
    shown = formats.format_time_range(start, booking.ends_at, own)
    if shop_day != start.astimezone(zone).date():
        shown = formats.with_weekday(shop_day, shown)
    return _("%(time)s, %(zone)s", time=shown, zone=formats.format_zone(own, start))


def manage_token(tab: TabSession, booking: Booking) -> str | None:
    """Return the secret of a link that leads to the booking; None where none can be said again.

    That of an older booking, which only the tab that booked can work out, is the link it had.
    """
    links = current_sidebook().links
    if first := links.first_token(booking):
        return first
    derived = urlsafe_b64encode(tab.derive(f"manage:{booking.draft}")).rstrip(b"=").decode()
    if token_hash(derived) == booking.manage_token_hash:
        return derived
    return links.token(tab.session, booking)


def form_mark(token: str, verb: str, asked: int) -> str:
    """Return what the page behind the link carries in that form, when it asks the n-th time."""
    return hmac.digest(token.encode(), f"{verb} {asked}".encode(), "sha256").hex()


def manage_links(token: str | None) -> dict[str, str]:
    """Return the manage page, in full as it may be kept, and the ways on; empty for None."""
    if token is None:
        return {"manage_url": "", "calendar_url": "", "mend_url": ""}
    return {
        "manage_url": public_url(".appointment", token=token),
        "calendar_url": url_for(".calendar", token=token),
        "mend_url": url_for(".appointment_details", token=token),
    }
