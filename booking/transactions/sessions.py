"""One request, one transaction: how it opens and how it ends.

`write_transaction` and `read_transaction` are the plain twin of the door, for routes and commands
without a tab.
Neither touches a host's engine: SQLite is told BEGIN IMMEDIATE on the connection itself,
because its default mode lets two writers both pass a check, and a deferred one fails with
"database is locked" at once instead of waiting.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session, scoped_session

from booking.tab_sessions.refusals import PendingChanges, ReadOnlyTab, TransactionEnded

from .errors import READ_ONLY, CommitOutcomeUnknown, is_read_only, state_of
from .sqlite_lock import begin_immediate

AnySession = Session | scoped_session[Session]

LOCK_WAIT = "3s"
_IN_ERROR = 3  # libpq's PQTRANS_INERROR


@contextmanager
def write_transaction(session: AnySession) -> Iterator[Session]:
    """A write transaction: committed at the end, rolled back by any exception.

    Raises PendingChanges when the session holds somebody else's unsaved work, TransactionEnded when
    what runs in it commits or rolls back by itself, or begins another one.
    """
    actual = _actual(session)
    if _OWNED in actual.info:
        raise TransactionEnded
    end_clean(actual)
    try:
        connection = actual.connection()
        if connection.dialect.name == "sqlite":
            _begin_immediate(connection)
        elif connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
        with _owned(actual):
            yield actual
        actual.flush()  # what fails here was not committed; only in the commit may that be in doubt
        _commit(actual)
    except BaseException as error:
        _forget_a_demoted_server(actual, error)
        actual.rollback()
        raise


@contextmanager
def _owned(session: Session) -> Iterator[None]:
    """Meanwhile nobody else ends the session's transaction. Raises TransactionEnded."""
    ours, refused = session.get_transaction(), session.info.setdefault(_OWNED, [])
    try:
        yield
        # A rollback cannot be refused beforehand, and a view may have swallowed a refused commit.
        if refused or session.get_transaction() is not ours:
            raise TransactionEnded
    finally:
        del session.info[_OWNED]


def _refuse_a_commit(session: Session) -> None:
    # A savepoint's end is told of as well, and is no commit.
    if _OWNED in session.info and not session.in_nested_transaction():
        session.info[_OWNED].append(True)
        raise TransactionEnded


def _commit(session: Session) -> None:
    try:
        session.commit()
    except DBAPIError as lost:
        if lost.connection_invalidated:
            raise CommitOutcomeUnknown from lost
        raise


def _forget_a_demoted_server(session: Session, error: BaseException) -> None:
    # After a failover a pooled connection may still lead to what is a standby now. It answers a
    # ping, so only a refused write tells; the next one is to ask for a server that takes writes.
    if isinstance(error, DBAPIError) and is_read_only(error):
        with suppress(DBAPIError):
            session.invalidate()


@contextmanager
def read_transaction(session: AnySession) -> Iterator[Session]:
    """A transaction that leaves nothing behind: it is always rolled back.

    Raises ReadOnlyTab when something was written in it, PendingChanges as `write_transaction` does.
    PostgreSQL itself refuses the statement. SQLite could be told to, but each time it is, it throws
    away every statement it has prepared, which is most of what reading costs; so there the writing
    is found at the end, and a commit of it refused.
    """
    actual = _actual(session)
    if actual.info.get(_ONLY_READS) or _OWNED in actual.info:  # the outer one ends it
        yield actual
        return
    end_clean(actual)
    connection = actual.connection(execution_options={"postgresql_readonly": True})
    if connection.dialect.name == "sqlite":
        _begin_plainly(connection)
    actual.info[_ONLY_READS] = True
    try:
        yield actual
        if actual.in_transaction():
            _refuse_what_was_written(actual)
    except DBAPIError as error:
        if state_of(error) == READ_ONLY:
            raise ReadOnlyTab from error
        raise
    finally:
        del actual.info[_ONLY_READS]
        actual.rollback()


