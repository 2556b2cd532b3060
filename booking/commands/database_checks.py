"""Check how SQLite, PostgreSQL and files are set, and what that does to bookings."""

import os
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from booking.database import encoding, in_unicode
from booking.tab_sessions import write_transaction
from booking.transactions.errors import is_missing_table
from booking.transactions.watching import AnySession

from .group import is_in_the_way, said


class Grade(StrEnum):
    """How a finding is meant: `WRONG` must be mended, `WARN` should be known."""

    OK = "ok"
    WARN = "warn"
    WRONG = "WRONG"


class Finding(NamedTuple):
    """One thing that was looked at, and what to do about it."""

    grade: Grade
    text: str


def check(stands: bool, fine: str, otherwise: str, grade: Grade = Grade.WRONG) -> Finding:  # noqa: FBT001 - what is asked
    """Return what was found: `fine` where it stands, else `otherwise`, which is graded so."""
    return Finding(Grade.OK, fine) if stands else Finding(grade, otherwise)


def expect(
    name: str,
    value: str,
    good: set[str],
    harm: str,
    remedy: str = "",
    grade: Grade = Grade.WARN,
) -> Finding:
    """Check that a setting is one of the good ones; by default the remedy is to set it to one."""
    said = f"{name} = {value}"
    harm = f"{said}, so {harm}: {remedy or f'set it to {min(good)}'}"
    return check(value in good, said, harm, grade)


# Before it, two connections that checkpoint and write at once could, rarely, corrupt the file.
SAFE_SQLITE = (3, 51, 3)
SYNCHRONOUS = {"0": "off", "1": "normal", "2": "full", "3": "extra"}
LOSING = {
    "off": ("nothing can be taken back, and half of a booking can be written", Grade.WRONG),
    "memory": ("a crash can destroy the file", Grade.WRONG),
}
PRAGMAS = {
    "foreign_keys": ("1", "the database does not watch over references"),
    "ignore_check_constraints": ("0", "rows can be written that mean nothing"),
}


def sqlite_settings(session: Session) -> Iterator[Finding]:
    """Check the library, the file behind the session, and how this connection is set."""
    yield sqlite_version(sqlite3.sqlite_version_info)
    yield check(
        _pragma(session, "quick_check(1)") == "ok",
        "the database file is sound",
        "the database file is damaged: stop the server, keep a copy of the file, and "
        "restore the last good backup (docs/operating.md)",
    )
    mode = _pragma(session, "journal_mode")
    harm, grade = LOSING.get(mode, ("readers wait for writers", Grade.WARN))
    yield expect("journal_mode", mode, {"wal"}, harm, grade=grade)
    for name, (good, harm) in PRAGMAS.items():
        yield expect(name, _pragma(session, name), {good}, harm)
    level = SYNCHRONOUS.get(_pragma(session, "synchronous"), "unknown")
    yield expect(
        "synchronous", level, {"full", "extra"}, "a power cut can take a confirmed booking"
    )
    patience = _pragma(session, "busy_timeout")
    said_so = f"busy_timeout = {patience}"
    harm = f"{said_so}, so a busy moment is a page that says try again: set it to 15000"
    yield check(int(patience) >= PATIENCE, said_so, harm, Grade.WARN)


def sqlite_version(version: tuple[int, ...]) -> Finding:
    """Check that a busy file is safe with SQLite of that version."""
    number, safe = (".".join(map(str, each)) for each in (version, SAFE_SQLITE))
    return check(
        version >= SAFE_SQLITE,
        f"SQLite {number}",
        f"SQLite {number} has a bug that can, very rarely, corrupt a busy database: "
        f"use SQLite {safe} or newer, or PostgreSQL, and keep backups",
        Grade.WARN,
    )


def _pragma(session: Session, name: str) -> str:
    return str(session.connection().exec_driver_sql(f"PRAGMA {name}").scalar())


PATIENCE = 5000
"""Milliseconds: longer than anybody waits for a row."""
_TIMEOUTS = """
    SELECT name, setting FROM pg_settings WHERE name IN
    ('statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout')
"""
_READABLE = """
    SELECT set_config('DateStyle', 'ISO', %(local)s),
    set_config('client_encoding', 'UTF8', %(local)s)
"""


_NOT_BOOKED = "a customer whose name it cannot hold cannot book"
_TAKEN_BACK = "a crash can take confirmed bookings"
# Of each setting what it may be, what comes of another value, and what to do then.
_TEXT = (
    (
        "client_encoding",
        {"UTF8"},
        _NOT_BOOKED,
        "set client_encoding to UTF8 at the role, or in your engine's connect_args",
        Grade.WRONG,
    ),
    (
        "DateStyle",
        {"ISO"},
        "the driver cannot read any time, and nobody can book",
        "set it to ISO at the database or the role",
        Grade.WRONG,
    ),
)
_WRITING: tuple[tuple[Any, ...], ...] = (
    ("fsync", {"on"}, _TAKEN_BACK),
    ("full_page_writes", {"on"}, _TAKEN_BACK),
    (
        "transaction_isolation",
        {"read committed"},
        "more customers than need be are asked to try again",
    ),
    (
        "session_replication_role",
        {"origin", "local"},
        "no trigger runs, and a changed business is not noticed",
        "set it to origin",
        Grade.WRONG,
    ),
)


