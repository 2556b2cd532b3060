"""What the shop sells and when its people work, read once and remembered until it changes.

Every transaction asks the database for one short text, and only if that changed are the business's
tables read again. The text is changed by triggers, so it does so whoever writes to those tables: a
loaded file, a host's own pages, or somebody with an SQL prompt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from weakref import WeakKeyDictionary, ref
from zoneinfo import ZoneInfo

from sqlalchemy import Column, Connection, Engine, Integer, String, Table, select
from sqlalchemy.orm import Session, selectinload

from booking.scheduling import clock
from booking.scheduling.hours import WorkingTime

from .base import Base
from .business import Service, Shop, StaffMember
from .working_time import working_times

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

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which the shop's own days are counted; UTC before a shop was loaded."""
        return clock.zone(self.shop.zone if self.shop else "UTC")

    def working_time(self, staff_member_id: int) -> WorkingTime:
        """When they work: never, of somebody who has gone since they were asked for."""
        return self.working.get(staff_member_id) or WorkingTime(self.zone, weekly={})

    def offering(self, service_id: int) -> list[StaffMember]:
        """Who offers that service now, in the shop's order; nobody if it is retired or gone."""
        service = self.every_service.get(service_id)
        if service is None or service.retired:
            return []
        return [member for member in service.staff if not member.retired]


_remembered: WeakKeyDictionary[Engine, Catalogue] = WeakKeyDictionary()


def read_catalogue(session: Session) -> Catalogue:
    """The catalogue as this transaction sees it."""
    connection = session.connection()  # handed on, because it takes a while to be had
    engine, token = connection.engine, _token(session, connection)
    if token is None:  # nothing would tell us of a change, so nothing is remembered
        return _read(session, "")
    found = _remembered.get(engine)
    while found is None or found.token != token:
        found = _read(session, token or "")
        token = _token(session, connection)  # if it changed meanwhile, once more
    _remembered[engine] = found
    return found


def remembered(engine: Engine) -> Catalogue | None:
    """The catalogue as this process saw it last, without asking the database: perhaps outdated."""
    return _remembered.get(engine)


def _token(session: Session, connection: Connection) -> str | None:
    """The token as this transaction sees it; on SQLite asked again only after it wrote something.

    There a transaction sees one state from its beginning on, but for what it writes itself.
    """
    transaction = session.get_transaction()
    if connection.dialect.name != "sqlite" or transaction is None:
        return connection.execute(_TOKEN).scalar_one_or_none()
    changes = connection.connection.dbapi_connection.total_changes  # type: ignore[union-attr]
    savepoint, asked = session.get_nested_transaction(), session.info.get(_ASKED)
    # What was read inside a savepoint may have been rolled back with it.
    if asked and asked[:2] == (ref(transaction), changes) and asked[2] in (None, savepoint):
        return str(asked[3])
    token = connection.execute(_TOKEN).scalar_one_or_none()
    if token is not None:
        session.info[_ASKED] = (ref(transaction), changes, savepoint, token)
    return token


def _read(session: Session, token: str) -> Catalogue:
    # A session of its own on the same transaction: what it finds is let go of, and the caller's
    # objects stay the caller's.
    with Session(session.connection(), join_transaction_mode="rollback_only") as own:
        services = own.scalars(_SERVICES).all()
        staff = own.scalars(select(StaffMember)).all()
        shop = own.get(Shop, 1)
        working = working_times(own, staff, clock.zone(shop.zone if shop else "UTC"))
        own.expunge_all()
    found = Catalogue(
        token=token,
        shop=shop,
        services=(),
        every_service=MappingProxyType({service.id: service for service in services}),
        staff=MappingProxyType({member.id: member for member in staff}),
        working=MappingProxyType(working),
    )
    bookable = tuple(service for service in services if found.offering(service.id))
    return replace(found, services=bookable)


_ASKED = "booking.catalogue_token"  # in session.info
_TOKEN = select(catalogue_state.c.token).where(catalogue_state.c.id == 1)
_SERVICES = (
    select(Service)
    .order_by(Service.position, Service.id)
    .options(selectinload(Service.staff), selectinload(Service.questions))
)
