"""Customers, as a grouping of bookings: what a booking says of whoever comes stays its own.

A row is made with the first booking of an address or number (its `key`), by the booking's own
transaction. Two rows that are one person are merged by pointing from one to the other: no booking
is rewritten, so it can be undone. What a customer is, is therefore a row and those merged into it.
Each of them keeps a note and a block of its own: all notes are the customer's, and one block is
enough. So whoever is parted, or erased, takes theirs along, and nothing of theirs stays behind.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeVarTuple

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    ScalarSelect,
    Select,
    Table,
    Text,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.orm import Session, joinedload

from booking.characters import folded
from booking.transactions.statements import FixedStatement, connection_of

from .base import Base, RowId, UTCDateTime
from .bookings import UNGROUPED, Booking
from .bookings import booking as bookings
from .business import StaffMember

_Columns = TypeVarTuple("_Columns")
_MERGED = text("merged_into IS NOT NULL")

customer = Table(
    "booking_customer",
    Base.metadata,
    Column("id", RowId, primary_key=True),
    Column("key", Text, unique=True),
    Column("name", Text, nullable=False),
    Column("sort_name", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("blocked_at", UTCDateTime),
    Column("merged_into", BigInteger, ForeignKey("booking_customer.id")),
    Column("created_at", UTCDateTime, nullable=False),
    Index(None, "sort_name", "id"),
    Index(None, "merged_into", sqlite_where=_MERGED, postgresql_where=_MERGED),
    # A number never comes back: it is in the address of a page, which must never show another one.
    sqlite_autoincrement=True,
)


@dataclass(frozen=True)
class CustomerRow:
    """A row: the first name that was typed, or what the desk wrote in its place.

    `key` is what it is known by (None: by nothing). With `merged_into` it is a part of another
    customer. `blocked_at`: since when it is not to book by the web (None: it may, unless another
    part of the same customer is not to).
    """

    id: int
    key: str | None
    name: str
    sort_name: str
    note: str
    blocked_at: datetime | None
    merged_into: int | None
    created_at: datetime

    @property
    def head(self) -> int:
        """The number of the customer that this row is, or is a part of."""
        return self.merged_into or self.id


# As words, because each dialect of SQLAlchemy has an INSERT of its own with ON CONFLICT. The UPDATE
# changes nothing: it has the row's number returned, whoever made it, and keeps it from going away.
_ADD = FixedStatement(
    text(
        "INSERT INTO booking_customer (key, name, sort_name, created_at)"
        " VALUES (:key, :name, :sort_name, :created_at)"
        " ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING id"
    ).bindparams(bindparam("key", type_=Text), bindparam("created_at", type_=UTCDateTime))
)


def add_customer(session: Session, key: str, name: str, *, now: datetime) -> int:
    """Return the number of the customer with that key, made now unless somebody was faster.

    Without a key it is always a new one.
    """
    values = {"key": key or None, "name": name, "sort_name": folded(name), "created_at": now}
    number: int = _ADD.rows(session, values)[0][0]
    return number


def customer_row(session: Session, number: int, *, lock: bool = False) -> CustomerRow | None:
    """Return that row; `lock` keeps others off it until the transaction ends."""
    return next(iter(customer_rows(session, [number], lock=lock)), None)


def customer_rows(
    session: Session, numbers: Collection[int], *, lock: bool = False
) -> list[CustomerRow]:
    """Return these rows in order of their numbers, in which everybody locks them."""
    query = select(customer).where(customer.c.id.in_(numbers)).order_by(customer.c.id)
    return _rows(connection_of(session).execute(query.with_for_update() if lock else query))


def rows_with_keys(session: Session, keys: Collection[str]) -> list[CustomerRow]:
    """Return the rows that are known by any of these keys."""
    query = select(customer).where(customer.c.key.in_(keys)).order_by(customer.c.id)
    return _rows(connection_of(session).execute(query))


def parts_of(session: Session, head: int, *, lock: bool = False) -> list[CustomerRow]:
    """Return the rows of which a customer is made: its own, and those merged into it."""
    own = or_(customer.c.id == head, customer.c.merged_into == head)
    query = select(customer).where(own).order_by(customer.c.id)
    return _rows(connection_of(session).execute(query.with_for_update() if lock else query))


def blocked_since(head: ColumnElement[Any]) -> ScalarSelect[datetime | None]:
    """Return, for a query of rows, since when a part of the customer of that number is blocked."""
    part = customer.alias("blocked_part")
    own = or_(part.c.id == head, part.c.merged_into == head)
    return select(func.min(part.c.blocked_at)).where(own).correlate(customer).scalar_subquery()


def _rows(found: Iterable[Any]) -> list[CustomerRow]:
    return [CustomerRow(*row) for row in found]


def update_customer(session: Session, number: int, **values: Any) -> None:
    """Write these columns of a customer's row."""
    if "name" in values:
        values["sort_name"] = folded(values["name"])
    session.execute(update(customer).where(customer.c.id == number).values(values))


