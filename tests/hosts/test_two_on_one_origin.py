"""Two businesses on one origin, a tab half way in each: they know nothing of each other."""

import shutil

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from playwright.sync_api import Page
from sqlalchemy import text
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from booking import Sidebook
from booking.config import ConfigurationError
from tests.browser.wizard import at, take, walk
from tests.conftest import served
from tests.customer_walkthrough.visits import ADA, bookings_in

pytestmark = pytest.mark.browser


def business(file, prefix: str) -> Flask:
    app = Flask("host")
    app.config.update(SQLALCHEMY_DATABASE_URI=f"sqlite:///{file}", SECRET_KEY="x")
    SQLAlchemy(app)
    Sidebook(app, url_prefix=prefix)
    return app


def held_in(app: Flask) -> int:
    with app.app_context():
        return app.extensions["sqlalchemy"].session.scalar(
            text("SELECT count(*) FROM booking_hold")
        )


@pytest.fixture
def two(request, loaded_file, tmp_path):
    """One at a path of its own or at the root, below which the other lies."""
    files = [shutil.copy(loaded_file, tmp_path / name) for name in ("one.db", "two.db")]
    one, two = business(files[0], request.param), business(files[1], "/book")
    with served(DispatcherMiddleware(one, {"/two": two})) as server:
        yield server, one, two, request.param


def clear(page: Page) -> None:
    page.get_by_role("button", name="Finish and clear").click()
    at(page, "cleared")


@pytest.mark.parametrize(("two", "cleared"), [("/book", "one"), ("/", "two")], indirect=["two"])
def test_finish_and_clear_in_one_leaves_the_others_booking_and_hold(context_of, two, cleared):
    server, *apps, prefix = two
    places = dict(zip(("one", "two"), (prefix.rstrip("/"), "/two/book"), strict=True))
    pages = dict(zip(places, apps, strict=True))
    page = context_of().new_page()
    for place in places.values():
        page.goto(f"{server.url}{place}/")
        walk(page, ADA, until="review")
    (other,) = {*places} - {cleared}
    page.goto(f"{server.url}{places[cleared]}/review")
    at(page, "review")
    assert [held_in(app) for app in apps] == [1, 1]
    clear(page)
    assert (held_in(pages[cleared]), held_in(pages[other])) == (0, 1)
    page.goto(f"{server.url}{places[other]}/review")
    take(page, ADA, "review")
    assert len(bookings_in(pages[other])) == 1
    assert bookings_in(pages[cleared]) == {}


def test_one_app_has_one(host):
    Sidebook(host)
    with pytest.raises(ConfigurationError, match="make it once"):
        Sidebook(host, url_prefix="/two", name="two")
