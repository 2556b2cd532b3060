"""How many bookings each visitor began on a day, and how many bytes of them were stored.

Counted, not looked up: who ends a draft has begun it all the same, and its trace stays for a month.
A row is a mark of that day, so it tells nothing any more once the day's key is gone.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    Table,
    TextClause,
    delete,
    select,
    text,
)
from sqlalchemy.orm import Session

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


class Begun(NamedTuple):
    """How many drafts were begun that day, and their bytes in all."""

    drafts: int
    bytes: int


def add(
    session: Session, marks: Sequence[bytes], day: int, drafts: int, size: int
) -> dict[bytes, Begun]:
    """Count these for each of the marks; what each has now."""
    connection = session.connection()
    # In one order for everybody, or two visitors of one network would wait for each other.
    of = {f"mark_{place}": mark for place, mark in enumerate(sorted(marks))}
    asked = {**of, "day": day, "drafts": drafts, "bytes": size}
    found = connection.execute(_counting(len(of)), asked)
    return {bytes(mark): Begun(begun, held) for mark, begun, held in found}


def forget(session: Session, before: int, most: int) -> int:
    """Delete up to `most` counts of days before that one; how many went."""
    old = select(visitor_drafts.c.mark).where(visitor_drafts.c.day < before).limit(most)
    statement = delete(visitor_drafts).where(visitor_drafts.c.mark.in_(old))
    return session.connection().execute(statement).rowcount


@cache
def _counting(rows: int) -> TextClause:
    # As words, because SQLAlchemy compiles several rows of values anew each time.
    values = ", ".join(f"(:mark_{place}, :day, :drafts, :bytes)" for place in range(rows))
    return text(
        f"INSERT INTO booking_visitor_drafts (mark, day, drafts, bytes) VALUES {values}"  # noqa: S608
        " ON CONFLICT (mark) DO UPDATE SET"
        " drafts = booking_visitor_drafts.drafts + excluded.drafts,"
        " bytes = booking_visitor_drafts.bytes + excluded.bytes"
        " RETURNING mark, drafts, bytes"
    )
