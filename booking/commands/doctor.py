"""What `flask booking doctor` looks at: whether this installation can be trusted with bookings.

Whether the database still refuses to sell a time twice; and whether something fills the shop or its
database: times that are only held, rows nobody needs.
"""

import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, String, Table, cast, func, inspect, select
from sqlalchemy.exc import SAWarning
from sqlalchemy.orm import Session

from booking.migrate import pending
from booking.operations.purge import GRACE
from booking.scheduling.clock import (
    TICK,
    day_interval,
    from_minute,
    local_day,
    to_minute,
)
from booking.scheduling.slots import open_minutes
from booking.state import current_sidebook
from booking.storage.bookings import STANDING
from booking.storage.catalogue import read_catalogue
from booking.storage.claims import staff_ticks
from booking.storage.holds import held_ticks
from booking.storage.models import (
    Booking,
    Closure,
    DateOverride,
    Question,
    Service,
    Shop,
    StaffMember,
    TimeOff,
    WeeklyHours,
    booking,
    catalogue_state,
    claim,
    hold,
    letter,
    offer,
    past_hold,
    spent_challenge,
    visitor_drafts,
)
from booking.storage.reads import services, shop, shop_zone
from booking.tab_sessions import limits_of
from booking.tab_sessions.model import handover, tab_session

from .database_checks import Finding, Grade, check, postgresql, sqlite_settings
from .key_checks import link_key_findings
from .mail_checks import letters


def examine(session: Session, now: datetime, held_share: int) -> Iterator[Finding]:
    """Look at the database behind the session. Writes nothing.

    `held_share` is the setting of that name.

    Raises: NewerDatabase.
    """
    engine = session.get_bind().engine
    look_at = {"sqlite": sqlite_settings, "postgresql": postgresql}.get(engine.dialect.name)
    if look_at:
        yield from look_at(session)
    if versions := pending(engine):
        yield Finding(
            Grade.WRONG, f"migrations are missing ({', '.join(versions)}): run flask booking init"
        )
        return
    yield Finding(Grade.OK, f"{engine.dialect.name} database, all migrations applied")
    yield _business(session)
    yield _calendar(session, now)
    yield from link_key_findings(session, current_sidebook().link_key, now)
    yield from integrity(session, now)
    yield from fill_level(session, now, held_share)
    yield from letters(session, current_sidebook(), now)


def _business(session: Session) -> Finding:
    if shop(session) is None:
        return Finding(Grade.WARN, "no business yet: run flask booking load shop.toml")
    number = len(services(session))
    return check(
        bool(number),
        f"{number} {'service' if number == 1 else 'services'} can be booked",
        "nothing can be booked: let somebody offer a service",
        Grade.WARN,
    )


def _calendar(session: Session, now: datetime) -> Finding:
    unnamed = select(func.count()).where(Booking.calendar_uid.is_(None), Booking.starts_at > now)
    number = session.scalars(unnamed).one()
    return check(
        not number,
        "calendars know every appointment by one name",
        f"{number} appointments of before the update are known to calendars by the address their "
        "file was taken from: let BOOKING_PUBLIC_URL name the one that customers used, and run "
        "flask booking init",
        Grade.WARN,
    )


