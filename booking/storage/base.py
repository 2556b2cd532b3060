"""What all tables share: one naming convention, and instants that never lose their zone."""

from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from typing import Any, TypeVar, cast
from weakref import ref

from sqlalchemy import BigInteger, Connection, DateTime, Dialect, Integer, MetaData
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator, TypeEngine

Answer = TypeVar("Answer")
_ASKED = "booking.asked"  # in session.info

# Without a name, SQLite's batch mode could never drop or change a constraint again.
NAMES = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}

# SQLite counts a row up by itself only when the key's type reads exactly INTEGER.
RowId = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    """The parent of every model: plain SQLAlchemy, so that any host's session serves."""

    metadata = MetaData(naming_convention=NAMES)


class UTCDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime in Python; `timestamptz` on PostgreSQL, naive UTC on SQLite.

    A naive datetime is refused with `ValueError`: nobody could say which instant it means.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone: pass an aware datetime")
        instant = value.astimezone(UTC)
        return instant.replace(tzinfo=None) if dialect.name == "sqlite" else instant

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def ask_once(
    session: Session, connection: Connection, question: Hashable, ask: Callable[[], Answer]
) -> Answer:
    """Return what the database answers; on SQLite asked again only once this transaction wrote.

    There a transaction sees one state from its beginning on, but for what it writes itself.
    """
    transaction = session.get_transaction()
    if connection.dialect.name != "sqlite" or transaction is None:
        return ask()
    changes = connection.connection.dbapi_connection.total_changes  # type: ignore[union-attr]
    savepoint, known = session.get_nested_transaction(), session.info.get(_ASKED)
    # What was read inside a savepoint may have been rolled back with it.
    if not known or known[:2] != (ref(transaction), changes) or known[2] not in (None, savepoint):
        none_yet: dict[Hashable, Any] = {}
        known = session.info[_ASKED] = (ref(transaction), changes, savepoint, none_yet)
    answers = known[3]
    if question not in answers:
        answers[question] = ask()
    return cast("Answer", answers[question])


class OlderTables(Exception):
    """The tables lack something that this version needs, or there are none.

    `begun`: there are some. `by_host`: a host's own migrations made them, so only those can help.
    """

    def __init__(self, state: str, *, begun: bool, by_host: bool = False) -> None:
        super().__init__(state)
        self.begun, self.by_host = begun, by_host
