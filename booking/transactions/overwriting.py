"""Have SQLite overwrite what is deleted: else it lies in the file until its place is used again."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from .statements import connection_of


@contextmanager
def overwriting(session: Session) -> Iterator[None]:
    """Overwrite with zeros what this transaction deletes meanwhile; elsewhere do nothing.

    Not always: whoever books deletes holds and claims, and would write more for it.
    """
    connection = connection_of(session)
    if connection.dialect.name != "sqlite":
        yield
        return
    before = connection.exec_driver_sql("PRAGMA secure_delete").scalar()
    connection.exec_driver_sql("PRAGMA secure_delete = ON")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA secure_delete = {int(before or 0)}")
