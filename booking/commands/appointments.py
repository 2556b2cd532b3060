"""The owner's book, written: an appointment entered, moved, or cancelled."""

from __future__ import annotations

import secrets
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from booking.operations import bookings
from booking.operations.rescheduling import reschedule as reschedule_booking
from booking.storage import reads
from booking.storage.models import Booking
from booking.tab_sessions import settle

from .caller import customer_of
from .days import instant
from .group import booking_commands, now, ready
from .lines import when
from .named import booking_named, service_named, staff_offering
from .output import say
from .why_not import appointment_in_words, comes_twice, far_ahead, slot_in_words

START = 'START is a time on the shop\'s clock: "2026-12-24 14:30", or "next friday 10:00".'


@booking_commands.command(epilog=START)
@click.argument("service")
@click.argument("start")
@click.option("--name", required=True, help="Who comes.")
@click.option("--staff", help="With whom (a slug). Default: whoever is free.")
@click.option("--email", default="", help="The customer's address.")
@click.option("--phone", default="", help="The customer's number.")
@click.option("--note", default="", help="What else to know.")
def book(service: str, start: str, staff: str | None, **customer: str) -> None:
    """Enter an appointment of SERVICE (a slug) at START, whatever notice customers must give."""
    draft = secrets.token_urlsafe(16)  # the same for every try, so that none books twice

    def work(session: Session) -> str:
        chosen, zone = service_named(session, service), reads.shop_zone(session)
        people, begins = staff_offering(session, chosen, staff), instant(start, now(), zone)
        with slot_in_words(session, chosen, people, begins):
            made = bookings.book(
                session,
                tab_key=None,
                draft=draft,
                fingerprint="",
                service=chosen,
                staff=people,
                start=begins,
                customer=customer_of(session, customer),
                answers=[],
                manage_token_hash=secrets.token_bytes(32),
                now=now(),
                by="owner",
            )
        told = f"Booked: {made.reference} {_with_whom(made, zone)}. The customer was not told."
        return told + far_ahead(chosen, begins, now()) + comes_twice(start, begins, zone)

    say(settle(ready(), work, repeatable=True))


@booking_commands.command(epilog=START)
@click.argument("reference")
@click.argument("start")
@click.option("--staff", help="With whom (a slug). Default: as before.")
def reschedule(reference: str, start: str, staff: str | None) -> None:
    """Move an appointment to START. Its old time can be booked again at once."""

    def work(session: Session) -> str:
        booking, zone = booking_named(session, reference), reads.shop_zone(session)
        service, to = booking.service, instant(start, now(), zone)
        asked = staff_offering(session, service, staff) if staff else [booking.staff_member]
        with slot_in_words(session, service, asked, to):
            reschedule_booking(session, booking, staff=asked, start=to, now=now(), by="owner")
        told = f"{booking.reference} is {_with_whom(booking, zone)} now. The customer was not told."
        return told + far_ahead(service, to, now()) + comes_twice(start, to, zone)

    with appointment_in_words(reference, "moved"):
        say(settle(ready(), work, repeatable=True))


@booking_commands.command()
@click.argument("reference")
def cancel(reference: str) -> None:
    """Cancel an appointment; its time can be booked again."""

    def work(session: Session) -> str:
        booking = booking_named(session, reference)
        already = " already" if booking.state == "cancelled" else ""
        bookings.cancel(session, booking, by="owner", now=now())
        on = when(booking, reads.shop_zone(session))
        return f"{booking.reference} on {on} is{already} cancelled. The customer was not told."

    with appointment_in_words(reference, "cancelled"):
        say(settle(ready(), work, repeatable=True))


def _with_whom(booking: Booking, zone: ZoneInfo) -> str:
    return f"on {when(booking, zone)} with {booking.staff_member.name}"
