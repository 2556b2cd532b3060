"""Two tabs of one browser, step by step in turn, each with an appointment of its own."""

from playwright.sync_api import expect

from tests.browser.wizard import assert_booked, at, take
from tests.customer_walkthrough.visits import ADA, BEN, STEPS


def test_two_tabs_in_turn_refreshed_at_each_step_book_two_appointments(page_of, live_server):
    visits = {page_of("/book/"): ADA, page_of("/book/"): BEN}
    for step in STEPS:
        for page, visit in visits.items():
            take(page, visit, step)
            page.reload()
    assert_booked(live_server.app, visits)


def test_a_tab_opened_from_the_wizard_is_a_tab_of_its_own(tab_at, context):
    """By Control; every other way: `tests/tab_sessions_in_a_browser/test_ways_to_a_tab.py`."""
    page = tab_at("details", ADA)
    with context.expect_page() as opened:
        page.locator("#stage-service").click(modifiers=["ControlOrMeta"])
    other = opened.value
    at(other, "service")
    expect(other.locator("input[name=service]:checked")).to_have_count(0)
    take(other, BEN, "service")
    take(page, ADA, "details")


def test_confirming_twice_books_once(tab_at, live_server):
    page = tab_at("review", ADA)
    page.get_by_role("button", name="Confirm appointment").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert_booked(live_server.app, {page: ADA})
