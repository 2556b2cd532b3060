"""Reading, writing and ending the rows, in Core: the statements are built once.

An UPDATE never turns into an INSERT: once a row is known, only an active one of the same
version is changed, so that an ended session cannot come back and nothing is overwritten unseen.
What is ended, erased or deleted goes a few rows at a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Insert,
    Update,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.transactions.retry import Retry
from booking.transactions.statements import connection_of

from .model import handover
from .model import tab_session as table


class RowChanged(Retry):
    """Another request changed the tab's row meanwhile; the view is run again."""


@dataclass(frozen=True, slots=True)
class Row:
    """One tab's row as it was read. Times are seconds since the epoch, UTC."""

    flow: str
    wrapped_key: bytes | None
    sealed: bytes | None
    seen_at: int
    idle_expires_at: int
    absolute_expires_at: int
    id: int = 0
    state: str = "active"
    reason: str | None = None
    version: int = 1
    result: str | None = None
    user: str | None = None
    forked_from: int | None = None
    renewal_due: bool = False
    created_at: int = 0
    format: int | None = None
    by_previous_id: bool = False

    def over_at(self, now: int) -> bool:
        """Say whether an active session has outlived one of its limits; `now` in seconds."""
        return self.state == "active" and now >= min(self.idle_expires_at, self.absolute_expires_at)


_STORED = Row.__slots__[:-1]
_COLUMNS = [table.c[name] for name in _STORED]
_BY_DIGEST = select(*_COLUMNS).where(table.c.token_hash == bindparam("digest"))
_BY_PREVIOUS = select(*_COLUMNS, table.c.previous_key, table.c.previous_until).where(
    table.c.previous_hash == bindparam("digest")
)
_IN_FLOW = table.c.flow == bindparam("flow")
_READ = _BY_DIGEST.where(_IN_FLOW)
_READ_PREVIOUS = _BY_PREVIOUS.where(_IN_FLOW)
_LOCK, _LOCK_PREVIOUS = _READ.with_for_update(), _READ_PREVIOUS.with_for_update()
_LOCK_ALL = _BY_DIGEST.order_by(table.c.id).with_for_update()
_LOCK_ALL_PREVIOUS = _BY_PREVIOUS.order_by(table.c.id).with_for_update()
_RECORD_ACTIVITY = (
    update(table)
    .where(table.c.id == bindparam("row"), table.c.state == "active")
    .values(seen_at=bindparam("seen"), idle_expires_at=bindparam("idle"))
)
_KNOWN = (
    select(table.c.id)
    .where(
        (table.c.token_hash == bindparam("digest")) | (table.c.previous_hash == bindparam("digest"))
    )
    .limit(1)
)
_RENEWED_UNTIL = select(func.max(table.c.previous_until)).where(
    table.c.previous_hash == bindparam("digest")
)
_OTHER_FLOWS = select(table.c.state, table.c.reason, table.c.user, table.c.renewal_due).where(
    table.c.token_hash == bindparam("digest")
)


def find(session: Session, digest: bytes, flow: str, *, lock: bool) -> Row | None:
    """Return the row with this id, with `lock` locked for the rest of the transaction."""
    asked = {"digest": digest, "flow": flow}
    found = connection_of(session).execute(_LOCK if lock else _READ, asked).one_or_none()
    return Row(*found) if found is not None else None


def find_renewed(session: Session, digest: bytes, flow: str, now: int, *, lock: bool) -> Row | None:
    """Return the row that had this id before; after a while as one that has ended."""
    asked, query = {"digest": digest, "flow": flow}, _LOCK_PREVIOUS if lock else _READ_PREVIOUS
    found = connection_of(session).execute(query, asked).first()
    return _by_its_previous_id(found, now) if found is not None else None


