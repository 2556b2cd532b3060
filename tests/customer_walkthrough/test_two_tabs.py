"""Two appointments side by side, in every order the steps of two tabs can be taken in.

On PostgreSQL, and with a refresh after each step, some of the orders stand for all: `-m long` takes
the others as well.
"""

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

ORDERS = orders()


def cases(*, sqlite: int, postgresql: int):
    """Each order on each database; all but every so many-th are for the long run."""
    found = []
    for database, every in (("sqlite", sqlite), ("postgresql", postgresql)):
        own = [pytest.mark.postgresql] if database == "postgresql" else []
        for number, order in enumerate(ORDERS):
            rest = [pytest.mark.long] if number % every else []
            case = pytest.param(database, order, marks=[*own, *rest], id=f"{order}-{database}")
            found.append(case)
    return found


def test_there_are_252_orders():
    assert len(set(ORDERS)) == 252


@pytest.mark.parametrize(
    ("walked_app", "order"), cases(sqlite=1, postgresql=6), indirect=["walked_app"]
)
def test_in_every_order_both_tabs_get_what_they_asked_for(app, order):
    book_side_by_side(app, order, refreshing=False)


@pytest.mark.parametrize(
    ("walked_app", "order"), cases(sqlite=6, postgresql=18), indirect=["walked_app"]
)
def test_refreshing_after_every_step_changes_nothing(app, order):
    book_side_by_side(app, order, refreshing=True)


def book_side_by_side(app: Flask, order: str, *, refreshing: bool) -> None:
    first = TabClient(app, "/book/")
    tabs = {"A": (first, ADA, iter(STEPS)), "B": (first.new_tab("/book/"), BEN, iter(STEPS))}
    for turn in order:
        tab, visit, steps = tabs[turn]
        take(tab, visit, next(steps))
        if refreshing:
            tab.refresh()
    booked = bookings_in(app)
    for tab, visit, _ in tabs.values():
        assert booked.pop(reference_in(tab)) == visit
        assert_shown(visit, tab)
    assert not booked


def assert_shown(visit: Visit, tab: TabClient) -> None:
    shown = tab.page.select_one("#step")
    assert shown["data-booking-start"].startswith(visit.start.removesuffix("Z"))
    assert visit.service_name in shown.text
    assert visit.staff_name in shown.text
