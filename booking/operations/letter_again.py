"""Say once more to a customer what is: a letter that was lost, or never was written."""

from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from booking.storage.catalogue import read_catalogue
from booking.storage.models import Booking
from booking.transactions.sessions import after_commit

from .events import Event, EventName
from .history import LETTER_AGAIN, record
from .letter_rows import facts_of, write_rows
from .outbox import LETTER, Outbox, customers_letter
from .pending import lock_at
from .requests import NothingToSend

_EVENTS: dict[str, EventName] = {
    "confirmed": "booked",
    "pending": "pending",
    "cancelled": "cancelled",
}


def send_again(
    session: Session, booking: Booking, *, actor: str, now: datetime, outbox: Outbox
) -> str:
    """Write the letter that tells the customer what is now, and return its kind.

    Raises: NothingToSend where there is none: no mail or no address, turned off, or it is over.
    """
    lock_at(session, booking, now)
    event = Event(_EVENTS.get(booking.state, "booked"), now, "owner", booking.cancel_reason)
    is_over = booking.starts_at <= now or booking.state not in _EVENTS
    shop = read_catalogue(session).shop
    row = None if is_over or not outbox.mail else customers_letter(booking, event, shop)
    if row is None:
        raise NothingToSend
    facts = facts_of(booking, booking.service, booking.staff_member, event)
    write_rows(session, booking, facts, now, outbox.timed([row], now))
    details = {"kind": row["kind"], "sequence": booking.changes}
    record(session, booking.id, LETTER_AGAIN, actor=actor, now=now, details=details)
    if outbox.announce:
        after_commit(session, partial(outbox.announce, LETTER, booking.reference))
    return str(row["kind"])
