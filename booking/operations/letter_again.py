"""Say once more to a customer what is: a letter that was lost, or never was written."""

from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from booking.storage.catalogue import read_catalogue
from booking.storage.history import history_of
from booking.storage.models import Booking
from booking.storage.outbox import MOVE_AWAITING_APPROVAL
from booking.storage.pending_moves import waiting_move
from booking.transactions.sessions import after_commit

from .changes import OVER
from .events import Event
from .history import CANCELLED, CLOCK, DECLINED, LETTER_AGAIN, record
from .letter_rows import asked_for, facts_of, letter_row, mail_of, write_rows
from .outbox import LETTER, NOT_CONFIRMED, Outbox, customers_letter
from .pending import lock_at
from .requests import By, NothingToSend


def may_write_again(booking: Booking, now: datetime) -> bool:
    """Return whether there is something to say: to an address, of what is to come or would be."""
    return booking.starts_at > now and booking.state not in OVER and bool(booking.customer_email)


def send_again(
    session: Session, booking: Booking, *, actor: str, now: datetime, outbox: Outbox
) -> str:
    """Write the letter that tells the customer what is now, and return its kind.

    Of what is over it says what the first one said: by whom it was cancelled, or that it was never
    confirmed.

    Raises: NothingToSend where there is none: no mail or no address, turned off, or it is over.
    """
    lock_at(session, booking, now)
    event = _last_event(session, booking, now)
    is_sent = outbox.mail and may_write_again(booking, now)
    row, more = _letter(session, booking, event, now) if is_sent else (None, {})
    if row is None:
        raise NothingToSend
    facts = facts_of(booking, booking.service, booking.staff_member, event) | more
    write_rows(session, booking, facts, now, outbox.timed([row], now))
    details = {"kind": row["kind"], "sequence": booking.changes}
    record(session, booking.id, LETTER_AGAIN, actor=actor, now=now, details=details)
    if outbox.announce:
        after_commit(session, partial(outbox.announce, LETTER, booking.reference))
    return str(row["kind"])


def _last_event(session: Session, booking: Booking, now: datetime) -> Event:
    """What happened to it, as its customer was told: by whom, and in whose words."""
    if booking.state != "cancelled":
        return Event("pending" if booking.state == "pending" else "booked", now, "owner")
    if booking.cancelled_by == CLOCK:
        return Event("pending", now, "owner")
    by: By = "customer" if booking.cancelled_by == "customer" else "owner"
    ends = (each for each in history_of(session, booking.id) if each.what in (CANCELLED, DECLINED))
    end = next(ends, None)
    was_pending = end and end.details.get("before", {}).get("state") == "pending"
    return Event(
        "declined" if end and end.what == DECLINED else "cancelled",
        now,
        by,
        booking.cancel_reason,
        pending_for=booking.pending_for if was_pending else "",
    )


def _letter(
    session: Session, booking: Booking, event: Event, now: datetime
) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """Its row, None where the shop has turned it off; and what its facts say beside the event's."""
    shop, address = read_catalogue(session).shop, booking.customer_email
    off = mail_of(shop)["off"]
    if booking.cancelled_by == CLOCK:
        row = letter_row(NOT_CONFIRMED, "customer", address, booking.staff_member, now, None)
        return (None if NOT_CONFIRMED in off else row), {}
    move = waiting_move(session, booking.id, now) if booking.state == "confirmed" else None
    if move is None or MOVE_AWAITING_APPROVAL in off:
        return customers_letter(booking, event, shop), {}
    member, until = move.staff_member, move.waits_until
    row = letter_row(MOVE_AWAITING_APPROVAL, "customer", address, member, now, until)
    return row, asked_for(move)
