"""Visitors, as far as limits count them: by hashes that say nothing without a key of their day.

What else limits count stands below: drafts begun in a day, and proofs of work used up. Drafts are
counted, not looked up: who ends a draft has begun it all the same.

A hash is an HMAC under a key of that day (UTC): one of the visitor's address, one of each network
around it. The key lies in the database, so that every process counts alike, and goes two days
later, with that day's first visitor or by `flask booking purge`: from then on nobody can tell whose
hash it was, nor that two days' hashes are one visitor's. Until then, whoever has the database can
try out all IPv4 addresses. Columns and comments also call a hash a mark.
"""

import hmac
import secrets
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, NamedTuple
from weakref import ref

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    ColumnElement,
    Integer,
    LargeBinary,
    ScalarSelect,
    Table,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.orm import Session

from booking.scheduling.clock import TICK
from booking.transactions.statements import FixedStatement, connection_of

from .base import Base
from .bookings import WIDTHS
from .bookings import booking as bookings
from .bookings import claim as claims
from .bookings import hold as holds
from .pending_moves import pending_moves as moves

Names = Sequence[str]
"""A visitor's address, then the networks around it, the widest last: three at most."""

# `day` counts as date.toordinal() does.
visitor_key = Table(
    "booking_visitor_key",
    Base.metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("key", LargeBinary(32), nullable=False),
)


class VisitorHashes(NamedTuple):
    """Keyed hashes of one visitor's address and networks, in the order of WIDTHS.

    Today's, then yesterday's if that key still exists; None where there is no such network.
    """

    today: tuple[bytes | None, ...]
    yesterday: tuple[bytes | None, ...]

    def columns(self) -> dict[str, bytes | None]:
        """Return what is written beside what the visitor takes."""
        return dict(zip(WIDTHS, self.today, strict=True))


class Counted(NamedTuple):
    """How many times are held just now, how many bookings were made in 24 hours, and how many times
    are pending: of bookings, which are among both, and of moves, which are among neither.
    """

    holds: int
    bookings: int
    pending: int


def visitor_hashes(session: Session, names: Names, now: datetime) -> VisitorHashes:
    """Return the hashes of whoever asks from there. The first one of a day makes its key."""
    today = now.astimezone(UTC).date().toordinal()
    keys = _keys(session, today)
    if today not in keys:
        _turn_keys(session, today)
        keys = _keys(session, today)
    return VisitorHashes(*(_marked(keys.get(day), names) for day in (today, today - 1)))


def keys_for(session: Session, purpose: str, now: datetime) -> Sequence[bytes]:
    """Return keys of today and yesterday for something else than hashes; none without visitors."""
    keys = _keys(session, now.astimezone(UTC).date().toordinal())
    return [
        hmac.digest(keys[day], purpose.encode(), "sha256") for day in sorted(keys, reverse=True)
    ]


def delete_old_keys(session: Session, now: datetime) -> None:
    """Delete the keys of days before yesterday, on which no first visitor did it.

    And those of days to come, which a clock that was wrong by more than one has left.
    """
    today = now.astimezone(UTC).date().toordinal()
    _delete_old_keys(session, today)
    session.execute(delete(visitor_key).where(visitor_key.c.day > today + 1))


def _marked(key: bytes | None, names: Names) -> tuple[bytes | None, ...]:
    made = [hmac.digest(key, name.encode(), "sha256") for name in names] if key else []
    return (*made, *[None] * (len(WIDTHS) - len(made)))


def note_keys(session: Session, keys: dict[int, bytes]) -> None:
    """Remember the keys by day, as this transaction has read them beside something else."""
    session.info[_NOTED] = ref(session.get_transaction()), session.get_nested_transaction(), keys


def _keys(session: Session, today: int) -> dict[int, bytes]:
    transaction, savepoint, keys = session.info.get(_NOTED, (None, None, {}))
    # What was read inside a savepoint may have been rolled back with it.
    is_here = savepoint in (None, session.get_nested_transaction())
    if not is_here or today not in keys or transaction != ref(session.get_transaction()):
        rows = connection_of(session).execute(_KEYS, {"since": today - 1})
        keys = {row.day: row.key for row in rows}
    return {day: key for day, key in keys.items() if day >= today - 1}


def _turn_keys(session: Session, today: int) -> None:
    # Two may come first at the same moment: whose key stands is all the same.
    words = "INSERT INTO booking_visitor_key (day, key) VALUES (:day, :key) ON CONFLICT DO NOTHING"
    session.execute(text(words), {"day": today, "key": secrets.token_bytes(32)})
    _delete_old_keys(session, today)


