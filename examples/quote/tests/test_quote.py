"""The quote as somebody at a browser meets it."""

import pytest
from sqlalchemy import select

from booking.testing import every_order
from examples.quote.tables import Driver, Person, db

CAR = {"model": "VW Golf", "built": "2015", "value": "9000"}
ADA = {"name": "Ada", "born": "1980"}
ACCOUNT = {"email": "ada@example.org", "password": "correct horse"}


def basket_of(tab):
    return [row.contents[0].strip() for row in tab.page.select("#basket li")]


def at_the_cover(tab):
    return tab.submit(**CAR).submit(**ADA)


def test_five_steps_lead_to_a_policy(tab):
    at_the_cover(tab).submit(cover="full", excess="300")
    assert tab.step == "account"
    tab.submit(**ACCOUNT)
    assert (tab.step, tab.url) == ("review", "/review")
    tab.submit()
    assert tab.page.select_one("[data-policy]").text == "P-00001"
    assert tab.refresh().step == "done"


@pytest.mark.parametrize("field", CAR)
def test_what_was_typed_stays_where_something_is_wrong(tab, field):
    typed = {**CAR, field: "?" if field != "model" else ""}
    tab.submit(**typed)
    assert (tab.status, tab.step) == (422, "car")
    assert tab.fields == typed
    assert tab.page.select_one(f"#{field}-wrong").text
    assert tab.submit(**CAR).step == "drivers"


def test_a_reload_stays_at_its_step_and_no_step_can_be_skipped(tab):
    assert tab.open("/review").step == "car"
    at_the_cover(tab)
    assert tab.refresh().step == "cover"
    assert tab.click("Back").step == "drivers"
    assert tab.back().step == "cover"


def test_the_price_is_told_to_a_script(tab):
    at_the_cover(tab)
    answer = tab.fetch("/quote/price", "POST", json={"cover": "full", "excess": "300"})
    assert answer.json == {"yearly": 500}
    refused = tab.fetch("/quote/price", "POST", json={"cover": "gold", "excess": "300"})
    assert (refused.status_code, list(refused.json["wrong"])) == (422, ["cover"])


def at_the_review(tab):
    """Log in, where it was not done in the other tab meanwhile."""
    tab.refresh()
    tab.submit(**ACCOUNT if "email" in tab.fields else {})


FIRST = [CAR, ADA, {"cover": "full"}, at_the_review, {}]
SECOND = [{**CAR, "model": "Fiat Panda"}, ADA, {"cover": "liability"}, at_the_review, {}]


@pytest.mark.parametrize("order", every_order(FIRST, SECOND, covering=2))
def test_in_every_order_each_tab_insures_its_own_car(two_tabs, booking_app, order):
    order.walk(two_tabs)
    policies = {tab.page.select_one("[data-policy]").text for tab in two_tabs}
    assert policies == {"P-00001", "P-00002"}
    with booking_app.app_context():
        assert [driver.policy_id for driver in db.session.scalars(select(Driver))] in (
            [1, 2],
            [2, 1],
        )


def test_a_tab_that_is_left_takes_its_drivers_along(tab, booking_app, booking_clock):
    at_the_cover(tab)
    booking_clock.shift(minutes=61)
    assert tab.refresh().step == "over"
    with booking_app.app_context():
        assert db.session.scalars(select(Driver)).all() == []


def test_the_basket_is_shared_by_tabs_and_goes_along_at_log_in(two_tabs, booking_app):
    one, two = two_tabs
    at_the_cover(one).submit(cover="full", then="keep")
    assert two.ask().status == 200  # what the page does by itself
    assert basket_of(two) == basket_of(one) == ["VW Golf, full, excess 300 €: 500\u00a0€"]
    one.submit().submit(**ACCOUNT)
    assert (
        basket_of(two.ask()) == basket_of(one.ask()) == ["VW Golf, full, excess 300 €: 500\u00a0€"]
    )
    with booking_app.app_context():
        assert [person.email for person in db.session.scalars(select(Person))] == [
            "ada@example.org"
        ]


def test_who_logs_out_leaves_nothing_in_the_browser(two_tabs):
    one, two = two_tabs
    at_the_cover(one).submit(cover="full", then="keep")
    one.submit().submit(**ACCOUNT)
    one.ask().click("Log out")
    assert (one.step, basket_of(one.ask()), basket_of(two.ask())) == ("car", [], [])


def test_a_wrong_password_logs_nobody_in(tab):
    at_the_cover(tab).submit(cover="full").submit(**ACCOUNT)
    tab.click("Log out")
    at_the_cover(tab).submit(cover="full").submit(**{**ACCOUNT, "password": "wrong"})
    assert (tab.status, tab.step) == (422, "account")
    assert tab.fields == {"email": "ada@example.org", "password": ""}


@pytest.mark.parametrize("kept", [0, 1])
def test_of_the_basket_one_offer_is_removed(tab, kept):
    at_the_cover(tab)
    for cover in ("full", "partial"):
        tab.submit(cover=cover, then="keep")
    offers = basket_of(tab)
    tab.click(tab.page.select("#basket button")[1 - kept])
    assert basket_of(tab) == [offers[kept]]
