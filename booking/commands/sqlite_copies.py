"""Copies of an SQLite database: made while it is in use, checked, and put in its place.

A copy is one file: SQLite's own backup reads what lies in the write-ahead log as well. It is made
under another name and gets its own only when it is whole and on the disk.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import click

BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a file; none of it may meet another file of that name."""


@contextmanager
def copied(source: Path, target: Path) -> Iterator[Path]:
    """Copy the database `source` into a file beside `target`, checked; it is gone in the end.

    Raises: ClickException where one of the two cannot be used.
    """
    part = target.with_name(f".{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise click.ClickException(
            f"Nothing can be written in {target.parent} ({error.strerror}). Name a file in a "
            "folder that this user may write into."
        ) from error
    try:
        _copy(source, part)
        yield part
    finally:
        for end in ("", *BESIDE):
            Path(f"{part}{end}").unlink(missing_ok=True)


def _copy(source: Path, part: Path) -> None:
    try:
        with closing(_opened(source, "ro")) as read, closing(_opened(part, "rw")) as written:
            read.backup(written)
            written.execute("PRAGMA journal_mode = DELETE")
            broken = written.execute("PRAGMA integrity_check").fetchone()[0]
            lost = written.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.Error as error:
        raise click.ClickException(f"{source} cannot be copied: {error}.") from error
    if broken != "ok" or lost:
        what = broken if broken != "ok" else f"a row of {lost[0]} points to nothing"
        raise click.ClickException(f"The copy of {source} is not sound: {what}.")


def put_in_place(part: Path, target: Path, *, replace: bool = False) -> None:
    """Give the finished copy its name, once it is on the disk.

    Raises: ClickException where something is there already, unless that is to be replaced.
    """
    _sync(part)
    try:
        if replace:
            part.replace(target)
        else:
            os.link(part, target)
    except FileExistsError as error:
        raise click.ClickException(
            f"{target} is there already, and no backup is written over another. Name a new file."
        ) from error
    _sync(target.parent)


def _sync(path: Path) -> None:
    with suppress(OSError):  # a folder cannot be opened everywhere
        number = os.open(path, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def is_in_use(path: Path) -> bool:
    """Tell whether another process has the database open; afterwards it is one file, without a log.

    Whoever has a database with a write-ahead log open keeps others from taking it out of that mode.
    """
    with closing(_opened(path, "rw")) as connection:
        connection.execute("PRAGMA busy_timeout = 0")
        try:
            mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            return True
        return str(mode) != "delete"


def set_aside(path: Path, name: str) -> Path:
    """Keep the database under another name beside its own, and return that."""
    aside = path.with_name(f"{path.name}.{name}")
    try:
        os.link(path, aside)
    except FileExistsError as error:
        raise click.ClickException(f"{aside} is there already. Move it away first.") from error
    except OSError:  # a file system without such links
        shutil.copy2(path, aside)
    return aside


def be_owned_like(path: Path, other: Path) -> None:
    """Give the file to whoever `other` belongs to, where this user may."""
    status = other.stat()
    with suppress(OSError, AttributeError):
        os.chown(path, status.st_uid, status.st_gid)


def _opened(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode={mode}", uri=True, isolation_level=None)
