"""Mend what a booking says of its customer; a new address ends whatever the old one could do."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from booking.storage.models import Booking

from .bookings import NOTHING_SENT, Customer
from .changes import refuse_late, refuse_too_often
from .outbox import Event, Outbox
from .pending import lock_at
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
    withdrawn, and it is told that there is another one. What waits for its customer's word waits
    for that of the new address then, no longer than before. Returns the token of the new link then,
    else None.

    Raises: AppointmentCancelled, also where the shop's approval is waited for; AppointmentPast once
    it has begun; ChangedTooOften for a customer who writes to one address after the other;
    VisitorLimit where the new address was written to too often for the letter to confirm by.
    """
    lock_at(session, booking, now)
    if not may_mend(booking):
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
    event = Event("pending" if booking.state == "pending" else "booked", now, by)
    outbox.write_new_address(session, booking, before, event)
    return token


def may_mend(booking: Booking) -> bool:
    """Return whether who comes may be mended: it is confirmed, or waits for a word by mail.

    `booking.state` must be that of the moment.
    """
    return booking.state == "confirmed" or (booking.state, booking.pending_for) == (
        "pending",
        "mail",
    )
