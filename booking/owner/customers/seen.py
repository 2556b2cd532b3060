"""Which customers are whose business, and how a page names one."""

from collections.abc import Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask import abort, url_for
from sqlalchemy.orm import Session

from booking.i18n import formats
from booking.i18n import gettext as _
from booking.operations.customers import NoSuchCustomer, customer_of
from booking.owner.access import OWNER, RECEPTION, Person, current_person
from booking.storage.customer_reads import comes_to, contacts_of
from booking.storage.customers import CustomerRow, Listed

WHOLE = (OWNER, RECEPTION)
"""Who may merge, split, block, export and erase."""


class Line(NamedTuple):
    """A customer as lists show one."""

    number: int
    url: str
    name: str
    email: str
    phone: str
    bookings: int
    no_shows: int
    last: str
    is_blocked: bool


def only_staff(person: Person) -> str:
    """Return the slug of the staff member whose customers alone they see; empty: all."""
    own = person.sees_only_own and not person.sees_all_customers
    return (person.staff_slug or "") if own else ""


def seen_customer(session: Session, number: int, *, lock: bool = False) -> list[CustomerRow]:
    """Return the rows of a customer whom this person may see, the customer's own first.

    404 where there is none, or it is none of theirs.
    """
    try:
        rows = customer_of(session, number, lock=lock)
    except NoSuchCustomer:
        abort(404)
    slug = only_staff(current_person())
    if slug and not comes_to(session, [row.id for row in rows], slug):
        abort(404)
    return rows


def called(name: str, number: int) -> str:
    """Return what a customer is called: the name, or else the number."""
    return name or _("Customer %(number)s", number=number)


def address_of(number: int) -> str:
    """Return the address of a customer's page."""
    return url_for(".customer_page", number=number)


def lines_of(session: Session, listed: Sequence[Listed], zone: ZoneInfo) -> list[Line]:
    """Return them as lists show them to who is there, by one more question for all."""
    slug, numbers = only_staff(current_person()), [each.id for each in listed]
    contacts = contacts_of(session, numbers, staff_slug=slug) if listed else {}
    return [
        Line(
            each.id,
            address_of(each.id),
            called(each.name, each.id),
            contact.email if contact else "",
            contact.phone if contact else "",
            each.figures.bookings,
            each.figures.no_shows,
            formats.format_moment(contact.starts_at, zone) if contact else "",
            each.blocked_at is not None,
        )
        for each in listed
        for contact in [contacts.get(each.id)]
    ]
