"""Mend what a booking says of its customer; a new address ends whatever the old one could do."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.addresses import is_same_address
from booking.storage.models import Booking
from booking.storage.outbox import void_asked_address

from .bookings import NOTHING_SENT, Customer
from .changes import refuse_late, refuse_too_often
from .customers import keys_of_booking, regroup
from .events import Event
from .history import MENDED, record, silence_in
from .move_letters import tell_new_address
from .new_address import Renew, ask_address, is_asked_first
from .outbox import Outbox
from .pending import lock_at
from .requests import AppointmentCancelled, By


def mend_details(  # noqa: PLR0913 - each is named where it is called
    session: Session,
    booking: Booking,
    customer: Customer,
    *,
    now: datetime,
    renew: Renew,
    by: By = "customer",
    actor: str = "",
    answers: list[dict[str, Any]] | None = None,
    until: datetime | None = None,
    outbox: Outbox = NOTHING_SENT,
) -> str | None:
    """Write down name, address, phone, note and answers (None: as they are); zone and language
    stay.

    Another address is told by the same letters as a new booking. All earlier links end, because
    whoever got a letter by mistake must not keep the key; what waits for the old address is
    withdrawn, and it is told that there is another one. What waits for its customer's word waits
    for that of the new address then, no longer than before. Returns the token of the new link then,
    else None.

    Where the service wants addresses to be confirmed, another one that its customer gives is asked
    first, `until` then; None: it takes over at once. Everything else is written down all the same.

    Raises: AppointmentCancelled, also where the shop's approval is waited for; AppointmentPast once
    it has begun; ChangedTooOften for a customer who writes to one address after the other;
    VisitorLimit where the new address was written to too often for the letter to confirm by.
    """
    lock_at(session, booking, now)
    if not may_mend(booking):
        raise AppointmentCancelled
    refuse_late(session, booking, 0, by=by, now=now)
    known_by = keys_of_booking(booking)
    was = _told(booking)
    booking.customer_name, booking.customer_phone = customer.name, customer.phone
    booking.customer_note = customer.note
    booking.answers = booking.answers if answers is None else answers
    before = booking.customer_email
    is_other = not is_same_address(before, customer.email)
    if is_other and until and by == "customer" and is_asked_first(booking, outbox):
        ask_address(session, booking, customer.email, until=until, now=now, outbox=outbox)
        regroup(session, booking, known_by, now=now)
        _record(session, booking, was, by=by, actor=actor, now=now, outbox=outbox)
        return None
    # Whoever was asked meanwhile is not any more, whether or not the service still wants it.
    void_asked_address(session, booking.id, now=int(now.timestamp()))
    booking.customer_email = customer.email
    regroup(session, booking, known_by, now=now)
    _record(session, booking, was, by=by, actor=actor, now=now, outbox=outbox)
    if not is_other:
        return None
    refuse_too_often(booking, by=by)
    booking.changes += 1
    token = renew(session, booking)
    event = Event("pending" if booking.state == "pending" else "booked", now, by)
    outbox.write_new_address(session, booking, before, event)
    tell_new_address(session, booking, now=now, by=by, outbox=outbox)
    return token


def _told(booking: Booking) -> dict[str, Any]:
    return {
        "name": booking.customer_name,
        "email": booking.customer_email,
        "phone": booking.customer_phone,
        "note": booking.customer_note,
        "answers": booking.answers,
    }


def _record(
    session: Session,
    booking: Booking,
    was: dict[str, Any],
    *,
    by: By,
    actor: str,
    now: datetime,
    outbox: Outbox,
) -> None:
    """Write down what is another now; nothing where all is as it was."""
    after = {name: value for name, value in _told(booking).items() if value != was[name]}
    if after:
        before = {name: was[name] for name in after}
        details = {"before": before, "after": after, **silence_in(outbox)}
        record(session, booking.id, MENDED, by=by, actor=actor, now=now, details=details)


def may_mend(booking: Booking) -> bool:
    """Return whether who comes may be mended: it is confirmed, or waits for a word by mail.

    `booking.state` must be that of the moment.
    """
    return booking.state == "confirmed" or (booking.state, booking.pending_for) == (
        "pending",
        "mail",
    )
