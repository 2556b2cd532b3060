"""Statements that never change, with as little around them as SQLAlchemy allows.

SQLite runs a small statement in a few microseconds; around it SQLAlchemy takes ten times as long to
find the session's connection, the compiled text and the types of what comes back.
"""

from collections.abc import Callable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ClauseElement, Connection, CursorResult, Dialect
from sqlalchemy.orm import Session

from .watching import CONNECTION

_Binding = Callable[[Any], Any]
_Result = CursorResult[*tuple[Any, ...]]


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

    Values are given by name, each of them always, and no list among them. What comes back is what
    the driver gives: right for numbers, text and bytes, and for how many rows were written. With
    more than a few columns Core itself is as quick, because it remembers what a row looks like.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._compiled: WeakKeyDictionary[Dialect, _Compiled] = WeakKeyDictionary()

    def execute(self, session: Session, values: Mapping[str, Any]) -> _Result:
        """Run it in the session's transaction."""
        connection = connection_of(session)
        compiled = self._compiled.get(connection.dialect)
        if compiled is None:
            compiled = _Compiled(self._statement, connection.dialect)
            self._compiled[connection.dialect] = compiled
        return connection.exec_driver_sql(compiled.text, compiled.parameters(values))


class _Compiled:
    """A statement's text for one dialect, and how its values reach the driver."""

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        self.text, self._own, self._order = str(compiled), compiled.params, compiled.positiontup
        self._bindings: dict[str, _Binding] = {
            name: binding
            for bind, name in compiled.bind_names.items()
            if (binding := bind.type.dialect_impl(dialect).bind_processor(dialect))
        }

    def parameters(self, values: Mapping[str, Any]) -> Any:
        """Return the values in the form that the driver takes."""
        given = {**self._own, **values}
        for name, binding in self._bindings.items():
            given[name] = binding(given[name])
        return given if self._order is None else tuple([given[name] for name in self._order])
