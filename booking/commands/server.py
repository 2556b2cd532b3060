"""How a PostgreSQL server, database or role is set, and what that does to bookings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Session

from booking.postgresql import encoding, in_unicode

from .findings import Finding, Grade, expect

PATIENCE = 5000  # milliseconds: longer than anybody waits for a row
_TIMEOUTS = """
    SELECT name, setting FROM pg_settings WHERE name IN
    ('statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout')
"""
_READABLE = """
    SELECT set_config('DateStyle', 'ISO', %(here)s), set_config('client_encoding', 'UTF8', %(here)s)
"""


def postgresql(session: Session) -> Iterator[Finding]:
    """What is found at the server behind the session, and of this connection."""
    yield Finding(Grade.OK, f"PostgreSQL {_setting(session, 'server_version')}")
    yield from _text(session)
    yield _instants(session)
    # Or nothing that follows could look at an appointment. For this transaction, if there is one.
    session.connection().exec_driver_sql(_READABLE, {"here": not _commits_by_itself(session)})
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
    """Whether what was confirmed is on a disk, and on that of the standby that takes over."""
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
