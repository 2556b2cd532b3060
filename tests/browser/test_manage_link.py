"""The manage link's pages in a browser: by keyboard alone, without scripts, and what they weigh."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from booking.storage.models import Booking
from tests.browser.test_for_everyone import tab_to
from tests.browser.wizard import IN_TWO_DAYS, at
from tests.customer.appointment.links import link_of
from tests.customer.walks import at_done
from tests.fixtures.axe import violations

TIME_PAGE = 33_000  # bytes of a first visit to it, headers included


@pytest.fixture
def link(live_server) -> str:
    done = at_done(live_server.app, f"{IN_TWO_DAYS}T10:00Z", staff="ana")
    return live_server.url + link_of(done)


def row_of(live_server):
    with live_server.app.app_context(), live_server.app.extensions["booking"].engine.connect() as c:
        return c.execute(select(Booking.__table__)).one()


@pytest.fixture
def open_link(context: BrowserContext, link: str) -> Callable[[str], Page]:
    def opened(path: str = "") -> Page:
        page = context.new_page()
        page.goto(link + path)
        return page

    return opened


def test_an_appointment_is_moved_by_keyboard_alone_and_each_turn_takes_the_focus_along(
    open_link, live_server
):
    page = open_link()
    tab_to(page, "a[href$='/time']")
    page.keyboard.press("Enter")
    at(page, "move")
    tab_to(page, "a.sb-day-free, a.sb-day-selected")
    day = page.evaluate("document.activeElement.id")
    page.keyboard.press("Enter")
    expect(page.locator("#day")).to_be_focused()
    expect(page.locator(f"#{day}")).to_have_attribute("aria-current", "true")
    expect(page.locator("#announcer")).to_contain_text("free time")
    tab_to(page, "#times button")
    page.keyboard.press("Enter")
    expect(page.locator("#problem")).to_be_focused()
    assert page.title().startswith("Error: Move")
    tab_to(page, "[name=slot]")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Your appointment")
    expect(page.locator("[role=status]")).to_contain_text("is moved")
    assert f"{row_of(live_server).starts_at:%H:%M}" != "10:00"


def test_back_leads_to_the_month_before(open_link):
    page = open_link("/time")
    month = page.locator("#month").inner_text()
    page.locator("#next-month").click()
    expect(page.locator("#month")).not_to_have_text(month)
    page.go_back()
    expect(page.locator("#month")).to_have_text(month)
    expect(page.locator("#times button")).to_be_visible()


def test_without_scripts_it_can_be_moved_mended_and_cancelled(context_of, link, live_server):
    page = context_of(java_script_enabled=False).new_page()
    page.goto(link)
    page.get_by_role("link", name="Move to another time").click()
    page.locator("a.sb-day-free, a.sb-day-selected").first.click()
    page.locator("#times [name=slot]").nth(2).check()
    page.get_by_role("button", name="Move it to this time").click()
    expect(page.locator("[role=status]")).to_contain_text("is moved")
    page.get_by_role("link", name="Change your details").click()
    page.get_by_label("Name").fill("Ada King")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[role=status]")).to_contain_text("Your details are changed")
    page.get_by_text("Cancel this appointment").click()
    page.get_by_label("Would you tell us why?").fill("Ill.")
    page.get_by_role("button", name="Yes, cancel it").click()
    expect(page.locator("h1")).to_have_text("This appointment is cancelled")
    booking = row_of(live_server)
    assert (booking.state, booking.cancel_reason) == ("cancelled", "Ill.")
    assert booking.customer_name == "Ada King"


def test_a_button_pressed_twice_changes_an_address_once_and_leads_to_the_new_link(open_link, link):
    page = open_link("/details")
    page.get_by_label("E-mail address").fill("ada.king@example.com")
    page.get_by_role("button", name="Save").dblclick()
    expect(page.locator("[role=status]")).to_contain_text("This page has a new address")
    assert page.url.partition("?")[0] != link


def test_nothing_is_asked_of_the_tab_and_no_address_is_told(open_link):
    page, asked = open_link("/time"), []
    page.on("request", lambda request: asked.append(request.all_headers()))
    page.locator("a.sb-day-free").first.click()
    expect(page.locator("#day")).to_be_focused()
    told = [headers.get(name) for headers in asked for name in ("tab-session", "referer")]
    assert asked
    assert not any(told)


def test_the_page_that_moves_is_light_and_says_nothing_that_axe_finds(context_of, link):
    page, sizes = context_of().new_page(), []
    page.on("requestfinished", lambda asked: sizes.append(asked.sizes()))
    page.goto(f"{link}/time", wait_until="networkidle")
    weight = sum(each["responseHeadersSize"] + each["responseBodySize"] for each in sizes)
    assert weight <= TIME_PAGE
    assert violations(page) == []
