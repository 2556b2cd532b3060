"""Whether the database still refuses to sell a time twice: the guard, and what it guards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from booking.scheduling.clock import to_minute
from booking.storage.claims import staff_ticks
from booking.storage.models import Booking, StaffMember, claim, hold

from .findings import Finding, Grade

KEY = ["resource_id", "tick"]
LIVE = ("pending", "confirmed")
# What makes a process that remembers the business read it again: migration 0008.
WATCHERS = {
    "sqlite": """
        SELECT count(*) = 27 FROM sqlite_master
        WHERE type = 'trigger' AND name LIKE 'booking~_%~_changed~_by~_%' ESCAPE '~'
    """,
    "postgresql": """
        SELECT count(*) = 9 FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        WHERE tgname = 'booking_catalogue_changed' AND tgenabled <> 'D'
        AND pg_table_is_visible(pg_class.oid)
    """,
}


def guard(session: Session, now: datetime) -> Iterator[Finding]:
    """The keys that make the promise, and claims or appointments that slipped past them."""
    yield from _keys(session)
    yield from _watchers(session)
    yield _counted(_without_owner(session), "claims without owner", "their time cannot be booked")
    yield _counted(_of_cancelled(session), "claims of cancelled appointments", "their time is lost")
    yield _counted(
        _unguarded(session, now), "appointments not wholly claimed", "their time can be sold twice"
    )


def _keys(session: Session) -> Iterator[Finding]:
    found = inspect(session.connection())
    key = found.get_pk_constraint("booking_claim")["constrained_columns"]
    drafts = any(
        unique["column_names"] == ["draft"]
        for unique in found.get_unique_constraints("booking_booking")
    )
    yield _required(key == KEY, "the key of claims", "any time can be sold twice")
    yield _required(drafts, "the key of drafts", "confirming twice can book twice")


def _watchers(session: Session) -> Iterator[Finding]:
    connection = session.connection()
    if not (question := WATCHERS.get(connection.dialect.name)):
        return
    stands = bool(connection.exec_driver_sql(question).scalar())
    harm = "running processes do not notice a changed business"
    yield _required(stands, "what watches over the business", harm)


def _without_owner(session: Session) -> int:
    orphans = (
        select(func.count())
        .select_from(claim)
        .outerjoin(hold, hold.c.id == claim.c.hold_id)
        .outerjoin(Booking, Booking.id == claim.c.booking_id)
        .where(func.coalesce(hold.c.id, Booking.id).is_(None))
    )
    return session.scalars(orphans).one()


def _of_cancelled(session: Session) -> int:
    lost = select(func.count()).select_from(claim).join(Booking).where(Booking.state == "cancelled")
    return session.scalars(lost).one()


def _unguarded(session: Session, now: datetime) -> int:
    """How many appointments to come lack a claim on any of their ticks."""
    claimed = (
        select(claim.c.booking_id, claim.c.resource_id, func.count().label("ticks"))
        .where(claim.c.booking_id.is_not(None))
        .group_by(claim.c.booking_id, claim.c.resource_id)
        .subquery()
    )
    query = (
        select(
            Booking.starts_at,
            Booking.ends_at,
            Booking.buffer_before,
            Booking.buffer_after,
            func.coalesce(claimed.c.ticks, 0),
        )
        .join(StaffMember, StaffMember.id == Booking.staff_member_id)
        .outerjoin(
            claimed,
            (claimed.c.booking_id == Booking.id)
            & (claimed.c.resource_id == StaffMember.resource_id),
        )
        .where(Booking.state.in_(LIVE), Booking.starts_at > now)
    )
    return sum(
        ticks != len(staff_ticks(0, (to_minute(starts) - before, to_minute(ends) + after)))
        for starts, ends, before, after, ticks in session.execute(query)
    )


def _required(stands: bool, what: str, harm: str) -> Finding:  # noqa: FBT001 - what is asked
    if stands:
        return Finding(Grade.OK, f"{what} stands")
    return Finding(Grade.WRONG, f"{what} is missing, so {harm}: restore it, or the last backup")


def _counted(number: int, what: str, harm: str) -> Finding:
    if number:
        return Finding(Grade.WRONG, f"{number} {what}, so {harm}: restore the last good backup")
    return Finding(Grade.OK, f"no {what}")
