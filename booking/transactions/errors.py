"""What a database's failure means: run it again at once, later, or not at all.

And the mistakes of an application's code that a transaction refuses.
"""

import sqlite3

from sqlalchemy import exc
from sqlalchemy.exc import DBAPIError, OperationalError

_SERIALIZATION, _DEADLOCK = "40001", "40P01"
READ_ONLY = "25006"
NO_TABLE, _NO_COLUMN = "42P01", "42703"
# PostgreSQL's classes (Appendix A of its manual): the connection failed, the transaction was rolled
# back, something ran out (memory, disk, connections, locks), an operator or a limit of time
# intervened (shutting down, starting up, statement_timeout), the machine below failed.
_BUSY_CLASSES = ("08", "40", "53", "57", "58")
_BUSY_STATES = {
    "55006",  # in use
    "55P03",  # lock_timeout
    "25P03",  # idle_in_transaction_session_timeout
    "25P04",  # transaction_timeout
    READ_ONLY,  # a standby, or a failover that is still under way
}
_NO_MATTER_OF_TIME = {"40002"}  # a constraint, by its class a rollback
# SQLite's: busy, locked, no memory, read only, interrupted, I/O, full, cannot open, protocol.
_BUSY_CODES = {5, 6, 7, 8, 9, 10, 13, 14, 15}
_BUSY_WORDS = (
    "database is locked",
    "database table is locked",
    "disk is full",
    "readonly database",
    "disk i/o error",
    "unable to open database",
    # After a full disk or an I/O error SQLite has rolled back by itself, savepoints and all, and
    # going back to one is what fails.
    "no such savepoint",
)


class TransactionError(RuntimeError):
    """A mistake in the application's code; the message names the cure."""


class PendingChanges(TransactionError):
    """Unsaved work lay in the database session before a transaction of ours began."""

    def __init__(self) -> None:
        super().__init__(
            "The database session already holds changes that were made before this view (or "
            "write_transaction, read_transaction) began. It commits only its own work: commit or "
            "roll back yours first (look at before_request functions and at code that runs while "
            "loading the user)."
        )


class TransactionEnded(TransactionError):
    """A view committed or rolled back by itself. Nothing of it was saved."""

    def __init__(self) -> None:
        super().__init__(
            "This ended the transaction of a view (or of write_transaction, run_in_transaction) "
            "before its end: commit(), rollback(), close(), or a write_transaction() inside "
            "another. Leave it out: all that was written is committed together when the view has "
            "returned. Where something may fail: session.begin_nested(). To revoke: "
            "session=tab.session. Nothing was saved."
        )


class TransactionAborted(TransactionEnded):
    """A statement failed in it and somebody caught that: PostgreSQL would commit nothing."""

    def __init__(self) -> None:
        RuntimeError.__init__(
            self,
            "A statement failed in this transaction and its error was caught. PostgreSQL takes "
            "nothing more in it and answers a commit with a rollback, without an error. Let the "
            "error through, or put what may fail into session.begin_nested(). Nothing was saved.",
        )


class RollbackOnly(TransactionError):
    """A part of what belongs together was written before it was refused."""

    def __init__(self) -> None:
        super().__init__(
            "Something was refused in this transaction after a part of it was written, so it can "
            "only be rolled back: answer with a status from 400 on, or call what was refused with "
            "a savepoint of its own. Nothing was saved."
        )


class ReadOnlyTransaction(TransactionError):
    """Something was written in a transaction that only reads."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(
            message
            or "This was written in a transaction that only reads, and so it was rolled back: use "
            "write_transaction(session), or a view of a method that writes."
        )


class NoDatabaseFile(sqlite3.OperationalError):
    """There is no file where the database should be, and nobody asked to make one."""


class CommitOutcomeUnknown(Exception):
    """The connection was lost during the commit: what was written may be there or not.

    Only the application can tell, so nothing is run again by itself, unless running it twice is
    known to come to the same.
    """


DATABASE_FAILURES: tuple[type[Exception], ...] = (
    DBAPIError,
    exc.TimeoutError,
    CommitOutcomeUnknown,
)
"""All that the database may fail with; the second is the pool's.

`is_temporarily_unavailable` says what it means.
"""


def is_retryable(error: DBAPIError) -> bool:
    """Say whether running the whole transaction again may well succeed at once."""
    again = (_SERIALIZATION, _DEADLOCK, READ_ONLY)  # a write that a standby refused: ask elsewhere
    return error.connection_invalidated or state_of(error) in again


def is_temporarily_unavailable(error: BaseException | None) -> bool:
    """Say whether the database cannot take this now but may later: an answer of 503, not 500."""
    if isinstance(error, CommitOutcomeUnknown | exc.TimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    words = str(error.orig).lower()
    return (
        error.connection_invalidated
        or _is_busy_state(state_of(error) or "")
        or (getattr(error.orig, "sqlite_errorcode", 0) & 0xFF) in _BUSY_CODES
        or any(part in words for part in _BUSY_WORDS)
        or _has_no_server(error)
    )


def is_read_only(error: DBAPIError) -> bool:
    """Say whether the database refused to write at all."""
    return state_of(error) == READ_ONLY or "readonly database" in str(error.orig)


def is_missing_table(error: BaseException | None) -> bool:
    """Say whether a statement failed because the database was not brought to this version."""
    if not isinstance(error, DBAPIError):
        return False
    if isinstance(error.orig, NoDatabaseFile):
        return True
    words = str(error.orig)
    return (
        state_of(error) in (NO_TABLE, _NO_COLUMN)
        or "no such table" in words
        or "no such column" in words
    )


def state_of(error: DBAPIError) -> str | None:
    """Return PostgreSQL's five characters; None from SQLite, and from a driver without a server."""
    return getattr(error.orig, "sqlstate", None)


def _is_busy_state(state: str) -> bool:
    if state in _NO_MATTER_OF_TIME:
        return False
    return state in _BUSY_STATES or state.startswith(_BUSY_CLASSES)


def _has_no_server(error: DBAPIError) -> bool:
    # PostgreSQL puts a state on whatever it says itself; what has none, the driver says for it.
    stateless = getattr(error.orig, "sqlstate", "none of ours") is None
    return stateless and isinstance(error, OperationalError)
