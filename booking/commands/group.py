"""The group `flask booking …`, and what its commands share.

Every mistake is one clear line on stderr and an exit status other than 0, never a stack trace.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError

from booking.business_file.section import BusinessFileError
from booking.database import UnusableDatabase
from booking.state import current_sidebook
from booking.tab_sessions import CommitOutcomeUnknown
from booking.transactions.errors import NoDatabaseFile, state_of
from booking.transactions.sessions import Retry
from booking.transactions.watching import AnySession

from .output import harmless, plain, worded


class FriendlyErrorGroup(AppGroup):
    """A group whose commands say what is the matter instead of showing where it happened."""

    def make_context(self, *given: Any, **more: Any) -> click.Context:
        with in_plain_words():
            return super().make_context(*given, **more)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with in_plain_words():
                return super().invoke(ctx)
        except click.ClickException as error:
            if (text := as_called(error.message)) == error.message:
                raise
            raise worded(error, text) from error


booking_commands = FriendlyErrorGroup("booking", help="Set up the business and look after its day.")


def as_called(text: str) -> str:
    """Return the text with our commands as they are called in this app."""
    context: click.Context | None = click.get_current_context()
    while context and context.command is not booking_commands:
        context = context.parent
    return text.replace("flask booking ", f"flask {context.info_name} ") if context else text


def ready() -> AnySession:
    """Return the database session, once every table of this version is there."""
    from booking.migrate import current, pending  # noqa: PLC0415 - Alembic takes 0.2 s that only commands spend

    if missing := pending(current_sidebook().engine):
        version = current(current_sidebook().engine)
        found = f"at version {version}, and needs {missing[-1]}" if version else "not set up yet"
        raise click.ClickException(f"The database is {found}. Run flask booking init first.")
    return current_sidebook().session


def now() -> datetime:
    """Return when the command runs."""
    return datetime.now(UTC)


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


_WORDS: dict[type[Exception], Callable[[Any], str]] = {
    BusinessFileError: lambda error: "\n".join(
        ["the file was not loaded, and nothing was changed.", *map(plain, error.problems)]
    ),
    UnusableDatabase: str,
    CommitOutcomeUnknown: lambda _: (
        "The connection was lost while saving, so it may or may not have been saved. Look before "
        "you run it again: flask booking list."
    ),
    Retry: lambda _: _BUSY,
    DBAPIError: _database_trouble,
    ArgumentError: lambda error: f"The database URL cannot be used: {error}",
}
