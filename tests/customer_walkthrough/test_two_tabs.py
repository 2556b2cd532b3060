"""Two appointments side by side, in every order the steps of two tabs can be taken in.

Some of the orders stand for all: in them each step of one tab comes wherever the other may stand.
`--all` takes the others as well.
"""

from functools import cache
from itertools import product

import pytest
from flask import Flask

from booking.testing import TabClient
from tests.customer_walkthrough.visits import (
    ADA,
    BEN,
    STEPS,
    Visit,
    bookings_in,
    orders,
    reference_in,
    take,
)

VISITS = {"A": ADA, "B": BEN}
ORDERS = orders()


def moments(order: str, turns: int) -> set[tuple[int, int, str]]:
    """So many turns in a row, each time with how far both tabs had come before them."""
    starts = range(len(order) - turns + 1)
    return {(order.count("A", 0, at), at, order[at : at + turns]) for at in starts}


@cache
def covering(turns: int) -> list[str]:
    """A few orders in which there is every moment that there is in any."""
    left, chosen = set().union(*(moments(order, turns) for order in ORDERS)), []
    while left:
        chosen.append(max(ORDERS, key=lambda order: len(left & moments(order, turns))))
        left -= moments(chosen[-1], turns)
    return chosen


def every_order(**in_every_run: list[str]) -> list:
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
    assert len(covering(turns)) == few
    assert len(set().union(*(moments(order, turns) for order in covering(turns)))) == met


@pytest.mark.parametrize(
    ("database_url", "order"), every_order(sqlite=covering(2)), indirect=["database_url"]
)
def test_in_every_order_both_tabs_get_what_they_asked_for(app, order):
    assert_booked(app, side_by_side(app, order))


@pytest.mark.parametrize(
    ("database_url", "order"), every_order(postgresql=covering(1)), indirect=["database_url"]
)
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
