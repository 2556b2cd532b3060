"""Check how SQLite, PostgreSQL and files are set, and what that does to bookings."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
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

from .error_messages import is_in_the_way, said


class Grade(StrEnum):
    """How a finding is meant: `WRONG` must be mended, `WARN` should be known."""

    OK = "ok"
    WARN = "warn"
    WRONG = "WRONG"


class Finding(NamedTuple):
    """One thing that was looked at, and what to do about it."""

    grade: Grade
    text: str


def expect(name: str, found: str, good: set[str], harm: str, remedy: str = "") -> Finding:
    """Return a warning where a setting is none of the good ones; `remedy` is what to set it to."""
    if found in good:
        return Finding(Grade.OK, f"{name} = {found}")
    return Finding(Grade.WARN, f"{name} = {found}, so {harm}: set it to {remedy or min(good)}")


# Before it, two connections that checkpoint and write at once could, rarely, corrupt the file.
SAFE_SQLITE = (3, 51, 3)
SYNCHRONOUS = {"0": "off", "1": "normal", "2": "full", "3": "extra"}
LOSING = {
    "off": "nothing can be taken back, and half of a booking can be written",
    "memory": "a crash can destroy the file",
}


def sqlite_settings(session: Session) -> Iterator[Finding]:
    yield sqlite_version(sqlite3.sqlite_version_info)
    damage = _pragma(session, "quick_check(1)")
    yield (
        Finding(Grade.OK, "the database file is sound")
        if damage == "ok"
        else Finding(
            Grade.WRONG,
            "the database file is damaged: stop the server, keep a copy of the file, and "
            "restore the last good backup (docs/operating.md)",
        )
    )
    yield _journal(_pragma(session, "journal_mode"))
    keys = _pragma(session, "foreign_keys")
    yield expect("foreign_keys", keys, {"1"}, "the database does not watch over references")
    ignored = _pragma(session, "ignore_check_constraints")
    yield expect(
        "ignore_check_constraints", ignored, {"0"}, "rows can be written that mean nothing"
    )
    level = SYNCHRONOUS.get(_pragma(session, "synchronous"), "unknown")
    yield expect(
        "synchronous", level, {"full", "extra"}, "a power cut can take a confirmed booking"
    )
    patience = int(_pragma(session, "busy_timeout"))
    yield (
        Finding(Grade.OK, f"busy_timeout = {patience}")
        if patience >= PATIENCE
        else Finding(
            Grade.WARN,
            f"busy_timeout = {patience}, so a busy moment is a page that says try again: set it to "
            "15000",
        )
    )


def _journal(mode: str) -> Finding:
    if mode in LOSING:
        harm = f"journal_mode = {mode}, so {LOSING[mode]}: set it to wal"
        return Finding(Grade.WRONG, harm)
    return expect("journal_mode", mode, {"wal"}, "readers wait for writers")


def sqlite_version(version: tuple[int, ...]) -> Finding:
    number = ".".join(map(str, version))
    if version >= SAFE_SQLITE:
        return Finding(Grade.OK, f"SQLite {number}")
    safe = ".".join(map(str, SAFE_SQLITE))
    return Finding(
        Grade.WARN,
        f"SQLite {number} has a bug that can, very rarely, corrupt a busy database: "
        f"use SQLite {safe} or newer, or PostgreSQL, and keep backups",
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


def postgresql(session: Session) -> Iterator[Finding]:
    """Return what is found at the server behind the session, and of this connection."""
    yield Finding(Grade.OK, f"PostgreSQL {_setting(session, 'server_version')}")
    yield from _text(session)
    yield _instants(session)
    # Or nothing that follows could look at an appointment. For this transaction, if there is one.
    session.connection().exec_driver_sql(_READABLE, {"local": not _commits_by_itself(session)})
    yield from _durability(session)
    yield from _transactions(session)
    yield from _timeouts(session)
    if session.connection().exec_driver_sql("SELECT pg_is_in_recovery()").scalar():
        yield Finding(Grade.WARN, "this server is a standby, so nothing can be booked on it")
    pool: Any = session.get_bind().engine.pool
    if not pool._pre_ping:  # noqa: SLF001 - SQLAlchemy tells it nowhere else
        yield Finding(
            Grade.WARN,
            "pool_pre_ping is off, so after a restart of the server each connection fails once: "
            "set it in SQLALCHEMY_ENGINE_OPTIONS",
        )


def _text(session: Session) -> Iterator[Finding]:
    stored = encoding(session.connection())
    lost = "a customer whose name it cannot hold cannot book"
    remedy = f"move to another database ({in_unicode(session.connection())})"
    yield _require("the database's encoding", stored, {"UTF8"}, lost, remedy)
    sent = _setting(session, "client_encoding")
    remedy = "set client_encoding to UTF8 at the role, or in your engine's connect_args"
    yield _require("client_encoding", sent, {"UTF8"}, lost, remedy)


def _instants(session: Session) -> Finding:
    style = _setting(session, "DateStyle").partition(",")[0]
    harm = "the driver cannot read any time, and nobody can book"
    remedy = "set it to ISO at the database or the role"
    return _require("DateStyle", style, {"ISO"}, harm, remedy)


def _durability(session: Session) -> Iterator[Finding]:
    lost = "a crash can take confirmed bookings"
    yield expect("fsync", _setting(session, "fsync"), {"on"}, lost)
    yield expect("full_page_writes", _setting(session, "full_page_writes"), {"on"}, lost)
    standbys = bool(_setting(session, "synchronous_standby_names"))
    yield synchronous_commit(_setting(session, "synchronous_commit"), standbys=standbys)


def synchronous_commit(level: str, *, standbys: bool) -> Finding:
    """Check whether what was confirmed is on a disk, and on that of the standby."""
    written = {"on", "remote_apply"} | (set() if standbys else {"local", "remote_write"})
    lost = (
        "the standby that takes over may lack a confirmed booking"
        if standbys and level != "off"
        else "a crash can take confirmed bookings"
    )
    return expect("synchronous_commit", level, written, lost, "on")


def _transactions(session: Session) -> Iterator[Finding]:
    harm = "more customers than need be are asked to try again"
    level = _setting(session, "transaction_isolation")
    yield expect("transaction_isolation", level, {"read committed"}, harm)
    by_itself = "on" if _commits_by_itself(session) else "off"
    harm, remedy = "half of a booking can be written", "take AUTOCOMMIT from the engine"
    yield _require("autocommit", by_itself, {"off"}, harm, remedy)
    role = _setting(session, "session_replication_role")
    harm = "no trigger runs, and a changed business is not noticed"
    yield _require("session_replication_role", role, {"origin", "local"}, harm, "set it to origin")


def _timeouts(session: Session) -> Iterator[Finding]:
    for name, limit in session.connection().exec_driver_sql(_TIMEOUTS):
        if 0 < int(limit) < PATIENCE:
            yield Finding(
                Grade.WARN,
                f"{name} = {limit} ms, so a busy moment is a page that says try again: set it to "
                f"{PATIENCE} or more for this role",
            )


def _commits_by_itself(session: Session) -> bool:
    driver: Any = session.connection().connection.dbapi_connection
    return bool(getattr(driver, "autocommit", False))


def _require(name: str, found: str, good: set[str], harm: str, remedy: str) -> Finding:
    if found in good:
        return Finding(Grade.OK, f"{name} = {found}")
    return Finding(Grade.WRONG, f"{name} = {found}, so {harm}: {remedy}")


def _setting(session: Session, name: str) -> str:
    return str(session.connection().exec_driver_sql(f"SHOW {name}").scalar())


OTHERS = stat.S_IROTH | stat.S_IWOTH
# What SQLite keeps beside its file; it takes over the file's own mode when it makes one.
BESIDE = ("", "-wal", "-shm", "-journal")


def file_modes(engine: Engine, settings_file: str | None) -> Iterator[Finding]:
    """Look at an SQLite database's files and folder, and at a settings file with a password."""
    if os.name != "posix":  # elsewhere the bits of a mode say nothing of others
        return
    if engine.dialect.name == "sqlite" and (path := _path_of(engine)):
        yield _database(path)
        yield from _folder(path.parent)
    if settings_file and engine.url.password and _mode(Path(settings_file)) & OTHERS:
        yield Finding(
            Grade.WARN,
            f"others on this machine can read {settings_file}, where the database's password may "
            f"stand: run chmod o= {settings_file}",
        )


