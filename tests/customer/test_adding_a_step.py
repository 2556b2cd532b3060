"""CONTRIBUTING's "Adding a step": what it shows is added, walked through, and leaves nothing."""

import re
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from jinja2 import DictLoader

from booking.customer.wizard import order
from booking.testing import TabClient
from tests.conftest import app_over
from tests.customer.walks import ADA, alert, at_time, slots, text

SECTION = (
    (Path(__file__).parents[2] / "CONTRIBUTING.md")
    .read_text(encoding="utf-8")
    .partition("## Adding a step to the wizard")[2]
    .partition("\n## ")[0]
)
MODULE, TEMPLATE, ORDER = re.findall(r"```(?:python|html)\n(.*?)```", SECTION, re.DOTALL)


@pytest.fixture
def as_written(monkeypatch):
    """The order with the step in it, from CONTRIBUTING's own lines."""
    names = {type(step).__name__: type(step) for step in order.STEPS}
    exec(compile(MODULE, "party_size.py", "exec"), names)
    exec(compile(ORDER, "order.py", "exec"), names)
    monkeypatch.setattr(order, "STEPS", names["STEPS"])


@contextmanager
def app_with_it(database_url, **settings):
    with app_over(database_url, None, **settings) as app:
        app.jinja_loader = DictLoader({"booking/_party_size.html": TEMPLATE})
        yield app


@pytest.fixture
def app(as_written, loaded_url):
    with app_with_it(loaded_url, idle_minutes=60) as app:
        yield app


def at_party_size(app) -> TabClient:
    return TabClient(app, "/book/").submit(service="short")


def at_review(app, people) -> TabClient:
    tab = at_party_size(app).submit(people=people).submit(staff="any")
    return tab.submit(slot=slots(tab)[-1]).submit(**ADA)


def test_the_step_has_its_place_in_the_list_and_its_page(app):
    tab = at_party_size(app)
    assert (tab.step, tab.url) == ("party_size", "/book/party_size")
    assert "How many people are coming?" in text(tab)
    assert tab.submit(people="3").step == "staff"
    assert "Step 3 of 6." in str(tab.page)


def test_two_tabs_refresh_and_back_keep_an_answer_each(app):
    one, other = at_party_size(app), at_party_size(app)
    one.submit(people="2")
    other.submit(people="5")
    for tab, people in ((one, "2"), (other, "5")):
        tab.refresh()
        assert tab.step == "staff"
        tab.back()
        assert (tab.step, tab.fields["people"]) == ("party_size", people)


@pytest.mark.parametrize("people", ["", "0", "9", "x"])
def test_what_is_no_number_is_asked_for_again(app, people):
    tab = at_party_size(app).submit(people=people)
    assert (tab.status, tab.step) == (422, "party_size")
    assert "Enter a number from 1 to 8." in alert(tab)


def test_an_answer_before_its_turn_is_refused(app):
    tab = TabClient(app, "/book/").post("party_size/form", people="2")
    assert (tab.status, tab.step) == (409, "service")


def test_of_two_answers_the_customer_chooses_one(app):
    tab = at_party_size(app)
    stale = tab.twin()
    stale.open("party_size")
    tab.submit(people="2")
    stale.submit(people="3")
    assert (stale.status, stale.step) == (409, "party_size")
    shown = [each.get_text() for each in stale.page.select(".sb-differing-answer")]
    assert shown == ["2", "3"]
    stale.post("party_size/kept")
    assert (stale.status, stale.open("party_size").fields["people"]) == (200, "2")


def test_the_review_shows_it_with_its_link_and_the_booking_keeps_it(app, bookings):
    tab = at_review(app, "4")
    assert "People 4 Change People" in text(tab)
    assert tab.open("party_size").submit(people="6").step == "review"
    tab.submit()
    assert tab.step == "done"
    answers = [(each["label"], each["value"]) for each in bookings()[0].answers]
    assert ("People", "6") in answers
    shown = app.test_cli_runner().invoke(args=["booking", "show", bookings()[0].reference])
    assert "People" in shown.output


def test_a_review_that_shows_another_number_is_not_confirmed(app):
    tab = at_review(app, "4")
    sent = tab.fields
    tab.post("party_size/form", people="5")
    tab.post("review/form", **sent)
    assert (tab.status, tab.step) == (409, "review")


def test_a_new_booking_begins_with_the_number_of_the_one_that_is_over(app):
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        tab = at_review(app, "4")
        clock.shift(timedelta(minutes=61))
        assert tab.submit().status == 410
        tab.submit()
        assert tab.step == "details"
        assert "People 4" in text(tab.submit())


def test_without_the_step_nothing_of_it_is_left(app, loaded_url, monkeypatch, bookings):
    tab = at_review(app, "4")
    monkeypatch.undo()
    with app_over(loaded_url, None) as without:
        assert at_time(without).step == "time"
        assert without.test_client().get("/book/party_size").status_code == 404
        again = TabClient(without, "/book/", base="/book/")
        again.submit(service="short").submit(staff="any")
        again.submit(slot=slots(again)[1]).submit(**ADA)
        assert "People" not in text(again)
        assert again.submit().step == "done"
    assert bookings()[0].answers == []
    assert tab.step == "review"
