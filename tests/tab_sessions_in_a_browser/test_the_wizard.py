"""What a customer is told and offered: a copy, the end that comes near, a computer of others."""

from functools import partial

import pytest
from playwright.sync_api import expect

from tests.browser.wizard import IN_TWO_DAYS, at, go_on, hour, tab_on, take
from tests.customer.appointment.links import link_of
from tests.customer.walks import at_done
from tests.customer_walkthrough.visits import ADA, bookings_in
from tests.fixtures.axe import violations
from tests.fixtures.browsers import intercept, until

ENDING = """seconds => document.dispatchEvent(
    new CustomEvent("tab-session:ending", { detail: { name: "TabSession", seconds } }))"""


@pytest.fixture
def live_server(emptied_shop):
    return emptied_shop


@pytest.fixture
def tab_at(context, live_server):
    """Opens a tab that stands on that step of the visit: `tab_at("details", ADA)`."""
    return partial(tab_on, context, live_server)


def notice(page):
    return page.locator(".sb-copy")


def test_a_duplicate_keeps_the_answers_and_the_first_tab_the_time(tab_at, menu):
    page = tab_at("details", ADA)
    copy = menu("duplicate", page)
    at(copy, "time")
    expect(notice(copy)).to_contain_text("changes here do not affect the other tab")
    expect(notice(copy)).to_contain_text("The time you chose there stays with it")
    expect(copy.get_by_role("alert")).to_have_count(0)
    assert violations(copy) == []
    copy.locator(".sb-nearest input").first.check()
    copy.locator(".sb-nearest button").click()
    at(copy, "details")
    expect(notice(copy)).to_have_count(0)
    take(page, ADA, "details")


def test_a_copy_may_start_empty_instead(tab_at, menu):
    page = tab_at("time", ADA)
    copy = menu("duplicate", page)
    at(copy, "time")
    copy.get_by_role("button", name="Start empty instead").click()
    at(copy, "service")
    expect(copy.locator("input[name=service]:checked")).to_have_count(0)
    expect(notice(copy)).to_have_count(0)
    page.reload()
    at(page, "time")


def test_over_plain_http_too_the_manage_link_cancels(page_of, live_server, complaints):
    """There a browser says nothing of where a form came from but "Origin: null"."""
    link = link_of(at_done(live_server.app, f"{IN_TWO_DAYS}{hour(ADA)}", staff=ADA.staff))
    page = page_of(link, site="shop.example")
    assert page.evaluate("isSecureContext") is False
    page.get_by_text("Cancel this appointment").click()
    page.get_by_role("button", name="Yes, cancel it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This appointment is cancelled")
    about_http = "Cross-Origin-Opener-Policy header has been ignored"
    complaints[:] = [each for each in complaints if about_http not in each]


def test_finish_and_clear_leaves_nothing_and_back_shows_nothing_of_it(tab_at, live_server):
    page = tab_at("details", ADA)
    before = page.evaluate("TabSession.id")
    take(page, ADA, "details")
    clear = page.get_by_role("button", name="Finish and clear")
    clear.click()
    at(page, "cleared")
    expect(clear).not_to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    assert page.url == f"{live_server.url}/book/"
    assert page.evaluate("TabSession.id") != before
    assert violations(page) == []
    page.get_by_role("link", name="Begin a new booking").click()
    for _ in range(3):
        at(page, "service")
        expect(page.locator("input:checked")).to_have_count(0)
        expect(page.locator("main")).not_to_contain_text(ADA.answer("details")["name"])
        page.go_back()
    assert bookings_in(live_server.app) == {}


def test_a_tab_that_looks_back_at_a_booking_may_still_clear_it(tab_at, live_server):
    page = tab_at("done", ADA)
    page.get_by_role("button", name="Finish and clear").click()
    expect(page.locator("#step")).to_contain_text("It stays booked")
    page.reload()
    at(page, "service")
    assert len(bookings_in(live_server.app)) == 1


def test_the_dialog_puts_the_end_off_by_one_key_and_stays_where_it_cannot(tab_at, forgiven):
    page = tab_at("time", ADA)
    take(page, ADA, "time")
    page.go_back()  # it is there on a page that Back brought, too
    at(page, "time")
    dialog = page.get_by_role("dialog", name="Do you need more time?")
    page.locator("#next-month").focus()
    page.evaluate(ENDING, 300)
    expect(dialog).to_contain_text("In 5 minutes your answers are erased")
    expect(dialog.get_by_role("button", name="I need more time")).to_be_focused()
    assert violations(page) == []
    with page.expect_response("**/book/tab-session") as answer:
        page.keyboard.press("Escape")
    assert answer.value.status == 204
    expect(dialog).not_to_be_visible()
    expect(page.locator("#next-month")).to_be_focused()
    page.evaluate(ENDING, 60)
    expect(dialog).to_contain_text("In 1 minute your")
    intercept(page, "**/book/tab-session", lambda route: route.abort())
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("could not reach the server", use_inner_text=True)
    page.unroute("**/book/tab-session")
    page.keyboard.press("Enter")
    expect(dialog).not_to_be_visible()


def test_the_dialog_goes_when_the_booking_that_was_under_way_is_made(tab_at):
    page, held = tab_at("review", ADA), []

    def hold(route):
        held.append(route)

    intercept(page, "**/book/review/form", hold)
    go_on(page)
    until(page, lambda: held)
    page.evaluate(ENDING, 300)
    expect(page.get_by_role("dialog")).to_be_visible()
    held[0].continue_()
    at(page, "done")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_when_the_end_has_come_what_was_typed_is_still_there(tab_at):
    page = tab_at("details", ADA)
    with page.expect_response("**/details/typed"):
        page.locator("[name=name]").fill("Ada")
    page.evaluate(ENDING, 0)
    expect(page.get_by_role("dialog")).to_contain_text("What is on this page is still here")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("[name=name]")).to_have_value("Ada")
