"""What is missing before anybody can book: said by the rules that decide what is free."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from booking.operations.missing import Lack, Missing, what_is_missing
from booking.operations.plan import ClosurePlan, TimeOffPlan
from booking.operations.plan_edits import with_closure, with_member, with_service, with_shop
from booking.operations.shop_changes import change_business
from booking.scheduling.slots import TimeRange
from tests.fixtures.small_shop import NOW, TODAY, at, open_engine
from tests.operations.test_shop_changes import plan_in


def missing(shop, edit=lambda plan: plan):
    with shop.writing() as session:
        change_business(session, edit)
    with shop.reading() as session:
        return what_is_missing(session, NOW)


def everybody(plan, **values):
    for member in plan.staff:
        plan = with_member(plan, replace(member, **values))
    return plan


def cut(plan, **values):
    return with_service(plan, replace(plan.services[0], **values))


def test_an_empty_database_lacks_a_shop_services_and_people(sqlite_url):
    with open_engine(sqlite_url) as engine, Session(engine) as session:
        found = what_is_missing(session, NOW)
    assert found == [Missing(Lack.SHOP), Missing(Lack.SERVICES), Missing(Lack.STAFF)]


@pytest.mark.both_databases
def test_a_shop_where_all_can_be_booked_lacks_nothing(shop):
    assert missing(shop) == []


@pytest.mark.parametrize(
    ("edit", "lack"),
    [
        (lambda plan: with_service(plan, plan.services[0], []), Lack.NO_PERSON),
        (lambda plan: everybody(cut(plan), hours={}, offers=("cut",)), Lack.NO_HOURS),
        (
            lambda plan: with_closure(plan, ClosurePlan(TODAY, TODAY + timedelta(days=99), "")),
            Lack.ALL_CLOSED,
        ),
        (
            lambda plan: everybody(
                plan, time_off=(TimeOffPlan(NOW, at("08:00", day=99), "abroad"),)
            ),
            Lack.ALL_CLOSED,
        ),
        (
            lambda plan: everybody(plan, hours={1: (TimeRange(540, 560),)}, offers=("cut",)),
            Lack.TOO_SHORT,
        ),
        (
            lambda plan: everybody(
                cut(plan, minimum_notice=24 * 60, booking_window=2),
                hours={0: (TimeRange(540, 1020),)},
                offers=("cut",),
            ),
            Lack.TOO_SOON,
        ),
    ],
    ids=["no_person", "no_hours", "closed", "away", "too_short", "too_soon"],
)
def test_what_keeps_a_service_from_being_booked_has_a_name(shop, edit, lack):
    assert Missing(lack, "cut") in missing(shop, edit)


def test_a_service_that_is_booked_out_says_so(shop):
    shop.book(shop.tab(), "cut", "ann", at("09:00", day=1))
    shop.book(shop.tab(), "cut", "ben", at("09:00", day=1))

    def one_time(plan):
        return everybody(
            cut(plan, booking_window=3), hours={1: (TimeRange(540, 570),)}, offers=("cut",)
        )

    assert missing(shop, one_time)[0] == Missing(Lack.ALL_TAKEN, "cut")


def test_a_new_shop_lacks_what_was_not_said_yet(sqlite_url):
    with open_engine(sqlite_url) as engine, Session(engine) as session:
        change_business(session, lambda plan: with_shop(plan, plan_in().shop))
        assert what_is_missing(session, NOW)[0] == Missing(Lack.SERVICES)
