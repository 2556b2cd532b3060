"""What a booking asks of the database: each step a few statements, each of them once."""

import re

import pytest

from booking.testing import TabClient
from tests.customer.walks import ADA, at_done, first_slot
from tests.storage.conftest import counted

# PostgreSQL asks more: a transaction there sees what others commit meanwhile, so it looks again.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

MOST = {"service": 7, "staff": 4, "time": 10, "details": 6, "review": 11}
"""By step, of who books the ordinary way: the tab's own row and its commit are among them."""


@pytest.fixture
def asked(app) -> dict[str, list[str]]:
    """The statements of each step, of a customer who is not the day's first."""
    at_done(app)
    with app.app_context():
        engine = app.extensions["booking"].engine
    tab, found = TabClient(app, "/book/"), {}
    answers = ({"service": "short"}, {"staff": "any"}, {}, ADA, {})
    for step, answer in zip(MOST, answers, strict=True):
        assert tab.step == step
        chosen = answer or ({"slot": first_slot(tab)} if step == "time" else {})
        with counted(engine) as found[step]:
            tab.submit(**chosen)
    assert tab.step == "done"
    return found


def test_each_step_asks_few_statements(asked):
    found = {step: len(statements) for step, statements in asked.items()}
    assert {step: number for step, number in found.items() if number > MOST[step]} == {}


@pytest.mark.parametrize("table", ["catalogue_state", "hold"])
def test_what_a_request_has_read_it_does_not_read_again(asked, table):
    reads = re.compile(rf"SELECT booking_{table}\.[^(]*\sFROM booking_{table}\b")
    for step, statements in asked.items():
        assert sum(bool(reads.match(one)) for one in statements) <= 1, step
