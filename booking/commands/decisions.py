"""The shop's word on appointments that wait for it: `flask booking confirm | decline`."""

import click
from sqlalchemy.orm import Session

from booking.operations.outbox import EventName
from booking.operations.pending import confirm as confirm_booking
from booking.operations.pending import decline as decline_booking
from booking.operations.requests import AppointmentCancelled, AppointmentConfirmed, SlotUnavailable
from booking.state import current_sidebook
from booking.storage import reads
from booking.storage.models import Booking
from booking.tab_sessions import run_in_transaction

from .group import booking_commands, now, ready, say, when
from .lookup import booking_named


@booking_commands.command()
@click.argument("reference")
def confirm(reference: str) -> None:
    """Confirm an appointment that waits, for its customer's word or for yours."""

    def work(session: Session) -> str:
        outbox, booking = current_sidebook().outbox, booking_named(session, reference)
        waited = booking.state_at(now()) == "pending"
        confirm_booking(session, booking, by="owner", now=now(), outbox=outbox)
        event: EventName | None
        done, event = ("confirmed", "booked") if waited else (f"{booking.state} already", None)
        return f"{_on(session, booking)} is {done}. {_told(session, booking, event)}"

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
    """Decline an appointment that waits; its time can be booked again."""

    def work(session: Session) -> str:
        outbox, booking = current_sidebook().outbox, booking_named(session, reference)
        waited = booking.state_at(now()) == "pending"
        decline_booking(session, booking, by="owner", now=now(), words=why, outbox=outbox)
        event: EventName | None
        done, event = ("declined", "declined") if waited else (f"{booking.state} already", None)
        return f"{_on(session, booking)} is {done}. {_told(session, booking, event)}"

    try:
        say(run_in_transaction(ready(), work, idempotent=True))
    except AppointmentConfirmed as confirmed:
        raise click.ClickException(
            f"{reference} is confirmed already. To cancel it: flask booking cancel {reference}."
        ) from confirmed


def _on(session: Session, booking: Booking) -> str:
    return f"{booking.reference} on {when(booking, reads.shop_zone(session))}"


def _told(session: Session, booking: Booking, event: EventName | None) -> str:
    is_told = event and current_sidebook().outbox.tells_customer(session, booking, event)
    return "A letter tells the customer." if is_told else "The customer was not told."
