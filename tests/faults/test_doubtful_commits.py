"""The connection goes during the commit: nobody knows whether it arrived, and nobody need ask.

Confirming a draft twice comes to one booking, so `session_route` simply does it again.
"""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import make_url, text

from booking.tab_sessions import read_transaction
from booking.testing import TabClient
from tests.conftest import app_over
from tests.customer.walks import at_done, at_review, slots
from tests.fixtures.proxies import Wire, wire_to

pytestmark = [pytest.mark.postgresql, pytest.mark.usefixtures("monday_morning")]


@pytest.fixture
def wire(postgresql_url) -> Iterator[Wire]:
    folder = make_url(postgresql_url).query["host"]
    with wire_to(f"{folder}/.s.PGSQL.5432") as wire:
        yield wire


@pytest.fixture
def app(postgresql_url, wire) -> Iterator[Flask]:
    name = make_url(postgresql_url).database
    with app_over(f"postgresql+psycopg://postgres@127.0.0.1:{wire.port}/{name}") as app:
        yield app


def stored(app: Flask, question: str) -> int:
    with app.app_context(), read_transaction(app.extensions["booking"].session) as session:
        return session.scalar(text(f"SELECT {question}"))


@pytest.mark.parametrize("step", ["service", "staff", "time", "details", "review"])
@pytest.mark.parametrize("cut", ["cut_before", "cut_after"])
def test_a_doubtful_answer_is_settled_without_the_customer_noticing(app, wire, step, cut):
    tab = TabClient(app, "/book/")
    answers = {
        "service": lambda: tab.submit(service="short"),
        "staff": lambda: tab.submit(staff="ana"),
        "time": lambda: tab.submit(slot=tab.page.select_one("[name=slot]")["value"]),
        "details": lambda: tab.submit(name="Ada", email="ada@example.com"),
        "review": tab.submit,
    }
    for asked, answer in answers.items():
        if asked == step:
            setattr(wire, cut, b"COMMIT")
        answer()
        assert tab.status == 200
    assert wire.cuts == 1
    assert tab.step == "done"
    assert stored(app, "count(*) FROM booking_booking") == 1


@pytest.mark.parametrize("cut", ["cut_before", "cut_after"])
def test_a_doubtful_cancellation_is_settled_too(app, wire, cut):
    tab = at_done(app, service="short", staff="ana").click("See, move or cancel the appointment")
    setattr(wire, cut, b"COMMIT")
    tab.submit()
    assert wire.cuts == 1
    assert tab.status == 200
    assert "This appointment is cancelled" in tab.page.select_one("h1").text


@pytest.mark.parametrize("cut", ["cut_before", "cut_after"])
def test_a_doubtful_move_is_settled_and_happens_once(app, wire, cut):
    tab = at_done(app, service="short", staff="ana").click("See, move or cancel the appointment")
    tab.click("Move to another time")
    setattr(wire, cut, b"COMMIT")
    tab.submit(slot=slots(tab)[-1])
    assert wire.cuts == 1
    assert tab.step == "appointment"
    assert stored(app, "changes FROM booking_booking") == 1


@pytest.mark.parametrize("cut", ["cut_before", "cut_after"])
def test_more_time_in_doubt_is_left_to_the_customer(app, wire, cut):
    """Asked for twice it would be given twice, so it is not asked for again by itself."""
    tab = at_review(app, service="short", staff="ana")
    setattr(wire, cut, b"COMMIT")
    tab.click("More time")
    assert tab.status == 503
    assert tab.headers["Retry-After"] == "1"
    tab.click("More time")
    assert tab.status == 200
    assert stored(app, "extensions FROM booking_hold") == (1 if cut == "cut_before" else 2)