def every_flow(session: Session, digest: bytes, now: int) -> list[Row]:
    """Lock and return this tab's rows in all flows that have not ended; by its id before, too."""
    connection = connection_of(session)
    rows = [Row(*found) for found in connection.execute(_LOCK_ALL, {"digest": digest})]
    if not rows:
        found = connection.execute(_LOCK_ALL_PREVIOUS, {"digest": digest})
        rows = [_by_its_previous_id(each, now) for each in found]
    return [row for row in rows if row.state != "ended"]


def _by_its_previous_id(found: Any, now: int) -> Row:
    *columns, previous_key, previous_until = found
    row = replace(Row(*columns), wrapped_key=previous_key, by_previous_id=True)
    if previous_key is None or previous_until <= now:
        return replace(row, state="ended", reason="renewed", sealed=None, wrapped_key=None)
    return row


def renewed_until(session: Session, digest: bytes) -> int | None:
    """Return until when (seconds) this id leads to a tab that has another; None: it never did."""
    until = connection_of(session).execute(_RENEWED_UNTIL, {"digest": digest}).scalar_one()
    return None if until is None else int(until)


def was_renewed(session: Session, digest: bytes, previous: bytes) -> bool:
    """Say whether the tab with this id had that one before."""
    query = select(table.c.id).where(
        table.c.token_hash == digest, table.c.previous_hash == previous
    )
    return connection_of(session).execute(query).first() is not None


def has_key(keys: list[int]) -> ColumnElement[bool]:
    """Return the condition that a row is one of these."""
    return table.c.id.in_(keys)


def is_known(session: Session, digest: bytes) -> bool:
    """Say whether anything is or was stored under this id, in any flow."""
    return connection_of(session).execute(_KNOWN, {"digest": digest}).first() is not None


def create(session: Session, digest: bytes, row: Row) -> int | None:
    """Insert a row and return its key; None when another request has just made it."""
    connection = connection_of(session)
    values = {name: getattr(row, name) for name in _STORED if name != "id"}
    values["token_hash"] = digest
    key = connection.execute(_inserting(connection.dialect.name), values).scalar()
    return int(key) if key is not None else None


@cache
def _inserting(dialect: str) -> Insert:
    make: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}.get(dialect)
    statement = make(table).on_conflict_do_nothing() if make else insert(table)
    inserting: Insert = statement.returning(table.c.id)
    return inserting


def update_if_current(session: Session, row: int, version: int, values: Mapping[str, Any]) -> bool:
    """Write to the row and count its version up. False: it has another version or has ended."""
    given = {f"new_{name}": value for name, value in values.items()}
    known = {"row": row, "known_version": version}
    changed = connection_of(session).execute(_changing(frozenset(values)), given | known)
    return changed.rowcount == 1


def is_ended(session: Session, row: int) -> bool:
    """Say whether a row, as this transaction now sees it, has ended."""
    query = select(table.c.state).where(table.c.id == row)
    return connection_of(session).execute(query).scalar() == "ended"


def row_after_update(row: Row, values: Mapping[str, Any]) -> Row:
    """Return the row as it is once `update_if_current` has written these values."""
    known = {name: value for name, value in values.items() if name in _STORED}
    return replace(row, version=row.version + 1, **known)


@cache
def _changing(columns: frozenset[str]) -> Update:
    return (
        update(table)
        .where(
            table.c.id == bindparam("row"),
            table.c.version == bindparam("known_version"),
            table.c.state == "active",
        )
        .values(
            {name: bindparam(f"new_{name}") for name in sorted(columns)}
            | {"version": table.c.version + 1}
        )
    )


def set_token(session: Session, row: int, values: Mapping[str, Any]) -> None:
    """Let a row be found by another id."""
    statement = update(table).where(table.c.id == row, table.c.state != "ended").values(**values)
    connection_of(session).execute(statement)


def other_flows(session: Session, digest: bytes) -> list[tuple[str, str | None, str | None, bool]]:
    """Return state, reason, user and whether a renewal is due, of the tab's rows in all flows."""
    found = connection_of(session).execute(_OTHER_FLOWS, {"digest": digest})
    return [(state, reason, user, due) for state, reason, user, due in found]


