"""Reading, writing and ending the rows, in Core: the statements are built once.

An UPDATE never turns into an INSERT: once a row is known, only an active one of the same
version is changed, so that an ended session cannot come back and nothing is overwritten unseen.
What is ended, erased or deleted goes a few rows at a time.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    Boolean,
    ColumnElement,
    bindparam,
    case,
    delete,
    exists,
    false,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.transactions.sessions import Retry
from booking.transactions.statements import FixedStatement, connection_of

from . import crypto
from .model import handover
from .model import tab_session as table


class RowChanged(Retry):
    """Another request changed the tab's row meanwhile; the view is run again."""


class Row(NamedTuple):
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
    token_hash: bytes | None = None
    previous_hash: bytes | None = None
    previous_key: bytes | None = None
    previous_until: int | None = None
    by_previous_id: bool = False

    def over_at(self, now: int) -> bool:
        """Say whether an active session has expired; `now` in seconds."""
        return self.state == "active" and now >= min(self.idle_expires_at, self.absolute_expires_at)

    def seconds_left(self, now: int) -> int | None:
        """Return how long an active session lives if nothing more is heard of it; else None."""
        ends = min(self.idle_expires_at, self.absolute_expires_at)
        return max(0, ends - now) if self.state == "active" else None


Opened = tuple[bytes | None, bytes]
_STORED = Row._fields[:-1]
_DIGEST: ColumnElement[bytes] = bindparam("digest", type_=table.c.token_hash.type)
_FIND = (
    select(*[table.c[name] for name in _STORED])
    .where((table.c.token_hash == _DIGEST) | (table.c.previous_hash == _DIGEST))
    .order_by(table.c.id)
)
# Not against those whose rows only point to it, as those of its copies do.
_READ, _LOCK = FixedStatement(_FIND), FixedStatement(_FIND.with_for_update(key_share=True))
_ACTIVE = update(table).where(table.c.id == bindparam("row"), table.c.state == "active")
_RECORD_ACTIVITY = FixedStatement(
    _ACTIVE.values(seen_at=bindparam("seen"), idle_expires_at=bindparam("idle"))
)


def find(session: Session, digest: bytes, now: int, *, lock: bool) -> list[Row]:
    """Return this id's rows in all flows, with `lock` locked for the rest of the transaction.

    Those too that had this id before; after a while as ones that have ended. In one order, in
    which whoever locks several of them locks them.
    """
    rows = [Row(*each) for each in (_LOCK if lock else _READ).rows(session, {"digest": digest})]
    return [row if row.token_hash == digest else _by_its_previous_id(row, now) for row in rows]


def every_flow(session: Session, digest: bytes, now: int, *, lock: bool = True) -> list[Row]:
    """Lock and return this tab's rows in all flows that have not ended; by its id before, too."""
    rows = find(session, digest, now, lock=lock)
    return [row for row in _by_this_id(rows) if row.state != "ended"]


def user_of(rows: list[Row]) -> str | None:
    """Return whom a tab is tied to in any of these rows of its; None if nobody."""
    return next((row.user for row in _by_this_id(rows) if row.user is not None), None)


def _by_this_id(rows: list[Row]) -> list[Row]:
    """Leave those out that had this id before, where others have it now."""
    has_id = any(not row.by_previous_id for row in rows)
    return [row for row in rows if not (has_id and row.by_previous_id)]


def _by_its_previous_id(row: Row, now: int) -> Row:
    row = row._replace(wrapped_key=row.previous_key, by_previous_id=True)
    if row.wrapped_key is None or row.previous_until is None or row.previous_until <= now:
        return row._replace(state="ended", reason="renewed", sealed=None, wrapped_key=None)
    return row


def renewed_until(rows: list[Row]) -> int | None:
    """Return until when (seconds) an id leads to a tab that has another; None: it never did."""
    return max((row.previous_until or 0 for row in rows if row.by_previous_id), default=None)


