"""What somebody sees who looks after the days: who comes, who waits, who is booking just now.

A constant number of statements, whatever the number of people, days and bookings; what the business
is comes from the catalogue. `standing` tells in one whether anything of it has changed: so whoever
looks at a day can ask every few seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    extract,
    func,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from booking.scheduling.clock import Interval, from_minute
from booking.transactions.statements import FixedStatement

from .bookings import booking as bookings
from .bookings import hold as holds
from .catalogue import Catalogue, catalogue_state, read_catalogue
from .pending_moves import pending_moves
from .reads import LONGEST

MOST_WAITING = 20
"""Of what waits for a decision so many are read."""


class Appointment(NamedTuple):
    """A booking, as the agenda shows it; times in minutes since the epoch, UTC, no buffers.

    `state` is that of the clock. `pending_for`: "mail" or "approval" while it waits for that.
    `stands_with`: of another time that is asked for, the staff member with whom the booking is
    meanwhile; 0 otherwise.
    """

    id: int
    reference: str
    state: str
    pending_for: str
    service_id: int
    staff_member_id: int
    start: int
    end: int
    before: int
    after: int
    name: str
    phone: str
    note: str
    stands_with: int = 0

    @property
    def span(self) -> Interval:
        """What it lasts."""
        return self.start, self.end

    @property
    def buffered(self) -> Interval:
        """What it takes up, buffers included."""
        return self.start - self.before, self.end + self.after


class HeldTime(NamedTuple):
    """A time that somebody holds who is booking just now, as that of an Appointment."""

    id: int
    service_id: int
    staff_member_id: int
    start: int
    end: int
    before: int
    after: int

    @property
    def span(self) -> Interval:
        """What it lasts."""
        return self.start, self.end

    @property
    def buffered(self) -> Interval:
        """What it takes up, buffers included."""
        return self.start - self.before, self.end + self.after


@dataclass(frozen=True)
class Agenda:
    """Everything in a span of time (minutes), of one staff member or of all."""

    catalogue: Catalogue
    span: Interval
    appointments: Sequence[Appointment]
    held: Sequence[HeldTime]
    wished: Sequence[Appointment]
    """Where bookings are asked to be moved: the other time, that of the booking it belongs to."""


def read_agenda(
    session: Session, span: Interval, *, now: datetime, staff_member_id: int | None = None
) -> Agenda:
    """Return what lies in that span, a part of it at least, by its start.

    Cancelled ones are among it. `staff_member_id`: that person's alone; None: everybody's.
    """
    catalogue = read_catalogue(session)
    values = _values(span, now, staff_member_id)
    asking = _ASKING[staff_member_id is not None]
    return Agenda(
        catalogue=catalogue,
        span=span,
        appointments=[_appointment(row) for row in asking.bookings.rows(session, values)],
        held=[_held(row, catalogue) for row in asking.holds.rows(session, values)],
        wished=[_appointment(row) for row in asking.moves.rows(session, values)],
    )


def waiting(
    session: Session, *, now: datetime, staff_member_id: int | None = None
) -> tuple[list[Appointment], list[Appointment]]:
    """Return what waits for the shop to decide, on whatever day, by its start: so many at most.

    First bookings, then other times that customers ask for, each that of its booking; of one staff
    member those of their bookings, and those that would be with them.
    """
    values = {"now": int(now.timestamp())}
    if staff_member_id is not None:
        values["member"] = staff_member_id
    asked, wished = _ASKING[staff_member_id is not None].waiting
    new, moves = asked.rows(session, values), wished.rows(session, values)
    return [_appointment(row) for row in new], [_appointment(row) for row in moves]


def standing(
    session: Session, span: Interval, *, now: datetime, staff_member_id: int | None = None
) -> str:
    """Return a text that is another as soon as `read_agenda` would return something else."""
    asking = _ASKING[staff_member_id is not None].standing
    rows = asking.rows(session, _values(span, now, staff_member_id))
    text = "\n".join(each for (each,) in rows)
    return blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()


def _values(span: Interval, now: datetime, staff_member_id: int | None) -> dict[str, Any]:
    first, end = map(from_minute, span)
    values = {"first": first, "end": end, "since": first - LONGEST, "now": int(now.timestamp())}
    return values if staff_member_id is None else values | {"member": staff_member_id}


def _appointment(row: tuple[Any, ...]) -> Appointment:
    number, reference, state, pending_for, service, member, starts, ends, *rest = row
    times = starts // 60, ends // 60
    return Appointment(number, reference, state, pending_for, service, member, *times, *rest)


def _held(row: tuple[Any, ...], catalogue: Catalogue) -> HeldTime:
    number, service_id, member, starts, ends = row
    service = catalogue.every_service.get(service_id)
    before, after = (service.buffer_before, service.buffer_after) if service else (0, 0)
    return HeldTime(number, service_id, member, starts // 60, ends // 60, before, after)


def _seconds(instant: ColumnElement[datetime]) -> ColumnElement[int]:
    return cast(extract("epoch", instant), BigInteger)


# Nobody need have written it down.
_HAS_LAPSED = and_(
    bookings.c.pending_until.is_not(None),
    bookings.c.pending_until <= bindparam("now"),
    bookings.c.state == "pending",
)
_STATE = case((_HAS_LAPSED, literal_column("'cancelled'", String)), else_=bookings.c.state)


class _Asking(NamedTuple):
    bookings: FixedStatement
    holds: FixedStatement
    moves: FixedStatement
    standing: FixedStatement
    waiting: tuple[FixedStatement, FixedStatement]


def _asking(*, of_one: bool) -> _Asking:
    """What is asked about everybody, or about one staff member."""

    def theirs(table: Any) -> list[ColumnElement[bool]]:
        return [table.c.staff_member_id == bindparam("member")] if of_one else []

    def within(table: Any) -> list[ColumnElement[bool]]:
        times = table.c.starts_at < bindparam("end"), table.c.ends_at > bindparam("first")
        return [*times, *theirs(table)]

    said = (bookings.c.customer_name, bookings.c.customer_phone, bookings.c.customer_note)
    state = _STATE, bookings.c.pending_for
    any_booking = select(
        bookings.c.id,
        bookings.c.reference,
        *state,
        *_place(bookings),
        bookings.c.buffer_before,
        bookings.c.buffer_after,
        *said,
    )
    booked = any_booking.where(bookings.c.starts_at > bindparam("since"), *within(bookings))
    undecided = any_booking.where(
        bookings.c.pending_until > bindparam("now"),
        bookings.c.state == "pending",
        bookings.c.pending_for == "approval",
        *theirs(bookings),
    )
    held = select(holds.c.id, *_place(holds)).where(
        holds.c.expires_at > bindparam("now"), *within(holds)
    )
    any_move = (
        select(
            bookings.c.id,
            bookings.c.reference,
            literal_column("'pending'"),
            literal_column("'approval'"),
            bookings.c.service_id,
            *_place(pending_moves)[1:],
            pending_moves.c.buffer_before,
            pending_moves.c.buffer_after,
            *said,
            bookings.c.staff_member_id,
        )
        .join_from(pending_moves, bookings, bookings.c.id == pending_moves.c.booking_id)
        .where(pending_moves.c.until > bindparam("now"))
    )
    moved = any_move.where(*within(pending_moves))
    # It is decided where the booking is, and takes up time where it may come to be.
    wished = any_move.where(or_(*theirs(bookings), *theirs(pending_moves))) if of_one else any_move
    by_start = bookings.c.starts_at, bookings.c.id
    by_wish = pending_moves.c.starts_at, bookings.c.id
    return _Asking(
        FixedStatement(booked.order_by(*by_start)),
        FixedStatement(held.order_by(holds.c.starts_at, holds.c.id)),
        FixedStatement(moved.order_by(*by_wish)),
        FixedStatement(
            union_all(
                select(catalogue_state.c.token),
                _as_one(booked, bookings.c.id, *state, *_changing(bookings), *said),
                _as_one(held, holds.c.id, *_changing(holds)),
                _as_one(moved, bookings.c.id, *_changing(pending_moves), *said),
            )
        ),
        (
            FixedStatement(undecided.order_by(*by_start).limit(MOST_WAITING)),
            FixedStatement(wished.order_by(*by_wish).limit(MOST_WAITING)),
        ),
    )


def _place(table: Any) -> list[ColumnElement[Any]]:
    service = table.c.service_id if "service_id" in table.c else literal_column("0")
    times = _seconds(table.c.starts_at), _seconds(table.c.ends_at)
    return [service, table.c.staff_member_id, *times]


def _changing(table: Any) -> list[ColumnElement[Any]]:
    return [table.c.staff_member_id, table.c.starts_at, table.c.ends_at]


def _as_one(rows: Select[Any], *shown: ColumnElement[Any]) -> Select[str]:
    """All these columns in one text, one after the other.

    Row by row they would take three times as long to put together.
    """
    # No name that anybody typed has this sign in it.
    between: Any = literal_column("'\x1f'")
    texts = [each if isinstance(each.type, String) else cast(each, String) for each in shown]
    columns = [func.coalesce(func.aggregate_strings(each, between), between) for each in texts]
    written: ColumnElement[str] = columns[0]
    for column in columns[1:]:
        written = written + between + column
    return rows.with_only_columns(written, maintain_column_froms=True).order_by(None)


_ASKING = {of_one: _asking(of_one=of_one) for of_one in (False, True)}
