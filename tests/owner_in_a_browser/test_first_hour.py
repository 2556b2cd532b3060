"""From an empty database to the first bookable service, as fast as somebody types."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest
from playwright.sync_api import Page, expect

from tests.commands.shell import done
from tests.conftest import app_over, served
from tests.fixtures.axe import violations_by_day_and_night
from tests.fixtures.browsers import ears

A_KEY = 0.12  # seconds, of somebody who types a hundred letters in twelve seconds
A_CLICK, TO_READ = 2, 10  # seconds: to find and press something, and to read a page
MINUTES = 3


@pytest.fixture
def nothing_yet(sqlite_url, tmp_path):
    """A new installation: tables, and nothing in them. Mail is off."""
    with app_over(sqlite_url, None) as app, served(app) as server:
        yield server


def test_three_minutes_from_an_empty_database_to_a_service_that_is_booked(
    browser, nothing_yet, complaints
):
    said = done(nothing_yet.app, "init")
    link = next(word for word in said.split() if "/desk/one-time-link/" in word)
    context = browser.new_context(base_url=nothing_yet.url, timezone_id="Europe/Lisbon")
    for event, ear in ears(complaints).items():
        context.on(event, ear)
    page = context.new_page()
    somebody = Somebody(page)
    page.goto(link)
    somebody.type_in(name="Ola Marques", email="ola@mare.example", password="seven little boats")
    somebody.go_on("Set it and come in", "Who are you?")
    assert page.locator("#field-zone").input_value() == "Europe/Lisbon", "the browser's own"
    somebody.type_in(name="Maré", address="Rua da Boavista 84", phone="+351 210 000 000")
    somebody.go_on("Go on", "What can customers book?")
    somebody.type_in(name="Massage", price="€45")
    somebody.choose(partial(page.locator("#field-duration").select_option, "60"))
    somebody.go_on("Go on", "Who does it?")
    assert page.locator("#field-name").input_value() == "Ola Marques"
    somebody.go_on("Go on", "When can they be booked?")
    somebody.choose(page.get_by_role("checkbox", name="Wednesday").uncheck)
    somebody.go_on("Go on", "Customers can book")
    expect(page.get_by_text("No letters are sent yet")).to_be_visible()
    somebody.choose(page.get_by_role("link", name="Look at your booking page").click)
    expect(page.get_by_text("Massage").first).to_be_visible()
    somebody.choose(page.locator("[data-step] button[type=submit]").first.click)
    expect(page.locator("input[name=slot]").first).to_be_attached()
    assert somebody.seconds < MINUTES * 60
    context.close()


@dataclass
class Somebody:
    """Somebody at the page, and how long it takes them: counted, whatever the machine takes."""

    page: Page
    seconds: float = 0

    def type_in(self, **values: str) -> None:
        for name, value in values.items():
            self.page.locator(f"#field-{name}").press_sequentially(value)
            self.seconds += A_CLICK + A_KEY * len(value)

    def choose(self, choice: Callable[[], None]) -> None:
        choice()
        self.seconds += A_CLICK

    def go_on(self, button: str, heading: str) -> None:
        """Press the button when axe has found nothing wrong, and wait for the next page."""
        self.seconds += TO_READ
        assert violations_by_day_and_night(self.page) == []
        self.choose(self.page.get_by_role("button", name=button).click)
        expect(self.page.locator("h1")).to_have_text(heading)
