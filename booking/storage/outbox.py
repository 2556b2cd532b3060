"""What is to be said of bookings, and to whom: a row for each letter, and for each host's handler.

A row says what happened, as it was then, and never how it is put: text, link and invitation are
made when it is delivered. Instants are in seconds since the epoch, UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    and_,
    bindparam,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session

from booking.transactions.statements import FixedStatement, connection_of

from .base import Base, RowId

WAITING, SENDING, SENT = "waiting", "sending", "sent"
REFUSED, WITHDRAWN, TOO_LATE = "refused", "withdrawn", "too_late"
LETTER_STATES = (WAITING, SENDING, SENT, REFUSED, WITHDRAWN, TOO_LATE)
ROLES = ("customer", "staff", "shop", "host")
ADDRESS_CHANGED = "address_changed"
"""The kind that tells an address that it hears no more of a booking: true whatever comes later."""

CONFIRM_ADDRESS = "confirm_address"
"""The kind that asks another address of a customer's whether it is theirs."""

LOST_LINK = "lost_link"
"""The kind that asks for the links of an address; what bookings there are nobody has looked up."""
MOVE_AWAITING_APPROVAL, MOVE_TO_DECIDE = "move_awaiting_approval", "move_to_decide"
MOVE_NOT_CONFIRMED, MOVE_DECLINED = "move_not_confirmed", "move_declined"
MOVE_TAKEN_BACK = "move_taken_back"
ABOUT_A_MOVE = (
    MOVE_AWAITING_APPROVAL,
    MOVE_TO_DECIDE,
    MOVE_NOT_CONFIRMED,
    MOVE_DECLINED,
    MOVE_TAKEN_BACK,
)
"""The kinds about a move that was asked for, while the old time stands."""
SERIES: Mapping[str, str] = {
    "booked": "series_booked",
    "moved": "series_moved",
    "cancelled": "series_cancelled",
}
"""The kinds that tell of several appointments of a series at once, by what happened.

They say how these stand when they go out, so they are true whatever happens to the first of them.
"""
NEW: Mapping[str, Any] = {
    "state": WAITING,
    "tries": 0,
    "answer": "",
    "lease": None,
    "leased_until": None,
    "ended_at": None,
}
"""What every letter begins with."""

