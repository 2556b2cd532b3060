"""What a session wrote before a transaction of ours began, and that nobody ends ours early.

Listens to the sessions that we are handed, and to nobody else's: the host's process has others.
"""

import sqlite3
from collections.abc import Callable
from typing import Any
from weakref import WeakSet

from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, SessionTransaction, scoped_session, sessionmaker

from .errors import ReadOnlyTransaction, RollbackOnly, TransactionAborted, TransactionEnded

AnySession = Session | scoped_session[Session]

OWNED = "transactions.owned"
"""In `session.info` while a transaction of ours writes: the commits that were refused meanwhile."""
ONLY_READS = "transactions.only_reads"
CONNECTION = "transactions.connection"
"""In `session.info` of a watched session: the connection of its transaction, once asked for."""
_ROLLBACK_ONLY = "transactions.rollback_only"
_WATCHED = "transactions.watched"
_CHANGES = "transactions.changes_at_begin"
_IN_ERROR = 3  # libpq's PQTRANS_INERROR
_watched_classes: WeakSet[type[Session]] = WeakSet()


def watch(source: Any) -> None:
    """Watch all sessions of a scoped_session or a sessionmaker, or this one session.

    On SQLite only what a session has written since it was first watched can be counted, so this is
    called where the source is configured. A session that a function returns is watched when it is
    first handed to us.
    """
    source = source.session_factory if isinstance(source, scoped_session) else source
    if isinstance(source, Session):
        _watch_session(source)
    elif isinstance(source, sessionmaker):  # it makes a class of its own for its sessions
        _watch_class(source.class_)
    elif isinstance(source, type) and issubclass(source, Session) and source is not Session:
        _watch_class(source)


def _watch_session(session: Session) -> None:
    if _WATCHED not in session.info:
        session.info[_WATCHED] = True
        if type(session) not in _watched_classes:
            _listen(session)


def _watch_class(sessions: type[Session]) -> None:
    if sessions not in _watched_classes:
        _watched_classes.add(sessions)
        _listen(sessions)


def _listen(target: Session | type[Session]) -> None:
    event.listen(target, "after_transaction_create", _forget_connection)
    event.listen(target, "after_begin", _begin)
    event.listen(target, "after_transaction_end", _end)
    event.listen(target, "before_commit", refuse_what_was_written)
    event.listen(target, "before_commit", _refuse_a_commit)


def unwrap_scoped(session: AnySession) -> Session:
    """Return the session itself, watched from now on."""
    actual = session() if isinstance(session, scoped_session) else session
    _watch_session(actual)
    return actual


def refuse_what_was_written(session: Session) -> None:
    """Raise ReadOnlyTransaction where a session that only reads has written.

    PostgreSQL refuses each statement by itself.
    """
    if ONLY_READS not in session.info or not session.in_transaction():
        return
    connection = session.info.get(CONNECTION) or session.connection()
    is_sqlite = connection.dialect.name == "sqlite"
    if is_dirty(session) or (is_sqlite and _has_written_sqlite(session, driver_of(connection))):
        raise ReadOnlyTransaction


def mark_rollback_only(session: Session) -> None:
    """Let the session's open transaction end in nothing but a rollback; a commit is refused."""
    _watch_session(session)
    session.info[_ROLLBACK_ONLY] = True


def _refuse_a_commit(session: Session) -> None:
    if session.in_nested_transaction():
        return  # a savepoint's end is told of as well, and is no commit
    if OWNED in session.info:
        session.info[OWNED].append(True)
        raise TransactionEnded
    if _ROLLBACK_ONLY in session.info:
        raise RollbackOnly


def _end(session: Session, transaction: SessionTransaction) -> None:
    _forget_connection(session, transaction)
    if transaction.parent is None:
        session.info.pop(_ROLLBACK_ONLY, None)


def _forget_connection(session: Session, _transaction: object) -> None:
    # A savepoint begins when somebody asks for its connection, so it needs to be asked for again.
    session.info[CONNECTION] = None


def _begin(session: Session, _transaction: object, connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        driver = driver_of(connection)
        if ONLY_READS in session.info:
            _begin_plainly(driver)
        session.info.setdefault(_CHANGES, {})[id(driver)] = _changes(driver)


def _begin_plainly(driver: Any) -> None:
    # Without it SQLite sees another state at each statement, and some need no transaction at all.
    # Past SQLAlchemy, whose way is ten times as long.
    if not driver.in_transaction:
        execute_raw("BEGIN", driver.execute, "BEGIN")


def execute_raw(statement: str, execute: Callable[..., object], *given: object) -> None:
    """Call the driver for this statement, and turn its exceptions into SQLAlchemy's."""
    try:
        execute(*given)
    except sqlite3.Error as error:
        raise OperationalError(statement, None, error) from error


def is_dirty(session: Session) -> bool:
    """Say whether the session holds objects that are not written to the database yet."""
    return bool(session.new or session.dirty or session.deleted)


def is_writing(session: Session) -> bool:
    """Tell whether a write transaction of ours is open on the session."""
    return OWNED in session.info


def is_ours(session: Session) -> bool:
    """Tell whether a transaction of ours is open on the session, to write or only to read."""
    return OWNED in session.info or ONLY_READS in session.info


def has_written(session: Session) -> bool:
    """Say whether the session's open transaction has written to the database."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        return _has_written_sqlite(session, driver_of(connection))
    if connection.dialect.name == "postgresql":
        if _is_aborted(connection):
            return False  # what a failed transaction wrote is lost already
        number = "SELECT pg_current_xact_id_if_assigned()::text"
        return connection.exec_driver_sql(number).scalar() is not None
    return False


def _has_written_sqlite(session: Session, driver: Any) -> bool:
    before = session.info.get(_CHANGES, {}).get(id(driver))
    if before is not None:
        return bool(before != _changes(driver))
    # Its transaction began before anybody watched. The driver itself begins one only to write,
    # unless somebody else (an event recipe of SQLAlchemy's manual) does that in its place.
    begins = getattr(driver, "isolation_level", None) is not None
    return begins and bool(getattr(driver, "in_transaction", False))


def driver_of(connection: Connection) -> Any:
    """Return the driver's own connection."""
    return connection.connection.dbapi_connection


def _changes(driver: Any) -> int:
    return int(getattr(driver, "total_changes", 0))


def refuse_what_was_aborted(session: Session) -> None:
    """Raise TransactionAborted where PostgreSQL would roll back what is to be committed."""
    connection = session.info.get(CONNECTION) or session.connection()
    if connection.dialect.name == "postgresql" and _is_aborted(connection):
        raise TransactionAborted


def _is_aborted(connection: Connection) -> bool:
    status = getattr(driver_of(connection), "info", None)
    return bool(getattr(status, "transaction_status", None) == _IN_ERROR)
