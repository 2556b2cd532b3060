"""The gallery of samples: as text for the structure, behind a socket for a real Chromium."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from playwright.sync_api import BrowserContext, Page, Route, ViewportSize

from tests.conftest import served
from tests.fixtures.browsers import ears, intercept, lent
from tests.front_end.gallery import create_gallery, show
from tests.front_end.samples import Context

DESK = {"width": 1280, "height": 720}
PROVOKED = re.compile(r"Failed to load resource|htmx:error|^5\d\d ")


@pytest.fixture(scope="session")
def gallery() -> Flask:
    return create_gallery()


@pytest.fixture(scope="session")
def rendered(gallery) -> Callable[..., str]:
    """The HTML of a sample: `rendered("details", {"hold": None})`."""

    def render(name: str, changes: Context | None = None) -> str:
        with gallery.test_request_context("/fragment/x"):
            return show(name, changes)

    return render


@pytest.fixture(scope="session")
def soup(rendered) -> Callable[..., BeautifulSoup]:
    return lambda name, changes=None: BeautifulSoup(rendered(name, changes), "html.parser")


@pytest.fixture(scope="session")
def gallery_url(gallery) -> Iterator[str]:
    with served(gallery) as server:
        yield server.url


@pytest.fixture(scope="package")
def visitor(browser, gallery_url) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=gallery_url)
    context.new_page().goto("/static/favicon.svg")
    yield context
    context.close()


@pytest.fixture
def listeners(complaints) -> Iterator[dict[str, Callable]]:
    """What listens for complaints; one fails the test, but for those that it provokes."""
    yield ears(complaints)
    complaints[:] = [each for each in complaints if not PROVOKED.search(each)]


@pytest.fixture
def shared_context(visitor, listeners) -> Iterator[BrowserContext]:
    with lent(visitor, listeners) as context:
        yield context


@pytest.fixture
def own_context(browser, gallery_url, listeners) -> Iterator[Callable[..., BrowserContext]]:
    with ExitStack() as made:

        def make(**options: object) -> BrowserContext:
            context = made.enter_context(browser.new_context(base_url=gallery_url, **options))
            return made.enter_context(lent(context, listeners))

        yield make


@pytest.fixture
def visit(shared_context, own_context) -> Callable[..., Page]:
    """Opens a sample in a new window: `visit("time", viewport=…, color_scheme=…)`."""

    def open_sample(
        name: str,
        *,
        viewport: ViewportSize = DESK,
        clock: bool = False,
        timezone_id: str | None = None,
        script: str = "",
        **media: str,
    ) -> Page:
        is_alone = clock or timezone_id  # a clock and a zone are those of all windows
        context = own_context(timezone_id=timezone_id) if is_alone else shared_context
        window = context.new_page()
        window.set_viewport_size(viewport)
        window.emulate_media(**media)
        window.add_init_script(script)
        if clock:
            window.clock.install()
        return look_at(window, name)

    return open_sample


def look_at(window: Page, name: str) -> Page:
    """The window, with that sample in it."""
    window.goto(f"/page/{name}")
    window.wait_for_selector("h1[id], [role=alert]")
    return window


@pytest.fixture
def answer(rendered) -> Callable[..., list[Route]]:
    """Lets every request to an address be answered with a sample, and keeps the requests."""

    def listen(window: Page, address: str, sample: str, **answered: object) -> list[Route]:
        requests: list[Route] = []

        def reply(route: Route) -> None:
            requests.append(route)
            body = rendered(sample) if sample else "<html><body>A proxy's page</body></html>"
            route.fulfill(body=body, content_type="text/html", **answered)

        intercept(window, address, reply)
        return requests

    return listen
