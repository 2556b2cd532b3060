"""What the log says while customers read “please try again”."""

import time

import pytest
from sqlalchemy import event

from booking import create_app
from booking.testing import TabClient
from tests.customer.walks import ADA, at_details

NOBODY_THERE = "postgresql+psycopg://u:secret@127.0.0.1:1/x?connect_timeout=1"


def test_an_outage_is_told_with_the_drivers_reason_and_without_the_password(caplog):
    app = create_app({"BOOKING_DATABASE_URL": NOBODY_THERE})
    assert TabClient(app, "/book/").status == 503
    lines = [record.getMessage() for record in caplog.records]
    assert any("asked to try again" in line and "Connection refused" in line for line in lines)
    assert "secret" not in caplog.text
    assert "Traceback" not in caplog.text


def test_many_customers_of_one_outage_are_a_line_a_second_and_not_each(caplog):
    app = create_app({"BOOKING_DATABASE_URL": NOBODY_THERE})
    client, began = app.test_client(), time.monotonic()
    for _ in range(30):
        assert client.get("/book/appointment/x").status_code == 503
    seconds = time.monotonic() - began
    assert 1 <= len(caplog.records) <= seconds + 2
    assert len(caplog.records) < 30


def impatient(connection, _record):
    connection.execute("PRAGMA busy_timeout = 20").close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_a_customer_typed_is_not_in_the_log(app, caplog):
    tab = at_details(app, service="short", staff="ana")
    with app.app_context():
        engine = app.extensions["booking"].engine
    event.listen(engine, "connect", impatient)
    engine.dispose()
    with engine.connect() as other:
        other.exec_driver_sql("BEGIN IMMEDIATE")
        assert tab.submit(**ADA).status == 503
    assert "asked to try again: database is locked" in caplog.text
    assert ADA["name"] not in caplog.text