ACTIVE_STATES = ("pending", "confirmed")
# What makes a process that remembers the business read it again: migration 0008.
WATCHED = {
    model.__tablename__
    for model in (Shop, Service, Question, StaffMember, WeeklyHours, DateOverride, TimeOff, Closure)
} | {offer.name}
WATCHERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": """
        SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        WHERE tgname = 'booking_catalogue_changed' AND tgenabled <> 'D'
        AND pg_table_is_visible(pg_class.oid)
    """,
}
EXPECTED = {
    "sqlite": {
        f"{table}_changed_by_{event}"
        for table in WATCHED
        for event in ("insert", "update", "delete")
    },
    "postgresql": WATCHED,
}


MOST_NAMED = 5


def integrity(session: Session, now: datetime) -> Iterator[Finding]:
    """Check the keys that make the promise, and claims or appointments that slipped past them."""
    yield from _keys(session)
    yield from _watchers(session)
    for what, query in _LOST.items():
        number = session.scalars(query).one()
        harm = "so their time is lost: delete those rows of booking_claim, and nothing else"
        yield check(not number, f"no {what}", f"{number} {what}, {harm}")
    yield _unclaimed(_unguarded(session, now))
    overfull = _overfull_days(session, now)
    yield check(
        not overfull,
        "no day with more appointments than a daily limit",
        f"{overfull} days have more appointments of a service than its daily limit: nothing to do "
        "if the limit was lowered since",
        Grade.WARN,
    )


_CLAIMS = select(func.count()).select_from(claim)
_LOST = {
    "claims without owner": _CLAIMS.outerjoin(hold, hold.c.id == claim.c.hold_id)
    .outerjoin(Booking, Booking.id == claim.c.booking_id)
    .where(func.coalesce(hold.c.id, Booking.id).is_(None)),
    "claims of cancelled appointments": _CLAIMS.join(Booking).where(Booking.state == "cancelled"),
}


def _keys(session: Session) -> Iterator[Finding]:
    inspector = inspect(session.connection())
    key = inspector.get_pk_constraint("booking_claim")["constrained_columns"]
    with warnings.catch_warnings():  # it cannot read the index on lower(customer_email)
        warnings.simplefilter("ignore", SAWarning)
        uniques = inspector.get_unique_constraints("booking_booking")
    drafts = any(unique["column_names"] == ["draft"] for unique in uniques)
    remedy = "let nobody book until it is made again as in migration 0003"
    yield _required(
        key == ["resource_id", "tick"], "the key of claims", f"any time can be sold twice: {remedy}"
    )
    yield _required(drafts, "the key of drafts", f"confirming twice can book twice: {remedy}")


def _watchers(session: Session) -> Iterator[Finding]:
    connection = session.connection()
    dialect = connection.dialect.name
    if dialect not in WATCHERS:
        return
    yield _required(
        {*connection.exec_driver_sql(WATCHERS[dialect]).scalars()} >= EXPECTED[dialect],
        "what watches over the business",
        "running processes do not notice a changed business: make its triggers again as in "
        "migration 0008, and start those processes anew",
    )
    yield _required(
        session.execute(select(catalogue_state)).first() is not None,
        "the token of the business",
        "the whole business is read by every request: run INSERT INTO booking_catalogue_state "
        "(id, token) VALUES (1, 'again')",
    )


def _unguarded(session: Session, now: datetime) -> list[str]:
    """References of appointments to come of whose ticks not each is claimed, or another one is."""
    claimed = (
        select(
            claim.c.booking_id,
            claim.c.resource_id,
            func.aggregate_strings(cast(claim.c.tick, String), ",").label("ticks"),
        )
        .where(claim.c.booking_id.is_not(None))
        .group_by(claim.c.booking_id, claim.c.resource_id)
        .subquery()
    )
    query = (
        select(Booking, StaffMember.resource_id, func.coalesce(claimed.c.ticks, ""))
        .join(StaffMember, StaffMember.id == Booking.staff_member_id)
        .outerjoin(
            claimed,
            (claimed.c.booking_id == Booking.id)
            & (claimed.c.resource_id == StaffMember.resource_id),
        )
        .where(Booking.state.in_(ACTIVE_STATES), Booking.starts_at > now, *STANDING)
        .order_by(Booking.starts_at)
    )
    return [
        booking.reference
        for booking, resource, ticks in session.execute(query, _at(now))
        if {(resource, int(tick)) for tick in ticks.split(",") if tick}
        != staff_ticks(resource, booking.span)
    ]


def _at(now: datetime) -> dict[str, int]:
    return {"now_seconds": int(now.timestamp())}


def _overfull_days(session: Session, now: datetime) -> int:
    """How many days, from today on, have more of a service than its limit."""
    zone = shop_zone(session)
    query = (
        select(Service.id, Service.daily_limit, Booking.starts_at)
        .join(Booking, Booking.service_id == Service.id)
        .where(
            Service.daily_limit.is_not(None),
            Booking.state.in_(ACTIVE_STATES),
            *STANDING,
            Booking.starts_at
            >= from_minute(day_interval(local_day(to_minute(now), zone), zone)[0]),
        )
    )
    counts = Counter(
        (service, limit, local_day(to_minute(starts), zone))
        for service, limit, starts in session.execute(query, _at(now))
    )
    return sum(booked > (limit or 0) for (_, limit, _), booked in counts.items())


def _required(stands: bool, what: str, harm: str) -> Finding:  # noqa: FBT001 - what is asked
    return check(stands, f"{what} stands", f"{what} is missing, so {harm}")


def _unclaimed(references: list[str]) -> Finding:
    more = " …" if len(references) > MOST_NAMED else ""
    return check(
        not references,
        "no appointments not wholly claimed",
        f"{len(references)} appointments not wholly claimed ({' '.join(references[:MOST_NAMED])}"
        f"{more}), so their time is offered to others: move each to the time it has already (flask "
        "booking reschedule), which claims it again; one whose time is taken was sold twice",
    )


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
        "letters": (
            letter,
            letter.c.ended_at < due - current_sidebook().settings.letter_days * 24 * 60 * 60,
        ),
        "sums": (spent_challenge, spent_challenge.c.expires_at < due),
        "counts of drafts": (
            visitor_drafts,
            visitor_drafts.c.day < late.astimezone(UTC).date().toordinal() - 1,
        ),
    }


def _count(session: Session, table: Table, *which: ColumnElement[bool]) -> int:
    return session.execute(select(func.count()).select_from(table).where(*which)).scalar_one()
