"""Visitors, as far as limits count them: by marks that cannot be led back to an address.

A mark is an HMAC of the address under a key of that day (UTC). The key lies in the database, so
that every process counts alike, and goes two days later, with that day's first visitor or by
`flask booking purge`: from then on nobody can tell whose mark
it was, nor that two days' marks are one visitor's.
"""

import hmac
import secrets
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import (
    BindParameter,
    Column,
    Integer,
    LargeBinary,
    Table,
    bindparam,
    delete,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Session

from booking.scheduling.hours import TICK
from booking.storage.base import Base
from booking.storage.bookings import booking as bookings
from booking.storage.bookings import claim as claims
from booking.storage.bookings import hold as holds

Marks = Sequence[bytes]
"""Of one visitor: today's, and yesterday's where there is one."""

# `day` counts as date.toordinal() does.
visitor_key = Table(
    "booking_visitor_key",
    Base.metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("key", LargeBinary(32), nullable=False),
)


class Taken(NamedTuple):
    """What one visitor has of one resource: how many appointments, and their minutes."""

    appointments: int = 0
    minutes: int = 0


def marks_of(session: Session, address: str, now: datetime) -> Marks:
    """The marks of whoever asks from that address. The first one of a day makes its key."""
    today = now.astimezone(UTC).date().toordinal()
    keys = _keys(session, today)
    if today not in keys:
        _turn_keys(session, today)
        keys = _keys(session, today)
    days = (day for day in (today, today - 1) if day in keys)
    return [hmac.digest(keys[day], address.encode(), "sha256") for day in days]


def forget_keys(session: Session, now: datetime) -> None:
    """Delete the keys of days before yesterday, on which no first visitor did it."""
    _forget_keys(session, now.astimezone(UTC).date().toordinal())


def count_live_holds(
    session: Session, marks: Marks, *, now: datetime, besides_tab: int | None
) -> int:
    """How many times the visitor's tabs hold, that one left out."""
    asked = {"marks": marks, "now": int(now.timestamp()), "tab": _number(besides_tab)}
    return session.connection().execute(_LIVE_HOLDS, asked).scalar_one()


def count_bookings(session: Session, marks: Marks, *, now: datetime) -> int:
    """How many bookings the visitor made in the last 24 hours, cancelled ones included."""
    asked = {"marks": marks, "since": now - timedelta(days=1)}
    return session.connection().execute(_RECENT_BOOKINGS, asked).scalar_one()


def taken_by(
    session: Session,
    marks: Marks,
    resources: Collection[int],
    ticks: range,
    *,
    now: datetime,
    besides_tab: int | None,
) -> dict[int, Taken]:
    """What the visitor holds or booked of each resource within those ticks."""
    asked = {
        "marks": marks,
        "resources": list(resources),
        "first": ticks.start,
        "end": ticks.stop,
        "now": int(now.timestamp()),
        "tab": _number(besides_tab),
    }
    rows = session.connection().execute(_TAKEN, asked)
    return {resource: Taken(owners, number * TICK) for resource, owners, number in rows}


def _number(tab_key: int | None) -> int:
    return -1 if tab_key is None else tab_key  # no tab has that one


def _keys(session: Session, today: int) -> dict[int, bytes]:
    rows = session.connection().execute(_KEYS, {"since": today - 1})
    return {row.day: row.key for row in rows}


def _turn_keys(session: Session, today: int) -> None:
    # Two may come first at the same moment: whose key stands is all the same.
    words = "INSERT INTO booking_visitor_key (day, key) VALUES (:day, :key) ON CONFLICT DO NOTHING"
    session.execute(text(words), {"day": today, "key": secrets.token_bytes(32)})
    _forget_keys(session, today)


def _forget_keys(session: Session, today: int) -> None:
    session.execute(delete(visitor_key).where(visitor_key.c.day < today - 1))


# Built once: building a statement takes several times as long as running it.
_MARKS: BindParameter[bytes] = bindparam("marks", expanding=True)
_NOT_OF_TAB = holds.c.tab_session_id != bindparam("tab")
_KEYS = select(visitor_key).where(visitor_key.c.day >= bindparam("since"))
_LIVE_HOLDS = select(func.count()).where(
    holds.c.visitor.in_(_MARKS), holds.c.expires_at > bindparam("now"), _NOT_OF_TAB
)
_RECENT_BOOKINGS = select(func.count()).where(
    bookings.c.visitor.in_(_MARKS), bookings.c.created_at > bindparam("since")
)
_TAKEN = (
    select(
        claims.c.resource_id,
        func.count(func.coalesce(claims.c.hold_id, -claims.c.booking_id).distinct()),
        func.count(),
    )
    .outerjoin(holds, holds.c.id == claims.c.hold_id)
    .outerjoin(bookings, bookings.c.id == claims.c.booking_id)
    .where(
        claims.c.resource_id.in_(bindparam("resources", expanding=True)),
        claims.c.tick >= bindparam("first"),
        claims.c.tick < bindparam("end"),
        or_(claims.c.expires_at.is_(None), claims.c.expires_at > bindparam("now")),
        or_(holds.c.visitor.in_(_MARKS) & _NOT_OF_TAB, bookings.c.visitor.in_(_MARKS)),
    )
    .group_by(claims.c.resource_id)
)
