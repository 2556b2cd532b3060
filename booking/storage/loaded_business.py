"""What the business was when a file was loaded last: a digest of each thing, by its name.

By it a file that says nothing of its version, as one that was written by hand, is told what was
changed at the desk since. One row, number 1; none before the first load.
"""

from collections.abc import Mapping

from sqlalchemy import JSON, Column, Integer, Table, delete, insert, select
from sqlalchemy.orm import Session

from .base import Base

loaded_business = Table(
    "booking_loaded_business",
    Base.metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("versions", JSON, nullable=False),
)


def versions_at_last_load(session: Session) -> dict[str, str] | None:
    """Return the digests of what was loaded last; None where nobody has kept any."""
    return session.scalar(select(loaded_business.c.versions).where(loaded_business.c.id == 1))


def keep_versions(session: Session, versions: Mapping[str, str]) -> None:
    """Remember these digests as those of the last load."""
    session.execute(delete(loaded_business))
    session.execute(insert(loaded_business).values(id=1, versions=dict(versions)))
