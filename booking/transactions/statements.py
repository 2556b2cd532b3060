"""Statements that never change, with as little around them as SQLAlchemy allows.

SQLite runs a small statement in a few microseconds; around it SQLAlchemy takes ten times as long to
find the session's connection, the compiled text and the types of what comes back.
"""

from collections.abc import Callable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ClauseElement, Connection, Dialect, LargeBinary
from sqlalchemy.orm import Session

from .watching import CONNECTION, driver_of

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
