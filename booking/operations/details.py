"""Mend what a booking says of its customer; a new address ends whatever the old one could do."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from booking.storage.models import Booking

from .bookings import NOTHING_SENT, Customer
from .changes import refuse_late, refuse_too_often
from .outbox import Event, Outbox
from .pending import lock
from .requests import AppointmentCancelled, By

Renew = Callable[[Session, Booking], str]
"""Ends all links of a booking and returns the token of a new one."""


def mend_details(
    session: Session,
    booking: Booking,
    customer: Customer,
    *,
    now: datetime,
    renew: Renew,
    by: By = "customer",
    outbox: Outbox = NOTHING_SENT,
) -> str | None:
    """Write down name, address, phone and note; zone and language stay.

    Another address is told by the same letters as a new booking. All earlier links end, because
    whoever got a letter by mistake must not keep the key; what waits for the old address is
    withdrawn, and it is told that there is another one. Returns the token of the new link then,
    else None.

    Raises: AppointmentCancelled; AppointmentPast once it has begun; ChangedTooOften for a customer
    who writes to one address after the other.
    """
    lock(session, booking)
    if booking.state != "confirmed":
        raise AppointmentCancelled
    refuse_late(session, booking, 0, by=by, now=now)
    booking.customer_name, booking.customer_phone = customer.name, customer.phone
    booking.customer_note = customer.note
    before, booking.customer_email = booking.customer_email, customer.email
    if before.casefold() == customer.email.casefold():
        return None
    refuse_too_often(booking, by=by)
    booking.changes += 1
    token = renew(session, booking)
    outbox.write_new_address(session, booking, before, Event("booked", now, by))
    return token
