"""What has to be known before a draft becomes a booking, by one question."""

from typing import NamedTuple

from sqlalchemy import bindparam, case, func, literal_column, or_, select, union_all
from sqlalchemy.orm import Session, joinedload

from booking.transactions.statements import FixedStatement

from .bookings import Booking
from .bookings import booking as bookings
from .customers import blocked_since
from .customers import customer as customers


class KnownCustomer(NamedTuple):
    """A customer's row, and whether whoever it is must not book by the web."""

    id: int
    is_blocked: bool


class BeforeBooking(NamedTuple):
    """The booking that came of the draft before, whether any has the reference that it would get,
    and the customer who is known by the address (None: nobody is).
    """

    made: Booking | None
    is_used: bool
    customer: KnownCustomer | None


def before_booking(
    session: Session, draft: str, reference: str, *, address: str = "", person: str = ""
) -> BeforeBooking:
    """Return all of it. `address` and `person` are keys of customers, the second of a name, too.

    Of two customers it is the one who is known by name.
    """
    values = {"draft": draft, "reference": reference, "address": address, "person": person}
    rows = _BEFORE.rows(session, values)
    numbers = {what: number for kind, what, number, _ in rows if kind == _BOOKING}
    known = {
        what: KnownCustomer(number, bool(is_blocked))
        for kind, what, number, is_blocked in rows
        if kind == _CUSTOMER
    }
    made = session.scalar(_BY_ID, {"booking": numbers.pop(draft)}) if draft in numbers else None
    return BeforeBooking(made, bool(numbers), known.get(person) or known.get(address))


def booking_by_draft(session: Session, draft: str) -> Booking | None:
    """Return the booking that came of that draft."""
    return before_booking(session, draft, "").made


# Built once: building a statement takes several times as long as running it.
_BOOKING, _CUSTOMER = "b", "c"
_BLOCKED_AT = blocked_since(func.coalesce(customers.c.merged_into, customers.c.id))
_BEFORE = FixedStatement(
    union_all(
        select(
            literal_column(f"'{_BOOKING}'"), bookings.c.draft, bookings.c.id, literal_column("0")
        ).where(
            or_(
                bookings.c.draft == bindparam("draft"),
                bookings.c.reference == bindparam("reference"),
            )
        ),
        select(
            literal_column(f"'{_CUSTOMER}'"),
            customers.c.key,
            customers.c.id,
            case((_BLOCKED_AT.is_not(None), 1), else_=0),
        ).where(
            or_(customers.c.key == bindparam("address"), customers.c.key == bindparam("person"))
        ),
    )
)
_BY_ID = (
    select(Booking)
    .options(joinedload(Booking.service), joinedload(Booking.staff_member))
    .where(Booking.id == bindparam("booking"))
)
