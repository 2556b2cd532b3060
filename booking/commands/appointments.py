"""The owner's book: who comes when; an appointment entered, moved, or cancelled.

Where that cannot be, it says why, and what could be.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from booking.i18n.date_input import YEARS, format_date
from booking.operations import bookings, owners
from booking.operations.events import EventName
from booking.operations.history import SHELL
from booking.operations.links import Links
from booking.operations.requests import AppointmentCancelled, AppointmentPast, SlotUnavailable
from booking.scheduling.clock import (
    day_interval,
    from_minute,
    local_day,
    local_days,
    to_minute,
)
from booking.scheduling.slots import LONGEST_WINDOW, Reason, free_starts, nearest
from booking.state import current_sidebook
from booking.storage import reads
from booking.storage.catalogue import read_catalogue, rules_of
from booking.storage.models import Booking, Service, StaffMember
from booking.storage.pending_moves import waiting_move, waiting_moves
from booking.tab_sessions import read_transaction, run_in_transaction

from .decisions import told
from .group import (
    agenda,
    booking_commands,
    details,
    links,
    now,
    ready,
    require_yes,
    say,
    time_of_day,
    when,
)
from .holds import describe_released
from .lookup import (
    Day,
    booking_named,
    customer_of,
    day,
    has_offset,
    instant,
    is_about,
    like_option,
    service_named,
    staff_named,
    staff_offering,
)

END_OF_TIME = date(YEARS[-1], 12, 31)
DAYS = 'A day is 2026-12-24, "tomorrow", "next friday" or "+3 weeks", counted from today.'


@booking_commands.command("list", epilog=DAYS)
@click.option("--from", "first", type=day, help="First day. Default: today.")
@click.option("--to", "last", type=day, help="Last day. Default: the first.")
@click.option("--all", "everything", is_flag=True, help="Without a last day: all to come.")
@click.option("--staff", help="Only with that staff member (a slug).")
@click.option("--customer", help="Only whose name, e-mail or phone has this in it; all to come.")
def list_bookings(
    first: Day | None,
    last: Day | None,
    *,
    everything: bool,
    staff: str | None,
    customer: str | None,
) -> None:
    """Show the appointments of a day or several, in the shop's zone."""
    with read_transaction(ready()) as session:
        zone = reads.shop_zone(session)
        start, end = _days(first, last, zone, endless=everything or bool(customer))
        span = day_interval(start, zone)[0], day_interval(end, zone)[1]
        bookings = reads.bookings_between(session, *map(from_minute, span))
        shown = _of(session, bookings, staff, customer)
        moves = waiting_moves(session, [each.id for each in shown], now())
        lines = list(agenda(shown, zone, moves))
    such = "such appointments" if staff or customer else "appointments"
    say(*(lines or [f"No {such} {_when(start, end)}."]))


@booking_commands.command()
@click.argument("reference")
@click.option("--link", is_flag=True, help="And the private link: who has it may cancel.")
def show(reference: str, *, link: bool) -> None:
    """Show all that is known about one appointment."""
    source, made_by = ready(), links() if link else None
    with read_transaction(source) as session:
        booking = booking_named(session, reference)
        private = [_link(session, booking, made_by)] if made_by else []
        move = waiting_move(session, booking.id, now()) if booking.state == "confirmed" else None
        say(*details(booking, reads.shop_zone(session), move), *private)


def _link(session: Session, booking: Booking, made_by: Links) -> str:
    if url := made_by.manage_url(session, booking):
        return url
    raise click.ClickException(
        "Nobody said where the pages are, so no link can be written. Set BOOKING_PUBLIC_URL, such "
        "as https://shop.example."
    )


def _days(
    first: Day | None,
    last: Day | None,
    zone: ZoneInfo,
    *,
    endless: bool,
) -> tuple[date, date]:
    today = local_day(to_minute(now()), zone)
    start = first(today) if first else today
    end = END_OF_TIME if endless else start
    if last:
        end = last(today)
    if end < start:
        raise click.ClickException("--to is before --from: swap them.")
    return start, end


def _of(
    session: Session, bookings: Sequence[Booking], staff: str | None, customer: str | None
) -> list[Booking]:
    member = staff_named(session, staff) if staff else None
    return [
        booking
        for booking in bookings
        if (member is None or booking.staff_member_id == member.id)
        and (customer is None or is_about(booking, customer))
    ]


def _when(start: date, end: date) -> str:
    if end == END_OF_TIME:
        return f"from {start} on"
    return f"on {start}" if start == end else f"from {start} to {end}"


START = 'START is a time on the shop\'s clock: "2026-12-24 14:30", or "next friday 10:00".'

OVER_HOLDS = "Even if a customer who has not booked yet holds the time."


