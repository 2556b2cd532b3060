"""One request, one transaction: how it opens and how it ends.

`writing` and `reading` are the plain twin of the door, for routes and commands without a tab.
Neither touches a host's engine: SQLite is told BEGIN IMMEDIATE on the connection itself,
because its default mode lets two writers both pass a check, and a deferred one fails with
"database is locked" at once instead of waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, scoped_session

from .failures import InDoubt, is_read_only
from .refusals import PendingChanges, ReadOnlyTab

AnySession = Session | scoped_session[Session]

LOCK_WAIT = "3s"
_IN_ERROR = 3  # libpq's PQTRANS_INERROR


@contextmanager
def writing(session: AnySession) -> Iterator[Session]:
    """A write transaction: committed at the end, rolled back by any exception.

    Raises PendingChanges when the session holds somebody else's unsaved work.
    """
    actual = _actual(session)
    end_clean(actual)
    try:
        connection = actual.connection()
        if connection.dialect.name == "sqlite":
            _begin_immediate(connection)
        elif connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
        yield actual
        actual.flush()  # what fails here was not committed; only in the commit may that be in doubt
        _commit(actual)
    except BaseException as error:
        _forget_a_demoted_server(actual, error)
        actual.rollback()
        raise


def _commit(session: Session) -> None:
    try:
        session.commit()
    except DBAPIError as lost:
        if lost.connection_invalidated:
            raise InDoubt from lost
        raise


def _forget_a_demoted_server(session: Session, error: BaseException) -> None:
    # After a failover a pooled connection may still lead to what is a standby now. It answers a
    # ping, so only a refused write tells; the next one is to ask for a server that takes writes.
    if isinstance(error, DBAPIError) and is_read_only(error):
        with suppress(DBAPIError):
            session.invalidate()


@contextmanager
def reading(session: AnySession) -> Iterator[Session]:
    """A transaction in which the database itself refuses to write. Always rolled back.

    Raises ReadOnlyTab for a statement that tries, PendingChanges as `writing` does.
    """
    actual = _actual(session)
    end_clean(actual)
    connection = actual.connection(execution_options={"postgresql_readonly": True})
    write_again = _only_read(connection) if connection.dialect.name == "sqlite" else None
    try:
        yield actual
    except DBAPIError as error:
        if is_read_only(error):
            raise ReadOnlyTab from error
        raise
    finally:
        try:
            actual.rollback()
        finally:
            if write_again and not connection.closed:  # a session bound to a connection of its own
                write_again(connection)


def _only_read(connection: Connection) -> Callable[[Connection], None]:
    """Let this SQLite connection read only, until its transaction ends, whoever ends it."""
    driver = connection.connection.dbapi_connection

    def write_again(_connection: Connection) -> None:
        if driver is not None:
            driver.cursor().execute("PRAGMA query_only = OFF").close()

    # A template or a user loader may roll back: the connection is in the pool again before we
    # hear of it, and whoever is given it next must be able to write.
    for ending in ("rollback", "commit"):
        event.listen(connection, ending, write_again)
    connection.exec_driver_sql("PRAGMA query_only = ON")
    if driver is not None and not driver.in_transaction:
        connection.exec_driver_sql("BEGIN")
    return write_again


def end_clean(session: Session) -> None:
    """End a transaction that only read, so that ours begins at its own beginning.

    Raises PendingChanges where ending it would throw somebody's work away.
    """
    if session.new or session.dirty or session.deleted:
        raise PendingChanges
    if session.in_transaction():
        if _has_written(session.connection()):
            raise PendingChanges
        session.rollback()


def _begin_immediate(connection: Connection) -> None:
    driver = connection.connection.dbapi_connection
    if driver is not None and driver.in_transaction:
        if getattr(driver, "isolation_level", "") is not None:
            return  # an outer transaction that has written: it holds the lock already
        # The host's engine sends a plain BEGIN of its own (an event recipe of SQLAlchemy's
        # manual). Nothing has run in it yet.
        connection.exec_driver_sql("ROLLBACK")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


_CHANGES = "tab_sessions.changes_at_begin"


def watch_for_writes() -> None:
    """Note how many rows each SQLite connection had changed when a session began on it."""
    if not event.contains(Session, "after_begin", _note_changes):
        event.listen(Session, "after_begin", _note_changes)


def _note_changes(_session: Session, _transaction: object, connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
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