def open_draft(row: Row | None, tab_id: str) -> Opened:
    """Return the draft's key and the text that it opens; an empty draft where there is none.

    Raises: SealBroken, UnknownFormat.
    """
    if row is None or not row.wrapped_key:
        return None, b"{}"
    with crypto.naming_row(row.flow, row.id):
        key = crypto.unwrap(row.wrapped_key, tab_id, row.format)
        if row.sealed is None:
            return key, b"{}"
        return key, crypto.unseal(row.sealed, key, row.version, row.format)


def has_key(keys: list[int]) -> ColumnElement[bool]:
    """Return the condition that a row is one of these."""
    return table.c.id.in_(keys)


def create(session: Session, row: Row, *, is_alone: bool = False) -> int | None:
    """Insert a row and return its key; None when another request has just made it.

    `is_alone`: nor is it inserted where its id has a row in another flow.
    """
    inserting = _inserting(connection_of(session).dialect.name)
    made = inserting.rows(session, {**row._asdict(), "is_alone": is_alone})
    return int(made[0][0]) if made else None


@cache
def _inserting(dialect: str) -> FixedStatement:
    make: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}.get(dialect)
    columns = [table.c[name] for name in _STORED if name != "id"]
    row = {column.name: bindparam(column.name, type_=column.type) for column in columns}
    others = table.alias()
    is_wanted = or_(
        bindparam("is_alone", type_=Boolean).is_(false()),
        ~exists().where(others.c.token_hash == row["token_hash"]),
    )
    statement: Any = (make or insert)(table).from_select(
        columns, select(*row.values()).where(is_wanted)
    )
    if make:
        statement = statement.on_conflict_do_nothing()
    return FixedStatement(statement.returning(table.c.id))


def update_if_current(session: Session, row: int, version: int, values: Mapping[str, Any]) -> bool:
    """Write to the row and count its version up. False: it has another version or has ended."""
    given = {f"new_{name}": value for name, value in values.items()}
    known = {"row": row, "known_version": version}
    return _changing(frozenset(values)).execute(session, given | known) == 1


def is_ended(session: Session, row: int) -> bool:
    """Say whether a row, as this transaction now sees it, has ended."""
    query = select(table.c.state).where(table.c.id == row)
    return connection_of(session).execute(query).scalar() == "ended"


def row_after_update(row: Row, values: Mapping[str, Any]) -> Row:
    """Return the row as it is once `update_if_current` has written these values."""
    known = {name: value for name, value in values.items() if name in _STORED}
    return row._replace(version=row.version + 1, **known)


@cache
def _changing(columns: frozenset[str]) -> FixedStatement:
    current = _ACTIVE.where(table.c.version == bindparam("known_version"))
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in sorted(columns)}
    return FixedStatement(current.values(values | {"version": table.c.version + 1}))


def set_token(session: Session, row: int, values: Mapping[str, Any]) -> None:
    """Let a row be found by another id."""
    statement = update(table).where(table.c.id == row, table.c.state != "ended").values(**values)
    connection_of(session).execute(statement)


def attach(session: Session, rows: list[int], user: str) -> None:
    """Tie these rows to a user, and have them renewed before they are written to again."""
    statement = update(table).where(table.c.id.in_(rows)).values(user=user, renewal_due=True)
    connection_of(session).execute(statement)


def record_activity(session: Session, row: int, seen: int, idle: int) -> None:
    """Note that the tab is in use. The version stays: nothing of the draft has changed."""
    _RECORD_ACTIVITY.execute(session, {"row": row, "seen": seen, "idle": idle})


# -- ending, and what is left of it ---------------------------------------------------------------

_ERASED = {"wrapped_key": None, "sealed": None, "previous_key": None}
# SQLite takes whatever an index is asked for to be ten rows, and a million have the same state.
_NOT_BY_ITS_INDEX = table.c.state.concat("")
_OVER = select(table.c.id).where(
    table.c.state == "active", table.c.idle_expires_at <= bindparam("now")
)
_DUE = _OVER.order_by(table.c.idle_expires_at).limit(bindparam("most"))
_LIST_DUE = FixedStatement(_DUE)
_EXPIRED = FixedStatement(_DUE.with_for_update(skip_locked=True, key_share=True))
_LOCK_IF_OVER = FixedStatement(
    _OVER.where(table.c.id == bindparam("row")).with_for_update(skip_locked=True, key_share=True)
)
_REVOKE = FixedStatement(delete(handover).where(handover.c.tab_session_id == bindparam("tab")))