def _refuse_what_was_written(session: Session) -> None:
    """For a session that only reads. Raises ReadOnlyTab."""
    if session.info.get(_ONLY_READS) and (_is_dirty(session) or _has_written(session.connection())):
        raise ReadOnlyTab


def _is_dirty(session: Session) -> bool:
    return bool(session.new or session.dirty or session.deleted)


def end_clean(session: AnySession) -> None:
    """End a transaction that only read, so that ours begins at its own beginning.

    Raises PendingChanges where ending it would throw somebody's work away.
    """
    actual = _actual(session)
    if _is_dirty(actual):
        raise PendingChanges
    if actual.in_transaction():
        if _has_written(actual.connection()):
            raise PendingChanges
        actual.rollback()


def _begin_immediate(connection: Connection) -> None:
    driver = _driver(connection)
    if driver.in_transaction:
        if getattr(driver, "isolation_level", "") is not None:
            return  # an outer transaction that has written: it holds the lock already
        # The host's engine sends a plain BEGIN of its own (an event recipe of SQLAlchemy's
        # manual). Nothing has run in it yet.
        _tell(driver, "ROLLBACK")
    with _as_everybody_expects("BEGIN IMMEDIATE"):
        begin_immediate(driver)


def _begin_plainly(connection: Connection) -> None:
    # Without it SQLite sees another state at each statement, and some need no transaction at all.
    driver = _driver(connection)
    if not driver.in_transaction:
        _tell(driver, "BEGIN")


def _driver(connection: Connection) -> Any:
    return connection.connection.dbapi_connection


def _tell(driver: Any, statement: str) -> None:
    # Past SQLAlchemy, whose way is ten times as long.
    with _as_everybody_expects(statement):
        driver.execute(statement)


@contextmanager
def _as_everybody_expects(statement: str) -> Iterator[None]:
    """Turns the driver's exceptions into SQLAlchemy's."""
    try:
        yield
    except sqlite3.Error as error:
        raise OperationalError(statement, None, error) from error


_CHANGES = "tab_sessions.changes_at_begin"
_ONLY_READS = "tab_sessions.only_reads"
_OWNED = "tab_sessions.owned"


def watch_for_writes() -> None:
    """Note how many rows each SQLite connection had changed when a session began on it.

    And let no session commit what it wrote while it only reads, or before its transaction is over.
    """
    if not event.contains(Session, "after_begin", _note_changes):
        event.listen(Session, "after_begin", _note_changes)
        event.listen(Session, "before_commit", _refuse_what_was_written)
        event.listen(Session, "before_commit", _refuse_a_commit)


def _note_changes(session: Session, _transaction: object, connection: Connection) -> None:
    # A session that only joins a running transaction begins nothing: what was written stays so.
    joins = session.join_transaction_mode == "rollback_only" and session.bind is connection
    if connection.dialect.name == "sqlite" and not joins:
        connection.info[_CHANGES] = _changes(connection)


def _changes(connection: Connection) -> int:
    driver = connection.connection.dbapi_connection
    return int(getattr(driver, "total_changes", 0))


def _has_written(connection: Connection) -> bool:
    if connection.dialect.name == "sqlite":
        now = _changes(connection)
        return bool(connection.info.get(_CHANGES, now) != now)
    if connection.dialect.name == "postgresql":
        if _is_aborted(connection):
            return False  # what a failed transaction wrote is lost already
        number = "SELECT pg_current_xact_id_if_assigned()::text"
        return connection.exec_driver_sql(number).scalar() is not None
    return False


def _is_aborted(connection: Connection) -> bool:
    told = getattr(connection.connection.dbapi_connection, "info", None)
    return bool(getattr(told, "transaction_status", None) == _IN_ERROR)


def _actual(session: AnySession) -> Session:
    return session() if isinstance(session, scoped_session) else session
