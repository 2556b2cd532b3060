"""Days at the desk: appointments of every kind, made by the operations that all doors use."""

import secrets
from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from bs4 import Tag
from sqlalchemy import insert, update

from booking.now import utc_now
from booking.operations.bookings import Customer, book, cancel
from booking.operations.holds import hold
from booking.operations.outbox import Outbox
from booking.operations.pending import Pending
from booking.operations.pending_moves import ask_to_move
from booking.storage.models import Booking
from booking.storage.reads import booking_by_reference, service_by_slug, staff_by_slug
from booking.tab_sessions import tab_session
from tests.commands import shell
from tests.fixtures.clocks import MONDAY_MORNING

LISBON = ZoneInfo("Europe/Lisbon")
TODAY, TUESDAY = MONDAY_MORNING.date(), MONDAY_MORNING.date() + timedelta(days=1)
_numbers = count()


def at(clock: str, days: int = 0):
    """That time on the shop's clock, so many days after that Monday."""
    hour, minute = map(int, clock.split(":"))
    day = TODAY + timedelta(days=days)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LISBON).astimezone(UTC)


def booked(app, clock, name="Ada Lovelace", staff="ana", service="short", *, days=0, **more):
    """The reference of an appointment; `waits` for "approval" or "mail", for a day."""
    customer = Customer(name, more.pop("email", "ada@example.com"), more.pop("phone", ""))
    waits = more.pop("waits", "")
    pending = Pending(waits, utc_now() + timedelta(days=1)) if waits else None
    start = at(clock, days)

    def make(session):
        made = book(
            session,
            tab_key=None,
            idempotency_key=f"day {next(_numbers)}",
            fingerprint="x",
            service=service_by_slug(session, service),
            staff=[staff_by_slug(session, staff)],
            start=start,
            customer=customer,
            answers=[],
            manage_token_hash=secrets.token_bytes(32),
            now=min(utc_now(), start) - timedelta(days=2),
            by="owner",
            pending=pending,
        )
        for key, value in more.items():
            setattr(made, key, value)
        return made.reference

    return shell.in_database(app, make)


def held(app, clock, staff="ana", *, service="short", days=0):
    """The number of a time that somebody holds who is booking."""

    def make(session):
        limits = {"idle_expires_at": 2**33, "absolute_expires_at": 2**33}
        row = {"flow": "book", "token_hash": secrets.token_bytes(32), "state": "active"}
        row |= {"version": 1, "created_at": 0, "seen_at": 0, **limits}
        tab = session.execute(insert(tab_session).values(row)).inserted_primary_key[0]
        made = hold(
            session,
            tab_key=tab,
            service=service_by_slug(session, service),
            staff=[staff_by_slug(session, staff)],
            start=at(clock, days),
            now=utc_now(),
            minutes=10,
            extensions=3,
        )
        return made.id

    return shell.in_database(app, make)


def cancelled(app, reference):
    def work(session):
        cancel(session, booking_by_reference(session, reference), by="owner", now=MONDAY_MORNING)

    shell.in_database(app, work)


def asked_to_move(app, reference, clock, staff="ana", *, days=0):
    def work(session):
        booking = booking_by_reference(session, reference)
        booking.service.approval = True
        people = [staff_by_slug(session, staff)]
        wanted = {"staff": people, "start": at(clock, days), "until": at("20:00")}
        ask_to_move(session, booking, **wanted, now=MONDAY_MORNING, outbox=Outbox())

    shell.in_database(app, work)


def lasting(app, reference, start, end):
    """Let the appointment last from then to then, whatever its service says."""
    moved = update(Booking).where(Booking.reference == reference)
    shell.execute(app, moved.values(starts_at=start, ends_at=end))


def cell_of(element: Tag) -> tuple[str, str]:
    """The heads of the row and the column in which it stands, as a screen reader says them."""
    cell = element.find_parent("td")
    table, row = cell.find_parent("table"), cell.find_parent("tr")
    place = row.find_all(["th", "td"], recursive=False).index(cell)
    head = table.thead.find_all("th")[place]
    assert head["scope"] == "col"
    assert row.th["scope"] == "row"
    return next(row.th.stripped_strings), next(head.stripped_strings)


def words(element: Tag) -> str:
    return " ".join(element.get_text(" ").split())
