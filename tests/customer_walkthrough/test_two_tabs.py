"""Two appointments side by side, in every order the steps of two tabs can be taken in.

On PostgreSQL, and with a refresh after each step, some of the orders stand for all: `--all` takes
the others as well.
"""

from contextlib import closing

import pytest
import time_machine
from flask import Flask

from booking.testing import TabClient
from tests.customer_walkthrough.beginnings import VISITS, Beginnings
from tests.customer_walkthrough.conftest import NOW
from tests.customer_walkthrough.visits import (
    STEPS,
    Visit,
    bookings_in,
    orders,
    reference_in,
    take,
)

ORDERS = orders()
SOME = 18  # every so many-th order stands for those between
DATABASES = [
    "sqlite",
    pytest.param("postgresql", marks=pytest.mark.postgresql),
]


def some():
    """The orders, all but every so many-th of them extra."""
    return [
        pytest.param(order, marks=[pytest.mark.extra] if number % SOME else [])
        for number, order in enumerate(ORDERS)
    ]


@pytest.fixture(scope="module")
def beginnings(walked_app):
    with time_machine.travel(NOW):
        made = Beginnings(walked_app)
    with closing(made):
        yield made


def test_there_are_252_orders():
    assert len(set(ORDERS)) == 252


@pytest.mark.parametrize("walked_app", ["sqlite"], indirect=True)
@pytest.mark.parametrize("order", ORDERS)
def test_in_every_order_both_tabs_get_what_they_asked_for(beginnings, app, order):
    assert_booked(app, beginnings.walk(order))


@pytest.mark.parametrize("walked_app", DATABASES[1:], indirect=True)
@pytest.mark.parametrize("order", some())
def test_on_postgresql_it_is_the_same(app, order):
    assert_booked(app, side_by_side(app, order))


@pytest.mark.parametrize("walked_app", DATABASES, indirect=True)
@pytest.mark.parametrize("order", some())
def test_refreshing_after_every_step_changes_nothing(app, order):
    assert_booked(app, side_by_side(app, order, refreshing=True))


def side_by_side(app: Flask, order: str, *, refreshing: bool = False) -> dict[str, TabClient]:
    first = TabClient(app, "/book/")
    tabs, steps = {"A": first, "B": first.new_tab("/book/")}, {turn: iter(STEPS) for turn in "AB"}
    for turn in order:
        take(tabs[turn], VISITS[turn], next(steps[turn]))
        if refreshing:
            tabs[turn].refresh()
    return tabs


def assert_booked(app: Flask, tabs: dict[str, TabClient]) -> None:
    booked = bookings_in(app)
    for turn, tab in tabs.items():
        assert booked.pop(reference_in(tab)) == VISITS[turn]
        assert_shown(VISITS[turn], tab)
    assert not booked


def assert_shown(visit: Visit, tab: TabClient) -> None:
    shown = tab.page.select_one("#step")
    assert shown["data-booking-start"].startswith(visit.start.removesuffix("Z"))
    assert visit.service_name in shown.text
    assert visit.staff_name in shown.text
