"""Two appointments side by side, in every order the steps of two tabs can be taken in.

Some of the orders stand for all: in them each step of one tab comes wherever the other may stand.
`--all` takes the others as well.
"""

from itertools import product

import pytest
from flask import Flask

from booking.testing import Order, TabClient, every_order
from booking.testing.orders import moments
from tests.customer_walkthrough.visits import (
    ADA,
    BEN,
    Visit,
    bookings_in,
    reference_in,
    steps_of,
)

VISITS = (ADA, BEN)
WALKS = tuple(map(steps_of, VISITS))
ORDERS = every_order(*WALKS)


def on_both_databases(**in_every_run: list[Order]) -> list:
    """All orders on both databases; what is not named is extra."""
    marks = {"sqlite": [], "postgresql": [pytest.mark.postgresql]}
    return [
        pytest.param(
            database,
            order,
            marks=marks[database]
            + ([] if order in in_every_run.get(database, ()) else [pytest.mark.extra]),
        )
        for database, order in product(marks, ORDERS)
    ]


def test_there_are_252_orders():
    assert len(set(ORDERS)) == 252


@pytest.mark.parametrize(("turns", "few", "met"), [(1, 10, 60), (2, 19, 98)])
def test_few_orders_have_each_step_of_one_tab_wherever_the_other_stands(turns, few, met):
    """One turn: at each of 36 places either tab goes on, if it can. Two: and either after it."""
    covering = every_order(*WALKS, covering=turns)
    assert len(covering) == few
    assert len(set().union(*(moments(order, turns) for order in covering))) == met


@pytest.mark.parametrize(
    ("database_url", "order"),
    on_both_databases(sqlite=every_order(*WALKS, covering=2)),
    indirect=["database_url"],
)
def test_in_every_order_both_tabs_get_what_they_asked_for(app, order):
    assert_booked(app, side_by_side(app, order))


@pytest.mark.parametrize(
    ("database_url", "order"),
    on_both_databases(postgresql=every_order(*WALKS, covering=1)),
    indirect=["database_url"],
)
def test_refreshing_after_every_step_changes_nothing(app, order):
    assert_booked(app, side_by_side(app, order, refreshing=True))


def side_by_side(app: Flask, order: Order, *, refreshing: bool = False) -> list[TabClient]:
    first = TabClient(app, "/book/")
    tabs = [first, first.new_tab("/book/")]
    order.walk(tabs, refreshing=refreshing)
    return tabs


def assert_booked(app: Flask, tabs: list[TabClient]) -> None:
    booked = bookings_in(app)
    for visit, tab in zip(VISITS, tabs, strict=True):
        assert booked.pop(reference_in(tab)) == visit
        assert_shown(visit, tab)
    assert not booked


def assert_shown(visit: Visit, tab: TabClient) -> None:
    shown = tab.page.select_one("#step")
    assert shown["data-booking-start"].startswith(visit.start.removesuffix("Z"))
    assert visit.service_name in shown.text
    assert visit.staff_name in shown.text
