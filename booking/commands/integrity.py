"""Whether the database still refuses to sell a time twice: the guard, and what it guards."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import String, cast, func, inspect, select
from sqlalchemy.orm import Session

from booking.scheduling.clock import day_interval, from_minute, local_day, to_minute
from booking.storage.claims import staff_ticks
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
    catalogue_state,
    claim,
    hold,
    offer,
)
from booking.storage.reads import shop_zone

from .database_checks import Finding, Grade, check

KEY = ["resource_id", "tick"]
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
EVENTS = ("insert", "update", "delete")
EXPECTED = {
    "sqlite": {f"{table}_changed_by_{event}" for table in WATCHED for event in EVENTS},
    "postgresql": WATCHED,
}


ROW = "INSERT INTO booking_catalogue_state (id, token) VALUES (1, 'again')"
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
    found = inspect(session.connection())
    key = found.get_pk_constraint("booking_claim")["constrained_columns"]
    drafts = any(
        unique["column_names"] == ["draft"]
        for unique in found.get_unique_constraints("booking_booking")
    )
    remedy = "let nobody book until it is made again as in migration 0003"
    yield _required(key == KEY, "the key of claims", f"any time can be sold twice: {remedy}")
    yield _required(drafts, "the key of drafts", f"confirming twice can book twice: {remedy}")


def _watchers(session: Session) -> Iterator[Finding]:
    connection = session.connection()
    dialect = connection.dialect.name
    if dialect not in WATCHERS:
        return
    found = set(connection.exec_driver_sql(WATCHERS[dialect]).scalars())
    yield _required(
        found >= EXPECTED[dialect],
        "what watches over the business",
        "running processes do not notice a changed business: make its triggers again as in "
        "migration 0008, and start those processes anew",
    )
    has_token = session.execute(select(catalogue_state)).first() is not None
    slow = f"the whole business is read by every request: run {ROW}"
    yield _required(has_token, "the token of the business", slow)


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
        .where(Booking.state.in_(ACTIVE_STATES), Booking.starts_at > now)
        .order_by(Booking.starts_at)
    )
    return [
        booking.reference
        for booking, resource, ticks in session.execute(query)
        if {(resource, int(tick)) for tick in ticks.split(",") if tick}
        != staff_ticks(resource, booking.span)
    ]


def _overfull_days(session: Session, now: datetime) -> int:
    """How many days, from today on, have more of a service than its limit."""
    zone = shop_zone(session)
    query = (
        select(Service.id, Service.daily_limit, Booking.starts_at)
        .join(Booking, Booking.service_id == Service.id)
        .where(
            Service.daily_limit.is_not(None),
            Booking.state.in_(ACTIVE_STATES),
            Booking.starts_at
            >= from_minute(day_interval(local_day(to_minute(now), zone), zone)[0]),
        )
    )
    counts = Counter(
        (service, limit, local_day(to_minute(starts), zone))
        for service, limit, starts in session.execute(query)
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