@booking_commands.command(epilog=START)
@click.argument("service")
@click.argument("start")
@click.option("--name", required=True, help="Who comes.")
@click.option("--staff", help="With whom (a slug). Default: whoever is free.")
@click.option("--email", default="", help="The customer's address.")
@click.option("--phone", default="", help="The customer's number.")
@click.option("--note", default="", help="What else to know.")
@click.option("--over-holds", is_flag=True, help=OVER_HOLDS)
def book(service: str, start: str, staff: str | None, *, over_holds: bool, **customer: str) -> None:
    """Enter an appointment of SERVICE (a slug) at START, whatever notice customers must give."""
    key = secrets.token_urlsafe(16)  # the same for every try, so that none books twice
    session, link = ready(), links().new()

    def work(session: Session) -> list[str]:
        chosen = service_named(session, service)
        people = staff_offering(session, chosen, staff)
        take = partial(
            bookings.book,
            session,
            tab_key=None,
            idempotency_key=key,
            fingerprint="",
            service=chosen,
            customer=customer_of(session, customer),
            answers=[],
            manage_token_hash=link.token_hash,
            link_number=link.number,
        )
        done = "Booked: {reference} {when}."
        return _take(session, chosen, people, start, take, done, over_holds=over_holds)

    say(*run_in_transaction(session, work, idempotent=True))


@booking_commands.command(epilog=START)
@click.argument("reference")
@click.argument("start")
@click.option("--staff", help="With whom (a slug). Default: as before.")
@click.option("--over-holds", is_flag=True, help=OVER_HOLDS)
def reschedule(reference: str, start: str, staff: str | None, *, over_holds: bool) -> None:
    """Move an appointment to START. Its old time can be booked again at once."""

    def work(session: Session) -> list[str]:
        booking = booking_named(session, reference)
        service = booking.service
        people = staff_offering(session, service, staff) if staff else [booking.staff_member]
        take = partial(bookings.reschedule, session, booking)
        done = "{reference} is {when} now."
        return _take(session, service, people, start, take, done, over_holds=over_holds)

    with appointment_in_words(reference, "moved"):
        say(*run_in_transaction(ready(), work, idempotent=True))


@booking_commands.command()
@click.argument("reference")
@like_option("And all to come that the same visitor or network booked.")
@click.option("--yes", is_flag=True, help="Cancel several at once.")
def cancel(reference: str, *, like: str | None, yes: bool) -> None:
    """Cancel an appointment; its time can be booked again."""

    def work(session: Session) -> list[str]:
        booking = booking_named(session, reference)
        if like:
            return _cancel_like(session, booking, like, given=yes)
        return [_cancel(session, booking)]

    with appointment_in_words(reference, "cancelled"):
        say(*run_in_transaction(ready(), work, idempotent=True))


def _take(
    session: Session,
    service: Service,
    staff: Sequence[StaffMember],
    written: str,
    take: Callable[..., Booking],
    done: str,
    *,
    over_holds: bool,
) -> list[str]:
    """Take the time that is written so, for one of the staff, and return what is to be said."""
    zone = reads.shop_zone(session)
    at = now()
    start = instant(written, at, zone)

    def taken(people: Sequence[StaffMember]) -> Booking:
        who = {"by": "owner", "actor": SHELL, "outbox": current_sidebook().outbox}
        return take(staff=people, start=start, now=at, **who)

    with slot_in_words(session, service, staff, start, over_holds=over_holds):
        if over_holds:
            made, gone = owners.over_holds(session, service, staff, start, taken, now=at)
            owners.record_taken(session, made, gone, actor=SHELL, now=at)
        else:
            made, gone = taken(staff), []
    place = f"on {when(made, zone)} with {made.staff_member.name}"
    happened: dict[datetime | None, EventName] = {
        made.created_at: "booked",
        made.rescheduled_at: "moved",
    }
    is_told = told(session, made, happened.get(at))
    said = f"{done.format(reference=made.reference, when=place)} {is_told}"
    remarks = far_ahead(service, start, at) + comes_twice(written, start, zone)
    return [said + remarks, *describe_released(session, gone)]


def _cancel(session: Session, booking: Booking) -> str:
    already = " already" if booking.state_at(now()) == "cancelled" else ""
    outbox = current_sidebook().outbox
    bookings.cancel(session, booking, by="owner", actor=SHELL, now=now(), outbox=outbox)
    on = when(booking, reads.shop_zone(session))
    is_told = told(session, booking, None if already else "cancelled")
    return f"{booking.reference} on {on} is{already} cancelled. {is_told}"


