"""The database cannot take an answer: the page says so, keeps it, and the next try works."""

from playwright.sync_api import expect

from tests.browser.wizard import answer, at, go_on, take
from tests.customer_walkthrough.visits import ADA, bookings_in
from tests.faults.test_database_troubles import locked


def test_a_busy_database_loses_nothing_that_was_typed(tab_at, live_server, complaints):
    page = tab_at("details", ADA)
    answer(page, ADA, "details")
    with locked(live_server.app):
        go_on(page)
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("could not save")
        expect(alert).to_be_focused()
        expect(page.locator("[name=note]")).to_have_value(ADA.note)
    assert [line for line in complaints if line.startswith("503")]
    complaints.clear()
    go_on(page)
    at(page, "review")
    take(page, ADA, "review")
    assert len(bookings_in(live_server.app)) == 1