def _database(path: Path) -> Finding:
    files = [Path(f"{path}{end}") for end in BESIDE]
    if opened := [file for file in files if _mode(file) & OTHERS]:
        names = " ".join(map(str, opened))
        return Finding(
            Grade.WARN,
            f"others on this machine can read customers' names in {names}: run chmod o= {names}",
        )
    return Finding(Grade.OK, "the database file is closed to others on this machine")


def _folder(folder: Path) -> Iterator[Finding]:
    mode = _mode(folder)
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        yield Finding(
            Grade.WARN,
            f"others on this machine can put another file into {folder}: run chmod o-w {folder}",
        )


def _path_of(engine: Engine) -> Path | None:
    name = engine.url.database
    return Path(name) if name and not name.startswith((":", "file:")) else None


def _mode(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_mode
    return 0


_CHANGES_NOTHING = text("UPDATE booking_alembic_version SET version_num = version_num")


def write_check(session: AnySession) -> Iterator[Finding]:
    """Write, and roll it back. Nothing is found where there are no tables yet."""
    try:
        with suppress(_OnlyTried), write_transaction(session) as trial:
            trial.execute(_CHANGES_NOTHING)
            raise _OnlyTried
    except DBAPIError as error:
        if not is_missing_table(error):
            yield _refused(error)
    else:
        yield Finding(Grade.OK, "the database can be written")


class _OnlyTried(Exception):
    """So that the door rolls back."""


def _refused(error: DBAPIError) -> Finding:
    if is_in_the_way(error):
        return Finding(Grade.WARN, f"somebody was writing all the time ({said(error)}): look again")
    return Finding(
        Grade.WRONG,
        f"the database refuses to write ({said(error)}), so nothing can be booked: make the file "
        "and its folder writable for this user, or use the server that takes writes",
    )
