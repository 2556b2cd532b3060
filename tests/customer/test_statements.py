"""What a booking asks of the database: each step a few statements, each of them once."""

import re

import pytest

from booking.testing import TabClient
from tests.customer.walks import ADA, at_done, first_slot
from tests.storage.conftest import counted

# PostgreSQL asks more: a transaction there sees what others commit meanwhile, so it looks again.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

MOST = {"service": 7, "staff": 4, "time": 10, "details": 6, "review": 12}
"""By step, of who books the ordinary way: the tab's own row and its commit are among them."""


def test_each_step_asks_few_statements_and_nothing_twice(app):
    """Of a customer who is not the day's first."""
    at_done(app)
    with app.app_context():
        engine = app.extensions["booking"].engine
    tab = TabClient(app, "/book/")
    answers = ({"service": "short"}, {"staff": "any"}, {}, ADA, {})
    for (step, most), answer in zip(MOST.items(), answers, strict=True):
        assert tab.step == step
        chosen = answer or ({"slot": first_slot(tab)} if step == "time" else {})
        with counted(engine) as statements:
            tab.submit(**chosen)
        assert len(statements) <= most, step
        for table in ("catalogue_state", "hold"):
            reads = re.compile(rf"SELECT booking_{table}\.[^(]*\sFROM booking_{table}\b")
            assert sum(bool(reads.match(one)) for one in statements) <= 1, step
    assert tab.step == "done"
