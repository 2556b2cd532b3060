"""What `flask booking doctor` looks at: whether this installation can be trusted with bookings."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.migrate import pending
from booking.storage.models import Booking, claim, hold
from booking.storage.reads import services, shop

# Before it, two connections that checkpoint and write at once could, rarely, corrupt the file.
SAFE_SQLITE = (3, 51, 3)
LIVE = ("pending", "confirmed")


class Grade(StrEnum):
    """How a finding is meant: `WRONG` must be mended, `WARN` should be known."""

    OK = "ok"
    WARN = "warn"
    WRONG = "WRONG"


class Finding(NamedTuple):
    """One thing that was looked at, and what to do about it."""

    grade: Grade
    text: str


def examine(session: Session, now: datetime) -> Iterator[Finding]:
    """Look at the database behind the session. Raises NewerDatabase; writes nothing."""
    engine = session.get_bind().engine
    if engine.dialect.name == "sqlite":
        yield from _sqlite(session)
    if versions := pending(engine):
        yield Finding(
            Grade.WRONG, f"migrations are missing ({', '.join(versions)}): run flask booking init"
        )
        return
    yield Finding(Grade.OK, f"{engine.dialect.name} database, all migrations applied")
    yield _business(session)
    yield from _claims(session, now)


def _sqlite(session: Session) -> Iterator[Finding]:
    yield _sqlite_version(sqlite3.sqlite_version_info)
    damage = _pragma(session, "quick_check(1)")
    yield (
        Finding(Grade.OK, "the database file is sound")
        if damage == "ok"
        else Finding(Grade.WRONG, "the database file is damaged: restore the last good backup")
    )
    for pragma, wanted, reason in (
        ("journal_mode", "wal", "readers wait for writers"),
        ("foreign_keys", "1", "the database does not watch over references"),
    ):
        found = _pragma(session, pragma)
        yield (
            Finding(Grade.OK, f"{pragma} = {found}")
            if found == wanted
            else Finding(Grade.WARN, f"{pragma} = {found}, so {reason}: set it to {wanted}")
        )


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


def _claims(session: Session, now: datetime) -> Iterator[Finding]:
    """Claims that guard nothing, and bookings that nothing guards."""
    orphans = session.scalar(
        select(func.count())
        .select_from(claim)
        .outerjoin(hold, hold.c.id == claim.c.hold_id)
        .outerjoin(Booking, Booking.id == claim.c.booking_id)
        .where(func.coalesce(hold.c.id, Booking.id).is_(None))
    )
    yield _counted(orphans or 0, "claims without owner", "their time cannot be booked")
    unguarded = session.scalar(
        select(func.count())
        .select_from(Booking)
        .where(Booking.state.in_(LIVE), Booking.starts_at > now)
        .where(~select(claim.c.tick).where(claim.c.booking_id == Booking.id).exists())
    )
    yield _counted(unguarded or 0, "appointments without claims", "their time can be sold twice")


def _counted(number: int, what: str, harm: str) -> Finding:
    if number:
        return Finding(Grade.WRONG, f"{number} {what}, so {harm}: restore the last good backup")
    return Finding(Grade.OK, f"no {what}")