def _delete_old_keys(session: Session, today: int) -> None:
    session.info.pop(_NOTED, None)
    session.execute(delete(visitor_key).where(visitor_key.c.day < today - 1))


def _of(width: str) -> list[BindParameter[bytes]]:
    return [bindparam(f"{width}_{day}", type_=LargeBinary) for day in ("today", "yesterday")]


def _live_holds(width: str) -> ScalarSelect[int]:
    return (
        select(func.count())
        .where(
            holds.c[width].in_(_of(width)),
            holds.c.expires_at > bindparam("now"),
            holds.c.tab_session_id != bindparam("tab"),
        )
        .scalar_subquery()
    )


def _recent_bookings(width: str) -> ScalarSelect[int]:
    made_by = bookings.c[width].in_(_of(width))
    recent = bookings.c.created_at > bindparam("since")
    return select(func.count()).where(made_by, recent).scalar_subquery()


def _pending(width: str) -> ColumnElement[int]:
    """How many bookings wait to be confirmed, and how many to be moved."""
    made_by = bookings.c[width].in_(_of(width))
    waiting = bookings.c.pending_until > bindparam("now")
    asked_by = moves.c[width].in_(_of(width)), moves.c.until > bindparam("now")
    return (
        select(func.count()).where(made_by, waiting).scalar_subquery()
        + select(func.count()).select_from(moves).where(*asked_by).scalar_subquery()
    )


_NOTED = "booking.visitor_keys"  # in session.info
# Built once: building a statement takes several times as long as running it. One for all widths.
_KEYS = select(visitor_key).where(visitor_key.c.day >= bindparam("since"))
_COUNTED = (_live_holds, _recent_bookings, _pending)
_COUNTS = (part(width) for width in WIDTHS for part in _COUNTED)
_COUNT = select(*(count.label(f"count_{place}") for place, count in enumerate(_COUNTS))).subquery()


class DayPart(NamedTuple):
    """A part of a day: how many appointments, and their minutes."""

    appointments: int = 0
    minutes: int = 0


class VisitorUsage(NamedTuple):
    """Of one resource's day: what the visitor has, and what everybody holds and has not booked."""

    own: DayPart = DayPart()
    held: DayPart = DayPart()


def visitor_totals(
    session: Session,
    hashes: VisitorHashes,
    resources: Collection[int],
    ticks: range,
    *,
    now: datetime,
    besides_tab: int | None,
) -> tuple[list[Counted], dict[int, VisitorUsage]]:
    """Count for the visitor, then each network around, in the order of WIDTHS.

    Beside it what is taken of each resource within those ticks. What the tab `besides_tab` holds is
    left out. Bookings count that were cancelled since, too.
    """
    values: dict[str, Any] = {
        **{f"resource_{place}": each for place, each in enumerate(resources)},
        **{f"{width}_today": mark for width, mark in hashes.columns().items()},
        **dict(zip([f"{width}_yesterday" for width in WIDTHS], hashes.yesterday, strict=True)),
        "first": ticks.start,
        "end": ticks.stop,
        "now": int(now.timestamp()),
        "since": now - timedelta(days=1),
        "tab": -1 if besides_tab is None else besides_tab,  # no tab has that key
    }
    rows, each = _totals_of(len(resources)).rows(session, values), len(_COUNTED)
    end = each * len(WIDTHS)
    counted = [Counted(*rows[0][place : place + each]) for place in range(0, end, each)]
    usage = {
        resource: VisitorUsage(DayPart(ours, own * TICK), DayPart(theirs, held * TICK))
        for resource, ours, own, theirs, held in (row[end:] for row in rows)
        if resource is not None
    }
    return counted, usage


def _part(which: ColumnElement[bool], name: str) -> list[ColumnElement[int]]:
    owner = func.coalesce(claims.c.hold_id, -claims.c.booking_id)
    appointments = func.count(case((which, owner)).distinct())
    ticks = func.count(case((which, 1)))
    return [appointments.label(f"{name}_appointments"), ticks.label(f"{name}_ticks")]


# Built once: building a statement takes several times as long as running it.
_BOTH_DAYS = _of("visitor")
_HELD_BY_OTHERS = claims.c.hold_id.is_not(None) & (holds.c.tab_session_id != bindparam("tab"))
_PENDING = claims.c.booking_id.is_not(None) & claims.c.expires_at.is_not(None)
_ASKED = select(moves.c.booking_id).where(
    moves.c.until > bindparam("now"), moves.c.visitor.in_(_BOTH_DAYS)
)
_OWN = or_(
    _HELD_BY_OTHERS & holds.c.visitor.in_(_BOTH_DAYS),
    bookings.c.visitor.in_(_BOTH_DAYS),
    _PENDING & claims.c.booking_id.in_(_ASKED),
)
_USAGE = (
    select(claims.c.resource_id, *_part(_OWN, "own"), *_part(_HELD_BY_OTHERS | _PENDING, "held"))
    .outerjoin(holds, holds.c.id == claims.c.hold_id)
    .outerjoin(bookings, bookings.c.id == claims.c.booking_id)
    .where(
        claims.c.tick >= bindparam("first"),
        claims.c.tick < bindparam("end"),
        or_(claims.c.expires_at.is_(None), claims.c.expires_at > bindparam("now")),
    )
    .group_by(claims.c.resource_id)
)


