"""The outbox as an owner looks at it: what went out, what did not, and what waits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, not_, or_, select, update
from sqlalchemy.orm import Session

from booking.addresses import is_same_address
from booking.transactions.statements import connection_of

from .models import Booking, StaffMember, booking, letter
from .outbox import (
    CONFIRM_ADDRESS,
    MOVE_NOT_CONFIRMED,
    MOVE_TAKEN_BACK,
    MOVE_TO_DECIDE,
    REFUSED,
    SENDING,
    SENT,
    SERIES,
    TOO_LATE,
    WAITING,
    WITHDRAWN,
    Letter,
)

# Where the server had us pause the try did not count, and its next one is still put off.
_NOT_TAKEN = and_(
    letter.c.state == WAITING, or_(letter.c.tries > 0, letter.c.leased_until.is_not(None))
)
FAILED = or_(letter.c.state == REFUSED, _NOT_TAKEN)
NOT_CONFIRMED = "not_confirmed"
AGAIN = "again"
"""What waits to be tried once more, beside the states that letters have."""
LISTED_STATES = (WAITING, AGAIN, SENDING, SENT, REFUSED, WITHDRAWN, TOO_LATE)


class AskedAddress(NamedTuple):
    """An address that was asked whether it is a customer's: until when, in seconds since the epoch.

    `message_id` is that of the letter, of which its link is made.
    """

    recipient: str
    until: int
    message_id: str

    def is_to(self, address: str) -> bool:
        """Tell whether that is the address; capitals of a to z do not matter."""
        return is_same_address(self.recipient, address)

    def waits_at(self, now: datetime) -> bool:
        """Tell whether the answer still counts then."""
        return int(now.timestamp()) < self.until


def asked_addresses(session: Session, booking_id: int) -> list[AskedAddress]:
    """Return which other addresses of its customer's were asked, the last one first.

    The answer to a letter that was withdrawn or refused does not count: it waits until 0.
    """
    known = letter.c.recipient, letter.c.last_moment, letter.c.message_id
    query = select(letter.c.id, letter.c.state, *known).where(
        letter.c.booking_id == booking_id, letter.c.kind == CONFIRM_ADDRESS
    )
    # There are few; asked for in order, a database may look through all letters for them.
    rows = sorted(connection_of(session).execute(query).all(), reverse=True)
    return [
        AskedAddress(recipient, until if state in (WAITING, SENDING, SENT) else 0, message_id)
        for _number, state, recipient, until, message_id in rows
    ]


def asked_address(session: Session, booking_id: int) -> AskedAddress | None:
    """Return which other address of its customer's was asked last; None: none, or in vain."""
    last = next(iter(asked_addresses(session, booking_id)), None)
    return last if last and last.until else None


class Listed(NamedTuple):
    """A letter with the reference of the booking it is about, empty for none."""

    letter: Letter
    reference: str


def newest_letters(
    session: Session, *, most: int, only_failed: bool, booking_id: int | None = None
) -> list[Listed]:
    """Return the newest letters, the newest first, of that booking or of all.

    `only_failed`: what no server has taken.
    """
    newest = _LISTED.order_by(letter.c.id.desc()).limit(most)
    if only_failed:
        newest = newest.where(FAILED)
    if booking_id is not None:
        newest = newest.where(letter.c.booking_id == booking_id)
    return [_listed(row) for row in session.execute(newest)]


def letters_before(
    session: Session,
    number: int | None,
    *,
    most: int,
    state: str = "",
    booking_id: int | None = None,
) -> list[Listed]:
    """Return letters, the newest first, up to `most` that were written before that one.

    `number` None: from the newest on. Those of that `state` (of LISTED_STATES; empty: of any), of
    that booking or of all.
    """
    page = _LISTED.order_by(letter.c.id.desc()).limit(most)
    if number is not None:
        page = page.where(letter.c.id < number)
    if state:
        page = page.where(_in_state(state))
    if booking_id is not None:
        page = page.where(letter.c.booking_id == booking_id)
    return [_listed(row) for row in session.execute(page)]


def _in_state(state: str) -> ColumnElement[bool]:
    if state == AGAIN:
        return _NOT_TAKEN
    if state == WAITING:
        return and_(letter.c.state == WAITING, not_(_NOT_TAKEN))
    return letter.c.state == state


class Standing(NamedTuple):
    """How many letters were refused, are to be tried again, and have been due for too long.

    `oldest` is since when the last are due, in seconds since the epoch; None where there are none.
    """

    refused: int
    again: int
    late: int
    oldest: int | None


def standing_of_letters(session: Session, *, due_before: int) -> Standing:
    """Return how the letters stand, without a host's handlers.

    Too long waits what was due before then, and nobody has tried.
    """
    is_again = _NOT_TAKEN
    is_late = and_(letter.c.state == WAITING, not_(is_again), letter.c.due_at < due_before)
    counts = select(
        func.count().filter(letter.c.state == REFUSED),
        func.count().filter(is_again),
        func.count().filter(is_late),
        func.min(letter.c.due_at).filter(is_late),
    ).where(letter.c.state.in_((REFUSED, WAITING)), letter.c.role != "host")
    return Standing(*session.execute(counts).one())


