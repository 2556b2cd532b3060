"""Which appointments to come a change touches: said before it is made, by what decides."""

from dataclasses import replace
from datetime import timedelta

import pytest

from booking.operations.current_plan import current_plan
from booking.operations.plan import ClosurePlan, TimeOffPlan
from booking.operations.plan_edits import (
    member_of,
    with_closure,
    with_member,
    with_service,
    without_member,
    without_service,
)
from booking.operations.shop_changes import change_business
from booking.operations.touched import Concern, touches
from booking.scheduling.slots import TimeRange
from tests.fixtures.small_shop import NOW, TODAY, at, later, waiting
from tests.storage.conftest import counted


def touched(shop, edit, now=NOW):
    with shop.reading() as session:
        plan = current_plan(session)
        return {one.reference: one.why for one in touches(session, plan, edit(plan), now)}


def ann(plan, **values):
    return with_member(plan, replace(member_of(plan, "ann"), **values))


def away(first, last):
    return (TimeOffPlan(first, last, ""),)


@pytest.mark.both_databases
def test_only_what_the_change_itself_is_in_the_way_of_is_touched(shop):
    tab = shop.tab
    morning = shop.book(tab(), "cut", "ann", at("10:00"))
    shop.book(tab(), "cut", "ben", at("10:00"))
    afternoon = shop.book(tab(), "color", "ann", at("15:00"))
    shop.cancel(shop.book(tab(), "cut", "ann", at("16:30")))
    shorter = {day: (TimeRange(540, 720),) for day in range(7)}
    assert touched(shop, lambda plan: ann(plan, hours=shorter)) == {
        afternoon: Concern.OUTSIDE_HOURS
    }
    off = away(at("10:15"), at("11:00"))
    assert touched(shop, lambda plan: ann(plan, time_off=off)) == {morning: Concern.AWAY}
    assert touched(shop, lambda plan: plan) == {}


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda plan: without_service(plan, "cut"), {"cut": Concern.SERVICE_GONE}),
        (
            lambda plan: without_member(plan, "ann"),
            {"cut": Concern.PERSON_GONE, "color": Concern.PERSON_GONE},
        ),
        (
            lambda plan: with_service(plan, plan.services[0], offered_by=["ben"]),
            {"cut": Concern.NOT_OFFERED},
        ),
        (
            lambda plan: with_closure(plan, ClosurePlan(TODAY, TODAY, "")),
            {"cut": Concern.CLOSED},
        ),
        (
            lambda plan: ann(plan, overrides={TODAY + timedelta(days=1): ()}),
            {"color": Concern.OUTSIDE_HOURS},
        ),
        (
            lambda plan: ann(plan, breaks={0: (TimeRange(615, 630),)}),
            {"cut": Concern.OUTSIDE_HOURS},
        ),
    ],
)
def test_it_is_said_what_is_in_the_way(shop, edit, expected):
    references = {
        "cut": shop.book(shop.tab(), "cut", "ann", at("10:00")),
        "color": shop.book(shop.tab(), "color", "ann", at("10:00", day=1)),
    }
    assert touched(shop, edit) == {references[name]: why for name, why in expected.items()}


def test_what_is_under_way_counts_and_what_is_over_does_not(shop):
    reference = shop.book(shop.tab(), "cut", "ann", at("10:00"))

    def closing(plan):
        return with_closure(plan, ClosurePlan(TODAY, TODAY, ""))

    assert touched(shop, closing, at("10:29")) == {reference: Concern.CLOSED}
    assert touched(shop, closing, at("10:30")) == {}


def test_what_waits_counts_as_long_as_it_waits(shop):
    reference = shop.book(shop.tab(), "cut", "ann", at("10:00"), pending=waiting(30))

    def gone(plan):
        return without_member(plan, "ann")

    assert touched(shop, gone) == {reference: Concern.PERSON_GONE}
    assert touched(shop, gone, later(30)) == {}


def test_a_second_trouble_of_another_kind_is_told_and_the_same_is_not(shop):
    reference = shop.book(shop.tab(), "cut", "ann", at("10:00"))
    with shop.writing() as session:
        change_business(session, lambda plan: ann(plan, hours={}))
    assert touched(shop, lambda plan: ann(plan, hours={0: (TimeRange(540, 600),)})) == {}
    off = away(at("09:00"), at("12:00"))
    assert touched(shop, lambda plan: ann(plan, time_off=off)) == {reference: Concern.AWAY}


def test_a_thousand_appointments_cost_one_query(shop):
    for _ in range(2):
        shop.book(shop.tab(), "cut", "ann ben", at("10:00"))
    with shop.reading() as session:
        plan = current_plan(session)
        with counted(shop.engine) as statements:
            assert len(touches(session, plan, without_service(plan, "cut"), NOW)) == 2
    assert len(statements) == 1