@lru_cache(maxsize=32)
def _totals_of(resources: int) -> FixedStatement:
    wanted = [bindparam(f"resource_{place}", type_=Integer) for place in range(resources)]
    part = _USAGE.where(claims.c.resource_id.in_(wanted)).subquery()
    return FixedStatement(select(_COUNT, part).join_from(_COUNT, part, true(), isouter=True))


# `day` counts as date.toordinal() does.
visitor_drafts = Table(
    "booking_visitor_drafts",
    Base.metadata,
    Column("mark", LargeBinary(32), primary_key=True),
    Column("day", Integer, nullable=False, index=True),
    Column("drafts", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
)


class DraftsBegun(NamedTuple):
    """How many drafts were begun that day, and their bytes in all."""

    drafts: int
    bytes: int


def add_drafts_begun(
    session: Session, marks: Sequence[bytes], now: datetime, drafts: int, size: int
) -> dict[bytes, DraftsBegun]:
    """Count these for each of the marks; what each has begun today (UTC), these among them."""
    # In one order for everybody, or two visitors of one network would wait for each other.
    of = {f"mark_{place}": mark for place, mark in enumerate(sorted(marks))}
    values = {**of, "day": _day(now), "drafts": drafts, "bytes": size}
    return {
        bytes(mark): DraftsBegun(begun, held)
        for mark, begun, held in _adding(len(of)).rows(session, values)
    }


def delete_draft_counts(session: Session, *, now: datetime, most: int = 500) -> int:
    """Delete up to `most` counts of what was begun before yesterday; how many went."""
    old = select(visitor_drafts.c.mark).where(visitor_drafts.c.day < _day(now) - 1).limit(most)
    statement = delete(visitor_drafts).where(visitor_drafts.c.mark.in_(old))
    return connection_of(session).execute(statement).rowcount


def _day(now: datetime) -> int:
    return now.astimezone(UTC).date().toordinal()


@cache
def _adding(rows: int) -> FixedStatement:
    # As words, because SQLAlchemy compiles several rows of values anew each time.
    values = ", ".join(f"(:mark_{place}, :day, :drafts, :bytes)" for place in range(rows))
    words = (
        f"INSERT INTO booking_visitor_drafts (mark, day, drafts, bytes) VALUES {values}"  # noqa: S608
        " ON CONFLICT (mark) DO UPDATE SET"
        " drafts = booking_visitor_drafts.drafts + excluded.drafts,"
        " bytes = booking_visitor_drafts.bytes + excluded.bytes"
        " RETURNING mark, drafts, bytes"
    )
    return FixedStatement(text(words))


# `mark` is of the challenge, as its sender signed it; `expires_at` in seconds since the epoch.
spent_challenge = Table(
    "booking_spent_challenge",
    Base.metadata,
    Column("mark", LargeBinary(32), primary_key=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
)


def spend_proof(session: Session, mark: bytes, *, expires_at: int, now: datetime) -> bool:
    """Note that this challenge was used; False where it was used before.

    Each takes ten along that are over, so that the table stays small although nobody purges.
    """
    delete_spent_challenges(session, now=now, most=10)
    written = connection_of(session).execute(_SPEND, {"mark": mark, "expires_at": expires_at})
    return written.rowcount == 1


def delete_spent_challenges(session: Session, *, now: datetime, most: int = 500) -> int:
    """Delete up to `most` that are too old to be taken again; how many went."""
    values = {"now": int(now.timestamp()), "most": most}
    over = connection_of(session).execute(_OVER, values).scalars().all()
    if over:
        marks = spent_challenge.c.mark.in_(over)
        connection_of(session).execute(delete(spent_challenge).where(marks))
    return len(over)


# Built once: building a statement takes several times as long as running it.
_SPEND = text(
    "INSERT INTO booking_spent_challenge (mark, expires_at) VALUES (:mark, :expires_at)"
    " ON CONFLICT DO NOTHING"
)
_OVER = (
    select(spent_challenge.c.mark)
    .where(spent_challenge.c.expires_at <= bindparam("now"))
    .order_by(spent_challenge.c.expires_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
