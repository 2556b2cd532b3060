"""Customers as the desk lists them: a page at a time, by a search, and who may be the same."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import Session

from booking.transactions.statements import connection_of

from .bookings import booking as bookings
from .business import StaffMember
from .customers import LISTED, CustomerRow, Listed, customer, with_figures, with_staff
from .search import matching


class Contact(NamedTuple):
    """How a customer was reached last, and when they come or came."""

    email: str
    phone: str
    starts_at: datetime


def page_of(
    session: Session, *, after: CustomerRow | None = None, staff_slug: str = "", most: int
) -> list[Listed]:
    """Return up to `most` customers in the order of their names, those `after` that one.

    `staff_slug`: only whoever has an appointment with that staff member, past or to come; the
    figures are of these appointments alone.
    """
    query = _of(staff_slug).order_by(customer.c.sort_name, customer.c.id).limit(most)
    if after is not None:
        place = tuple_(customer.c.sort_name, customer.c.id)
        query = query.where(place > tuple_(after.sort_name, after.id))
    return with_figures(session, connection_of(session).execute(query), staff_slug=staff_slug)


def find_customers(session: Session, text: str, *, staff_slug: str = "", most: int) -> list[Listed]:
    """Return up to `most` customers of whom a booking may be meant by that text.

    The text is one for `search.find_bookings`. With `staff_slug` only a booking with that staff
    member may be meant, as on `page_of`.
    """
    meant = matching(text)
    if meant is None:
        return []
    head = func.coalesce(customer.c.merged_into, customer.c.id)
    found = select(head).join(bookings, bookings.c.customer_id == customer.c.id).where(meant)
    found = with_staff(found, staff_slug)
    # As an alias, or the inner table would be taken for the outer one.
    query = _of(staff_slug).where(customer.c.id.in_(_apart(found)))
    query = query.order_by(customer.c.sort_name, customer.c.id).limit(most)
    return with_figures(session, connection_of(session).execute(query), staff_slug=staff_slug)


def contacts_of(
    session: Session, heads: Collection[int], *, staff_slug: str = ""
) -> dict[int, Contact]:
    """Return how each of these customers was reached by their latest appointment.

    `staff_slug`: by the latest with that staff member; who has none there is left out.
    """
    head = func.coalesce(customer.c.merged_into, customer.c.id)
    latest = func.row_number().over(
        partition_by=head, order_by=(bookings.c.starts_at.desc(), bookings.c.id.desc())
    )
    ranked = (
        select(
            head.label("head"),
            bookings.c.customer_email,
            bookings.c.customer_phone,
            bookings.c.starts_at,
            latest.label("place"),
        )
        .join(customer, customer.c.id == bookings.c.customer_id)
        .where(or_(customer.c.id.in_(heads), customer.c.merged_into.in_(heads)))
    )
    latest_ones = with_staff(ranked, staff_slug).subquery()
    query = select(*latest_ones.c[:4]).where(latest_ones.c.place == 1)
    return {row[0]: Contact(*row[1:]) for row in connection_of(session).execute(query)}


def alike(session: Session, rows: Collection[CustomerRow], *, most: int = 20) -> list[Listed]:
    """Return other customers who share an address, a number or a name with this one.

    They may be the same person, or a family, or an office: the desk says.
    """
    own = [row.id for row in rows]
    theirs = (
        select(func.lower(bookings.c.customer_email), bookings.c.customer_phone)
        .where(bookings.c.customer_id.in_(own))
        .distinct()
    )
    pairs = connection_of(session).execute(theirs).all()
    emails = [email for email, _phone in pairs if email]
    phones = [phone for _email, phone in pairs if phone]
    shared = or_(
        func.lower(bookings.c.customer_email).in_(emails), bookings.c.customer_phone.in_(phones)
    )
    head = func.coalesce(customer.c.merged_into, customer.c.id)
    found = select(head).join(bookings, bookings.c.customer_id == customer.c.id).where(shared)
    query = (
        _of("")
        .where(
            or_(
                customer.c.id.in_(_apart(found)),
                customer.c.sort_name.in_({row.sort_name for row in rows}),
            ),
            customer.c.id.not_in(own),
        )
        .order_by(customer.c.sort_name, customer.c.id)
        .limit(most)
    )
    return with_figures(session, connection_of(session).execute(query))


def comes_to(session: Session, rows: Collection[int], staff_slug: str) -> bool:
    """Tell whether these rows have an appointment with that staff member, past or to come."""
    query = (
        select(bookings.c.id)
        .join(StaffMember, StaffMember.id == bookings.c.staff_member_id)
        .where(bookings.c.customer_id.in_(rows), StaffMember.slug == staff_slug)
        .limit(1)
    )
    return connection_of(session).execute(query).first() is not None


def _of(staff_slug: str) -> Select[Any]:
    return LISTED.where(customer.c.id.in_(_who_come_to(staff_slug))) if staff_slug else LISTED


def _who_come_to(staff_slug: str) -> Select[Any]:
    part = customer.alias("part")
    return (
        select(func.coalesce(part.c.merged_into, part.c.id))
        .join(bookings, bookings.c.customer_id == part.c.id)
        .join(StaffMember, StaffMember.id == bookings.c.staff_member_id)
        .where(StaffMember.slug == staff_slug)
    )


def _apart(found: Select[Any]) -> ColumnElement[Any] | Select[Any]:
    return select(found.subquery().c[0])
