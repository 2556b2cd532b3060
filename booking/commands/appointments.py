"""The owner's book: who comes when; an appointment entered, moved, or cancelled."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from booking.operations import bookings
from booking.operations.bookings import Customer
from booking.operations.errors import AppointmentCancelled, AppointmentPast, SlotUnavailable
from booking.operations.rescheduling import reschedule as reschedule_booking
from booking.scheduling.clock import day_interval, from_minute, local_day, to_minute
from booking.scheduling.slots import Reason
from booking.storage import reads
from booking.storage.models import Booking, Service, StaffMember
from booking.tab_sessions import reading, settle

from .days import day, instant
from .group import booking_commands, now, ready
from .lines import agenda, details, when

START = 'START is a time on the shop\'s clock: "2026-12-24 14:30", or "next friday 10:00".'
UNAVAILABLE = {
    Reason.PAST: "That time has passed.",
    Reason.TOO_SOON: "That is too soon.",
    Reason.TOO_FAR: "That is further ahead than ten years.",
    Reason.CLOSED: "Nobody who was asked for works then, or such an appointment cannot begin then.",
    Reason.TAKEN: "That time is taken.",
    Reason.LIMIT: "That day has as many of these appointments as it may.",
}


@booking_commands.command("list")
@click.option("--from", "first", type=day, help="First day, such as 2026-12-24. Default: today.")
@click.option("--to", "last", type=day, help="Last day. Default: the first.")
def list_bookings(first: date | None, last: date | None) -> None:
    """Show the appointments of a day or several, in the shop's zone."""
    with reading(ready()) as session:
        zone = reads.shop_zone(session)
        start, end = _days(first, last, zone)
        span = day_interval(start, zone)[0], day_interval(end, zone)[1]
        found = reads.bookings_between(session, *map(from_minute, span))
        lines = list(agenda(found, zone))
    days = f"on {start}" if start == end else f"from {start} to {end}"
    for line in lines or [f"No appointments {days}."]:
        click.echo(line)


@booking_commands.command()
@click.argument("reference")
def show(reference: str) -> None:
    """Show all that is known about one appointment."""
    with reading(ready()) as session:
        for line in details(_booking(session, reference), reads.shop_zone(session)):
            click.echo(line)


@booking_commands.command(epilog=START)
@click.argument("service")
@click.argument("start")
@click.option("--name", required=True, help="Who comes.")
@click.option("--staff", help="With whom (a slug). Default: whoever is free.")
@click.option("--email", default="", help="The customer's address.")
@click.option("--phone", default="", help="The customer's number.")
@click.option("--note", default="", help="What else to know.")
def book(service: str, start: str, name: str, staff: str | None, **customer: str) -> None:
    """Enter an appointment of SERVICE (a slug) at START, whatever notice customers must give."""
    draft = secrets.token_urlsafe(16)  # the same for every try, so that none books twice

    def work(session: Session) -> str:
        chosen, zone = _service(session, service), reads.shop_zone(session)
        made = bookings.book(
            session,
            tab_key=None,
            draft=draft,
            fingerprint="",
            service=chosen,
            staff=_staff(chosen, staff),
            start=instant(start, now(), zone),
            customer=Customer(name=name, zone=zone.key, **customer),
            answers=[],
            manage_token_hash=secrets.token_bytes(32),
            now=now(),
            by="owner",
        )
        return f"{made.reference} {_with_whom(made, zone)}"

    with _in_words():
        booked = settle(ready(), work, repeatable=True)
    click.echo(f"Booked: {booked}. The customer was not told.")


@booking_commands.command(epilog=START)
@click.argument("reference")
@click.argument("start")
@click.option("--staff", help="With whom (a slug). Default: as before.")
def reschedule(reference: str, start: str, staff: str | None) -> None:
    """Move an appointment to START. Its old time can be booked again at once."""

    def work(session: Session) -> str:
        booking, zone = _booking(session, reference), reads.shop_zone(session)
        people = _staff(booking.service, staff) if staff else [booking.staff_member]
        to = instant(start, now(), zone)
        reschedule_booking(session, booking, staff=people, start=to, now=now(), by="owner")
        return f"{booking.reference} is {_with_whom(booking, zone)}"

    with _in_words(reference, "moved"):
        moved = settle(ready(), work, repeatable=True)
    click.echo(f"{moved} now. The customer was not told.")


@booking_commands.command()
@click.argument("reference")
def cancel(reference: str) -> None:
    """Cancel an appointment; its time can be booked again."""

    def work(session: Session) -> str:
        booking = _booking(session, reference)
        already = " already" if booking.state == "cancelled" else ""
        bookings.cancel(session, booking, by="owner", now=now())
        on = when(booking, reads.shop_zone(session))
        return f"{booking.reference} on {on} is{already} cancelled. The customer was not told."

    with _in_words(reference, "cancelled"):
        click.echo(settle(ready(), work, repeatable=True))


@contextmanager
def _in_words(reference: str = "", verb: str = "") -> Iterator[None]:
    """Say why it was refused."""
    try:
        yield
    except SlotUnavailable as lost:
        raise click.ClickException(f"{UNAVAILABLE[lost.reason]} Nothing was changed.") from lost
    except AppointmentPast as begun:
        raise click.ClickException(
            f"{reference} has begun, so it can no longer be {verb}."
        ) from begun
    except AppointmentCancelled as cancelled:
        raise click.ClickException(
            f"{reference} is cancelled. Enter a new one: flask booking book."
        ) from cancelled


def _days(first: date | None, last: date | None, zone: ZoneInfo) -> tuple[date, date]:
    start = first or local_day(to_minute(now()), zone)
    end = last or start
    if end < start:
        raise click.ClickException("--to is before --from: swap them.")
    return start, end


def _booking(session: Session, reference: str) -> Booking:
    if found := reads.booking_by_reference(session, reference):
        return found
    raise click.ClickException("No appointment has that reference. flask booking list shows them.")


def _service(session: Session, slug: str) -> Service:
    known = {service.slug: service for service in reads.services(session)}
    if slug in known:
        return known[slug]
    raise click.ClickException(f"No service is called {slug}. There are: {', '.join(known)}.")


def _staff(service: Service, slug: str | None) -> Sequence[StaffMember]:
    known = {member.slug: member for member in service.staff if not member.retired}
    if slug is None:
        return list(known.values())
    if slug in known:
        return [known[slug]]
    raise click.ClickException(
        f"{slug} does not offer {service.name}. There are: {', '.join(known)}."
    )


def _with_whom(booking: Booking, zone: ZoneInfo) -> str:
    return f"on {when(booking, zone)} with {booking.staff_member.name}"
