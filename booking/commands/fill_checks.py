"""What fills the shop or its database: times that are only held, rows nobody needs."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, Table, func, select
from sqlalchemy.orm import Session

from booking.operations.purge import GRACE
from booking.scheduling.clock import TICK, day_interval, local_day
from booking.scheduling.slots import open_minutes
from booking.state import current_sidebook
from booking.storage.catalogue import read_catalogue
from booking.storage.holds import held_ticks
from booking.storage.models import (
    booking,
    claim,
    hold,
    letter,
    past_hold,
    spent_challenge,
    visitor_drafts,
)
from booking.storage.pending_moves import pending_moves as asked
from booking.tab_sessions import limits_of
from booking.tab_sessions.model import handover, tab_session

from .database_checks import Finding, Grade, check

MOST_NAMED = 5
MUCH_HELD = 80
"""Percent of what may be held of somebody's day (BOOKING_HELD_SHARE): then others get nothing."""
FEWEST_HOLDS = 3
"""Two may be half of a short day, and mean nothing."""
MANY_ROWS = {
    tab_session: 200_000,
    handover: 10_000,
    hold: 10_000,
    claim: 500_000,
    letter: 500_000,
}
"""What a busy shop does not reach within a month of bookings, with a purge every night."""
LATE = timedelta(days=1)
"""A purge every night leaves nothing that was due for longer."""


def fill_level(session: Session, now: datetime, held_share: int) -> Iterator[Finding]:
    """Check for days held and not booked, tables that have grown, and overdue purges.

    `held_share` is the percent of a person's day that may be held and not booked.
    """
    yield _held(_held_days(session, now, held_share * MUCH_HELD // 100))
    yield from _grown(session)
    yield _overdue(session, now)


def _held_days(session: Session, now: datetime, much: int) -> list[tuple[date, str, int]]:
    """Day, person and percent, where more than `much` percent of a person's day is only held."""
    catalogue = read_catalogue(session)
    of_resource = {member.resource_id: member.id for member in catalogue.staff.values()}
    minutes: dict[tuple[date, int], int] = defaultdict(int)
    holds: dict[tuple[date, int], set[int]] = defaultdict(set)
    for resource, tick, number in held_ticks(session, now=now):
        if resource in of_resource:
            key = local_day(tick * TICK, catalogue.zone), of_resource[resource]
            minutes[key] += TICK
            holds[key].add(number)
    mostly_held = []
    for (day, member), held in sorted(minutes.items()):
        share = (
            100
            * held
            // max(
                open_minutes(catalogue.working_time(member), day_interval(day, catalogue.zone)),
                held,
            )
        )
        if share > much and len(holds[day, member]) >= FEWEST_HOLDS:
            mostly_held.append((day, catalogue.staff[member].slug, share))
    return mostly_held


def _held(days: list[tuple[date, str, int]]) -> Finding:
    named = ", ".join(f"{day} {slug} {share} %" for day, slug, share in days[:MOST_NAMED])
    more = " …" if len(days) > MOST_NAMED else ""
    return check(
        not days,
        "no day is mostly held and not booked",
        f"much of somebody's day is held and not booked ({named}{more}): look who it is (flask "
        "booking holds); flask booking release gives times back, and book --over-holds takes one",
        Grade.WARN,
    )


def _grown(session: Session) -> Iterator[Finding]:
    for table, most in MANY_ROWS.items():
        rows = _count(session, table)
        if rows > most:
            yield Finding(
                Grade.WARN,
                f"{table.name} has {rows} rows: let flask booking purge run every night, and if it "
                "does, look for many refused requests in the log",
            )


def _overdue(session: Session, now: datetime) -> Finding:
    counts = {what: _count(session, *late) for what, late in _late(now).items()}
    overdue = ", ".join(f"{number} {what}" for what, number in counts.items() if number)
    return check(
        not overdue,
        "nothing is overdue to be purged",
        f"a purge is overdue by more than a day ({overdue}): let flask booking purge run every "
        "night",
        Grade.WARN,
    )


def _late(now: datetime) -> dict[str, tuple[Any, ...]]:
    """Of each part of a purge the table, and which of its rows were due a day ago."""
    at, late = int(now.timestamp()), now - LATE
    due = int(late.timestamp())
    return {
        "unfinished bookings": (
            tab_session,
            tab_session.c.state == "active",
            tab_session.c.idle_expires_at < due,  # never the later one of a tab's two limits
        ),
        "traces of older ones": (
            tab_session,
            tab_session.c.state != "active",
            tab_session.c.absolute_expires_at < due - limits_of(current_app).tombstone,
        ),
        "holds": (hold, hold.c.expires_at < int((late - GRACE).timestamp())),
        "claims": (claim, claim.c.tick < (at // 60 - 3 * 24 * 60) // TICK),
        "visitors' marks": (
            booking,
            booking.c.visitor.is_not(None),
            booking.c.created_at < late - timedelta(days=2),
        ),
        "times held before": (past_hold, past_hold.c.expires_at < due - 24 * 60 * 60),
        "appointments that nobody confirmed": (booking, booking.c.pending_until < due),
        "letters": (
            letter,
            letter.c.ended_at < due - current_sidebook().settings.letter_days * 24 * 60 * 60,
        ),
        "moves that nobody decided about": (asked, asked.c.until < due),
        "sums": (spent_challenge, spent_challenge.c.expires_at < due),
        "counts of drafts": (
            visitor_drafts,
            visitor_drafts.c.day < late.astimezone(UTC).date().toordinal() - 1,
        ),
    }


def _count(session: Session, table: Table, *which: ColumnElement[bool]) -> int:
    return session.execute(select(func.count()).select_from(table).where(*which)).scalar_one()
