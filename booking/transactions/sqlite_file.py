"""The file that an SQLite database is, watched while we have it open; and how we wait for it.

An open file outlives its name: once it was deleted or replaced, whatever is written into it is
gone with the last process that has it open, and SQLite says nothing.

SQLite's own way of waiting sleeps longer each time, up to a tenth of a second, and meanwhile all
who come later are served (sqliteDefaultBusyCallback in its main.c): under load most waits are short
and some take seconds. With ours nobody sleeps for longer than the last pause. A host's engine keeps
SQLite's way, or those who wait in the host's own code would come last.
"""

import random
import sqlite3
import time
from collections.abc import Mapping
from itertools import chain, repeat
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.exc import InvalidatePoolError

from .errors import NoDatabaseFile

Identity = tuple[int, int] | None
_WORDS_OF_READ_ONLY = "readonly database"


class _FileConnection(sqlite3.Connection):
    """Commits only into a file that still has its name.

    SQLAlchemy's event of a commit would do, but whoever listens to it makes each statement a
    quarter dearer.
    """

    watched: "SQLiteFile"
    opened: Identity

    def commit(self) -> None:
        if self.opened != _identity(self.watched.path):
            raise sqlite3.OperationalError(
                "unable to open database file: it was deleted or replaced before the commit"
            )
        super().commit()


class SQLiteFile:
    """Keeps the connections of one engine on the file that its address names now."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opened: Identity = None
        self._log_of_opened: Identity = None

    def watch(self, engine: Engine) -> None:
        """Open only a file that is there, commit only into one that still has its name."""
        event.listen(engine, "do_connect", self._only_open)
        event.listen(engine, "connect", self._note_file)
        event.listen(engine, "checkin", self._note_log)
        event.listen(engine, "checkout", self._renew)
        event.listen(engine, "handle_error", _renew_after_read_only)

    def _only_open(
        self, _dialect: Any, _record: Any, words: list[Any], named: dict[str, Any]
    ) -> None:
        if _is_missing(self.path):
            raise NoDatabaseFile(
                f"There is no database at {self.path} yet. Make it: flask booking init. Or let "
                "BOOKING_DATABASE_URL name the right one."
            )
        replaced = self._opened not in (None, _identity(self.path))
        if replaced and self._log_of_opened and self._log_of_opened == self._log():
            # SQLite would play it into the new file, which it does not belong to.
            raise sqlite3.OperationalError(
                f"unable to open database file: {self.path} was replaced while it was open, and "
                f"{self.path.name}-wal beside it belongs to the old one. Stop all that use it, "
                f"delete {self.path.name}-wal and {self.path.name}-shm, and start again"
            )
        words[0] = f"file:{quote(str(self.path))}?mode=rw"
        named.update(uri=True, factory=_FileConnection)

    def _note_file(self, connection: _FileConnection, _record: Any) -> None:
        connection.watched = self
        self._opened = connection.opened = _identity(self.path)

    def _note_log(self, connection: _FileConnection | None, record: Any) -> None:
        # SQLite makes it when first asked, and keeps it as long as a connection is open: looking
        # until each has seen it is enough.
        if connection and "log" not in record.info and connection.opened == _identity(self.path):
            self._log_of_opened = self._log()
            if self._log_of_opened:
                record.info["log"] = self._log_of_opened

    def _renew(self, connection: _FileConnection, _record: Any, _proxy: Any) -> None:
        if connection.opened != _identity(self.path):
            raise InvalidatePoolError("the database file was replaced")

    def _log(self) -> Identity:
        return _identity(Path(f"{self.path}-wal"))


def _identity(path: Path) -> Identity:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _is_missing(path: Path) -> bool:
    try:
        path.stat()
    except FileNotFoundError:
        return path.parent.is_dir()
    except OSError:  # SQLite itself will say what is the matter
        return False
    return False


def _renew_after_read_only(context: ExceptionContext) -> None:
    """A file that could only be read when it was opened stays so for that connection."""
    if _WORDS_OF_READ_ONLY in str(context.original_exception):
        context.is_disconnect = True


_PAUSES = (0.001, 0.002, 0.005)  # seconds, at most; drawn by lot, or two would wake up together
_LAST_PAUSE = 0.01
_WAITS_EVENLY = "transactions.waits_evenly"


def wait_evenly(engine: Engine) -> None:
    """Have our write transactions on this SQLite engine wait in even pauses."""
    event.listen(engine, "connect", _mark)


def _mark(driver: Any, record: Any) -> None:
    record.info[_WAITS_EVENLY] = isinstance(driver, sqlite3.Connection)


def begin_immediate(driver: Any, info: Mapping[Any, Any]) -> None:
    """Send BEGIN IMMEDIATE to a connection; `info` is what its engine knows of it.

    It waits as long as the connection's own busy timeout says, which is as before afterwards.
    Raises the driver's OperationalError.
    """
    if not info.get(_WAITS_EVENLY):
        driver.execute("BEGIN IMMEDIATE")
        return
    patience = driver.execute("PRAGMA busy_timeout").fetchone()[0]
    try:
        _wait_at_most(driver, 0)
        _begin(driver, time.monotonic() + patience / 1000)
    finally:
        _wait_at_most(driver, patience)


def _begin(driver: sqlite3.Connection, until: float) -> None:
    for pause in chain(_PAUSES, repeat(_LAST_PAUSE)):
        try:
            driver.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if not _may_pass(error) or time.monotonic() >= until:
                raise
        else:
            return
        time.sleep(random.uniform(pause / 2, pause))  # noqa: S311 - no secret


def _wait_at_most(driver: sqlite3.Connection, milliseconds: int) -> None:
    driver.execute(f"PRAGMA busy_timeout = {milliseconds}").close()


def _may_pass(error: sqlite3.OperationalError) -> bool:
    # With a statement still open that read what others have changed since, no waiting helps.
    code = error.sqlite_errorcode
    return code & 0xFF == sqlite3.SQLITE_BUSY and code != sqlite3.SQLITE_BUSY_SNAPSHOT
