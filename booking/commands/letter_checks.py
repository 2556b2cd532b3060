"""Check the words of letters by making each letter, of an appointment that nobody booked.

What is in a shop's file is tried before it is loaded; `doctor` tries what was loaded, with a host's
templates, which may have changed since.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from booking.business_file.load import Check
from booking.notifications.sample import QUARTER, Offer, broken_letters, telling, wrong_texts
from booking.operations.plan import BusinessPlan, ServicePlan
from booking.storage.catalogue import read_catalogue
from booking.storage.models import Service, Shop, StaffMember

from .database_checks import Finding, Grade


def texts_at(now: datetime) -> Check:
    """Return what tries the texts of a business file, as if it were loaded then."""

    def check(plan: BusinessPlan) -> Iterator[tuple[tuple[str, ...], str]]:
        # Where something else is wrong, too, there may be no name: that is said elsewhere.
        shop = Shop(**{**vars(plan.shop), "name": plan.shop.name or "Your shop"})
        member = StaffMember(name=max((each.name for each in plan.staff), key=len, default="Ana"))
        offers = [Offer(service, member) for service in telling([*map(_row, plan.services)])]
        for (*letter, part), problem in wrong_texts(shop, offers, now=now):
            yield ("mail", "texts", *letter, part), f"{part}: {problem}"

    return check


def _row(plan: ServicePlan) -> Service:
    return Service(
        name=plan.name or "Haircut",
        price=plan.price,
        place=plan.place,
        duration=plan.duration or QUARTER,
        is_online=plan.is_online,
        approval=plan.approval,
        cancel_until=plan.cancel_until,
        move_until=plan.move_until,
    )


def letter_texts(session: Session, now: datetime) -> Iterator[Finding]:
    """Check the words that were loaded, and that each letter can be made."""
    catalogue = read_catalogue(session)
    shop, services = catalogue.shop, catalogue.services
    if shop is None or not services:
        return
    offers = [Offer(each, catalogue.offering(each.id)[0]) for each in telling(services)]
    problems = [
        Finding(
            Grade.WRONG,
            f"the letter {name} cannot be made: {problem}; mend its template under "
            "templates/booking/letters",
        )
        for name, problem in broken_letters(shop, offers[0], now=now)
    ]
    problems += [
        Finding(
            Grade.WARN,
            f"mail.texts.{'.'.join(where)}: {problem}. Mend the file of the shop, and load it",
        )
        for where, problem in wrong_texts(shop, offers, now=now)
    ]
    yield from problems or [Finding(Grade.OK, "every letter can be made, in the shop's words")]