def attach(session: Session, rows: list[int], user: str) -> None:
    """Tie these rows to a user, and have them renewed before they are written to again."""
    statement = update(table).where(table.c.id.in_(rows)).values(user=user, renewal_due=True)
    connection_of(session).execute(statement)


def record_activity(session: Session, row: int, seen: int, idle: int) -> None:
    """Note that the tab is in use. The version stays: nothing of the draft has changed."""
    connection_of(session).execute(_RECORD_ACTIVITY, {"row": row, "seen": seen, "idle": idle})


# -- ending, and what is left of it ---------------------------------------------------------------

_ERASED = {"wrapped_key": None, "sealed": None, "previous_key": None}
# SQLite takes whatever an index is asked for to be ten rows, and a million have the same state.
_NOT_BY_ITS_INDEX = table.c.state.concat("")
_EXPIRED = (
    select(table.c.id)
    .where(table.c.state == "active", table.c.idle_expires_at <= bindparam("now"))
    .order_by(table.c.idle_expires_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)


def expired_ids(session: Session, now: int, most: int) -> list[int]:
    """Lock and return keys of active sessions past a limit, oldest first; skip what others lock."""
    asked = {"now": now, "most": most}
    return list(connection_of(session).execute(_EXPIRED, asked).scalars())


def open_ids(session: Session, which: ColumnElement[bool], after: int, most: int) -> list[int]:
    """Return keys above `after` of sessions that have not ended, in order; nothing is locked."""
    statement = (
        select(table.c.id)
        .where(table.c.id > after, table.c.state != "ended", which)
        .order_by(table.c.id)
        .limit(most)
    )
    return list(connection_of(session).execute(statement).scalars())


def open_sessions(session: Session, which: ColumnElement[bool], most: int) -> list[tuple[int, str]]:
    """Lock, in one order, sessions that have not ended; return their keys and states."""
    statement = (
        select(table.c.id, table.c.state)
        .where(table.c.state != "ended", which)
        .order_by(table.c.id)
        .limit(most)
        .with_for_update()
    )
    return [(row, state) for row, state in connection_of(session).execute(statement)]


def ended_row(row: Row) -> Row:
    """Return the row as it is once the tab itself has ended it."""
    erased = replace(row, result=None, wrapped_key=None, sealed=None)
    return replace(erased, state="ended", reason="ended")


def end(session: Session, rows: list[int], reason: str, *, completed: bool = False) -> None:
    """Erase the drafts of these sessions, completed ones too if asked; their tombstones stay."""
    states = ("active", "completed") if completed else ("active",)
    statement = (
        update(table)
        .where(table.c.id.in_(rows), _NOT_BY_ITS_INDEX.in_(states))
        .values(state="ended", reason=reason, result=None, version=table.c.version + 1, **_ERASED)
    )
    connection_of(session).execute(statement)
    revoke_handovers(session, rows)


def delete_tombstones(session: Session, before: int, most: int) -> int:
    """Delete tombstones whose absolute limit lies before `before` (seconds); return how many."""
    old = (
        select(table.c.id)
        # By name: what is merely not active is found by no index.
        .where(table.c.state.in_(("completed", "ended")), table.c.absolute_expires_at < before)
        .limit(most)
    )
    gone = connection_of(session).execute(table.delete().where(table.c.id.in_(old)))
    return gone.rowcount


def revoke_handovers(session: Session, tabs: list[int]) -> None:
    """Take back what these tabs left for others: they are over, and their answers erased."""
    connection_of(session).execute(delete(handover).where(handover.c.tab_session_id.in_(tabs)))


def delete_expired_handovers(session: Session, now: int, most: int) -> int:
    """Delete up to `most` hand-overs that are over at `now` (seconds); return how many."""
    over = (
        select(handover.c.digest)
        .where(handover.c.expires_at <= now)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    gone = connection_of(session).execute(delete(handover).where(handover.c.digest.in_(over)))
    return gone.rowcount
