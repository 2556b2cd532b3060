"""Who did what, from where and when: to bookings, customers, the business, accounts; and notes.

A row is written in the transaction of what it tells. That a customer has booked is no row: the
booking itself says so, and nobody who books pays for one. Notes about a booking only the shop sees.
Instants are seconds since the epoch.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Select,
    String,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
    union,
    update,
)
from sqlalchemy.orm import Session

from booking.transactions.statements import connection_of

from .base import Base, RowId
from .bookings import booking
from .business import Service
from .customers import customer

Door = Literal["customer", "link", "desk", "shell", "clock"]
"""From where: the customer, the shop's link in a letter, the desk, the shell, or nobody."""
DOORS = ("customer", "link", "desk", "shell", "clock")
About = Literal["booking", "customer", "business", "account"]
"""What an entry is about. Booking is, too, what lies in the diary and is none: a held time."""
ABOUTS = ("booking", "customer", "business", "account")

history = Table(
    "booking_history",
    Base.metadata,
    Column("id", RowId, primary_key=True),
    Column(
        "booking_id",
        BigInteger,
        ForeignKey("booking_booking.id", ondelete="CASCADE"),
        index=True,
    ),
    Column("at", BigInteger, nullable=False),
    Column("what", String(24), nullable=False),
    Column("door", String(12), nullable=False),
    Column("actor", Text, nullable=False),
    Column("details", JSON, nullable=False),
    Column(
        "customer_id",
        BigInteger,
        ForeignKey("booking_customer.id", ondelete="SET NULL"),
        index=True,
    ),
    Column("about", String(12), nullable=False, server_default="booking"),
    CheckConstraint(f"door IN {DOORS}", name="door"),
    CheckConstraint(f"about IN {ABOUTS}", name="about"),
    Index(None, "about", "id"),
    # A number never comes back: a form names by it what it would undo.
    sqlite_autoincrement=True,
)
note = Table(
    "booking_note",
    Base.metadata,
    Column("id", RowId, primary_key=True),
    Column(
        "booking_id",
        BigInteger,
        ForeignKey("booking_booking.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("text", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `actor` is a name, empty for the customer and for nobody.

    `booking_id` is None for what is about no booking, `customer_id` for what is about no customer,
    or about one that was erased. What `details` has depends on `what`; they are empty once the
    customer's data were erased.
    """

    id: int
    booking_id: int | None
    at: int
    what: str
    door: str
    actor: str
    details: Mapping[str, Any]
    customer_id: int | None = None
    about: str = "booking"

    @property
    def moment(self) -> datetime:
        """When it happened."""
        return datetime.fromtimestamp(self.at, UTC)


@dataclass(frozen=True)
class Listed:
    """An entry with what a list says of its booking or its customer; empty where it has none."""

    entry: Entry
    reference: str
    customer: str
    service: str
    called: str


@dataclass(frozen=True)
class Note:
    """What somebody of the shop wrote about a booking, for the shop alone."""

    id: int
    text: str
    author: str
    created_at: int

    @property
    def moment(self) -> datetime:
        """When it was written."""
        return datetime.fromtimestamp(self.created_at, UTC)


def add_entries(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write these entries in one statement; each names every column but `id`."""
    if rows:
        connection_of(session).execute(_INSERT, [dict(row) for row in rows])


def history_of(session: Session, booking_id: int) -> list[Entry]:
    """Return what became of that booking, the latest first."""
    query = select(history).where(history.c.booking_id == booking_id).order_by(history.c.id.desc())
    return [Entry(*row) for row in connection_of(session).execute(query)]


def history_of_customer(session: Session, numbers: Collection[int], *, most: int) -> list[Entry]:
    """Return up to `most` entries about the rows of which a customer is made, the latest first."""
    theirs = select(history).where(history.c.customer_id.in_(numbers))
    newest = theirs.order_by(history.c.id.desc()).limit(most)
    return [Entry(*row) for row in connection_of(session).execute(newest)]


def newest_history(
    session: Session,
    *,
    about: About = "booking",
    most: int,
    before: int | None = None,
    staff_member_id: int | None = None,
) -> list[Listed]:
    """Return up to `most` entries about all there is of that, the latest first.

    Of those older than the entry numbered `before`, and of bookings with that staff member.
    """
    query = _LISTED.where(history.c.about == about).order_by(history.c.id.desc()).limit(most)
    if before is not None:
        query = query.where(history.c.id < before)
    if staff_member_id is not None:
        query = query.where(booking.c.staff_member_id == staff_member_id)
    rows = connection_of(session).execute(query)
    width = len(history.c)
    return [Listed(Entry(*row[:width]), *(text or "" for text in row[width:])) for row in rows]


class Latest(NamedTuple):
    """Up to which numbers bookings and entries are there for whoever looks now."""

    booking: int
    entry: int


def latest(session: Session) -> Latest:
    """Return how far bookings and their history go; ask it before what is to be read as of then."""
    connection = connection_of(session)
    # SQLite gives out numbers in the order of its commits. On PostgreSQL a transaction that still
    # runs has one already, which may turn up below the greatest of those that can be seen.
    under_way = 0 if connection.dialect.name == "sqlite" else UNDER_WAY
    found = connection.execute(_LATEST).one()
    return Latest(*((number or 0) - under_way for number in found))


def bookings_since(session: Session, seen: Latest) -> list[int]:
    """Return the numbers of the bookings that were made or changed since then.

    Some of just before may be among them.
    """
    return [*connection_of(session).execute(_SINCE, seen._asdict()).scalars()]


def add_note(session: Session, booking_id: int, text: str, *, author: str, now: int) -> None:
    """Write a note about the booking."""
    row = {"booking_id": booking_id, "text": text, "author": author, "created_at": now}
    connection_of(session).execute(insert(note).values(row))


def notes_of(session: Session, booking_id: int) -> list[Note]:
    """Return the notes about that booking, the latest first."""
    columns = note.c.id, note.c.text, note.c.author, note.c.created_at
    query = select(*columns).where(note.c.booking_id == booking_id).order_by(note.c.id.desc())
    return [Note(*row) for row in connection_of(session).execute(query)]


def notes_of_several(session: Session, booking_ids: Collection[int], *, most: int) -> list[Note]:
    """Return up to `most` notes about these bookings, the latest first."""
    columns = note.c.id, note.c.text, note.c.author, note.c.created_at
    query = select(*columns).where(note.c.booking_id.in_(booking_ids)).order_by(note.c.id.desc())
    return [Note(*row) for row in connection_of(session).execute(query.limit(most))]


def erase_history(session: Session, booking_ids: Collection[int]) -> None:
    """Let nothing be left of these bookings' customers: notes go, and what the entries quote.

    That something happened stays, with when and who of the shop did it.
    """
    connection = connection_of(session)
    theirs = history.c.booking_id.in_(booking_ids)
    connection.execute(delete(note).where(note.c.booking_id.in_(booking_ids)))
    connection.execute(update(history).where(theirs).values(details={}))


UNDER_WAY = 1_000
"""More numbers than PostgreSQL gives out while one transaction that has one is not committed yet:
a few seconds at the most, in which several others may write fifty entries each."""
# Built once: building a statement takes several times as long as running it.
_INSERT = insert(history)
_LISTED: Select[Any] = (
    select(*history.c, booking.c.reference, booking.c.customer_name, Service.name, customer.c.name)
    .select_from(history)
    .outerjoin(booking, booking.c.id == history.c.booking_id)
    .outerjoin(Service, Service.id == booking.c.service_id)
    .outerjoin(customer, customer.c.id == history.c.customer_id)
)
_LATEST = select(
    select(func.max(booking.c.id)).scalar_subquery(),
    select(func.max(history.c.id)).scalar_subquery(),
)
_SINCE = union(
    select(booking.c.id).where(booking.c.id > bindparam("booking")),
    select(history.c.booking_id).where(
        history.c.id > bindparam("entry"), history.c.booking_id.is_not(None)
    ),
)
