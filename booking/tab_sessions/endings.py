"""Whose progress is over: found, erased, and in the end forgotten; always a few at a time."""

from __future__ import annotations

from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.orm import Session

from . import references
from .model import tab_session as table

ERASED = {"wrapped_key": None, "sealed": None, "previous_key": None}
# SQLite takes whatever an index is asked for to be ten rows, and a million have the same state.
_NOT_BY_ITS_INDEX = table.c.state.concat("")
_OUTLIVED = (
    select(table.c.id)
    .where(table.c.state == "active", table.c.idle_expires_at <= bindparam("now"))
    .order_by(table.c.idle_expires_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)


def outlived(session: Session, now: int, most: int) -> list[int]:
    """Keys of active sessions past a limit, oldest first; rows others are busy with are left."""
    asked = {"now": now, "most": most}
    return list(session.connection().execute(_OUTLIVED, asked).scalars())


def standing(session: Session, which: ColumnElement[bool], after: int, most: int) -> list[int]:
    """Keys above `after` of sessions that have not ended, in order; nothing is locked."""
    statement = (
        select(table.c.id)
        .where(table.c.id > after, table.c.state != "ended", which)
        .order_by(table.c.id)
        .limit(most)
    )
    return list(session.connection().execute(statement).scalars())


def unended(session: Session, which: ColumnElement[bool], most: int) -> list[tuple[int, str]]:
    """Keys and states of sessions that have not ended, locked in one order."""
    statement = (
        select(table.c.id, table.c.state)
        .where(table.c.state != "ended", which)
        .order_by(table.c.id)
        .limit(most)
        .with_for_update()
    )
    return [(row, state) for row, state in session.connection().execute(statement)]


def end(session: Session, rows: list[int], reason: str, *, completed: bool = False) -> None:
    """Erase the drafts of these sessions, completed ones too if asked; their tombstones stay."""
    states = ("active", "completed") if completed else ("active",)
    statement = (
        update(table)
        .where(table.c.id.in_(rows), _NOT_BY_ITS_INDEX.in_(states))
        .values(state="ended", reason=reason, result=None, version=table.c.version + 1, **ERASED)
    )
    session.connection().execute(statement)
    references.withdraw(session, rows)


def forget(session: Session, before: int, most: int) -> int:
    """Delete tombstones whose absolute limit lies before `before`; how many went."""
    old = (
        select(table.c.id)
        # By name: what is merely not active is found by no index.
        .where(table.c.state.in_(("completed", "ended")), table.c.absolute_expires_at < before)
        .limit(most)
    )
    gone = session.connection().execute(table.delete().where(table.c.id.in_(old)))
    return gone.rowcount
