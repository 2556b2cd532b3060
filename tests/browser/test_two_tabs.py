"""Two tabs of one browser, step by step in turn, each with an appointment of its own."""

import pytest
from playwright.sync_api import expect

from tests.browser.wizard import answer, assert_booked, at, go_on, take, walk
from tests.customer_walkthrough.visits import ADA, BEN, STEPS, bookings_in


def test_two_tabs_in_turn_refreshed_at_each_step_book_two_appointments(page_of, live_server):
    visits = {page_of("/book/"): ADA, page_of("/book/"): BEN}
    for step in STEPS:
        for page, visit in visits.items():
            page.reload()
            take(page, visit, step)
            page.reload()
    assert_booked(live_server.app, visits)


@pytest.mark.parametrize(
    "click",
    [{"button": "middle"}, {"modifiers": ["ControlOrMeta"]}, {"modifiers": ["Shift"]}],
    ids=["middle button", "with Control", "with Shift"],
)
def test_a_tab_opened_from_the_wizard_is_a_tab_of_its_own(tab_at, context, live_server, click):
    page = tab_at("details", ADA)
    with context.expect_page() as opened:
        page.locator("#stage-service").click(**click)
    other = opened.value
    at(other, "service")
    expect(other.locator("input[name=service]:checked")).to_have_count(0)
    walk(other, BEN)
    take(page, ADA, "details")
    take(page, ADA, "review")
    assert_booked(live_server.app, {page: ADA, other: BEN})


def test_who_was_slower_keeps_what_was_typed_and_takes_a_time_nearby(tab_at, live_server):
    slower, faster = tab_at("time", ADA), tab_at("time", ADA)
    for page in (slower, faster):
        answer(page, ADA, "time")
    go_on(faster)
    at(faster, "details")
    slower.bring_to_front()
    go_on(slower)
    expect(slower.get_by_role("alert")).to_contain_text("faster")
    at(slower, "time")
    slower.locator(".sb-nearest input").first.check()
    slower.locator(".sb-nearest button").click()
    at(slower, "details")
    for page in (slower, faster):
        take(page, ADA, "details")
        take(page, ADA, "review")
    starts = {visit.start for visit in bookings_in(live_server.app).values()}
    assert len(starts) == 2


@pytest.mark.parametrize("impatience", ["double click", "Enter twice"])
def test_confirming_twice_books_once(tab_at, live_server, impatience):
    page = tab_at("review", ADA)
    confirm = page.get_by_role("button", name="Confirm appointment")
    if impatience == "double click":
        confirm.dblclick()
    else:
        confirm.focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
    assert_booked(live_server.app, {page: ADA})