def postgresql(session: Session) -> Iterator[Finding]:
    """Return what is found at the server behind the session, and of this connection."""
    connection = session.connection()
    yield Finding(Grade.OK, f"PostgreSQL {_setting(session, 'server_version')}")
    remedy = f"move to another database ({in_unicode(connection)})"
    stored = encoding(connection)
    yield expect("the database's encoding", stored, {"UTF8"}, _NOT_BOOKED, remedy, Grade.WRONG)
    yield from _expected(session, _TEXT)
    driver: Any = connection.connection.dbapi_connection
    by_itself = bool(getattr(driver, "autocommit", False))
    # Or nothing that follows could look at an appointment. For this transaction, if there is one.
    connection.exec_driver_sql(_READABLE, {"local": not by_itself})
    yield from _expected(session, _WRITING)
    standbys = bool(_setting(session, "synchronous_standby_names"))
    yield synchronous_commit(_setting(session, "synchronous_commit"), standbys=standbys)
    harm = "autocommit = on, so half of a booking can be written: take AUTOCOMMIT from the engine"
    yield check(not by_itself, "autocommit = off", harm)
    yield from _postgresql_warnings(session)


def _expected(session: Session, settings: Iterable[tuple[Any, ...]]) -> Iterator[Finding]:
    for name, *expected in settings:
        # Of a style of dates only the first part matters.
        yield expect(name, _setting(session, name).partition(",")[0], *expected)


def synchronous_commit(level: str, *, standbys: bool) -> Finding:
    """Check whether what was confirmed is on a disk, and on that of the standby."""
    written = {"on", "remote_apply"} | (set() if standbys else {"local", "remote_write"})
    lost = (
        "the standby that takes over may lack a confirmed booking"
        if standbys and level != "off"
        else _TAKEN_BACK
    )
    return expect("synchronous_commit", level, written, lost, "set it to on")


def _postgresql_warnings(session: Session) -> Iterator[Finding]:
    for name, limit in session.connection().exec_driver_sql(_TIMEOUTS):
        if 0 < int(limit) < PATIENCE:
            yield Finding(
                Grade.WARN,
                f"{name} = {limit} ms, so a busy moment is a page that says try again: set it to "
                f"{PATIENCE} or more for this role",
            )
    if session.connection().exec_driver_sql("SELECT pg_is_in_recovery()").scalar():
        yield Finding(Grade.WARN, "this server is a standby, so nothing can be booked on it")
    pool: Any = session.get_bind().engine.pool
    if not pool._pre_ping:  # noqa: SLF001 - SQLAlchemy tells it nowhere else
        yield Finding(
            Grade.WARN,
            "pool_pre_ping is off, so after a restart of the server each connection fails once: "
            "set it in SQLALCHEMY_ENGINE_OPTIONS",
        )


def _setting(session: Session, name: str) -> str:
    return str(session.connection().exec_driver_sql(f"SHOW {name}").scalar())


OTHERS = stat.S_IROTH | stat.S_IWOTH
# What SQLite keeps beside its file; it takes over the file's own mode when it makes one.
BESIDE = ("", "-wal", "-shm", "-journal")


def file_modes(
    engine: Engine, settings_file: str | None, *, has_secrets: bool = False
) -> Iterator[Finding]:
    """Look at an SQLite database's files and folder, and at a settings file with a password.

    `has_secrets`: there are others beside the database's password that may stand in it.
    """
    if os.name != "posix":  # elsewhere the bits of a mode say nothing of others
        return
    if path := sqlite_path(engine):
        yield from _database_modes(path)
    has_secrets = has_secrets or bool(engine.url.password)
    if settings_file and has_secrets and _mode(Path(settings_file)) & OTHERS:
        yield Finding(
            Grade.WARN,
            f"others on this machine can read {settings_file}, where passwords and keys may "
            f"stand: run chmod o= {settings_file}",
        )


def sqlite_path(engine: Engine) -> Path | None:
    """Return the file of an SQLite database, if it has one by an ordinary name."""
    name = engine.url.database
    is_file = engine.dialect.name == "sqlite" and name and not name.startswith((":", "file:"))
    return Path(str(name)) if is_file else None


def _database_modes(path: Path) -> Iterator[Finding]:
    files = [Path(f"{path}{end}") for end in BESIDE]
    opened = " ".join(str(file) for file in files if _mode(file) & OTHERS)
    yield check(
        not opened,
        "the database file is closed to others on this machine",
        f"others on this machine can read customers' names in {opened}: run chmod o= {opened}",
        Grade.WARN,
    )
    folder = path.parent
    if _mode(folder) & stat.S_IWOTH and not _mode(folder) & stat.S_ISVTX:
        yield Finding(
            Grade.WARN,
            f"others on this machine can put another file into {folder}: run chmod o-w {folder}",
        )


def _mode(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_mode
    return 0


_CHANGES_NOTHING = text("UPDATE booking_alembic_version SET version_num = version_num")


def write_check(session: AnySession) -> Iterator[Finding]:
    """Write, and roll it back. Nothing is found where there are no tables yet."""
    try:
        with suppress(OnlyTried), write_transaction(session) as trial:
            trial.execute(_CHANGES_NOTHING)
            raise OnlyTried
    except DBAPIError as error:
        if not is_missing_table(error):
            yield _refused(error)
    else:
        yield Finding(Grade.OK, "the database can be written")


class OnlyTried(Exception):
    """Raised where what was done was only tried, so that it is rolled back."""


def _refused(error: DBAPIError) -> Finding:
    if is_in_the_way(error):
        return Finding(Grade.WARN, f"somebody was writing all the time ({said(error)}): look again")
    return Finding(
        Grade.WRONG,
        f"the database refuses to write ({said(error)}), so nothing can be booked: make the file "
        "and its folder writable for this user, or use the server that takes writes",
    )
