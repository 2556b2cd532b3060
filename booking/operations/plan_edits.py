"""Change one part of a plan and leave the rest: what somebody at the desk does at a time.

Each returns another plan. What is put where something of that name is takes its place; whatever
else the plan says of it stays.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import TypeVar

from booking.scheduling.clock import on_same_wall, zone

from .plan import BusinessPlan, ClosurePlan, ServicePlan, ShopPlan, StaffPlan

Edit = Callable[[BusinessPlan], BusinessPlan]
Sold = TypeVar("Sold", ServicePlan, StaffPlan)


def with_shop(plan: BusinessPlan, shop: ShopPlan) -> BusinessPlan:
    """Return the plan with this shop."""
    return replace(plan, shop=shop)


def with_service(
    plan: BusinessPlan, service: ServicePlan, offered_by: Collection[str] | None = None
) -> BusinessPlan:
    """Return the plan with this service, at the end of the list if it is new.

    `offered_by` are the slugs of those who offer it; None leaves that as it is.
    """
    staff = plan.staff
    if offered_by is not None:
        staff = tuple(_offering(one, service.slug, one.slug in offered_by) for one in staff)
    return replace(plan, services=_put(plan.services, service), staff=staff)


def without_service(plan: BusinessPlan, slug: str) -> BusinessPlan:
    """Return the plan without the service of that slug, which nobody offers then."""
    kept = tuple(one for one in plan.services if one.slug != slug)
    staff = tuple(_offering(one, slug, offers=False) for one in plan.staff)
    return replace(plan, services=kept, staff=staff)


def with_member(plan: BusinessPlan, member: StaffPlan) -> BusinessPlan:
    """Return the plan with this staff member, at the end of the list if they are new."""
    return replace(plan, staff=_put(plan.staff, member))


def in_zone(member: StaffPlan, name: str) -> StaffPlan:
    """Return them by the clock of that zone: their time off is at the hours that theirs showed.

    Hours and other hours are read by whatever clock they have, and appointments stay when they are.
    """
    before, after = zone(member.zone), zone(name)
    if before == after:
        return replace(member, zone=name)
    moved = [
        (one, on_same_wall(one.starts_at, one.ends_at, before, after)) for one in member.time_off
    ]
    time_off = (replace(one, starts_at=start, ends_at=end) for one, (start, end) in moved)
    return replace(member, zone=name, time_off=tuple(time_off))


def without_member(plan: BusinessPlan, slug: str) -> BusinessPlan:
    """Return the plan without the staff member of that slug."""
    return replace(plan, staff=tuple(one for one in plan.staff if one.slug != slug))


def in_order(plan: BusinessPlan, kind: str, slug: str, by: int) -> BusinessPlan:
    """Return the plan with that one of "services" or "staff" so many places further down."""
    if kind == "services":
        return replace(plan, services=_moved(plan.services, slug, by))
    return replace(plan, staff=_moved(plan.staff, slug, by))


def with_closure(plan: BusinessPlan, closure: ClosurePlan) -> BusinessPlan:
    """Return the plan with this closure, instead of one of the same days."""
    return replace(plan, closures=(*_other_days(plan, closure), closure))


def without_closure(plan: BusinessPlan, closure: ClosurePlan) -> BusinessPlan:
    """Return the plan without the closure of these days."""
    return replace(plan, closures=_other_days(plan, closure))


def service_of(plan: BusinessPlan, slug: str) -> ServicePlan | None:
    """Return the service of that slug; None where the plan has none."""
    return next((one for one in plan.services if one.slug == slug), None)


def member_of(plan: BusinessPlan, slug: str) -> StaffPlan | None:
    """Return the staff member of that slug; None where the plan has none."""
    return next((one for one in plan.staff if one.slug == slug), None)


def _put(there: tuple[Sold, ...], thing: Sold) -> tuple[Sold, ...]:
    if any(one.slug == thing.slug for one in there):
        return tuple(thing if one.slug == thing.slug else one for one in there)
    return there + (thing,)  # noqa: RUF005 - mypy does not see which of the two it is


def _moved(there: tuple[Sold, ...], slug: str, by: int) -> tuple[Sold, ...]:
    things = list(there)
    for place, one in enumerate(there):
        if one.slug == slug:
            things.insert(max(0, place + by), things.pop(place))
    return tuple(things)


def _offering(member: StaffPlan, slug: str, offers: bool) -> StaffPlan:  # noqa: FBT001
    others = tuple(one for one in member.offers if one != slug)
    if offers == (slug in member.offers):
        return member
    return replace(member, offers=(*others, slug) if offers else others)


def _other_days(plan: BusinessPlan, closure: ClosurePlan) -> tuple[ClosurePlan, ...]:
    days = closure.first_day, closure.last_day
    return tuple(one for one in plan.closures if (one.first_day, one.last_day) != days)
