"""How many times one visitor may hold at once."""

from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from booking.operations.errors import TooManyHolds
from booking.storage.models import hold as holds

_VISITORS = 1651470188  # a family of PostgreSQL's advisory locks, beside that of the migrations


def require_room(
    session: Session, visitor: bytes, limit: int, *, tab_key: int, now: datetime
) -> None:
    """Raise TooManyHolds when the visitor's other tabs hold `limit` times or more."""
    _one_at_a_time(session, visitor)
    live = select(func.count()).where(
        holds.c.visitor == visitor,
        holds.c.expires_at > int(now.timestamp()),
        holds.c.tab_session_id != tab_key,
    )
    if session.scalars(live).one() >= limit:
        raise TooManyHolds


def _one_at_a_time(session: Session, visitor: bytes) -> None:
    # Or two tabs would both count before either holds. SQLite has one writer at a time anyway.
    if session.get_bind().dialect.name != "postgresql":
        return
    key = int.from_bytes(visitor[:4], "big", signed=True)
    session.execute(
        text("SELECT pg_advisory_xact_lock(:family, :visitor)"),
        {"family": _VISITORS, "visitor": key},
    )
