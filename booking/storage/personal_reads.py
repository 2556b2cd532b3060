"""Whose an e-mail address is, and who has not come for long: asked before somebody is erased."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.transactions.statements import connection_of

from .bookings import Booking
from .bookings import booking as bookings
from .customers import blocked_since, customer
from .outbox import letter
from .search_keys import PHONE, digits_of, key_of, search_key


def lock_bookings(session: Session, booking_ids: Collection[int]) -> Sequence[int]:
    """Keep others off these bookings until the transaction ends; return those that there are."""
    query = select(bookings.c.id).where(bookings.c.id.in_(booking_ids)).order_by(bookings.c.id)
    return connection_of(session).execute(query.with_for_update()).scalars().all()


def addresses_of(session: Session, booking_ids: Collection[int]) -> set[str]:
    """Return the e-mail addresses of these bookings' customers: of today, and written to before."""
    typed = select(bookings.c.customer_email).where(bookings.c.id.in_(booking_ids))
    told = select(letter.c.recipient).where(
        letter.c.booking_id.in_(booking_ids), letter.c.role == "customer"
    )
    run = connection_of(session).execute
    return {address for query in (typed, told) for address in run(query).scalars() if address}


def other_users_of(
    session: Session, addresses: Collection[str], booking_ids: Collection[int]
) -> set[str]:
    """Return which of these addresses stand in bookings other than those, as they stand there."""
    query = select(bookings.c.customer_email).where(
        func.lower(bookings.c.customer_email).in_([func.lower(each) for each in addresses]),
        bookings.c.id.not_in(booking_ids),
    )
    return set(connection_of(session).execute(query).scalars())


def bookings_of_address(session: Session, address: str) -> Sequence[Booking]:
    """Return the bookings of an e-mail address, and those of which it had a letter; latest first.

    Only capitals are forgiven.
    """
    wanted = func.lower(address)
    told = select(letter.c.booking_id).where(
        func.lower(letter.c.recipient) == wanted, letter.c.role == "customer"
    )
    of_it = or_(func.lower(Booking.customer_email) == wanted, Booking.id.in_(told))
    return session.scalars(_looked_at().where(of_it)).all()


def bookings_of_phone(session: Session, phone: str) -> Sequence[Booking]:
    """Return the bookings with a phone number of just these digits, the latest first."""
    with_it = select(search_key.c.booking_id).where(
        search_key.c.key == key_of(PHONE, digits_of(phone))
    )
    return session.scalars(_looked_at().where(Booking.id.in_(with_it))).all()


def _looked_at() -> Select[Booking]:
    load = joinedload(Booking.service), joinedload(Booking.staff_member)
    return select(Booking).options(*load).order_by(Booking.starts_at.desc(), Booking.id.desc())


def quiet_customers(
    session: Session, *, before: datetime, numbers: Collection[int] | None = None
) -> Sequence[int]:
    """Return the numbers of customers whose appointments were all over by then, of those `numbers`.

    None: of all, which looks at every customer. Whoever is blocked, or was made since, is left out.
    """
    part = customer.alias("part")
    comes = (
        exists()
        .where(or_(part.c.id == customer.c.id, part.c.merged_into == customer.c.id))
        .where(bookings.c.customer_id == part.c.id, bookings.c.ends_at > before)
    )
    query = select(customer.c.id).where(
        customer.c.merged_into.is_(None),
        blocked_since(customer.c.id).is_(None),
        customer.c.created_at <= before,
        ~comes,
    )
    if numbers is not None:
        query = query.where(customer.c.id.in_(numbers))
    return connection_of(session).execute(query.order_by(customer.c.id)).scalars().all()
