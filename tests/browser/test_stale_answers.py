"""Two windows on one booking: both answers are shown, and one is chosen with the keyboard."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.wizard import answer, at, fill, go_on
from tests.customer_walkthrough.visits import ADA
from tests.fixtures.browsers import intercept


@pytest.fixture
def windows(context, tab_at):
    """Two windows on one tab session, both at the details; the second has sent them."""
    page, twin = tab_at("details", ADA), context.new_page()
    share_session(page, twin)
    at(twin, "details")
    answer(page, ADA, "details")
    answer(twin, ADA, "details")
    fill(twin, "name", "Grace Hopper")
    go_on(twin)
    at(twin, "review")
    page.bring_to_front()
    return page, twin


def asked(page) -> None:
    """The page shows both names, and has the focus where they stand."""
    page.locator("[name=note]").press("Shift+Tab")
    page.get_by_role("button", name="Continue").press("Enter")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Grace Hopper")
    expect(alert).to_contain_text(ADA.name)
    expect(alert).not_to_contain_text(ADA.email)
    expect(alert).to_be_focused()
    expect(page.locator("[name=note]")).to_have_value(ADA.note)


def test_f5_asks_again_and_the_other_answer_is_kept_by_keyboard(windows):
    """Enter in a field is the first button of a form, which goes on: `tests/front_end/`."""
    page, _ = windows
    asked(page)
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("Grace Hopper")
    page.locator("#step-heading").focus()
    for button in ("Use what I entered here", "Keep the other answer"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name=button)).to_be_focused()
    page.keyboard.press("Enter")
    at(page, "review")
    expect(page.locator("#step")).to_contain_text("Grace Hopper")
    expect(page).to_have_url(re.compile("/book/review$"))


def share_session(page, twin) -> None:
    """Both windows on one tab session, as with an app that keeps its id in localStorage."""
    kept = page.evaluate("sessionStorage.getItem('tab-session /book/')")

    def with_that_id(route):
        route.continue_(headers=route.request.headers | {"tab-session": kept})

    intercept(twin, "**/form*", with_that_id)
    intercept(twin, "**/kept", with_that_id)
    twin.goto(page.url)
