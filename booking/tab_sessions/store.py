"""Reading and writing the row, in Core: the statements are built once.

An UPDATE never turns into an INSERT: once a row is known, only an active one of the same
version is changed, so that an ended session cannot come back and nothing is overwritten unseen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Select, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from .model import tab_session as table

ERASED: Mapping[str, None] = {"wrapped_key": None, "sealed": None}


@dataclass(frozen=True, slots=True)
class Row:
    """One tab's row as it was read. Times are seconds since the epoch, UTC."""

    id: int
    state: str
    reason: str | None
    version: int
    wrapped_key: bytes | None
    sealed: bytes | None
    result: str | None
    seen_at: int
    idle_expires_at: int
    absolute_expires_at: int

    def over_at(self, now: int) -> bool:
        """Whether an active session has outlived one of its limits."""
        return self.state == "active" and now >= min(self.idle_expires_at, self.absolute_expires_at)


def _by_digest() -> Select[Any]:
    columns = [table.c[name] for name in Row.__slots__]
    return select(*columns).where(
        table.c.token_hash == bindparam("digest"), table.c.flow == bindparam("flow")
    )


_READ = _by_digest()
_LOCK = _by_digest().with_for_update()
_TOUCH = (
    update(table)
    .where(table.c.id == bindparam("row"), table.c.state == "active")
    .values(seen_at=bindparam("seen"), idle_expires_at=bindparam("idle"))
)


def find(session: Session, digest: bytes, flow: str, *, lock: bool) -> Row | None:
    """The row of this tab, locked for the rest of the transaction where asked."""
    found = session.connection().execute(_LOCK if lock else _READ, {"digest": digest, "flow": flow})
    row = found.one_or_none()
    return Row(*row) if row is not None else None


def create(session: Session, flow: str, digest: bytes, row: Row, now: int) -> int | None:
    """Insert a row and return its key; None when another request has just made it."""
    connection = session.connection()
    make: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}.get(
        connection.dialect.name
    )
    statement = make(table).on_conflict_do_nothing() if make else insert(table)
    values = asdict(row) | {"flow": flow, "token_hash": digest, "created_at": now}
    del values["id"]
    key = connection.execute(statement.returning(table.c.id), values).scalar()
    return int(key) if key is not None else None


def change(session: Session, row: int, version: int, values: Mapping[str, Any]) -> bool:
    """Write to an active row of this version and count the version up. False: it is not so."""
    statement = (
        update(table)
        .where(table.c.id == row, table.c.version == version, table.c.state == "active")
        .values(version=version + 1, **values)
    )
    return session.connection().execute(statement).rowcount == 1


def touch(session: Session, row: int, seen: int, idle: int) -> None:
    """Note that the tab is in use. The version stays: nothing of the draft has changed."""
    session.connection().execute(_TOUCH, {"row": row, "seen": seen, "idle": idle})


def outlived(session: Session, now: int, most: int) -> list[int]:
    """Keys of active sessions past a limit, oldest first; rows others are busy with are left."""
    past = (table.c.idle_expires_at <= now) | (table.c.absolute_expires_at <= now)
    statement = (
        select(table.c.id)
        .where(table.c.state == "active", past)
        .order_by(table.c.idle_expires_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return list(session.connection().execute(statement).scalars())


def end(session: Session, rows: list[int], reason: str) -> None:
    """Erase the drafts of these sessions and leave their tombstones."""
    statement = (
        update(table)
        .where(table.c.id.in_(rows), table.c.state == "active")
        .values(state="ended", reason=reason, version=table.c.version + 1, **ERASED)
    )
    session.connection().execute(statement)


def forget(session: Session, before: int, most: int) -> int:
    """Delete tombstones whose absolute limit lies before `before`; how many went."""
    old = (
        select(table.c.id)
        .where(table.c.state != "active", table.c.absolute_expires_at < before)
        .limit(most)
    )
    gone = session.connection().execute(table.delete().where(table.c.id.in_(old)))
    return gone.rowcount