def merge_rows(session: Session, head: int, others: Collection[int]) -> None:
    """Let these rows, and whatever was merged into them, be parts of that customer."""
    theirs = or_(customer.c.id.in_(others), customer.c.merged_into.in_(others))
    session.execute(update(customer).where(theirs).values(merged_into=head))


def leave_parts(session: Session, rows: Collection[CustomerRow]) -> None:
    """Let what was merged into any of these rows, which are to go, stay together without it.

    A note and a block go with the row that has them.
    """
    going = {row.id for row in rows}
    for head in rows:
        left = [part for part in parts_of(session, head.id, lock=True) if part.id not in going]
        if left:
            first, *others = (part.id for part in left)
            update_customer(session, first, merged_into=None)
            if others:
                merge_rows(session, first, others)


def delete_row(session: Session, row: CustomerRow) -> None:
    """Delete this row; no booking points to it any more, and what was merged into it stays."""
    leave_parts(session, [row])
    session.execute(delete(customer).where(customer.c.id == row.id))


# -- their bookings --------------------------------------------------------------------------------


def assign_bookings(session: Session, customers_by_booking: Mapping[int, int]) -> None:
    """Let each of these bookings, by their numbers, be that customer's."""
    rows = [{"booking": booking, "whose": whose} for booking, whose in customers_by_booking.items()]
    if rows:
        connection_of(session).execute(_ASSIGN, rows)


_ASSIGN = (
    update(bookings)
    .where(bookings.c.id == bindparam("booking"))
    .values(customer_id=bindparam("whose"))
)


def has_bookings_besides(
    session: Session, numbers: Collection[int], booking_ids: Collection[int]
) -> bool:
    """Tell whether these rows have bookings other than those."""
    query = select(bookings.c.id).where(
        bookings.c.customer_id.in_(numbers), bookings.c.id.not_in(booking_ids)
    )
    return connection_of(session).execute(query.limit(1)).first() is not None


def give_bookings(
    session: Session, booking_ids: Collection[int], *, of: Collection[int], to: int
) -> int:
    """Let those of these bookings that are still these rows' be that row's; return how many."""
    theirs = update(Booking).where(Booking.id.in_(booking_ids), Booking.customer_id.in_(of))
    given = session.execute(theirs.values(customer_id=to))
    return given.rowcount  # type: ignore[attr-defined,no-any-return]


def bookings_of(
    session: Session, numbers: Collection[int], *, references: Collection[str] | None = None
) -> Sequence[Booking]:
    """Return the bookings of these rows in any state, the latest first.

    `references`: those of them alone.
    """
    query = _looked_at().where(Booking.customer_id.in_(numbers))
    if references is not None:
        query = query.where(Booking.reference.in_(references))
    return session.scalars(query.order_by(*_LATEST_FIRST)).all()


def page_of_bookings(
    session: Session,
    numbers: Collection[int],
    *,
    after: tuple[datetime, int] | None,
    most: int,
    staff_slug: str = "",
) -> Sequence[Booking]:
    """Return up to `most` of their bookings, the latest first; `after` that start and number.

    `staff_slug`: only those with that staff member.
    """
    query = with_staff(_looked_at().where(Booking.customer_id.in_(numbers)), staff_slug)
    if after is not None:
        query = query.where(tuple_(Booking.starts_at, Booking.id) < tuple_(*after))
    return session.scalars(query.order_by(*_LATEST_FIRST).limit(most)).all()


_LATEST_FIRST = (Booking.starts_at.desc(), Booking.id.desc())


