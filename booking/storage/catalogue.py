"""What the shop sells and when its people work, read once and remembered until it changes.

Rows of hours and rules become the values that `scheduling` computes with. Every transaction asks
the database for one short text, and only if that changed are the business's tables read again. The
text is changed by triggers, so it does so whoever writes to those tables: a loaded file, a host's
own pages, or somebody with an SQL prompt.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from sqlalchemy import Column, Connection, Engine, Integer, String, Table, select, true
from sqlalchemy.orm import Session, selectinload

from booking.scheduling import clock
from booking.scheduling.clock import Interval, day_interval, to_minute
from booking.scheduling.slots import Ranges, ServiceRules, TimeRange, WorkingTime
from booking.transactions.statements import FixedStatement, connection_of

from .base import Base, ask_once
from .business import Closure, DateOverride, Service, Shop, StaffMember, TimeOff, WeeklyHours
from .visitors import note_keys, visitor_key


def rules_of(service: Service) -> ServiceRules:
    """Return what the service asks of its appointments."""
    return ServiceRules(
        duration=service.duration,
        buffer_before=service.buffer_before,
        buffer_after=service.buffer_after,
        minimum_notice=service.minimum_notice,
        slot_step=service.slot_step,
        booking_window=service.booking_window,
        daily_limit=service.daily_limit,
    )


def working_times(
    session: Session, staff: Sequence[StaffMember], shop_zone: ZoneInfo
) -> dict[int, WorkingTime]:
    """Return each staff member's time by their id, in four queries."""
    weekly, breaks = _weekly(session)
    overrides, away, closures = (
        _overrides(session),
        _time_off(session),
        _closures(session, shop_zone),
    )
    return {
        member.id: WorkingTime(
            zone=clock.zone(member.zone),
            weekly=weekly[member.id],
            breaks=breaks[member.id],
            overrides=overrides[member.id],
            time_off=tuple(away[member.id]),
            closures=closures,
        )
        for member in staff
    }


Weeks = dict[int, dict[int, Ranges]]


def _weekly(session: Session) -> tuple[Weeks, Weeks]:
    opened: Weeks = defaultdict(dict)
    breaks: Weeks = defaultdict(dict)
    query = select(
        WeeklyHours.staff_member_id,
        WeeklyHours.kind,
        WeeklyHours.weekday,
        WeeklyHours.starts,
        WeeklyHours.ends,
    )
    for row in session.execute(query):
        week = (opened if row.kind == "open" else breaks)[row.staff_member_id]
        week[row.weekday] = (*week.get(row.weekday, ()), TimeRange(row.starts, row.ends))
    return opened, breaks


def _overrides(session: Session) -> dict[int, dict[date, Ranges]]:
    by_member: dict[int, dict[date, Ranges]] = defaultdict(dict)
    query = select(
        DateOverride.staff_member_id, DateOverride.day, DateOverride.starts, DateOverride.ends
    )
    for row in session.execute(query):
        days = by_member[row.staff_member_id]
        ranges = days.setdefault(row.day, ())
        if row.starts is not None and row.ends is not None:
            days[row.day] = (*ranges, TimeRange(row.starts, row.ends))
    return by_member


def _time_off(session: Session) -> dict[int, list[Interval]]:
    by_member: dict[int, list[Interval]] = defaultdict(list)
    query = select(TimeOff.staff_member_id, TimeOff.starts_at, TimeOff.ends_at)
    for row in session.execute(query):
        by_member[row.staff_member_id].append(away_minutes(row.starts_at, row.ends_at))
    return by_member


def away_minutes(starts_at: datetime, ends_at: datetime) -> Interval:
    """Return the minutes of somebody's time off: a part of one counts as the whole."""
    return to_minute(starts_at), to_minute(ends_at + timedelta(minutes=1, microseconds=-1))


def _closures(session: Session, shop_zone: ZoneInfo) -> tuple[Interval, ...]:
    return tuple(
        (day_interval(row.first_day, shop_zone)[0], day_interval(row.last_day, shop_zone)[1])
        for row in session.execute(select(Closure.first_day, Closure.last_day))
    )


