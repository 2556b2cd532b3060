"""Whom an address, a number or a reference may mean: often one, and sometimes a whole family."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from booking.addresses import lowered
from booking.characters import folded
from booking.storage.customers import CustomerRow, rows_with_keys
from booking.storage.models import Booking
from booking.storage.personal_reads import bookings_of_address, bookings_of_phone
from booking.storage.reads import booking_by_reference

from .customer_keys import keys_of
from .customers import customer_of
from .erasure import Whose, whose_of_bookings, whose_of_customer


@dataclass(frozen=True)
class Somebody:
    """One name under which a customer has booked: with the customer's rows and these bookings."""

    customer: CustomerRow | None
    name: str
    bookings: Sequence[Booking]


def somebodies(
    session: Session, *, email: str = "", phone: str = "", reference: str = ""
) -> list[Somebody]:
    """Return everybody whom that may mean, one for each customer and each name that was typed.

    Whoever shares a customer with one of them is among them. `phone` is as bookings have it.
    """
    found: list[Booking] = []
    if email:
        found += bookings_of_address(session, email)
    if phone:
        found += bookings_of_phone(session, phone)
    if reference:
        found += filter(None, [booking_by_reference(session, reference)])
    heads: dict[int, list[CustomerRow]] = {}
    for number in [
        *(booking.customer_id for booking in found),
        *(row.id for row in rows_with_keys(session, [keys_of("", email, phone).address])),
    ]:
        if number is not None:
            rows = customer_of(session, number)
            heads[rows[0].id] = rows
    everybody = [
        one
        for number, rows in heads.items()
        for one in _by_name(rows[0], whose_of_customer(session, number).bookings)
    ]
    return everybody + _by_name(None, [each for each in found if each.customer_id is None])


def chosen(session: Session, somebody: Sequence[Somebody]) -> Whose:
    """Return whose data it is about: all of those, and of a customer with nobody else the row, too.

    Bookings that nobody has grouped yet are among them.
    """
    bookings = [booking for one in somebody for booking in one.bookings]
    ids = {booking.id for booking in bookings}
    rows = list(whose_of_bookings(session, bookings).customers)
    for number in {one.customer.id for one in somebody if one.customer}:
        whole = whose_of_customer(session, number)
        if {booking.id for booking in whole.bookings} <= ids:
            known = {row.id for row in rows}
            rows += [row for row in whole.customers if row.id not in known]
    return Whose(bookings, rows)


def _by_name(customer: CustomerRow | None, bookings: Sequence[Booking]) -> list[Somebody]:
    names: dict[str, list[Booking]] = {}
    for booking in bookings:
        names.setdefault(folded(booking.customer_name), []).append(booking)
    if not names and customer:
        return [Somebody(customer, customer.name, [])]
    return [Somebody(customer, each[0].customer_name, each) for each in names.values()]


def addresses_in(somebody: Somebody) -> list[str]:
    """Return the addresses and numbers under which they have booked, each once."""
    typed = ((booking.customer_email, booking.customer_phone) for booking in somebody.bookings)
    shown = {lowered(each): each for pair in typed for each in pair if each}
    return list(shown.values())
