"""A database that was never initialised: the customer is told little, the operator what to do."""

import sqlite3
from contextlib import closing

import pytest

from booking import create_app
from booking.testing import TabClient
from tests.conftest import app_over


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def empty_url(request, tmp_path):
    if request.param == "sqlite":
        (tmp_path / "empty.db").touch()
        return f"sqlite:///{tmp_path}/empty.db"
    return request.getfixturevalue("postgres_url")


def test_the_log_names_the_command_and_the_page_stays_polite(empty_url, caplog):
    app = create_app({"BOOKING_DATABASE_URL": empty_url})
    tab = TabClient(app, "/book/")
    assert tab.status == 503
    assert "still being set up" in tab.page.get_text()
    assert "booking_" not in tab.page.get_text()
    assert tab.headers["Retry-After"] == "60"
    assert caplog.text.count("Run: flask booking init") == 1
    assert "Traceback" not in caplog.text
    with app.app_context():
        app.extensions["booking"].engine.dispose()


@pytest.mark.parametrize(
    "undo",
    [
        "DROP TABLE booking_catalogue_state",
        "ALTER TABLE booking_tab_session RENAME COLUMN seen_at TO seen",
    ],
)
def test_a_database_of_an_older_version_is_told_without_a_traceback(sqlite_url, undo, caplog):
    with app_over(sqlite_url) as app:
        with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as raw:
            raw.execute(undo)
        tab = TabClient(app, "/book/")
    assert (tab.status, tab.headers["Retry-After"]) == (503, "60")
    assert "Run: flask booking init" in caplog.text
    assert "Traceback" not in caplog.text
