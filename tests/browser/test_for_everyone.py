"""The wizard for those who see little, hear it read, use a keyboard alone or a small screen."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.wizard import assert_booked, at, hour, open_later_day
from tests.customer_walkthrough.visits import ADA, STEPS

TABS_AT_MOST = 80
DESK, SMALL = {"width": 1280, "height": 720}, {"width": 320, "height": 568}
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_a_booking_needs_no_mouse_and_each_step_is_announced_with_the_focus_on_its_heading(
    page, live_server
):
    at(page, "service")
    tab_to(page, "[name=service]")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    arrived(page, "staff")
    tab_to(page, "[name=staff]")
    press_until(page, "ArrowDown", f"[value={ADA.staff}]:checked")
    page.keyboard.press("Enter")
    arrived(page, "time")
    open_later_day_by_keyboard(page)
    tab_to(page, "[name=slot]")
    press_until(page, "ArrowDown", f"[value$='{hour(ADA)}']:checked")
    page.keyboard.press("Enter")
    arrived(page, "details")
    for name, value in ADA.answer("details").items():
        tab_to(page, f"[name={name}]")
        page.keyboard.type(value)
    for step in ("review", "done"):
        tab_to(page, ".sb-actions button")
        page.keyboard.press("Enter")
        arrived(page, step)
    assert_booked(live_server.app, {page: ADA})


def arrived(page: Page, step: str) -> None:
    at(page, step)
    expect(page.locator("#step-heading")).to_be_focused()
    if step != "done":
        place = STEPS.index(step) + 1
        expect(page.locator("#announcer")).to_contain_text(f"{place} of 5")


def tab_to(page: Page, selector: str) -> None:
    press_until(page, "Tab", selector)


def press_until(page: Page, key: str, selector: str) -> None:
    for _ in range(TABS_AT_MOST):
        page.keyboard.press(key)
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
    pytest.fail(f"{key} never reaches {selector}")


def open_later_day_by_keyboard(page: Page) -> None:
    if not page.locator("a.sb-day-free").count():
        open_later_day(page)  # the month is over: its neighbour is tried elsewhere
        return
    tab_to(page, "a.sb-day-free")
    day = page.evaluate("document.activeElement.id")
    page.keyboard.press("Enter")
    expect(page.locator(f"#{day}")).to_have_attribute("aria-current", "true")
