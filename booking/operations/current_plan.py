"""Read the business that the database has as a plan: what a file would have to say to make it so.

So the desk changes one part of what a file would be, and whoever downloads the file gets all of it.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from booking.scheduling.slots import TimeRange
from booking.storage.models import (
    Closure,
    DateOverride,
    Question,
    Service,
    Shop,
    StaffMember,
    TimeOff,
    WeeklyHours,
)

from .plan import (
    BusinessPlan,
    ClosurePlan,
    QuestionPlan,
    ServicePlan,
    ShopPlan,
    StaffPlan,
    TimeOffPlan,
    Week,
)

NO_SHOP = ShopPlan(name="", zone="UTC", phone="", email="", address="", about="", mail={})
"""What is read where nothing was ever written down."""


def current_plan(session: Session) -> BusinessPlan:
    """Return the business as it is on sale: what is retired is not in it.

    Before there is a shop its name is empty. Time off and closures come by their beginning.
    """
    # Afresh, because what this transaction saw before it waited for another one is outdated.
    services = session.scalars(_SERVICES.execution_options(populate_existing=True)).all()
    staff = session.scalars(_STAFF.execution_options(populate_existing=True)).all()
    closures = session.scalars(_CLOSURES.execution_options(populate_existing=True)).all()
    shop = session.get(Shop, 1, populate_existing=True)
    return BusinessPlan(
        shop=_shop(shop) if shop else NO_SHOP,
        services=tuple(map(_service, services)),
        staff=tuple(map(_member, staff)),
        closures=tuple(ClosurePlan(one.first_day, one.last_day, one.reason) for one in closures),
        notes=(),
    )


def retired_services(session: Session) -> list[ServicePlan]:
    """Return the services that are not on sale any more, and kept for their bookings."""
    found = session.scalars(select(Service).where(Service.retired).order_by(Service.name))
    return [*map(_service, found)]


def retired_staff(session: Session) -> list[StaffPlan]:
    """Return the people who are booked no more, and kept for their bookings."""
    return [*map(_member, session.scalars(select(StaffMember).where(StaffMember.retired)))]


def _shop(row: Shop) -> ShopPlan:
    return ShopPlan(**{name: getattr(row, name) for name in vars(NO_SHOP)})


def _service(row: Service) -> ServicePlan:
    names = (name for name in ServicePlan.__dataclass_fields__ if name != "questions")
    values = {name: getattr(row, name) for name in names}
    return ServicePlan(**values, questions=tuple(map(_question, row.questions)))


def _question(row: Question) -> QuestionPlan:
    plain = {name: getattr(row, name) for name in ("key", "label", "help", "kind", "required")}
    return QuestionPlan(**plain, choices=tuple(row.choices))


def _member(row: StaffMember) -> StaffPlan:
    plain = {name: getattr(row, name) for name in ("slug", "name", "about", "zone", "email")}
    away = sorted(row.time_off, key=lambda one: (one.starts_at, one.ends_at))
    return StaffPlan(
        **plain,
        letters=row.letters,
        offers=tuple(one.slug for one in row.services if not one.retired),
        hours=_week(row.weekly_hours, "open"),
        breaks=_week(row.weekly_hours, "break"),
        overrides=_overrides(row.date_overrides),
        time_off=tuple(_time_off(one) for one in away),
    )


def _week(rows: Iterable[WeeklyHours], kind: str) -> Week:
    days: dict[int, list[TimeRange]] = defaultdict(list)
    for row in rows:
        if row.kind == kind:
            days[row.weekday].append(TimeRange(row.starts, row.ends))
    return {weekday: tuple(sorted(ranges)) for weekday, ranges in sorted(days.items())}


def _overrides(rows: Iterable[DateOverride]) -> dict[date, tuple[TimeRange, ...]]:
    days: dict[date, list[TimeRange]] = {}
    for row in rows:
        ranges = days.setdefault(row.day, [])
        if row.starts is not None and row.ends is not None:
            ranges.append(TimeRange(row.starts, row.ends))
    return {day: tuple(sorted(ranges)) for day, ranges in sorted(days.items())}


def _time_off(row: TimeOff) -> TimeOffPlan:
    return TimeOffPlan(row.starts_at, row.ends_at, row.reason)


_SERVICES = (
    select(Service)
    .where(Service.retired.is_(False))
    .order_by(Service.position, Service.id)
    .options(selectinload(Service.questions))
)
_STAFF = (
    select(StaffMember)
    .where(StaffMember.retired.is_(False))
    .order_by(StaffMember.position, StaffMember.id)
    .options(
        selectinload(StaffMember.services),
        selectinload(StaffMember.weekly_hours),
        selectinload(StaffMember.date_overrides),
        selectinload(StaffMember.time_off),
    )
)
_CLOSURES = select(Closure).order_by(Closure.first_day, Closure.last_day, Closure.id)
