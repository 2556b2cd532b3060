"""What `flask booking doctor` looks at: whether this installation can be trusted with bookings.

Whether the database still refuses to sell a time twice; what fills it is in fill_checks.py.
"""

import warnings
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import String, cast, func, inspect, or_, select
from sqlalchemy.exc import SAWarning
from sqlalchemy.orm import Session

from booking.migrate import pending
from booking.scheduling.clock import (
    day_interval,
    from_minute,
    local_day,
    to_minute,
)
from booking.state import current_sidebook
from booking.storage.bookings import STANDING
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
from booking.storage.reads import services, shop, shop_zone

from .database_checks import Finding, Grade, check, postgresql, sqlite_settings
from .fill_checks import MOST_NAMED, fill_level
from .key_checks import link_key_findings
from .letter_checks import letter_texts
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
    yield from letter_texts(session, now)


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
        .join(Booking, Booking.id == claim.c.booking_id)
        # What runs out of a confirmed one's is of another time, that it is asked to be moved to.
        .where(or_(claim.c.expires_at.is_(None), Booking.state == "pending"))
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