def _cancel_like(session: Session, booking: Booking, width: str, *, given: bool) -> list[str]:
    zone = reads.shop_zone(session)
    if getattr(booking, width) is None:
        raise click.ClickException(
            f"Nothing tells who booked {booking.reference}: it was entered by hand, or more than "
            "two days ago. Cancel appointments one by one."
        )
    alike = reads.bookings_like(session, booking, width=width, now=now())
    require_yes(list(agenda(alike, zone)), "cancelling these appointments", given=given)
    gone = owners.cancel_like(
        session, booking, width=width, actor=SHELL, now=now(), outbox=current_sidebook().outbox
    )
    if not gone:
        return ["No such appointment is to come."]
    tells = partial(current_sidebook().outbox.tells_customer, session, name="cancelled")
    written = sum(map(tells, gone))
    told = f"Letters tell {written} of {len(gone)} customers."
    done = (
        f"These appointments are cancelled. {told if written else 'The customers were not told.'}"
    )
    return [*agenda(gone, zone), done]


UNAVAILABLE = {
    Reason.PAST: "That time has passed.",
    Reason.TOO_SOON: "That is too soon.",
    Reason.TOO_FAR: "That is further ahead than ten years.",
    Reason.TAKEN: "That time is taken.",
    Reason.LIMIT: "That day has as many of these appointments as it may.",
}

ONLY_HELD = (Reason.TAKEN, Reason.LIMIT)


@contextmanager
def slot_in_words(
    session: Session,
    service: Service,
    staff: Sequence[StaffMember],
    start: datetime,
    *,
    over_holds: bool,
) -> Iterator[None]:
    """Say why the time cannot be had, and where nobody works then, when they do."""
    try:
        yield
    except SlotUnavailable as lost:
        why = UNAVAILABLE.get(lost.reason) or _closed(session, service, staff, start)
        if lost.reason in ONLY_HELD and not over_holds:
            why += _held(session, service, staff, start)
        raise click.ClickException(f"{why} Nothing was changed.") from lost


@contextmanager
def appointment_in_words(reference: str, verb: str) -> Iterator[None]:
    """Say that the appointment can no longer be changed."""
    try:
        yield
    except AppointmentPast as begun:
        raise click.ClickException(
            f"{reference} has begun, so it can no longer be {verb}."
        ) from begun
    except AppointmentCancelled as cancelled:
        raise click.ClickException(
            f"{reference} is cancelled. Enter a new one: flask booking book."
        ) from cancelled


def far_ahead(service: Service, start: datetime, now: datetime) -> str:
    """Return a remark on a start that only the owner could choose; empty otherwise."""
    if start <= now + timedelta(days=service.booking_window):
        return ""
    return (
        f" Note: it is {(start - now).days} days ahead, where customers can book "
        f"{service.booking_window} days ahead."
    )


def _held(session: Session, service: Service, staff: Sequence[StaffMember], start: datetime) -> str:
    """What could be done where a hold is in the way, perhaps beside a booking."""
    if not owners.holds_in_the_way(session, service, staff, start, now=now()):
        return ""
    return (
        " Some of it is only held by somebody who has not booked yet (flask booking holds): "
        "--over-holds takes it from them."
    )


def comes_twice(written: str, start: datetime, zone: ZoneInfo) -> str:
    """Return a remark on a start that the clock shows once more an hour later; empty otherwise."""
    shown = time_of_day(start, zone)
    again = start.astimezone(zone).replace(fold=1)
    if not shown.endswith(")") or has_offset(written) or start.astimezone(zone).fold:
        return ""
    second = f"{again.date()} {time_of_day(again, zone)}"
    return f' Note: the clock shows that time twice; the second is "{second}".'


def _closed(
    session: Session, service: Service, staff: Sequence[StaffMember], start: datetime
) -> str:
    zone = read_catalogue(session).zone
    day = local_day(to_minute(start), zone)
    possible = _starts(session, service, staff, day_interval(day, zone))
    who = staff[0].name if len(staff) == 1 else f"nobody who offers {service.name}"
    if not possible:
        does = "does not work" if len(staff) == 1 else "works"
        why = f"{who} {does} on {format_date(day)}, or not for long enough."
        return why[0].upper() + why[1:]
    near = nearest(possible, to_minute(start))
    times = ", ".join(time_of_day(from_minute(each), zone) for each in near)
    at = time_of_day(start, zone)
    return f"{service.name} cannot begin at {at}; near it begin: {times}, if they are free."


def _starts(
    session: Session, service: Service, staff: Sequence[StaffMember], span: tuple[int, int]
) -> list[int]:
    """Every start within the span that the hours of the staff allow, taken or not."""
    working = read_catalogue(session).working
    whenever = replace(rules_of(service), minimum_notice=0, booking_window=LONGEST_WINDOW)
    starts: set[int] = set()
    for hours in (working[member.id] for member in staff):
        starts.update(free_starts(hours, whenever, (), span[0], *local_days(span, hours.zone)))
    return sorted(start for start in starts if span[0] <= start < span[1])
