"""The demo's desk: a week of invented appointments from today on, and a link that leads in."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.operations.accounts import AccountPlan, account_of, add_account
from booking.operations.bookings import Customer, book
from booking.operations.links import Links
from booking.operations.sign_ins import make_link
from booking.scheduling.clock import Interval, day_interval, from_minute
from booking.storage.accounts import COME_IN, OWNER
from booking.storage.catalogue import Catalogue, read_catalogue
from booking.storage.models import Booking, Question, Service, StaffMember
from booking.storage.reads import Diary
from booking.tab_sessions import run_in_transaction

from .accounts import LASTS, desk_path
from .group import booking_commands, links, now, ready, say

OWNER_ADDRESS, OWNER_NAME = "owner@demo.example", "Demo owner"
DAYS = 7
LAST = datetime.max.replace(tzinfo=UTC)
MOST_A_DAY = 5
"""Appointments of one person on one day."""
CUSTOMERS = (
    *("Beatriz Antunes", "Rui Tavares", "Marta Vaz", "Diogo Pires", "Sofia Nogueira"),
    *("Lena Brandt", "Tariq Aziz", "Chloé Martin", "Noah Bakker", "Aoife Byrne"),
    *("Zoë Lindqvist", "Pedro Salgado", "Mei-Ling Chen", "Olu Adeyemi", "Inga Þórsdóttir"),
)
NOTES = ("", "", "", "Ten minutes late, perhaps: the ferry.", "Second visit; the knee is better.")


@booking_commands.command(hidden=True)
def demo() -> None:
    """Invent appointments for each day of the week from today on, and print a way into the desk.

    A shop that has appointments and not the demo's owner is somebody's own: nothing is invented.
    """
    session, tokens, today = ready(), links(), now()
    if run_in_transaction(session, _is_the_demo):
        for days in range(DAYS):
            # A day at a time: nobody who books meanwhile has to wait for the whole week.
            run_in_transaction(session, partial(_fill, tokens=tokens, today=today, days=days))
    say(desk_path(run_in_transaction(session, _way_in)))


def _is_the_demo(session: Session) -> bool:
    is_empty = session.scalar(select(Booking.id).limit(1)) is None
    return is_empty or account_of(session, OWNER_ADDRESS) is not None


def _has_some(session: Session, span: Interval) -> bool:
    starts = [Booking.starts_at >= from_minute(span[0]), Booking.starts_at < from_minute(span[1])]
    return session.scalar(select(Booking.id).where(*starts).limit(1)) is not None


def _way_in(session: Session) -> str:
    plan = AccountPlan(OWNER_ADDRESS, OWNER_NAME, OWNER)
    owner = account_of(session, OWNER_ADDRESS) or add_account(session, plan, now=now())
    return make_link(session, owner, COME_IN, now=now(), lasts=LASTS)


def _fill(session: Session, *, tokens: Links, today: datetime, days: int) -> None:
    catalogue = read_catalogue(session)
    day = today.astimezone(catalogue.zone).date() + timedelta(days=days)
    if _has_some(session, day_interval(day, catalogue.zone)):
        return  # a start of some days before has filled it
    chance = Random(f"{day.toordinal()}")  # noqa: S311 - no secret; the same day is filled alike
    # As if it was the day before: today's morning has had its appointments, too. Never later than
    # now: nobody has booked tomorrow, and a history says when.
    day_before = from_minute(day_interval(day - timedelta(days=1), catalogue.zone)[0])
    asked_at = min(day_before, today)
    for number, what in enumerate(_chosen(catalogue, chance)):
        # Whoever looks in the middle of a day sees what was and what comes, by turns.
        parts = (today, None) if number % 2 == 0 else (None, today)
        _book_one(session, catalogue, what, day, asked_at, parts, chance, tokens)


def _chosen(catalogue: Catalogue, chance: Random) -> Iterator[tuple[StaffMember, Service]]:
    for member in catalogue.staff.values():
        offered = [each for each in catalogue.services if member in catalogue.offering(each.id)]
        for _ in range(chance.randint(2, MOST_A_DAY) if offered else 0):
            yield member, chance.choice(offered)


def _book_one(
    session: Session,
    catalogue: Catalogue,
    what: tuple[StaffMember, Service],
    day: date,
    asked_at: datetime,
    between: tuple[datetime | None, datetime | None],
    chance: Random,
    tokens: Links,
) -> None:
    (member, service), zone = what, catalogue.zone
    diary = Diary(session, catalogue, service, [member], asked_at)
    free = diary.days(day, day, zone)[day].slots
    if not free:
        return
    first, end = between
    wanted = [each for each in free if (first or each.start) <= each.start < (end or LAST)]
    name, link = chance.choice(CUSTOMERS), tokens.new()
    address = f"{name.split()[0].lower()}@example.com".encode("ascii", "ignore").decode()
    customer = Customer(name, address, note=chance.choice(NOTES), zone=zone.key, language="en")
    book(
        session,
        tab_key=None,
        idempotency_key=f"demo {link.number.hex()}",
        fingerprint="demo",
        service=service,
        staff=[member],
        start=chance.choice(wanted or free).start,
        customer=customer,
        answers=[_answer(each, chance) for each in service.questions],
        manage_token_hash=link.token_hash,
        link_number=link.number,
        now=asked_at,
    )


def _answer(question: Question, chance: Random) -> dict[str, Any]:
    values: dict[str, Any] = {
        "choice": chance.choice(question.choices or [""]),
        "checkbox": True,
        "text": chance.choice(("Left knee, after running", "Stiff neck", "Half marathon in May")),
    }
    return {"key": question.key, "label": question.label, "value": values[question.kind]}
