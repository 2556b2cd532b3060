"""Look for a booking: by name, e-mail, phone or reference, none of which gets into an address."""

from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple
from zoneinfo import ZoneInfo

from booking.i18n import formats, gettext_noop
from booking.i18n import gettext as _
from booking.now import utc_now
from booking.owner import cookies
from booking.owner.access import EVERYBODY, current_person
from booking.owner.desk_route import desk_route
from booking.owner.forms import posted_line
from booking.owner.rendering import render_page
from booking.state import current_sidebook
from booking.storage.catalogue import read_catalogue
from booking.storage.models import Booking
from booking.storage.search import find_bookings, says_enough
from booking.tab_sessions import read_transaction

from .entries import STATE_WORDS, WAITS_FOR_MAIL, staff_seen

MOST = 50
TOO_LITTLE = gettext_noop(
    "Type two letters of a name or an e-mail, three digits of a phone number, or a whole reference."
)


class Found(NamedTuple):
    """A line of what was found."""

    reference: str
    url: str
    when: str
    name: str
    email: str
    phone: str
    service: str
    staff: str
    state: str


def search() -> str:
    """Show the field."""
    return _page("", [], error="")


def found() -> str | tuple[str, int]:
    """Show what is found by what was typed; GET would write it into logs and histories."""
    text = posted_line("q")
    if not says_enough(text):
        return _page(text, [], error=_(TOO_LITTLE)), HTTPStatus.UNPROCESSABLE_ENTITY
    person, now = current_person(), utc_now()
    with read_transaction(current_sidebook().session) as session:
        catalogue = read_catalogue(session)
        staff = [each.id for each in staff_seen(catalogue, person)]
        only = staff if person.sees_only_own else None
        bookings = find_bookings(session, text, now=now, staff=only, most=MOST + 1)
        lines = [_line(each, catalogue.zone, now) for each in bookings]
    return _page(text, lines, error="")


def _page(text: str, lines: list[Found], *, error: str) -> str:
    return render_page(
        "search",
        heading=_("Find a booking"),
        text=text,
        found=lines[:MOST],
        has_more=len(lines) > MOST,
        errors={"q": error} if error else {},
        alerts=[],
    )


def _line(booking: Booking, zone: ZoneInfo, now: datetime) -> Found:
    state = booking.state_at(now)
    words = STATE_WORDS[state]
    if state == "pending" and booking.pending_for == "mail":
        words = WAITS_FOR_MAIL
    return Found(
        booking.reference,
        f"{cookies.root()}bookings/{booking.reference}",
        formats.format_moment(booking.starts_at, zone),
        booking.customer_name,
        booking.customer_email,
        booking.customer_phone,
        booking.service.name,
        booking.staff_member.name,
        _(words) if words else "",
    )


ROUTES = (
    desk_route("/search", search, roles=EVERYBODY),
    desk_route("/search", found, roles=EVERYBODY, methods=("POST",)),
)
