"""Whether the database takes a write: the only way to know is to try."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from booking.tab_sessions import write_transaction
from booking.transactions.errors import is_missing_table
from booking.transactions.watching import AnySession

from .findings import Finding, Grade
from .troubles import is_in_the_way, said

_CHANGES_NOTHING = text("UPDATE booking_alembic_version SET version_num = version_num")


def try_to_write(session: AnySession) -> Iterator[Finding]:
    """Write, and roll it back. Nothing is found where there are no tables yet."""
    try:
        with suppress(_OnlyTried), write_transaction(session) as here:
            here.execute(_CHANGES_NOTHING)
            raise _OnlyTried
    except DBAPIError as error:
        if not is_missing_table(error):
            yield _refused(error)
    else:
        yield Finding(Grade.OK, "the database can be written")


class _OnlyTried(Exception):
    """So that the door rolls back."""


def _refused(error: DBAPIError) -> Finding:
    if is_in_the_way(error):
        return Finding(Grade.WARN, f"somebody was writing all the time ({said(error)}): look again")
    return Finding(
        Grade.WRONG,
        f"the database refuses to write ({said(error)}), so nothing can be booked: make the file "
        "and its folder writable for this user, or use the server that takes writes",
    )
