"""Sums that browsers did for a hold, remembered until they are too old to be taken again."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, LargeBinary, Table, bindparam, delete, select, text
from sqlalchemy.orm import Session

from .base import Base

# `mark` is of the challenge, as its sender signed it; `expires_at` in seconds since the epoch.
spent_challenge = Table(
    "booking_spent_challenge",
    Base.metadata,
    Column("mark", LargeBinary(32), primary_key=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
)


def spend(session: Session, mark: bytes, *, expires_at: int, now: datetime) -> bool:
    """Note that this challenge was used; False where it was used before.

    Each takes ten along that are over, so that the table stays small although nobody purges.
    """
    forget_spent(session, now=now, most=10)
    written = session.connection().execute(_SPEND, {"mark": mark, "expires_at": expires_at})
    return written.rowcount == 1


def forget_spent(session: Session, *, now: datetime, most: int) -> int:
    """Delete up to `most` that are too old to be taken again; how many went."""
    asked = {"now": int(now.timestamp()), "most": most}
    over = session.connection().execute(_OVER, asked).scalars().all()
    if over:
        here = spent_challenge.c.mark.in_(over)
        session.connection().execute(delete(spent_challenge).where(here))
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