# One row, number 1; its triggers are in migration 0008.
catalogue_state = Table(
    "booking_catalogue_state",
    Base.metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("token", String(36), nullable=False),
)


@dataclass(frozen=True)
class Catalogue:
    """The business as it stands. Its services and people belong to no session: do not change them.

    `services` are those that can be booked, in the shop's order; the other three know the retired
    as well, by their numbers.
    """

    token: str
    shop: Shop | None
    services: Sequence[Service]
    every_service: Mapping[int, Service]
    staff: Mapping[int, StaffMember]
    working: Mapping[int, WorkingTime]
    closures: Sequence[Closure] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which the shop's own days are counted; UTC before a shop was loaded."""
        return clock.zone(self.shop.zone if self.shop else "UTC")

    def working_time(self, staff_member_id: int) -> WorkingTime:
        """Return when they work: never, of somebody who has gone since they were asked for."""
        return self.working.get(staff_member_id) or WorkingTime(self.zone, weekly={})

    def offering(self, service_id: int) -> list[StaffMember]:
        """List who offers that service, in the shop's order: nobody if it is retired or gone."""
        service = self.every_service.get(service_id)
        if service is None or service.retired:
            return []
        return [member for member in service.staff if not member.retired]


_remembered: WeakKeyDictionary[Engine, Catalogue] = WeakKeyDictionary()


def read_catalogue(session: Session) -> Catalogue:
    """Return the catalogue as this transaction sees it."""
    connection = connection_of(session)  # handed on, because it takes a while to be had
    engine, token = connection.engine, _token(session, connection)
    if token is None:  # nothing would tell us of a change, so nothing is remembered
        return _read(session, "")
    known = _remembered.get(engine)
    while known is None or known.token != token:
        known = _read(session, token or "")
        token = _token(session, connection)  # if it changed meanwhile, once more
    _remembered[engine] = known
    return known


def remembered(engine: Engine) -> Catalogue | None:
    """Return the catalogue as this process saw it last, perhaps outdated, without a query."""
    return _remembered.get(engine)


def last_seen(session: Session) -> Catalogue:
    """Return the catalogue as this process saw it last, perhaps outdated; reads it only at first.

    For whoever asks for the token together with something else, and compares it.
    """
    return _remembered.get(connection_of(session).engine) or read_catalogue(session)


def _token(session: Session, connection: Connection) -> str | None:
    """The token as this transaction sees it, and beside it the few keys of visitors."""

    def ask() -> str | None:
        rows = _TOKEN.rows(session, {})
        note_keys(session, {day: key for _, day, key in rows if key})
        return rows[0][0] if rows else None

    return ask_once(session, connection, "token", ask)


def _read(session: Session, token: str) -> Catalogue:
    # A session of its own on the same transaction: what it finds is let go of, and the caller's
    # objects stay the caller's.
    with Session(connection_of(session), join_transaction_mode="rollback_only") as own:
        services = own.scalars(_SERVICES).all()
        staff = own.scalars(select(StaffMember)).all()
        shop = own.get(Shop, 1)
        working = working_times(own, staff, clock.zone(shop.zone if shop else "UTC"))
        closures = own.scalars(select(Closure).order_by(Closure.first_day, Closure.id)).all()
        own.expunge_all()
    catalogue = Catalogue(
        token=token,
        shop=shop,
        services=(),
        every_service=MappingProxyType({service.id: service for service in services}),
        staff=MappingProxyType({member.id: member for member in staff}),
        working=MappingProxyType(working),
        closures=closures,
    )
    bookable = tuple(service for service in services if catalogue.offering(service.id))
    return replace(catalogue, services=bookable)


# Nearly every transaction that counts a visitor asks for the token before.
_TOKEN = FixedStatement(
    select(catalogue_state.c.token, visitor_key)
    .join_from(catalogue_state, visitor_key, true(), isouter=True)
    .where(catalogue_state.c.id == 1)
)
_SERVICES = (
    select(Service)
    .order_by(Service.position, Service.id)
    .options(selectinload(Service.staff), selectinload(Service.questions))
)