def expired_ids(session: Session, now: int, most: int) -> list[int]:
    """Lock and return keys of active sessions past a limit, oldest first; skip what others lock."""
    return [row for (row,) in _EXPIRED.rows(session, {"now": now, "most": most})]


def due_ids(session: Session, now: int, most: int) -> list[int]:
    """Return what `expired_ids` does, those that others lock among them; nothing is locked."""
    return [row for (row,) in _LIST_DUE.rows(session, {"now": now, "most": most})]


def lock_if_over(session: Session, row: int, now: int) -> list[int]:
    """Lock and return this row's key if it is active and past a limit; [] where others lock it."""
    return [key for (key,) in _LOCK_IF_OVER.rows(session, {"row": row, "now": now})]


def put_off(session: Session, row: int, now: int, until: int) -> None:
    """Erase the draft of a session past a limit, which is to be ended at `until` (seconds).

    Until then `expired_ids` passes it over. It stays over for whoever asks: the limit that has
    passed is its absolute one from now on.
    """
    limits = (table.c.idle_expires_at, table.c.absolute_expires_at)
    passed = case((limits[0] < limits[1], limits[0]), else_=limits[1])
    statement = (
        update(table)
        .where(table.c.id == row, table.c.state == "active", table.c.idle_expires_at <= now)
        .values(idle_expires_at=until, absolute_expires_at=passed, version=table.c.version + 1)
        .values(_ERASED)
    )
    if connection_of(session).execute(statement).rowcount:
        revoke_handovers(session, [row])


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
        .with_for_update(key_share=True)
    )
    return [(row, state) for row, state in connection_of(session).execute(statement)]


def ended_row(row: Row) -> Row:
    """Return the row as it is once the tab itself has ended it."""
    erased = row._replace(result=None, wrapped_key=None, sealed=None)
    return erased._replace(state="ended", reason="ended")


def end(session: Session, rows: list[int], reason: str, *, completed: bool = False) -> list[int]:
    """Erase the drafts of these sessions, completed ones too if asked; their tombstones stay.

    Returns those that had not ended before, perhaps by another request that was quicker.
    """
    states = ("active", "completed") if completed else ("active",)
    statement = (
        update(table)
        .where(table.c.id.in_(rows), _NOT_BY_ITS_INDEX.in_(states))
        .values(state="ended", reason=reason, result=None, version=table.c.version + 1, **_ERASED)
        .returning(table.c.id)
    )
    ended = list(connection_of(session).execute(statement).scalars())
    revoke_handovers(session, rows)
    return ended


def forgettable_ids(session: Session, before: int, most: int) -> list[int]:
    """Lock and return keys of tombstones whose absolute limit lies before `before` (seconds).

    What others lock is skipped.
    """
    # By name: what is merely not active is found by no index.
    old = select(table.c.id).where(
        table.c.state.in_(("completed", "ended")), table.c.absolute_expires_at < before
    )
    old = old.limit(most).with_for_update(skip_locked=True)
    return list(connection_of(session).execute(old).scalars())


def delete_tombstones(session: Session, rows: list[int]) -> None:
    """Delete these rows. Raises IntegrityError where a host's rows point to one of them."""
    connection_of(session).execute(table.delete().where(table.c.id.in_(rows)))


def keep_tombstone(session: Session, row: int, limit: int) -> None:
    """Keep a tombstone by its absolute limit (seconds), which means nothing else any more."""
    statement = update(table).where(table.c.id == row, table.c.state != "active")
    connection_of(session).execute(statement.values(absolute_expires_at=limit))


def revoke_handovers(session: Session, tabs: list[int]) -> None:
    """Revoke what these tabs left for others: they are over, and their answers erased."""
    if len(tabs) == 1:  # nearly always
        _REVOKE.execute(session, {"tab": tabs[0]})
    elif tabs:
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
