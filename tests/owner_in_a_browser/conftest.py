"""Everything in this folder drives a real Chromium at the desk, in one context."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta

import pytest
from playwright.sync_api import BrowserContext, Page

from booking.now import utc_now
from booking.operations.accounts import AccountPlan, add_account
from booking.operations.sign_ins import Limits, begin_session
from tests.commands import shell
from tests.conftest import LiveServer
from tests.fixtures.browsers import ears, lent
from tests.owner.conftest import cookie_name

IN_TWO_DAYS = datetime.now(UTC).date() + timedelta(days=2)  # the same to the end of the run
YESTERDAY = datetime.combine(IN_TWO_DAYS - timedelta(days=3), time(10), UTC)  # over at any hour
# A tablet shows what either of the others does.
SCREENS = (320, pytest.param(768, marks=pytest.mark.extra), 1440)
SEVERAL_SCREENS = (
    pytest.param((320, 1440), id="telephone and desk"),
    pytest.param((768,), marks=pytest.mark.extra, id="tablet"),
)


@pytest.fixture(scope="package")
def visitor(browser, open_shop) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=open_shop.url)
    context.new_page().goto("/desk/static/favicon.svg")
    yield context
    context.close()


@pytest.fixture
def live_server(emptied_shop) -> LiveServer:
    return emptied_shop


@pytest.fixture
def context(visitor, live_server, complaints) -> Iterator[BrowserContext]:
    """The browser of this folder's tests, in which an owner has signed in."""
    with lent(visitor, ears(complaints)) as context:
        sign_in(context, live_server)
        yield context


def sign_in(context: BrowserContext, server: LiveServer, role: str = "owner", staff="") -> None:
    """Let the browser be somebody's, as signing in does."""
    token = session_begun(server, role, staff, browser="Chromium")
    named = {"name": cookie_name(server.app), "value": token, "url": server.url}
    context.add_cookies([named])


def session_begun(server: LiveServer, role: str = "owner", staff: str = "", *, browser: str) -> str:
    """Let somebody in by an account of their own: what their browser's cookie holds."""
    plan = AccountPlan(f"{role}@example.com", "Olga Owner", role, staff)

    def begin(session):
        limits = Limits(timedelta(hours=8), timedelta(days=7))
        account = add_account(session, plan, now=utc_now())
        return begin_session(session, account, limits, browser=browser, now=utc_now())

    return shell.in_database(server.app, begin)


@pytest.fixture
def desk_at(page_of) -> Callable[..., Page]:
    """Opens a page of the desk: `desk_at("agenda?view=week", width=320)`."""

    def open_page(path: str, width: int = 1280, height: int = 900) -> Page:
        page = page_of("/desk/static/favicon.svg")
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"/desk/{path}")
        return page

    return open_page
