"""Another address of a customer's, where a service wants addresses to be confirmed: it is asked.

Until somebody presses the button in the letter to it, the address of before stays, and hears of
everything. That letter's row is all that there is of the question.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from sqlalchemy.orm import Session

from booking.storage.letter_reads import AskedAddress, asked_address
from booking.storage.models import Booking
from booking.storage.outbox import CONFIRM_ADDRESS, void_asked_address
from booking.transactions.sessions import after_commit

from .changes import refuse_late, refuse_too_often
from .customers import keys_of_booking, regroup
from .events import Event
from .history import ADDRESS_ASKED, ADDRESS_CHANGED, record
from .left_out import within
from .letter_rows import facts_of, iso, letter_row, write_rows
from .move_letters import tell_new_address
from .outbox import LETTER, Outbox
from .pending import lock_at
from .requests import AppointmentCancelled, TooLate

Renew = Callable[[Session, Booking], str]
"""Ends all links of a booking and returns the token of a new one."""


def is_asked_first(booking: Booking, outbox: Outbox) -> bool:
    """Return whether another address of the booking has to be confirmed from a letter to it.

    So it is where the first one was: else whoever confirmed with an address of their own could
    have letters sent to a stranger's. What still waits for its customer's word asks for it anyway.
    """
    return outbox.mail and booking.service.confirm_by_mail and booking.state == "confirmed"


def ask_address(
    session: Session,
    booking: Booking,
    address: str,
    *,
    until: datetime,
    now: datetime,
    outbox: Outbox,
) -> None:
    """Ask an address whether it is the customer's, until then or until it begins.

    The one that was asked before is not any more; asked once more meanwhile, it gets no second
    letter.

    Raises: ChangedTooOften; VisitorLimit where that address was written to too often.
    """
    asked = asked_address(session, booking.id)
    if asked and asked.waits_at(now) and asked.is_to(address):
        return
    refuse_too_often(booking, by="customer")
    booking.changes += 1
    void_asked_address(session, booking.id, now=int(now.timestamp()))
    member, end = booking.staff_member, min(until, booking.starts_at)
    rows = [letter_row(CONFIRM_ADDRESS, "customer", address, member, now, end)]
    rows = within(session, rows, outbox.letters_per_address, now)
    event = Event("booked", now, "customer")
    facts = {**facts_of(booking, booking.service, member, event), "until": iso(end)}
    write_rows(session, booking, facts, now, rows)
    record(session, booking.id, ADDRESS_ASKED, by="customer", now=now, details={"email": address})
    if outbox.announce:
        after_commit(session, partial(outbox.announce, LETTER, booking.reference))


def confirm_address(
    session: Session,
    booking: Booking,
    asked: AskedAddress,
    *,
    now: datetime,
    renew: Renew,
    outbox: Outbox,
) -> None:
    """Let the address that was asked be the customer's; one that is already stays so.

    All earlier links end, and the address of before is told that there is another, as wherever an
    address is mended.

    Raises: AppointmentCancelled, AppointmentPast; TooLate where it was asked too long ago.
    """
    lock_at(session, booking, now)
    if booking.state != "confirmed":
        raise AppointmentCancelled
    if asked.is_to(booking.customer_email):
        return
    refuse_late(session, booking, 0, by="customer", now=now)
    if not asked.waits_at(now):
        raise TooLate
    known_by = keys_of_booking(booking)
    before, booking.customer_email = booking.customer_email, asked.recipient
    regroup(session, booking, known_by, now=now)
    booking.changes += 1
    details = {"before": {"email": before}, "after": {"email": asked.recipient}}
    record(session, booking.id, ADDRESS_CHANGED, by="customer", now=now, details=details)
    renew(session, booking)
    outbox.write_new_address(session, booking, before, Event("booked", now, "customer"))
    tell_new_address(session, booking, now=now, by="customer", outbox=outbox)


def waits_until(asked: AskedAddress) -> datetime:
    """Return until when the address can say that it is the customer's."""
    return datetime.fromtimestamp(asked.until, UTC)
