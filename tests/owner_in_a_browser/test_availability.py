"""“Why is nothing free?” in a real browser: by keyboard, on each screen, by day and in the dark."""

import pytest
from playwright.sync_api import expect

from tests.fixtures.axe import violations_by_day_and_night
from tests.owner.days import booked, held
from tests.owner_in_a_browser.conftest import IN_TWO_DAYS, SCREENS
from tests.owner_in_a_browser.test_agenda import DAY, DAYS


@pytest.fixture
def busy(live_server) -> None:
    booked(live_server.app, "10:00", days=DAYS)
    held(live_server.app, "14:00", days=DAYS)


def test_by_keyboard_from_a_day_of_the_agenda_to_another_service_there(desk_at, busy):
    page = desk_at(DAY)
    page.get_by_role("link", name="Why is nothing free?").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Why is nothing free?")
    expect(page.get_by_text("10:00 to 10:30 is booked.")).to_be_visible()
    expect(page.get_by_text("Short visit on")).to_be_visible()
    page.get_by_label("Service").focus()
    page.keyboard.type("Long")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Long visit on")).to_be_visible()
    table = page.get_by_role("table", name="Times at which it could begin, with Ana")
    expect(table.get_by_role("rowheader").first).to_have_text("09:00")
    expect(page.locator('[data-staff="ana"] svg rect.sb-bar-booked')).to_have_count(1)


@pytest.mark.parametrize("width", SCREENS)
def test_it_is_for_everybody_on_every_screen(width, desk_at, busy):
    page = desk_at(f"availability?day={IN_TWO_DAYS}&service=short", width=width)
    assert violations_by_day_and_night(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
