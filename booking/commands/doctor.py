"""What `flask booking doctor` looks at: whether this installation can be trusted with bookings."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.migrate import pending
from booking.storage.models import Booking
from booking.storage.reads import services, shop

from .findings import Finding, Grade, expect
from .guard import guard
from .pressure import pressure
from .server import postgresql

# Before it, two connections that checkpoint and write at once could, rarely, corrupt the file.
SAFE_SQLITE = (3, 51, 3)
SYNCHRONOUS = {"0": "off", "1": "normal", "2": "full", "3": "extra"}
LOSING = {
    "off": "nothing can be taken back, and half of a booking can be written",
    "memory": "a crash can destroy the file",
}
PATIENCE = 5000


def examine(session: Session, now: datetime, held_share: int) -> Iterator[Finding]:
    """Look at the database behind the session. Raises NewerDatabase; writes nothing.

    `held_share` is the setting of that name.
    """
    engine = session.get_bind().engine
    look_at = {"sqlite": _sqlite, "postgresql": postgresql}.get(engine.dialect.name)
    if look_at:
        yield from look_at(session)
    if versions := pending(engine):
        yield Finding(
            Grade.WRONG, f"migrations are missing ({', '.join(versions)}): run flask booking init"
        )
        return
    yield Finding(Grade.OK, f"{engine.dialect.name} database, all migrations applied")
    yield _business(session)
    yield _calendar(session, now)
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


def _pragma(session: Session, name: str) -> str:
    return str(session.connection().exec_driver_sql(f"PRAGMA {name}").scalar())


def _business(session: Session) -> Finding:
    if shop(session) is None:
        return Finding(Grade.WARN, "no business yet: run flask booking load shop.toml")
    found = len(services(session))
    if not found:
        return Finding(Grade.WARN, "nothing can be booked: let somebody offer a service")
    return Finding(Grade.OK, f"{found} {'service' if found == 1 else 'services'} can be booked")


def _calendar(session: Session, now: datetime) -> Finding:
    unnamed = select(func.count()).where(Booking.calendar_uid.is_(None), Booking.starts_at > now)
    if not (number := session.scalars(unnamed).one()):
        return Finding(Grade.OK, "calendars know every appointment by one name")
    return Finding(
        Grade.WARN,
        f"{number} appointments of before the update are known to calendars by the address their "
        "file was taken from: let BOOKING_PUBLIC_URL name the one that customers used, and run "
        "flask booking init",
    )
