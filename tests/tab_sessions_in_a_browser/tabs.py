"""What the tests of this folder look at in a tab, and do in it."""

import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.fixtures.browsers import wait_until


def id_of(page: Page) -> str:
    """The tab's id, as soon as it is settled."""
    return page.evaluate("TabSession.ready.then(() => TabSession.id)")


def shows(page: Page, text: str) -> None:
    """The tab shows this note, or will in a moment."""
    expect(page.locator("#here")).to_have_text(text)


def note_down(page: Page, text: str) -> None:
    """Write a note and see it."""
    page.locator("input[name=text]").fill(text)
    page.locator("form button").click()
    shows(page, text)


def events(page: Page, event: str) -> list[dict]:
    """What the page heard of that event."""
    return page.evaluate("event => window.heard.filter((each) => each.event === event)", event)


def hears(page: Page, event: str) -> dict:
    """The page hears of that event, or will in a moment."""
    wait_until(page, "event => window.heard?.some((each) => each.event === event)", event)
    return events(page, event)[0]


def until(page: Page, condition: Callable[[], object]) -> None:
    """Wait for what is seen outside the page: a request that came, a word in the console."""
    last = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < last, "it did not happen in time"
        page.wait_for_timeout(20)
