"""Whom the desk has blocked reads so at the very end, and nobody learns more than that."""

import pytest

from booking.operations import customers
from booking.storage.customers import rows_with_keys
from booking.storage.models import hold
from booking.testing import TabClient
from tests.commands.shell import count, in_database
from tests.customer.walks import ADA, alert, at_done, at_review, text, value


def block(app) -> None:
    def change(session):
        row = rows_with_keys(session, ["mail:ada@example.com"])[0]
        customers.block(session, row.id, now=row.created_at)

    in_database(app, change)


@pytest.mark.both_databases
def test_who_is_blocked_is_asked_to_call_and_loses_nothing(app, bookings):
    at_done(app)
    block(app)
    tab = at_review(app)
    assert alert(tab) == "", "nothing of it before"
    tab.submit()
    assert (tab.status, tab.step) == (409, "review")
    assert "cannot be booked online" in alert(tab)
    assert "Please call" in alert(tab)
    assert "block" not in text(tab).lower()
    assert len(bookings()) == 1
    assert count(app, hold) == 1, "the time stays held for whoever asks by telephone"
    assert value(tab.open("details"), "name") == ADA["name"]


def test_another_address_may_book_in_the_same_tab(app, bookings):
    at_done(app)
    block(app)
    tab = at_review(app).submit()
    tab.open("details").submit(email="grace@example.com", name="Grace Hopper")
    assert tab.submit().step == "done"
    assert len(bookings()) == 2


def test_appointments_of_before_can_be_looked_at_and_cancelled(app, bookings):
    done = at_done(app)
    block(app)
    link = done.page.select_one(".sb-keep-link")["href"].removeprefix("http://localhost")
    assert "cancelled" in TabClient(app, link).submit().page.get_text()
