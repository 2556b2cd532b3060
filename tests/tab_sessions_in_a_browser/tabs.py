"""What the tests of this folder look at in a tab, and do in it."""

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
