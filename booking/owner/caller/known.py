"""Customers whom the shop knows, found while a name, a number or an address is typed."""

from typing import NamedTuple

from sqlalchemy.orm import Session

from booking.i18n import formats
from booking.now import utc_now
from booking.owner.access import current_person
from booking.owner.agenda.entries import staff_seen
from booking.owner.forms import posted_line
from booking.owner.rendering import render_fragment
from booking.state import current_sidebook
from booking.storage.catalogue import read_catalogue
from booking.storage.models import Booking
from booking.storage.reads import booking_by_reference
from booking.storage.search import find_bookings, says_enough
from booking.tab_sessions import read_transaction

from . import addresses

MOST, LOOKED_AT = 6, 40


class Known(NamedTuple):
    """Somebody who was here; `reference` is of one of their bookings."""

    reference: str
    name: str
    phone: str
    email: str
    last: str


def known_customers() -> str:
    """Show who may be meant by what is typed; as POST, for it is nobody's business in a log."""
    text = posted_line("q")
    with read_transaction(current_sidebook().session) as session:
        found = _find(session, text) if says_enough(text) else []
    return render_fragment("_new_known", found=found, text=text, customer_url=addresses.customer())


def booking_of(session: Session, reference: str) -> Booking | None:
    """Return the booking by which a customer was chosen, if whoever is there may know them."""
    found = booking_by_reference(session, reference)
    return found if found is not None and _may_know(found) else None


def _find(session: Session, text: str) -> list[Known]:
    person, catalogue = current_person(), read_catalogue(session)
    only = None
    if person.sees_only_own and not person.sees_all_customers:
        only = [each.id for each in staff_seen(catalogue, person)]
    now = utc_now()
    by_customer: dict[object, Booking] = {}
    for each in find_bookings(session, text, now=now, staff=only, most=LOOKED_AT):
        whose = each.customer_id or (each.customer_name, each.customer_email, each.customer_phone)
        by_customer.setdefault(whose, each)
    return [
        Known(
            each.reference,
            each.customer_name,
            each.customer_phone,
            each.customer_email,
            formats.format_day(each.starts_at.astimezone(catalogue.zone)),
        )
        for each in [*by_customer.values()][:MOST]
    ]


def _may_know(booking: Booking) -> bool:
    person = current_person()
    if not person.sees_only_own or person.sees_all_customers:
        return True
    return booking.staff_member.slug == person.staff_slug
