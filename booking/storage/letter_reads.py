"""The outbox as an owner looks at it: what went out, what did not, and what waits."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, update
from sqlalchemy.orm import Session

from booking.transactions.statements import connection_of

from .models import Booking, booking, letter
from .outbox import REFUSED, SENDING, SENT, WAITING, Letter

# Where the server had us pause the try did not count, and its next one is still put off.
_NOT_TAKEN = and_(
    letter.c.state == WAITING, or_(letter.c.tries > 0, letter.c.leased_until.is_not(None))
)
FAILED = or_(letter.c.state == REFUSED, _NOT_TAKEN)


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


def letters_to_retry(session: Session, numbers: Sequence[int], *, now: int) -> list[int]:
    """Return which letters may be sent after all: of these numbers, or of all that failed.

    Not those that have lost their point, nor those that a later change has made untrue.
    """
    which = letter.c.id.in_(numbers) if numbers else FAILED
    query = select(letter.c.id).outerjoin(booking, booking.c.id == letter.c.booking_id)
    return list(session.scalars(query.where(which, FAILED, _is_true(now)).order_by(letter.c.id)))


def _is_true(now: int) -> ColumnElement[bool]:
    in_time = or_(letter.c.last_moment.is_(None), letter.c.last_moment > now)
    newest = or_(
        letter.c.booking_id.is_(None),
        letter.c.role == "host",  # hears of every event
        letter.c.sequence == booking.c.changes,
        and_(  # whoever lost it to a colleague
            letter.c.role == "staff",
            letter.c.kind == "cancelled",
            letter.c.staff_member_id != booking.c.staff_member_id,
        ),
    )
    return and_(in_time, newest)


def retry_letters(session: Session, numbers: Sequence[int], *, now: int) -> int:
    """Let these failed letters be due at once, as if nobody had tried; return how many are."""
    anew = {"state": WAITING, "tries": 0, "ended_at": None, "leased_until": None, "due_at": now}
    statement = update(letter).where(letter.c.id.in_(numbers), FAILED).values(anew)
    return connection_of(session).execute(statement).rowcount
