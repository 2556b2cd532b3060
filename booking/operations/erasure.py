"""Erase what is stored about a customer; bookings stay, as figures of nobody.

What is stored where `personal_data` knows. Whoever has an appointment to come is not erased: it
would come without anybody knowing who. It is cancelled first, or over.
"""

import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from booking.addresses import lowered
from booking.storage.customers import (
    CustomerRow,
    bookings_of,
    customer_rows,
    has_bookings_besides,
    leave_parts,
    parts_of,
)
from booking.storage.models import Booking
from booking.storage.models import booking as bookings
from booking.storage.personal_reads import (
    addresses_of,
    lock_bookings,
    other_users_of,
    quiet_customers,
)
from booking.transactions.overwriting import overwriting
from booking.transactions.sessions import Retry
from booking.transactions.statements import connection_of

from .customers import NoSuchCustomer, customer_of
from .history import CLOCK, ERASED, SHELL, record
from .personal_data import PERSONAL, About
from .references import random_reference

Hashed = Callable[[str], Collection[str]]
"""What is kept in place of an e-mail address to which links were sent, under each key."""


class HasComingBookings(Exception):
    """Somebody has appointments to come, which have to be cancelled first: `bookings`."""

    def __init__(self, coming: Sequence[Booking]) -> None:
        super().__init__(", ".join(booking.reference for booking in coming))
        self.bookings = coming


@dataclass(frozen=True)
class Whose:
    """Whom something is about: these bookings, and the rows of customers that have no others."""

    bookings: Sequence[Booking]
    customers: Sequence[CustomerRow]

    @property
    def names(self) -> list[str]:
        """The names that were typed, each once."""
        return list(dict.fromkeys(each.customer_name for each in self.bookings))


class Touched(NamedTuple):
    """How many rows of which table are about somebody."""

    table: str
    rows: int


def whose_of_customer(session: Session, number: int) -> Whose:
    """Return all of that customer.

    Raises: NoSuchCustomer.
    """
    rows = customer_of(session, number)
    return Whose(bookings_of(session, [row.id for row in rows]), rows)


def whose_of_bookings(session: Session, chosen: Sequence[Booking]) -> Whose:
    """Return these bookings, and the rows of customers who have no others."""
    numbers = {each.customer_id for each in chosen if each.customer_id is not None}
    ids = [each.id for each in chosen]
    alone = [each for each in numbers if not has_bookings_besides(session, [each], ids)]
    rows = [row for each in sorted(alone) for row in parts_of(session, each) if row.id in alone]
    return Whose(chosen, rows)


def about(session: Session, whose: Whose, hashed: Hashed) -> About:
    """Return what their data are found by. An address that others here have, too, is not theirs."""
    ids = [booking.id for booking in whose.bookings]
    addresses = {lowered(each) for each in addresses_of(session, ids) if each}
    own = addresses - {lowered(each) for each in other_users_of(session, addresses, ids)}
    return About(
        bookings=ids,
        customers=[row.id for row in whose.customers],
        addresses=sorted(own),
        hashed=sorted(each for address in own for each in hashed(address)),
    )


def touched(session: Session, whose: Whose, hashed: Hashed) -> list[Touched]:
    """Return what erasing them would touch: each table with how many of its rows."""
    found = about(session, whose, hashed)
    counted = (Touched(each.table.name, each.count(session, found)) for each in PERSONAL)
    return [each for each in counted if each.rows]


def coming(whose: Whose, now: datetime) -> list[Booking]:
    """Return their appointments that are not over, those under way among them."""
    standing = ("pending", "confirmed")
    return [
        booking
        for booking in whose.bookings
        if booking.ends_at > now and booking.state_at(now) in standing
    ]


def erase(
    session: Session,
    whose: Whose,
    *,
    now: datetime,
    hashed: Hashed,
    by: str = "owner",
    actor: str = SHELL,
) -> list[Touched]:
    """Erase all that is stored about them; return from which tables, and of how many rows.

    The history says that somebody was erased, when and by whom, and nothing of who it was.

    Their bookings stay as figures: when, what, with whom and what became of it. Where the database
    is SQLite, what is erased is overwritten in its file.

    Raises: HasComingBookings, NoSuchCustomer where somebody else was faster, Retry where a booking
    has come to them meanwhile, or somebody else has erased them.
    """
    ids = [booking.id for booking in whose.bookings]
    if len(lock_bookings(session, ids)) != len(ids):
        raise NoSuchCustomer
    _keep_new_bookings_off(session, whose.customers, ids)
    if left := coming(whose, now):
        raise HasComingBookings(left)
    with overwriting(session):
        found = about(session, whose, hashed)
        _give_new_references(session, ids)
        leave_parts(session, whose.customers)
        done = [Touched(each.table.name, each.erase(session, found)) for each in PERSONAL]
    record(session, None, ERASED, actor=actor, now=now, by=by)
    session.expire_all()
    return [each for each in done if each.rows]


def _keep_new_bookings_off(
    session: Session, rows: Sequence[CustomerRow], booking_ids: Sequence[int]
) -> None:
    """Lock the customers' rows, which whoever books for them has to have; their bookings are known.

    Raises: Retry where one has gone, or has another booking by now.
    """
    numbers = [row.id for row in rows]
    are_all_there = len(customer_rows(session, numbers, lock=True)) == len(numbers)
    if not are_all_there or has_bookings_besides(session, numbers, booking_ids):
        raise Retry


def _give_new_references(session: Session, ids: Sequence[int]) -> None:
    """Give what each booking has of its own anew: see `OF_ITS_OWN`."""
    rows = [
        {
            "number": number,
            "new_reference": random_reference(),
            "new_draft": f"erased-{secrets.token_urlsafe(16)}",
            "new_hash": secrets.token_bytes(32),
            "new_uid": str(uuid4()),
        }
        for number in ids
    ]
    if rows:
        connection_of(session).execute(_RENEW, rows)


def quiet_since(session: Session, *, now: datetime, days: int) -> Sequence[int]:
    """Return the numbers of customers whose last appointment was over so many days ago.

    Whoever has one to come stays, and so does whoever is blocked: the block would go with them. It
    looks at every customer, so nobody should wait for it.
    """
    return quiet_customers(session, before=now - timedelta(days=days))


def erase_quiet(
    session: Session, numbers: Collection[int], *, now: datetime, days: int, hashed: Hashed
) -> int:
    """Erase those of these customers who have still not come again; return how many went."""
    quiet = quiet_customers(session, before=now - timedelta(days=days), numbers=numbers)
    for number in quiet:
        whose = whose_of_customer(session, number)
        erase(session, whose, now=now, hashed=hashed, by=CLOCK, actor="")
    return len(quiet)


# Built once: building a statement takes several times as long as running it.
_RENEW = (
    update(bookings)
    .where(bookings.c.id == bindparam("number"))
    .values(
        reference=bindparam("new_reference"),
        draft=bindparam("new_draft"),
        manage_token_hash=bindparam("new_hash"),
        calendar_uid=bindparam("new_uid"),
    )
)
