"""Everything in this folder drives a real Chromium."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.wizard import tab_on
from tests.conftest import LiveServer, app_over, served
from tests.customer_walkthrough.visits import Visit
from tests.fixtures.browsers import ears, lent
from tests.fixtures.sqlite_files import copy, file_of

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def open_shop(loaded_file, tmp_path_factory) -> Iterator[LiveServer]:
    file = tmp_path_factory.mktemp("shop") / "booking.db"
    copy(loaded_file, file)
    with app_over(f"sqlite:///{file}", None) as app, served(app) as server:
        yield server


@pytest.fixture(scope="package")
def visitor(browser, open_shop) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=open_shop.url)
    context.new_page().goto("/book/static/favicon.svg")
    yield context
    context.close()


@pytest.fixture
def live_server(open_shop, loaded_file) -> Iterator[LiveServer]:
    """The shop of this folder's tests, as empty before each as a new one."""
    yield open_shop
    copy(loaded_file, file_of(open_shop.app))


@pytest.fixture
def context(visitor, live_server, complaints) -> Iterator[BrowserContext]:
    """The visitor of this folder's tests; `context_of()` makes another."""
    with lent(visitor, ears(complaints)) as context:
        yield context


@pytest.fixture
def tab_at(context, live_server) -> Callable[[str, Visit], Page]:
    """Opens a tab that stands on that step of the visit: `tab_at("details", ADA)`."""
    return partial(tab_on, context, live_server.app)


@pytest.fixture
def page(page_of) -> Page:
    """A tab that has opened the wizard."""
    return page_of("/book/")
