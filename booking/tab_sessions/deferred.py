"""What a database looks at in the COMMIT and nowhere before: asked for while it can be undone."""

from sqlalchemy import Connection, Table, text
from sqlalchemy.orm import Session

from .errors import TabSessionError
from .row_links import OWNER


def refuse_what_a_commit_would(session: Session, tables: set[Table], tab: int) -> None:
    """Raise what a commit would for a constraint that is deferred, of this tab's rows.

    Afterwards everything waits for the commit as it did: whoever goes on writing counts on that.

    Raises: what PostgreSQL does; TabSessionError where a key on SQLite leads nowhere.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        _look_now(connection)
    elif connection.dialect.name == "sqlite":
        for table in tables:
            if OWNER in table.c and _waits(table):
                _refuse_loose_ends(connection, table, tab)


def _look_now(connection: Connection) -> None:
    attempt = connection.begin_nested()
    try:
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    finally:
        attempt.rollback()  # what was looked at waits again


def _waits(table: Table) -> bool:
    """Whether a key of it does: SQLite knows nothing else that would."""
    keys = table.foreign_key_constraints
    return any((key.initially or "").upper() == "DEFERRED" for key in keys)


def _refuse_loose_ends(connection: Connection, table: Table, tab: int) -> None:
    quote = connection.dialect.identifier_preparer.quote
    loose = text(
        f"SELECT loose.parent FROM pragma_foreign_key_check(:name) AS loose "  # noqa: S608 - names of tables
        f"JOIN {quote(table.name)} AS mine ON mine.rowid = loose.rowid "
        f"WHERE mine.{quote(table.c[OWNER].name)} = :tab LIMIT 1"
    )
    looks = connection.exec_driver_sql("PRAGMA foreign_keys").scalar()
    lost = connection.execute(loose, {"name": table.name, "tab": tab}).scalar() if looks else None
    if lost:
        raise TabSessionError(f"a key of {table.name} leads to no row of {lost}")
