"""What the door makes of a database's failure: an answer, a lesson, or the failure itself."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

from booking.transactions.errors import is_temporarily_unavailable, state_of

from .model import metadata
from .refusals import MissingTables, TabSessionBusy

_NO_TABLE = "42P01"


def meant(error: Exception) -> Exception:
    """What to raise in its place: it may be asked again later, or there are no tables yet."""
    if is_temporarily_unavailable(error):
        return TabSessionBusy()
    return MissingTables() if lacks_our_tables(error) else error


def lacks_our_tables(error: Exception) -> bool:
    """Whether a statement failed because a table of this library is not there."""
    if not isinstance(error, DBAPIError):
        return False
    said = str(error.orig)
    return (state_of(error) == _NO_TABLE or "no such table" in said) and any(
        name in said for name in metadata.tables
    )
