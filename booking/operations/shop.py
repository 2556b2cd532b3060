"""Carrying out a business plan: the rows come to say what the file says.

Repeatable: what the rows say already is left alone, and a second time nothing is told.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.storage.models import Closure, Question, Service, Shop

from .plan import BusinessPlan, ClosurePlan, QuestionPlan, ServicePlan, ShopPlan
from .revision import apart, drop, returned, revised, told
from .shop_staff import carry_out_staff


def apply_business(session: Session, plan: BusinessPlan) -> list[str]:
    """Create, update, retire and delete until the database says what the plan says.

    Runs inside the caller's write transaction and never commits. Returns a line for every
    change; it names services and staff by their slugs, and tells no text that was written.
    """
    changes = [
        *_shop(session, plan.shop),
        *_services(session, plan.services),
        *carry_out_staff(session, plan.staff),
        *_vanished_services(session, plan.services),
        *_closures(session, plan.closures),
    ]
    session.flush()
    return changes


def _shop(session: Session, plan: ShopPlan) -> Iterator[str]:
    shop = session.get(Shop, 1)
    if shop is None:
        session.add(Shop(id=1, **vars(plan)))
        yield "shop: added"
    else:
        yield from told("shop", revised(shop, vars(plan)))


def _services(session: Session, plans: tuple[ServicePlan, ...]) -> Iterator[str]:
    # Locked, so that nobody books what is about to be found without bookings and deleted.
    rows = {row.slug: row for row in session.scalars(select(Service).with_for_update())}
    for position, plan in enumerate(plans, start=1):
        what, values = f"service {plan.slug}", {**vars(plan), "position": position}
        questions = values.pop("questions")
        if row := rows.get(plan.slug):
            yield from returned(row, what)
            yield from told(what, revised(row, values))
            yield from _questions(row, questions)
        else:
            row = Service(**values)
            session.add(row)
            list(_questions(row, questions))
            yield f"{what}: added"
        row.resource.name = plan.name
    session.flush()


def _questions(service: Service, plans: tuple[QuestionPlan, ...]) -> Iterator[str]:
    wanted = {plan.key: plan for plan in plans}
    rows, gone = apart(service.questions, lambda row: row.key, wanted)
    for old in gone:
        service.questions.remove(old)
        yield f"service {service.slug}: question {old.key} deleted"
    for position, plan in enumerate(plans, start=1):
        what = f"service {service.slug}: question {plan.key}"
        values = {**vars(plan), "choices": list(plan.choices), "position": position}
        if row := rows.get(plan.key):
            yield from told(what, revised(row, values))
        else:
            service.questions.append(Question(**values))
            yield f"{what} added"


def _vanished_services(session: Session, plans: tuple[ServicePlan, ...]) -> Iterator[str]:
    kept = [plan.slug for plan in plans]
    for row in session.scalars(
        select(Service).where(Service.slug.not_in(kept)).order_by(Service.id)
    ).all():
        yield from drop(session, row, f"service {row.slug}")


def _closures(session: Session, plans: tuple[ClosurePlan, ...]) -> Iterator[str]:
    wanted = {(plan.first_day, plan.last_day): plan for plan in plans}
    rows, gone = apart(
        session.scalars(select(Closure)).all(), lambda row: (row.first_day, row.last_day), wanted
    )
    for old in gone:
        session.delete(old)
        yield f"closure {_days(old)}: deleted"
    for span, plan in wanted.items():
        if row := rows.get(span):
            yield from told(f"closure {_days(plan)}", revised(row, vars(plan)))
        else:
            session.add(Closure(**vars(plan)))
            yield f"closure {_days(plan)}: added"


def _days(closure: Closure | ClosurePlan) -> str:
    if closure.first_day == closure.last_day:
        return f"on {closure.first_day}"
    return f"from {closure.first_day} to {closure.last_day}"
