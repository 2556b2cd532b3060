"""What `flask booking doctor` looks at: whether this installation can be trusted with bookings."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.migrate import pending
from booking.storage.reads import services, shop

from .findings import Finding, Grade
from .guard import guard
from .pressure import pressure

# Before it, two connections that checkpoint and write at once could, rarely, corrupt the file.
SAFE_SQLITE = (3, 51, 3)
SYNCHRONOUS = {"0": "off", "1": "normal", "2": "full", "3": "extra"}
PATIENCE = 5000


def examine(session: Session, now: datetime, held_share: int) -> Iterator[Finding]:
    """Look at the database behind the session. Raises NewerDatabase; writes nothing.

    `held_share` is the setting of that name.
    """
    engine = session.get_bind().engine
    look_at = {"sqlite": _sqlite, "postgresql": _postgresql}.get(engine.dialect.name)
    if look_at:
        yield from look_at(session)
    if versions := pending(engine):
        yield Finding(
            Grade.WRONG, f"migrations are missing ({', '.join(versions)}): run flask booking init"
        )
        return
    yield Finding(Grade.OK, f"{engine.dialect.name} database, all migrations applied")
    yield _business(session)
    yield from guard(session, now)
    yield from pressure(session, now, held_share)


def _sqlite(session: Session) -> Iterator[Finding]:
    yield _sqlite_version(sqlite3.sqlite_version_info)
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
    yield _expect(
        "journal_mode", _pragma(session, "journal_mode"), {"wal"}, "readers wait for writers"
    )
    keys = _pragma(session, "foreign_keys")
    yield _expect("foreign_keys", keys, {"1"}, "the database does not watch over references")
    level = SYNCHRONOUS.get(_pragma(session, "synchronous"), "unknown")
    yield _expect(
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


def _postgresql(session: Session) -> Iterator[Finding]:
    yield Finding(Grade.OK, f"PostgreSQL {_setting(session, 'server_version')}")
    lost = "a crash can take confirmed bookings"
    yield _expect("fsync", _setting(session, "fsync"), {"on"}, lost)
    yield _expect("full_page_writes", _setting(session, "full_page_writes"), {"on"}, lost)
    standbys = bool(_setting(session, "synchronous_standby_names"))
    yield _synchronous_commit(_setting(session, "synchronous_commit"), standbys=standbys)
    if session.connection().exec_driver_sql("SELECT pg_is_in_recovery()").scalar():
        yield Finding(Grade.WARN, "this server is a standby, so nothing can be booked on it")
    pool: Any = session.get_bind().engine.pool
    if not pool._pre_ping:  # noqa: SLF001 - SQLAlchemy tells it nowhere else
        yield Finding(
            Grade.WARN,
            "pool_pre_ping is off, so after a restart of the server each connection fails once: "
            "set it in SQLALCHEMY_ENGINE_OPTIONS",
        )


def _synchronous_commit(level: str, *, standbys: bool) -> Finding:
    written = {"on", "remote_apply"} | (set() if standbys else {"local", "remote_write"})
    lost = (
        "the standby that takes over may lack a confirmed booking"
        if standbys and level != "off"
        else "a crash can take confirmed bookings"
    )
    return _expect("synchronous_commit", level, written, lost, "on")


def _sqlite_version(version: tuple[int, ...]) -> Finding:
    number = ".".join(map(str, version))
    if version >= SAFE_SQLITE:
        return Finding(Grade.OK, f"SQLite {number}")
    safe = ".".join(map(str, SAFE_SQLITE))
    return Finding(
        Grade.WARN,
        f"SQLite {number} has a bug that can, very rarely, corrupt a busy database: "
        f"use SQLite {safe} or newer, or PostgreSQL, and keep backups",
    )


def _expect(name: str, found: str, good: set[str], harm: str, remedy: str = "") -> Finding:
    if found in good:
        return Finding(Grade.OK, f"{name} = {found}")
    return Finding(Grade.WARN, f"{name} = {found}, so {harm}: set it to {remedy or min(good)}")


def _pragma(session: Session, name: str) -> str:
    return str(session.connection().exec_driver_sql(f"PRAGMA {name}").scalar())


def _setting(session: Session, name: str) -> str:
    return str(session.connection().exec_driver_sql(f"SHOW {name}").scalar())


def _business(session: Session) -> Finding:
    if shop(session) is None:
        return Finding(Grade.WARN, "no business yet: run flask booking load shop.toml")
    found = len(services(session))
    if not found:
        return Finding(Grade.WARN, "nothing can be booked: let somebody offer a service")
    return Finding(Grade.OK, f"{found} {'service' if found == 1 else 'services'} can be booked")
