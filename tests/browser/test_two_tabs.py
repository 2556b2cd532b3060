"""Two tabs of one browser, step by step in turn, each with an appointment of its own.

Every way to open another tab: `tests/tab_sessions_in_a_browser/test_ways_to_a_tab.py`.
"""

from tests.browser.wizard import assert_booked, take
from tests.customer_walkthrough.visits import ADA, BEN, STEPS


def test_two_tabs_in_turn_refreshed_at_each_step_book_two_appointments(page_of, live_server):
    visits = {page_of("/book/"): ADA, page_of("/book/"): BEN}
    for step in STEPS:
        for page, visit in visits.items():
            take(page, visit, step)
            page.reload()
    assert_booked(live_server.app, visits)


def test_confirming_twice_books_once(tab_at, live_server):
    page = tab_at("review", ADA)
    page.get_by_role("button", name="Confirm appointment").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert_booked(live_server.app, {page: ADA})
