"""What went wrong in a command, in one line and without a stack trace."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError

from booking.business_file.section import BusinessFileError
from booking.database import UnusableDatabase
from booking.tab_sessions import CommitOutcomeUnknown
from booking.transactions.errors import NoDatabaseFile, state_of
from booking.transactions.retry import Retry

from .output import harmless, plain

_CANNOT_WRITE = ("unable to open database file", "readonly database")
_CANNOT_REACH = (
    *("connection failed", "connection is bad", "connection attempts failed"),
    *("could not connect", "connection refused"),
)
_STATES_IN_THE_WAY = {"40001", "40P01", "55P03"}
_NO_SCHEMA = "3F000"
_MAKE_A_SCHEMA = (
    ". Make a schema that the search_path of the role or the database names, or let it name one "
    "that is there."
)
_BUSY = "The database is busy. Nothing was changed: run it again in a moment."
_IN_THE_WAY = ("locked", "lock timeout", "deadlock", "serialize")
IN_DOUBT = (
    "The connection was lost while saving, so it may or may not have been saved. Look before you "
    "run it again: flask booking list."
)


@contextmanager
def in_plain_words() -> Iterator[None]:
    """Turn what may go wrong without anybody's fault in the code into a line for the owner."""
    try:
        yield
    except click.ClickException as error:
        raise harmless(error) from error
    except tuple(_WORDS) as error:
        words = next(words for kind, words in _WORDS.items() if isinstance(error, kind))
        raise harmless(click.ClickException(words(error))) from error
    except ModuleNotFoundError as error:
        if error.name != "psycopg":
            raise
        remedy = "PostgreSQL needs its driver: pip install 'sidebook[postgres]'"
        raise click.ClickException(remedy) from error


def said(error: DBAPIError) -> str:
    """Return the driver's first line: what follows may quote rows, and rows are people."""
    return (str(error.orig).splitlines() or ["no reason given"])[0]


def is_in_the_way(error: DBAPIError) -> bool:
    """Tell whether somebody else's work was in the way, which is over in a moment."""
    # A server may speak any language, so PostgreSQL is asked for its number.
    return state_of(error) in _STATES_IN_THE_WAY or any(
        part in said(error).lower() for part in _IN_THE_WAY
    )


def _database_trouble(error: DBAPIError) -> str:
    reason = said(error)
    words = reason.lower()
    if isinstance(error.orig, NoDatabaseFile):
        return reason
    if isinstance(error, IntegrityError):
        return "Somebody else changed the same things. Nothing was changed: run it again."
    if any(part in words for part in _CANNOT_WRITE):
        return (
            f"The database cannot be opened for writing ({reason}). Make its folder and file "
            "writable, or let BOOKING_DATABASE_URL name another place."
        )
    if any(part in words for part in _CANNOT_REACH):
        return _no_connection(reason)
    if is_in_the_way(error):
        return _BUSY
    hint = _MAKE_A_SCHEMA if state_of(error) == _NO_SCHEMA else ""
    return f"The database answered: {reason}{hint}"


def _no_connection(reason: str) -> str:
    _, answered, why = reason.partition("FATAL:")
    if answered:
        return (
            f"The database server answers, but not to this ({why.strip()}). Look at the user, the "
            "password and the database's name in BOOKING_DATABASE_URL."
        )
    return f"The database does not answer ({reason}). Start it, or look at BOOKING_DATABASE_URL."


NOT_LOADED = "the file was not loaded, and nothing was changed."
_WORDS: dict[type[Exception], Callable[[Any], str]] = {
    BusinessFileError: lambda error: "\n".join([NOT_LOADED, *map(plain, error.problems)]),
    UnusableDatabase: str,
    CommitOutcomeUnknown: lambda _: IN_DOUBT,
    Retry: lambda _: _BUSY,
    DBAPIError: _database_trouble,
    ArgumentError: lambda error: f"The database URL cannot be used: {error}",
}
