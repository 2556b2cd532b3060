"""At the desk: an app with the shop of tests/shop.toml, and clients that are signed in.

It is Monday, 2 March 2026, 8:00 in Lisbon, unless a test travels on. `desk` is an owner; `desk_as`
makes anybody else: `desk_as("staff", "ana")`. Neither types a password, which costs a tenth of a
second: their sessions are begun as signing in begins them.
"""

from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from booking.now import utc_now
from booking.operations.accounts import AccountPlan, account_of, add_account
from booking.operations.sign_ins import Limits, begin_session
from booking.storage.accounts import Account
from booking.tab_sessions import read_transaction, write_transaction
from tests.commands import shell

PASSWORD = "seven little boats"
FROM_OUR_PAGE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(autouse=True)
def always_the_same_time(monday_morning: None) -> None:
    """So that no test depends on the hour it runs at."""


class Desk(FlaskClient):
    """A browser at the desk: what it sends says that it came from a page there."""

    def open(self, *given, **more) -> TestResponse:
        more["headers"] = FROM_OUR_PAGE | dict(more.get("headers") or {})
        return super().open(*given, **more)

    def page(self, path: str = "/desk/", **more) -> BeautifulSoup:
        return page_of(self.get(path, **more))

    def cookie(self, name: str) -> str:
        """The value of the cookie whose name begins so; empty without one."""
        found = [one for (_, _, each), one in self._cookies.items() if each.startswith(name)]
        return found[0].value if found else ""


def page_of(answer: TestResponse) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


def text_of(answer: TestResponse) -> str:
    return " ".join(page_of(answer).get_text(" ").split())


@pytest.fixture
def desk_app(app: Flask) -> Flask:
    app.test_client_class = Desk
    return app


@pytest.fixture
def nobody(desk_app) -> Desk:
    """A browser that nobody has signed in with."""
    return desk_app.test_client()


@pytest.fixture
def desk_as(desk_app) -> Callable[..., Desk]:
    """`desk_as("staff", "ana")`: a browser at the desk of a new account, or of that address."""

    def sign_in(role: str = "owner", staff: str | None = None, email: str = "", **more) -> Desk:
        address = email or f"{role}-{staff or 'x'}@example.com"
        plan = AccountPlan(
            address, f"{role} {staff or ''}".strip().title(), role, staff or "", **more
        )

        def work(session):
            account = account_of(session, address) or add_account(session, plan, now=utc_now())
            limits = Limits(timedelta(hours=8), timedelta(days=7))
            return begin_session(session, account, limits, browser="Firefox", now=utc_now())

        token = shell.in_database(desk_app, work)
        client = desk_app.test_client()
        client.set_cookie(cookie_name(desk_app), token)
        return client

    return sign_in


@pytest.fixture
def desk(desk_as) -> Desk:
    """A browser at the desk, of an owner."""
    return desk_as("owner")


@pytest.fixture
def shop(desk_app) -> SimpleNamespace:
    """The shop: `writing()` and `reading()` sessions, `now()`, and `appointment(start, name)`."""

    @contextmanager
    def reading():
        with desk_app.app_context(), read_transaction(_session(desk_app)) as session:
            yield session

    @contextmanager
    def writing():
        with desk_app.app_context(), write_transaction(_session(desk_app)) as session:
            yield session

    return SimpleNamespace(
        app=desk_app,
        reading=reading,
        writing=writing,
        now=utc_now,
        appointment=lambda start, name="Zoë Ω", **more: shell.appointment(
            desk_app, start, name, **more
        ),
    )


def _session(app: Flask):
    return app.extensions["booking"].session


def cookie_name(app: Flask, name: str = "sidebook-desk") -> str:
    from booking.owner import cookies

    with app.test_request_context("/desk/"):
        return cookies.full_name(name)


def account(app: Flask, email: str) -> Account | None:
    with app.app_context(), read_transaction(_session(app)) as session:
        found = account_of(session, email)
        session.expunge_all()
        return found
