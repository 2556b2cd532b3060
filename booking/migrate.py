"""Bring a database to the shape this version needs, whole or not at all.

Every run is one locked transaction, so that two programs starting at once do not both migrate,
and a migration that fails half-way leaves nothing behind. The version table is our own: a host's
migrations never meet it.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Literal

from alembic import command
from alembic.autogenerate.api import AutogenContext
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData
from sqlalchemy.sql.elements import conv

from booking.database import (
    UnusableDatabase,
    refuse_other_encodings,
    wait_as_long_as_it_takes,
)
from booking.files import MIGRATIONS
from booking.state import VERSION_TABLE
from booking.storage.base import NAMES
from booking.storage.models import Base
from booking.tab_sessions.model import metadata as tab_sessions
from booking.tab_sessions.model import tab_session

_OF_AN_OBJECT = ("object", "name", "type", "reflected", "compare_to")  # what Alembic hands over
_LOCK = 1651470187  # "booking" to PostgreSQL's advisory locks: any number, always the same


class NewerDatabase(UnusableDatabase):
    """Raised where the database was migrated by a later version of Sidebook than this one."""

    def __init__(self, revision: str) -> None:
        self.revision = revision
        super().__init__(
            f"The database is at version {revision}, which this Sidebook does not know: "
            "it is newer than the program. Update Sidebook, or restore the backup made before."
        )


class BrokenReferences(UnusableDatabase):
    """Raised where a migration left rows that point to nothing; it was rolled back."""


def upgrade(engine: Engine, revision: str = "head", *, scripts: Path = MIGRATIONS) -> None:
    """Migrate up to `revision`.

    Raises: NewerDatabase when the program is the older one, NotUnicode where it would begin in a
    database that cannot hold every name.
    """
    with _migrating(engine) as connection:
        config = _config(connection, scripts)
        if _version(connection) is None and connection.dialect.name == "postgresql":
            refuse_other_encodings(connection)
        command.upgrade(config, revision)


def downgrade(engine: Engine, revision: str, *, scripts: Path = MIGRATIONS) -> None:
    """Migrate down to `revision` ("base" is an empty database).

    Raises: NewerDatabase.
    """
    with _migrating(engine) as connection:
        command.downgrade(_config(connection, scripts), revision)


def current(engine: Engine) -> str | None:
    """Return the version the database is at; None when it was never migrated."""
    with engine.connect() as connection:
        return _version(connection)


def pending(engine: Engine, *, scripts: Path = MIGRATIONS) -> list[str]:
    """Return the versions still to be applied, oldest first.

    Raises: NewerDatabase.
    """
    with engine.connect() as connection:
        version = _known_version(connection, scripts)
    revisions = _revisions(scripts)
    return list(revisions[revisions.index(version) + 1 :] if version else revisions)


def merged_metadata() -> MetaData:
    """Return all our tables together, those of the tab sessions among them."""
    merged = MetaData(naming_convention=NAMES)
    for metadata in (tab_sessions, Base.metadata):
        for table in metadata.tables.values():
            table.to_metadata(merged)
    return merged


def is_not_ours(*asked: Any) -> bool:
    """For a host's own Alembic: `include_name=is_not_ours` keeps it from dropping our tables.

    As `include_object` as well, where the host's metadata has them, too.
    """
    name, kind = asked[1:3] if len(asked) == len(_OF_AN_OBJECT) else asked[:2]
    return kind != "table" or name not in _ours()


def render_keys_to_ours(kind: str, item: Any, context: AutogenContext) -> str | Literal[False]:
    """For a host's Alembic, where its MetaData has a schema: `render_item=render_keys_to_ours`.

    It writes a table's name with the schema of that metadata, also our table's, which has none.
    """
    target = f"{tab_session.name}.id"
    if kind != "foreign_key" or [key.target_fullname for key in item.elements] != [target]:
        return False
    named = repr(str(item.name))
    if isinstance(item.name, conv):  # by a naming convention, which is not to be followed twice
        named = f"{context.opts['alembic_module_prefix']}f({named})"
    return (
        f"{context.opts['sqlalchemy_module_prefix']}ForeignKeyConstraint({item.column_keys!r}, "
        f"[{target!r}], name={named}, ondelete={item.ondelete!r})"
    )


@cache
def _ours() -> frozenset[str]:
    # By their whole names: a host may have a table `booking_note` of its own.
    return frozenset(merged_metadata().tables) | {VERSION_TABLE}


@contextmanager
def _migrating(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            with _sqlite_transaction(connection):
                yield connection
            return
        with connection.begin():
            if connection.dialect.name == "postgresql":
                wait_as_long_as_it_takes(connection)
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            yield connection


@contextmanager
def _sqlite_transaction(connection: Connection) -> Iterator[None]:
    # Rebuilding a table drops the old one, and with foreign keys on that would delete its
    # children. The pragma does nothing inside a transaction, so it comes before BEGIN.
    pragma = _pragmas(connection)
    keys, patience = pragma("foreign_keys"), pragma("busy_timeout")
    pragma("foreign_keys = OFF")
    pragma(f"busy_timeout = {max(int(patience or 0), 30_000)}")
    try:
        with connection.begin():
            _begin_immediate(connection)
            yield
            orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if orphans:
                raise BrokenReferences(f"rows that point to nothing: {orphans[:5]}")
    finally:
        pragma(f"foreign_keys = {keys}")
        pragma(f"busy_timeout = {patience}")


def _begin_immediate(connection: Connection) -> None:
    driver = connection.connection.dbapi_connection
    if driver is not None and driver.in_transaction:  # a host's own event sent a plain BEGIN
        connection.exec_driver_sql("ROLLBACK")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _pragmas(connection: Connection) -> Callable[[str], int | None]:
    driver: Any = connection.connection.dbapi_connection

    def pragma(words: str) -> int | None:
        with closing(driver.execute(f"PRAGMA {words}")) as answer:
            row = answer.fetchone()
        return row[0] if row else None

    return pragma


def _config(connection: Connection, scripts: Path) -> Config:
    """What Alembic is to know.

    Raises: NewerDatabase.
    """
    config = Config(stdout=sys.stdout)
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.attributes.update(
        connection=connection, target_metadata=merged_metadata(), version_table=VERSION_TABLE
    )
    _known_version(connection, scripts)
    return config


def _revisions(scripts: Path) -> tuple[str, ...]:
    return _read_once(scripts, frozenset(file.name for file in (scripts / "versions").iterdir()))


@cache
def _read_once(scripts: Path, _files: frozenset[str]) -> tuple[str, ...]:
    # Each command asks for it, and reading them took most of its time. Anew where a file came or
    # went: a process that lives through an update would call the migrated database a newer one.
    return tuple(step.revision for step in ScriptDirectory(str(scripts)).walk_revisions())[::-1]


def _known_version(connection: Connection, scripts: Path) -> str | None:
    version = _version(connection)
    if version is not None and version not in _revisions(scripts):
        raise NewerDatabase(version)
    return version


def _version(connection: Connection) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()
