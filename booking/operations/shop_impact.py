"""Look at what a plan for the shop would cost: what it removes, and who would come to nobody."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.scheduling.clock import contains, local_day, to_minute
from booking.scheduling.hours import open_intervals
from booking.storage.catalogue import Catalogue, read_catalogue
from booking.storage.models import Booking, Service, StaffMember

from .plan import BusinessPlan, ServicePlan, StaffPlan


class Removal(NamedTuple):
    """Of `total` services or staff members these would go, by their slugs."""

    kind: str
    slugs: list[str]
    total: int


def large_removals(session: Session, plan: BusinessPlan) -> list[Removal]:
    """Return what goes where more than half of the services, or of the staff, would go.

    Empty for an everyday change. What is retired already counts neither as removed nor in total.
    """
    return [
        *_large_removal(session, "services", Service, plan.services),
        *_large_removal(session, "staff", StaffMember, plan.staff),
    ]


def bookings_outside_hours(session: Session, now: datetime) -> Sequence[Booking]:
    """Return appointments to come, by their start, when nobody works as the hours are now.

    Somebody has to call these customers. Those of a staff member who left are among them, those of
    a service that is no longer sold are not.
    """
    catalogue = read_catalogue(session)
    query = (
        select(Booking)
        .options(joinedload(Booking.staff_member), joinedload(Booking.service))
        .where(Booking.state.in_(("pending", "confirmed")), Booking.starts_at > now)
        .order_by(Booking.starts_at, Booking.id)
    )
    return [booking for booking in session.scalars(query) if not _is_attended(catalogue, booking)]


def _large_removal(
    session: Session,
    kind: str,
    model: type[Service | StaffMember],
    plans: Collection[ServicePlan | StaffPlan],
) -> Iterator[Removal]:
    slugs = session.scalars(
        select(model.slug).where(model.retired.is_(False)).order_by(model.position)
    ).all()
    kept = {plan.slug for plan in plans}
    lost = [slug for slug in slugs if slug not in kept]
    if 2 * len(lost) > len(slugs):
        yield Removal(kind, lost, len(slugs))


def _is_attended(catalogue: Catalogue, booking: Booking) -> bool:
    member = catalogue.staff.get(booking.staff_member_id)
    if member is None or member.retired:
        return False
    working = catalogue.working[member.id]
    start, end = to_minute(booking.starts_at), to_minute(booking.ends_at)
    opened = open_intervals(working, local_day(start, working.zone), local_day(end, working.zone))
    return contains(opened, start, end)
