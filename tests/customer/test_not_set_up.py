"""A database that was never initialised: the customer is told little, the operator what to do."""

import pytest

from booking import create_app
from booking.testing import TabClient


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def empty_url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/empty.db"
    return request.getfixturevalue("postgres_url")


def test_the_log_names_the_command_and_the_page_stays_polite(empty_url, caplog):
    app = create_app({"BOOKING_DATABASE_URL": empty_url})
    tab = TabClient(app, "/book/")
    assert tab.status == 503
    assert "still being set up" in tab.page.get_text()
    assert "booking_" not in tab.page.get_text()
    assert "flask booking init" in caplog.text
    with app.app_context():
        app.extensions["booking"].engine.dispose()