def _looked_at() -> Select[Booking]:
    return select(Booking).options(joinedload(Booking.service), joinedload(Booking.staff_member))


class Figures(NamedTuple):
    """What a customer's bookings come to: how many, of which how often nobody came; since when."""

    bookings: int = 0
    no_shows: int = 0
    first: datetime | None = None
    last: datetime | None = None


def figures_of(
    session: Session, heads: Collection[int], *, staff_slug: str = ""
) -> dict[int, Figures]:
    """Return the figures of these customers, those of what was merged into them among them.

    `staff_slug`: of their bookings with that staff member alone.
    """
    head = func.coalesce(customer.c.merged_into, customer.c.id)
    part = or_(customer.c.id.in_(heads), customer.c.merged_into.in_(heads))
    query = (
        select(
            head,
            func.count(),
            func.count(case((bookings.c.state == "no_show", 1))),
            func.min(bookings.c.starts_at),
            func.max(bookings.c.starts_at),
        )
        .join(bookings, bookings.c.customer_id == customer.c.id)
        .where(part)
        .group_by(head)
    )
    rows = connection_of(session).execute(with_staff(query, staff_slug))
    return {row[0]: Figures(*row[1:]) for row in rows}


def with_staff(query: Select[*_Columns], staff_slug: str) -> Select[*_Columns]:
    """Return a query of bookings, of those with that staff member; of all without one."""
    if not staff_slug:
        return query
    theirs = select(StaffMember.id).where(StaffMember.slug == staff_slug).scalar_subquery()
    return query.where(bookings.c.staff_member_id == theirs)


class Listed(NamedTuple):
    """A customer as a list has it; `blocked_at` is since when any part of theirs is blocked."""

    id: int
    name: str
    sort_name: str
    blocked_at: datetime | None
    figures: Figures = Figures()


def page_of_customers(
    session: Session, *, after: tuple[str, int] | None = None, most: int
) -> list[Listed]:
    """Return up to `most` customers in the order of their names, `after` that name and number."""
    query = LISTED.order_by(customer.c.sort_name, customer.c.id).limit(most)
    if after is not None:
        query = query.where(tuple_(customer.c.sort_name, customer.c.id) > tuple_(*after))
    return with_figures(session, connection_of(session).execute(query))


def listed_customers(session: Session, heads: Collection[int]) -> list[Listed]:
    """Return these customers in the order of their names."""
    query = LISTED.where(customer.c.id.in_(heads))
    query = query.order_by(customer.c.sort_name, customer.c.id)
    return with_figures(session, connection_of(session).execute(query))


def all_customers(session: Session) -> Iterator[Listed]:
    """Go through all customers in the order of their names, a page at a time."""
    page = page_of_customers(session, most=_AT_A_TIME)
    while page:
        yield from page
        last = page[-1]
        page = page_of_customers(session, after=(last.sort_name, last.id), most=_AT_A_TIME)


def with_figures(session: Session, rows: Iterable[Any], *, staff_slug: str = "") -> list[Listed]:
    """Return customers with what their bookings come to, by one question for all of them.

    `staff_slug`: what those with that staff member do.
    """
    listed = [Listed(*row) for row in rows]
    heads = [each.id for each in listed]
    figures = figures_of(session, heads, staff_slug=staff_slug) if listed else {}
    return [each._replace(figures=figures.get(each.id, Figures())) for each in listed]


_AT_A_TIME = 500
LISTED = select(
    customer.c.id, customer.c.name, customer.c.sort_name, blocked_since(customer.c.id)
).where(customer.c.merged_into.is_(None))
"""Of each customer what `Listed` has; the figures come later."""


def ungrouped_bookings(session: Session, *, now: datetime, most: int) -> Sequence[Any]:
    """Return up to `most` bookings of nobody that were not erased, the oldest first.

    They were made before there were customers, by an older process or by a host's own hand.
    """
    columns = (
        bookings.c.id,
        bookings.c.customer_name,
        bookings.c.customer_email,
        bookings.c.customer_phone,
        bookings.c.created_at,
    )
    query = (
        select(*columns)
        .where(UNGROUPED, bookings.c.created_at <= now)
        .order_by(bookings.c.created_at)
        .limit(most)
    )
    return connection_of(session).execute(query.with_for_update(skip_locked=True)).all()
