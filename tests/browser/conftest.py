"""Everything in this folder drives a real Chromium."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.wizard import tab_on
from tests.conftest import LiveServer
from tests.customer_walkthrough.visits import Visit
from tests.fixtures.browsers import ears, lent


@pytest.fixture(scope="package")
def visitor(browser, open_shop) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=open_shop.url)
    context.new_page().goto("/book/static/favicon.svg")
    yield context
    context.close()


@pytest.fixture
def live_server(emptied_shop) -> LiveServer:
    return emptied_shop


@pytest.fixture
def context(visitor, live_server, complaints) -> Iterator[BrowserContext]:
    """The visitor of this folder's tests; `context_of()` makes another."""
    with lent(visitor, ears(complaints)) as context:
        yield context


@pytest.fixture
def tab_at(context, live_server) -> Callable[[str, Visit], Page]:
    """Opens a tab that stands on that step of the visit: `tab_at("details", ADA)`."""
    return partial(tab_on, context, live_server)


@pytest.fixture
def page(page_of) -> Page:
    """A tab that has opened the wizard."""
    return page_of("/book/")
