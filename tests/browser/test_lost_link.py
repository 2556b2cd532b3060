"""Lost the link: asked for again by keyboard alone, from the wizard's first page, and looked at."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from booking.storage.models import letter
from tests.browser.test_for_everyone import tab_to
from tests.conftest import LiveServer, app_over, served
from tests.fixtures.axe import violations_by_day_and_night

PHONE, DESK = {"width": 320, "height": 640}, {"width": 1280, "height": 900}
MAIL = {"mail_url": "log:", "mail_from": "shop@shop.example", "public_url": "https://shop.example"}
SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"


@pytest.fixture
def live_server(loaded_sqlite_url) -> Iterator[LiveServer]:
    """A shop that sends letters."""
    with app_over(loaded_sqlite_url, None, **MAIL) as app, served(app) as server:
        yield server


def fine(page: Page) -> None:
    assert violations_by_day_and_night(page) == []
    assert page.evaluate(SIDEWAYS) <= 0


def asked(server: LiveServer) -> list[str]:
    with server.app.app_context(), server.app.extensions["booking"].engine.connect() as connection:
        return list(connection.scalars(letter.select().with_only_columns(letter.c.recipient)))


@pytest.mark.parametrize("size", [PHONE, DESK])
@pytest.mark.parametrize("scripts", [True, False])
def test_links_are_asked_for_by_keyboard_alone_with_and_without_scripts(
    context_of, live_server, size, scripts
):
    page = context_of(viewport=size, java_script_enabled=scripts).new_page()
    page.goto("/book/")
    if scripts:
        expect(page.locator("#step")).to_be_visible()
        fine(page)
        tab_to(page, "a[href$='/appointment/lost']")
        page.keyboard.press("Enter")
    else:
        page.get_by_role("link", name="Lost the link").press("Enter")
    expect(page.locator("h1")).to_have_text("Lost the link to your appointment?")
    page.get_by_label("E-mail address").press_sequentially("ada@")
    page.keyboard.press("Enter")
    expect(page.locator("[role=alert]")).to_be_visible()
    assert page.title().startswith("Error: ")
    if scripts:
        fine(page)
    page.get_by_label("E-mail address").fill("ada@example.com")
    page.keyboard.press("Enter")
    expect(page.locator("[role=status]")).to_contain_text("a letter with their links is on its way")
    if scripts:
        fine(page)
    assert asked(live_server) == ["ada@example.com"]
    page.reload()
    assert len(asked(live_server)) == 1, "who loads the answer again asks for nothing"
