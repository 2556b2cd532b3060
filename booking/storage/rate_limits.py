"""What else limits count: bookings begun in a day by each visitor, and proofs of work used up.

Drafts are counted, not looked up: who ends a draft has begun it all the same, and its trace stays
for a month. A row is a hash of that day, so it tells nothing any more once the day's key is gone.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    Table,
    bindparam,
    delete,
    select,
    text,
)
from sqlalchemy.orm import Session

from booking.transactions.statements import FixedStatement, connection_of

from .base import Base

# `day` counts as date.toordinal() does.
visitor_drafts = Table(
    "booking_visitor_drafts",
    Base.metadata,
    Column("mark", LargeBinary(32), primary_key=True),
    Column("day", Integer, nullable=False, index=True),
    Column("drafts", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
)


class DraftsBegun(NamedTuple):
    """How many drafts were begun that day, and their bytes in all."""

    drafts: int
    bytes: int


def add_drafts_begun(
    session: Session, marks: Sequence[bytes], now: datetime, drafts: int, size: int
) -> dict[bytes, DraftsBegun]:
    """Count these for each of the marks; what each has begun today (UTC), these among them."""
    # In one order for everybody, or two visitors of one network would wait for each other.
    of = {f"mark_{place}": mark for place, mark in enumerate(sorted(marks))}
    values = {**of, "day": _day(now), "drafts": drafts, "bytes": size}
    found = _adding(len(of)).execute(session, values)
    return {bytes(mark): DraftsBegun(begun, held) for mark, begun, held in found}


def delete_draft_counts(session: Session, *, now: datetime, most: int = 500) -> int:
    """Delete up to `most` counts of what was begun before yesterday; how many went."""
    old = select(visitor_drafts.c.mark).where(visitor_drafts.c.day < _day(now) - 1).limit(most)
    statement = delete(visitor_drafts).where(visitor_drafts.c.mark.in_(old))
    return connection_of(session).execute(statement).rowcount


def _day(now: datetime) -> int:
    return now.astimezone(UTC).date().toordinal()


@cache
def _adding(rows: int) -> FixedStatement:
    # As words, because SQLAlchemy compiles several rows of values anew each time.
    values = ", ".join(f"(:mark_{place}, :day, :drafts, :bytes)" for place in range(rows))
    words = (
        f"INSERT INTO booking_visitor_drafts (mark, day, drafts, bytes) VALUES {values}"  # noqa: S608
        " ON CONFLICT (mark) DO UPDATE SET"
        " drafts = booking_visitor_drafts.drafts + excluded.drafts,"
        " bytes = booking_visitor_drafts.bytes + excluded.bytes"
        " RETURNING mark, drafts, bytes"
    )
    return FixedStatement(text(words))


# `mark` is of the challenge, as its sender signed it; `expires_at` in seconds since the epoch.
spent_challenge = Table(
    "booking_spent_challenge",
    Base.metadata,
    Column("mark", LargeBinary(32), primary_key=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
)


def spend_proof(session: Session, mark: bytes, *, expires_at: int, now: datetime) -> bool:
    """Note that this challenge was used; False where it was used before.

    Each takes ten along that are over, so that the table stays small although nobody purges.
    """
    delete_spent_challenges(session, now=now, most=10)
    written = connection_of(session).execute(_SPEND, {"mark": mark, "expires_at": expires_at})
    return written.rowcount == 1


def delete_spent_challenges(session: Session, *, now: datetime, most: int = 500) -> int:
    """Delete up to `most` that are too old to be taken again; how many went."""
    values = {"now": int(now.timestamp()), "most": most}
    over = connection_of(session).execute(_OVER, values).scalars().all()
    if over:
        marks = spent_challenge.c.mark.in_(over)
        connection_of(session).execute(delete(spent_challenge).where(marks))
    return len(over)


# Built once: building a statement takes several times as long as running it.
_SPEND = text(
    "INSERT INTO booking_spent_challenge (mark, expires_at) VALUES (:mark, :expires_at)"
    " ON CONFLICT DO NOTHING"
)
_OVER = (
    select(spent_challenge.c.mark)
    .where(spent_challenge.c.expires_at <= bindparam("now"))
    .order_by(spent_challenge.c.expires_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
