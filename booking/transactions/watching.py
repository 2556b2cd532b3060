"""What a session wrote before a transaction of ours began, and that nobody ends ours early.

Listens to the sessions that we are handed, and to nobody else's: the host's process has others.
"""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from sqlalchemy import ClauseElement, Connection, Dialect, LargeBinary, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, SessionTransaction, scoped_session, sessionmaker

from .errors import ReadOnlyTransaction, RollbackOnly, TransactionEnded

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


def _is_aborted(connection: Connection) -> bool:
    status = getattr(driver_of(connection), "info", None)
    return bool(getattr(status, "transaction_status", None) == _IN_ERROR)


_Binding = Callable[[Any], Any]
Outcome = tuple[list[tuple[Any, ...]], int]


def connection_of(session: Session) -> Connection:
    """Return `session.connection()`, remembered until its transaction or a savepoint ends."""
    connection: Connection | None = session.info.get(CONNECTION)
    if connection is None:
        connection = session.connection()
        if CONNECTION in session.info:  # else nobody would tell us of the end
            session.info[CONNECTION] = connection
    return connection


class FixedStatement:
    """A statement of Core, compiled once for each dialect and handed to the driver as a text.

    Values are given by name, each of them always, and no list among them. What comes back of a
    statement in words is what the driver gives; else it has the types of its columns.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._compiled: WeakKeyDictionary[Dialect, _Compiled] = WeakKeyDictionary()

    def execute(self, session: Session, values: Mapping[str, Any]) -> int:
        """Run it in the session's transaction; return how many rows it wrote."""
        return self._send(session, values)[1]

    def rows(self, session: Session, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run it in the session's transaction; return its rows."""
        return self._send(session, values)[0]

    def _send(self, session: Session, values: Mapping[str, Any]) -> Outcome:
        connection = connection_of(session)
        compiled = self._compiled.get(connection.dialect)
        if compiled is None:
            compiled = _Compiled(self._statement, connection.dialect)
            self._compiled[connection.dialect] = compiled
        rows, written = send_text(connection, compiled.text, compiled.parameters(values))
        return compiled.typed(rows), written


def send_text(connection: Connection, text: str, values: Any) -> Outcome:
    """Hand a text to the driver; return its rows as it gives them, and how many were written.

    Past SQLAlchemy's results, which take ten times as long as SQLite does, and not past what it
    makes of a failure. Where somebody listens to its statements, or logs them, it has them all.
    """
    if connection._has_events or connection.engine._has_events or connection._echo:  # noqa: SLF001
        result = connection.exec_driver_sql(text, values)
        return [tuple(row) for row in result] if result.returns_rows else [], result.rowcount
    cursor = driver_of(connection).cursor()
    try:
        cursor.execute(text, values)
        rows, written = cursor.fetchall() if cursor.description else [], cursor.rowcount
    except BaseException as error:  # noqa: BLE001 - also who is interrupted leaves no half answer
        connection._handle_dbapi_exception(error, text, values, cursor, None)  # noqa: SLF001
    cursor.close()
    return rows, written


class _Compiled:
    """A statement's text for one dialect, how its values reach the driver, and its rows us."""

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        self.text, self._own, self._order = str(compiled), compiled.params, compiled.positiontup
        self._bindings: dict[str, _Binding] = {
            name: binding
            for bind, name in compiled.bind_names.items()
            if (binding := bind.type.dialect_impl(dialect).bind_processor(dialect))
        }
        self._readers: list[tuple[int, _Binding]] = [
            (place, reader)
            for place, column in enumerate(getattr(statement, "exported_columns", ()))
            if not isinstance(column.type, LargeBinary)  # bytes, from both drivers
            and (reader := column.type.dialect_impl(dialect).result_processor(dialect, None))
        ]

    def parameters(self, values: Mapping[str, Any]) -> Any:
        """Return the values in the form that the driver takes."""
        given = {**self._own, **values}
        for name, binding in self._bindings.items():
            given[name] = binding(given[name])
        return given if self._order is None else tuple([given[name] for name in self._order])

    def typed(self, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Return the rows with what the driver gave turned into the columns' own types."""
        for place, reader in self._readers:
            rows = [(*row[:place], reader(row[place]), *row[place + 1 :]) for row in rows]
        return rows
