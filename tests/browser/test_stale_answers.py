"""Two windows on one booking: both answers are shown, and one is chosen with the keyboard."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_typed_text import share_session
from tests.browser.wizard import answer, at, fill, go_on
from tests.customer_walkthrough.visits import ADA


@pytest.fixture
def windows(context, tab_at):
    """Two windows on one tab session, both at the details; the second has sent them."""
    page, twin = tab_at("details", ADA), context.new_page()
    share_session(page, twin)
    at(twin, "details")
    page.bring_to_front()
    answer(page, ADA, "details")
    twin.bring_to_front()
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


def test_the_other_answer_is_kept_by_keyboard(windows):
    page, _ = windows
    asked(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Use what I entered here")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Keep the other answer")).to_be_focused()
    page.keyboard.press("Enter")
    at(page, "review")
    expect(page.locator("#step")).to_contain_text("Grace Hopper")
    expect(page).to_have_url(re.compile("/book/review$"))


def test_f5_asks_again_and_enter_in_a_field_uses_what_was_entered(windows):
    page, _ = windows
    asked(page)
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("Grace Hopper")
    page.locator("[name=name]").press("Enter")
    at(page, "review")
    expect(page.locator("#step")).to_contain_text(ADA.name)
