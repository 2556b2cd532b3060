"""The shop's word on what waits for it: an appointment, or another time of one.

`flask booking confirm | decline`, the same for both, since one appointment waits for one of them.
"""

from typing import Any

import click
from sqlalchemy.orm import Session

from booking.operations.history import SHELL
from booking.operations.pending import confirm as confirm_booking
from booking.operations.pending import decline as decline_booking
from booking.operations.pending import lock
from booking.operations.pending_moves import approve_move, decline_move, waits_for_decision
from booking.operations.requests import AppointmentCancelled, AppointmentConfirmed, SlotUnavailable
from booking.state import current_sidebook
from booking.storage import reads
from booking.storage.models import Booking
from booking.storage.outbox import MOVE_DECLINED
from booking.tab_sessions import run_in_transaction

from .group import booking_commands, now, ready, say, when
from .lookup import booking_named

BY: dict[str, Any] = {"by": "owner", "actor": SHELL}


@booking_commands.command()
@click.argument("reference")
def confirm(reference: str) -> None:
    """Confirm an appointment that waits, or the other time that its customer has asked for."""

    at = now()

    def work(session: Session) -> str:
        outbox, booking = current_sidebook().outbox, _kept(session, reference)
        if waits_for_decision(session, booking, at):
            approve_move(session, booking, **BY, now=at, outbox=outbox)
            said = f"{_on(session, booking)} is where its customer wished it to be."
            return f"{said} {told(session, booking, 'moved')}"
        waited = booking.state_at(at) == "pending"
        confirm_booking(session, booking, **BY, now=at, outbox=outbox)
        done, event = ("confirmed", "booked") if waited else (f"{booking.state} already", None)
        return f"{_on(session, booking)} is {done}. {told(session, booking, event)}"

    try:
        say(run_in_transaction(ready(), work, idempotent=True))
    except AppointmentCancelled as over:
        raise click.ClickException(
            f"{reference} is cancelled, or waited too long. Enter a new one: flask booking book."
        ) from over
    except SlotUnavailable as taken:
        raise click.ClickException(
            f"Somebody else has the time of {reference} by now. Nothing was changed."
        ) from taken


@booking_commands.command()
@click.argument("reference")
@click.option("--why", default="", help="Your words, which the customer reads.")
def decline(reference: str, why: str) -> None:
    """Decline an appointment that waits, or the other time of one; that can be booked again."""

    at = now()

    def work(session: Session) -> str:
        outbox, booking = current_sidebook().outbox, _kept(session, reference)
        if waits_for_decision(session, booking, at):
            decline_move(session, booking, **BY, now=at, words=why, outbox=outbox)
            said = f"{_on(session, booking)} stands as it was."
            return f"{said} {told(session, booking, MOVE_DECLINED)}"
        waited = booking.state_at(at) == "pending"
        decline_booking(session, booking, **BY, now=at, words=why, outbox=outbox)
        done, event = ("declined", "declined") if waited else (f"{booking.state} already", None)
        return f"{_on(session, booking)} is {done}. {told(session, booking, event)}"

    try:
        say(run_in_transaction(ready(), work, idempotent=True))
    except AppointmentConfirmed as confirmed:
        raise click.ClickException(
            f"{reference} is confirmed already, and no other time is asked for. To cancel it: "
            f"flask booking cancel {reference}."
        ) from confirmed


def _kept(session: Session, reference: str) -> Booking:
    """That booking, kept from its customer, who might ask for something else meanwhile."""
    booking = booking_named(session, reference)
    lock(session, booking)
    return booking


def _on(session: Session, booking: Booking) -> str:
    return f"{booking.reference} on {when(booking, reads.shop_zone(session))}"


def told(session: Session, booking: Booking, name: str | None) -> str:
    """Return whether a letter of that name says so to the customer; None: nothing happened."""
    is_told = name and current_sidebook().outbox.tells_customer(session, booking, name)
    return "A letter tells the customer." if is_told else "The customer was not told."
