"""How much of a business a plan would take out: more than half looks like another shop's file."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.storage.models import Service, StaffMember

from .plan import BusinessPlan, ServicePlan, StaffPlan


def large_removals(session: Session, plan: BusinessPlan) -> list[str]:
    """What goes where more than half would go, such as "2 of 3 services (cut, shave)".

    Empty for an everyday change. What is retired already counts neither as lost nor as there.
    """
    return [
        *_heavy_loss(session, "services", Service, plan.services),
        *_heavy_loss(session, "staff members", StaffMember, plan.staff),
    ]


def _heavy_loss(
    session: Session,
    kind: str,
    model: type[Service | StaffMember],
    plans: Collection[ServicePlan | StaffPlan],
) -> Iterator[str]:
    there = session.scalars(
        select(model.slug).where(model.retired.is_(False)).order_by(model.position)
    ).all()
    kept = {plan.slug for plan in plans}
    lost = [slug for slug in there if slug not in kept]
    if 2 * len(lost) > len(there):
        yield f"{len(lost)} of {len(there)} {kind} ({', '.join(lost)})"