def letter_numbered(session: Session, number: int) -> Listed | None:
    """Return that letter, None where there is none of that number (any more)."""
    row = session.execute(_LISTED.where(letter.c.id == number)).first()
    return _listed(row) if row else None


_LISTED: Select[Any] = select(
    *letter.columns, func.coalesce(booking.c.reference, "").label("reference")
).outerjoin(booking, booking.c.id == letter.c.booking_id)


def _listed(row: Row[Any]) -> Listed:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's own name for it
    return Listed(reference=values.pop("reference"), letter=Letter(**values))


def is_told(session: Session, of: Booking) -> bool:
    """Return whether its customer has a letter that it is booked, or one is under way."""
    query = select(letter.c.id).where(
        letter.c.booking_id == of.id,
        letter.c.state.in_((WAITING, SENDING, SENT)),
        letter.c.kind == "booked",
        letter.c.role == "customer",
        letter.c.recipient == of.customer_email,
    )
    return session.execute(query.limit(1)).first() is not None


def letters_to_retry(
    session: Session, numbers: Sequence[int] | None, *, now: int, most: int | None = None
) -> list[int]:
    """Return which letters may be sent after all: of these numbers, or of all that failed (None).

    Not those that have lost their point, nor those that a later change has made untrue. The oldest
    first, up to `most` (None: all).
    """
    in_time = or_(letter.c.last_moment.is_(None), letter.c.last_moment > now)
    every = letter.outerjoin(booking, booking.c.id == letter.c.booking_id)
    every = every.outerjoin(StaffMember, StaffMember.id == booking.c.staff_member_id)
    failed = select(*_STANDS, *_TOLD).select_from(every).where(FAILED, in_time)
    failed = failed.where(or_(_IS_OF_NOW, _IS_OF_LAST)).order_by(letter.c.id)
    if numbers is not None:
        failed = failed.where(letter.c.id.in_(numbers))
    rows = connection_of(session).execute(failed)
    return [row.id for row in rows if row.is_of_now or _is_so(row)][:most]


_IS_OF_NOW = or_(
    letter.c.booking_id.is_(None),
    letter.c.role == "host",  # hears of every event
    letter.c.sequence == booking.c.changes,
    and_(  # whoever lost it to a colleague
        letter.c.role == "staff",
        letter.c.kind == "cancelled",
        letter.c.staff_member_id != booking.c.staff_member_id,
    ),
)
_LATER = letter.alias("later")
_ASKED = (MOVE_TO_DECIDE, MOVE_TAKEN_BACK)
# Another address of the customer's counts as a change, too, and makes nothing of this untrue.
_IS_OF_LAST = and_(
    letter.c.kind.in_((*SERIES, "reminder", NOT_CONFIRMED, MOVE_NOT_CONFIRMED, *_ASKED)),
    ~exists().where(
        _LATER.c.booking_id == letter.c.booking_id,
        _LATER.c.role == letter.c.role,
        _LATER.c.recipient == letter.c.recipient,
        _LATER.c.state != WITHDRAWN,
        or_(
            and_(_LATER.c.kind.in_(tuple(SERIES)), _LATER.c.sequence > letter.c.sequence),
            and_(
                letter.c.kind.in_((MOVE_NOT_CONFIRMED, *_ASKED)),
                _LATER.c.kind.in_(_ASKED),
                _LATER.c.created_at > letter.c.created_at,
            ),
        ),
    ),
)
_STANDS = (
    booking.c.state,
    booking.c.cancelled_by,
    booking.c.customer_email,
    booking.c.starts_at,
    booking.c.ends_at,
    StaffMember.name.label("staff"),
)
_TOLD = (
    letter.c.id,
    letter.c.kind,
    letter.c.role,
    letter.c.recipient,
    letter.c.facts,
    _IS_OF_NOW.label("is_of_now"),
)


def _is_so(row: Row[Any]) -> bool:
    """Tell whether the booking stands as the letter says that it does, whatever came meanwhile."""
    facts = row.facts
    if row.role == "customer" and not is_same_address(row.recipient, row.customer_email):
        return False
    if row.kind == NOT_CONFIRMED:
        return bool(row.state == "cancelled" and row.cancelled_by == "clock")
    state = "cancelled" if row.kind == "cancelled" else "confirmed"
    told = datetime.fromisoformat(facts["start"]), datetime.fromisoformat(facts["end"])
    is_there = (*told, facts["staff"]) == (row.starts_at, row.ends_at, row.staff)
    return bool(row.state == state and is_there)


def kinds_of_letters(session: Session, numbers: Sequence[int]) -> list[tuple[int, str, str]]:
    """Return of these letters, where they are about a booking, its number, their kind and role."""
    columns = letter.c.booking_id, letter.c.kind, letter.c.role
    about_one = letter.c.id.in_(numbers), letter.c.booking_id.is_not(None)
    query = select(*columns).where(*about_one).order_by(letter.c.id)
    return [(row[0], row[1], row[2]) for row in connection_of(session).execute(query)]


def retry_letters(session: Session, numbers: Sequence[int], *, now: int) -> int:
    """Let these failed letters be due at once, as if nobody had tried; return how many are."""
    anew = {"state": WAITING, "tries": 0, "ended_at": None, "leased_until": None, "due_at": now}
    statement = update(letter).where(letter.c.id.in_(numbers), FAILED).values(anew)
    return connection_of(session).execute(statement).rowcount
