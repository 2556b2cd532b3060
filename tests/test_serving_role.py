"""The role that docs/operating.md describes: it serves customers, and owns nothing."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import ProgrammingError

from booking import create_app
from booking.testing import TabClient
from tests.customer.walks import at_done, at_time, first_slot
from tests.fixtures.databases import engine_at

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "operating.md"
GRANTS = re.compile(r"^```sql\n(.*shop_web;)\n```", re.DOTALL | re.MULTILINE)

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.fresh_database,
    pytest.mark.usefixtures("monday_morning"),
]


@pytest.fixture
def serving_url(loaded_postgresql_url, on_postgres):
    """The URL of a database with a shop, for the role that only serves."""
    url = make_url(loaded_postgresql_url)
    on_postgres("CREATE ROLE shop_web LOGIN")
    grants = GRANTS.search(DOCUMENT.read_text(encoding="utf-8"))[1]
    with engine_at(url) as engine, engine.begin() as connection:
        connection.exec_driver_sql(grants)
    yield url.set(username="shop_web").render_as_string(hide_password=False)
    with engine_at(url) as engine, engine.begin() as connection:
        connection.exec_driver_sql("DROP OWNED BY shop_web")
    on_postgres("DROP ROLE shop_web")


@pytest.fixture
def app(serving_url):
    return create_app({"BOOKING_DATABASE_URL": serving_url, "TESTING": True})


def test_it_books_copies_clears_cancels_and_purges(app):
    done = at_done(app)
    assert done.step == "done"
    manage = TabClient(
        app, done.page.select_one(".sb-keep-link")["href"].removeprefix("http://localhost")
    ).submit()
    assert "cancelled" in manage.page.get_text()
    copied = at_time(app).duplicate()
    assert copied.step == "time"
    copied.submit(slot=copied.page.select_one("[name=slot]")["value"])
    assert copied.step == "details"
    day = (datetime.now(UTC) + timedelta(days=5)).date()
    for _ in range(4):  # the last of them by a sum
        tab = at_time(app, staff="ana").open(f"time?day={day}")
        assert tab.submit(slot=first_slot(tab)).step == "details"
    for arguments in (["purge"], ["list", "--all"]):
        answer = app.test_cli_runner().invoke(args=["booking", *arguments])
        assert answer.exit_code == 0, answer.output


BEYOND_IT = [
    "DROP TABLE booking_claim",
    "ALTER TABLE booking_claim DROP CONSTRAINT pk_booking_claim",
    "DELETE FROM booking_booking",
    "UPDATE booking_service SET price = 0",
    "DROP TRIGGER booking_catalogue_changed ON booking_service",
]


def test_it_can_neither_loosen_the_guard_nor_change_the_business(serving_url):
    with engine_at(serving_url) as engine:
        for statement in BEYOND_IT:
            refused = pytest.raises(ProgrammingError, match=r"must be owner|permission denied")
            with engine.begin() as connection, refused:
                connection.exec_driver_sql(statement)


def test_without_the_right_to_note_its_key_it_serves_all_the_same(app, loaded_postgresql_url):
    with engine_at(loaded_postgresql_url) as engine, engine.begin() as connection:
        connection.exec_driver_sql("REVOKE INSERT, UPDATE ON booking_link_key FROM shop_web")
    assert at_done(app).step == "done"