letter = Table(
    "booking_letter",
    Base.metadata,
    Column("id", RowId, primary_key=True),
    Column("booking_id", BigInteger, ForeignKey("booking_booking.id", ondelete="CASCADE")),
    Column(
        "staff_member_id",
        Integer,
        ForeignKey("booking_staff_member.id", ondelete="CASCADE"),
        index=True,
    ),
    Column("kind", String(24), nullable=False),
    Column("role", String(8), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("language", String(35), nullable=False),
    Column("facts", JSON, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("message_id", String(64), nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("last_moment", BigInteger),
    Column("state", String(12), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("answer", Text, nullable=False),
    Column("lease", String(32)),
    Column("leased_until", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, index=True),
    CheckConstraint(f"state IN {LETTER_STATES}", name="state"),
    CheckConstraint(f"role IN {ROLES}", name="role"),
    Index(None, "booking_id", "state"),
    Index(None, "state", "due_at"),
    Index("ix_booking_letter_recipient", text("lower(recipient)"), "due_at"),
    # A number never comes back: it names the letter in what a server or a person was told of it.
    sqlite_autoincrement=True,
)

deliverer = Table(
    "booking_deliverer",
    Base.metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("lease", String(32)),
    Column("leased_until", BigInteger, nullable=False),
    Column("paused_until", BigInteger, nullable=False),
    Column("pauses", Integer, nullable=False),
    Column("answer", Text, nullable=False),
)
"""One row: whose turn it is to deliver, and until when nobody does, because the server said so."""

manage_link = Table(
    "booking_manage_link",
    Base.metadata,
    Column("id", RowId, primary_key=True),
    Column(
        "booking_id",
        BigInteger,
        ForeignKey("booking_booking.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("token_hash", LargeBinary(32), nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
)
"""Hashes of links of a booking beside its first one, `Booking.manage_token_hash`."""

link_key = Table(
    "booking_link_key",
    Base.metadata,
    Column("fingerprint", String(32), primary_key=True),
    Column("source", String(8), nullable=False),
    Column("place", String(64), nullable=False),
    Column("first_used_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger, nullable=False),
    CheckConstraint("source IN ('secret', 'file')", name="source"),
)
"""The keys that links were made with: a fingerprint of each, and where it comes from."""


@dataclass(frozen=True)
class Letter:
    """One row: what somebody is to be told, or a host's handler.

    `role` says who that is, `recipient` is an address, or the name of a handler. `facts` are those
    of the event. It is due at `due_at` and has lost its point after `last_moment` (None: never).
    `answer` is what the server said last, without addresses. `lease` names the deliverer that has
    it until `leased_until`; without a lease nobody is to try it again before then.
    """

    id: int
    booking_id: int | None
    staff_member_id: int | None
    kind: str
    role: str
    recipient: str
    language: str
    facts: Mapping[str, Any]
    sequence: int
    message_id: str
    due_at: int
    last_moment: int | None
    state: str
    tries: int
    answer: str
    lease: str | None
    leased_until: int | None
    created_at: int
    ended_at: int | None


def add_letters(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write these letters in one statement; each of them names every column but `id`."""
    if rows:
        connection_of(session).execute(insert(letter), [dict(row) for row in rows])


def _is_over_for_good(now: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether it tells of another time that it is not asked for any more, as of something past."""
    lapsed = and_(letter.c.kind == literal(MOVE_NOT_CONFIRMED), letter.c.due_at <= now)
    return or_(letter.c.kind == literal(MOVE_TAKEN_BACK), lapsed)


_WITHDRAW = FixedStatement(
    update(letter)
    .where(
        letter.c.booking_id == bindparam("of_booking"),
        or_(letter.c.state == literal(WAITING), letter.c.state == literal(SENDING)),
        # A host hears of every event, in order; only what is still to come is not true any more.
        or_(letter.c.role != literal("host"), letter.c.kind == literal("reminder")),
        letter.c.kind != literal(ADDRESS_CHANGED),
        letter.c.kind != literal(CONFIRM_ADDRESS),
        *(letter.c.kind != literal(kind) for kind in SERIES.values()),
        # Whoever lost it to a colleague has still to hear so, whatever happens to it there.
        or_(
            letter.c.role != literal("staff"),
            letter.c.kind != literal("cancelled"),
            letter.c.staff_member_id == bindparam("of_member"),
        ),
        # Whoever was to decide about another time may hear of its end by nothing else.
        or_(
            letter.c.role == literal("customer"),
            not_(_is_over_for_good(bindparam("at", type_=BigInteger))),
        ),
        or_(
            bindparam("of_recipient", type_=Text) == literal(""),
            and_(
                letter.c.recipient == bindparam("of_recipient", type_=Text),
                letter.c.role == literal("customer"),
            ),
        ),
    )
    .values(state=bindparam("to_state"), ended_at=bindparam("at"))
    .returning(letter.c.id)
)


def withdraw_letters(
    session: Session, booking_id: int, *, now: int, recipient: str = "", member_id: int = 0
) -> list[int]:
    """Withdraw what waits for a booking, reminders too; return the numbers of these letters.

    With a `recipient` only what its customer was to get at that address. One under way may still
    arrive, for nobody can call it back, but is not tried again. What a host's handler is to hear
    stays, and so does what tells anybody but the staff member of `member_id`, who has it now, that
    it is over for them, and what tells staff or the shop that another time is asked for no more.
    """
    values = {"of_booking": booking_id, "to_state": WITHDRAWN, "at": now, "of_recipient": recipient}
    return [row[0] for row in _WITHDRAW.rows(session, {**values, "of_member": member_id})]


def void_asked_address(session: Session, booking_id: int, *, now: int) -> None:
    """Withdraw what asks another address of the booking's customer; its answer counts no more.

    Nor does that to a letter under way: once it has gone out it is sent, as what was sent before
    stays sent, for both count among the letters of that address.
    """
    of_it = letter.c.booking_id == booking_id, letter.c.kind == CONFIRM_ADDRESS
    waiting = update(letter).where(*of_it, letter.c.state.in_((WAITING, SENDING)))
    asking = update(letter).where(*of_it, letter.c.last_moment > now)
    connection_of(session).execute(waiting.values(state=WITHDRAWN, ended_at=now))
    connection_of(session).execute(asking.values(last_moment=now))


def withdraw_about_moves(session: Session, booking_id: int, *, now: int) -> list[int]:
    """Withdraw what waits to be said of a move that was asked for; all else stays true.

    So does that an earlier one was taken back, or not decided in time. Returns the numbers of these
    letters.
    """
    waiting = update(letter).where(
        letter.c.booking_id == booking_id,
        letter.c.kind.in_(ABOUT_A_MOVE),
        letter.c.state.in_((WAITING, SENDING)),
        not_(_is_over_for_good(literal(now))),
    )
    withdrawn = waiting.values(state=WITHDRAWN, ended_at=now).returning(letter.c.id)
    return [*connection_of(session).execute(withdrawn).scalars()]


class Told(NamedTuple):
    """Whom a letter went to; `member` is the number of a staff member, None for anybody else."""

    role: str
    recipient: str
    member: int | None


def told_to_decide(session: Session, booking_id: int, *, since: int) -> dict[Told, dict[str, Any]]:
    """Return who was told since then to decide about a move of that booking, and not of its end.

    To each belong the facts of the last such letter that has left for them.
    """
    columns = letter.c.role, letter.c.recipient, letter.c.staff_member_id
    asked = and_(letter.c.kind == MOVE_TO_DECIDE, letter.c.tries > 0)
    over = and_(letter.c.kind == MOVE_TAKEN_BACK, letter.c.state != WITHDRAWN)
    of_it = select(letter.c.id, letter.c.kind, letter.c.facts, *columns).where(
        letter.c.booking_id == booking_id, letter.c.created_at >= since, or_(asked, over)
    )
    told: dict[Told, dict[str, Any]] = {}
    rows = connection_of(session).execute(of_it)
    for _number, kind, facts, *whom in sorted(rows, key=lambda row: row.id):
        if kind == MOVE_TO_DECIDE:
            told[Told(*whom)] = facts
        else:
            told.pop(Told(*whom), None)
    return told


def told_of_change(session: Session, booking_id: int, *, sequence: int) -> set[str]:
    """Return the addresses of staff and shop that are told what happened to a booking then."""
    of_it = select(letter.c.recipient).where(
        letter.c.booking_id == booking_id,
        letter.c.sequence == sequence,
        letter.c.role.in_(("staff", "shop")),
        letter.c.kind.in_(tuple(SERIES)),
        letter.c.state != WITHDRAWN,
    )
    return {*connection_of(session).execute(of_it).scalars()}


def staff_never_told(session: Session, booking_id: int) -> set[int]:
    """Return to whom a booking went from a colleague of theirs, and who was told nothing of it."""
    to_staff = select(letter.c.staff_member_id, letter.c.kind, letter.c.tries, letter.c.sequence)
    rows = connection_of(session).execute(
        to_staff.where(letter.c.booking_id == booking_id, letter.c.role == "staff")
    )
    came, told = set(), set()
    for member, kind, tries, sequence in rows:
        if tries:
            told.add(member)
        elif kind == "booked" and sequence:
            came.add(member)
    return came - told


def reminders_to_come(
    session: Session, booking_id: int, *, now: int
) -> dict[tuple[str, str, int, int | None], int]:
    """Return the ids of a booking's reminders that wait for their time.

    By role, by whom, by when, and by when they have lost their point.
    """
    known = letter.c.role, letter.c.recipient, letter.c.due_at, letter.c.last_moment
    waiting = select(*known, letter.c.id).where(
        letter.c.booking_id == booking_id,
        letter.c.state == WAITING,
        letter.c.kind == "reminder",
        letter.c.due_at > now,
    )
    rows = connection_of(session).execute(waiting)
    return {(role, whom, due, last): number for role, whom, due, last, number in rows}


def withdraw_reminders(session: Session, numbers: Sequence[int], *, now: int) -> None:
    """Withdraw these letters, as long as they wait."""
    waiting = update(letter).where(letter.c.id.in_(numbers), letter.c.state == WAITING)
    connection_of(session).execute(waiting.values(state=WITHDRAWN, ended_at=now))


_DUE_OF_ADDRESS = FixedStatement(
    select(letter.c.due_at).where(
        func.lower(letter.c.recipient) == func.lower(bindparam("address")),
        letter.c.due_at >= bindparam("since"),
        letter.c.role == literal("customer"),
        letter.c.state != literal(WITHDRAWN),
        # Anybody may ask for links, and must not use up what bookings are told with.
        letter.c.kind != literal(LOST_LINK),
    )
)


def due_of_address(session: Session, address: str, *, since: int) -> list[int]:
    """Return when letters to a customer's address were or are due, from then on.

    However it is written in capitals, and of whichever bookings; what was withdrawn, and links that
    were asked for, are left out.
    """
    rows = _DUE_OF_ADDRESS.rows(session, {"address": address, "since": since})
    return [row[0] for row in rows]


def links_sent(session: Session, recipient: str, *, since: int) -> int:
    """Return how many letters with lost links that recipient, as it is kept, had from then on."""
    query = select(func.count()).where(
        func.lower(letter.c.recipient) == func.lower(recipient),
        letter.c.due_at >= since,
        letter.c.kind == LOST_LINK,
        letter.c.state == SENT,
    )
    return session.scalar(query) or 0
