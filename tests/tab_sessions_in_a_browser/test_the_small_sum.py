"""What a hold costs on a crowded day, where the browser has no crypto.subtle: over plain http."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from booking.transactions.sessions import write_transaction
from tests.browser.wizard import IN_TWO_DAYS, at, go_on, tab_on
from tests.customer.walks import at_details
from tests.customer_walkthrough.visits import ADA
from tests.fixtures.axe import violations
from tests.fixtures.browsers import intercept, wait_until

# Of 80 minutes each: more than a quarter of Ana's day. Her break ends at 12:00 UTC or at 13:00.
OTHERS = ("09:00", "14:00")
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# The sum begins when it is let, so that something can be done meanwhile.
HELD_BACK = """() => {
    const gate = new Promise((resolve) => { window.letIt = resolve; });
    const wait = ({ search }) => ({ search: (...sum) => gate.then(() => search(...sum)) });
    let it = window.SmallSum && wait(window.SmallSum);
    const property = { configurable: true, get: () => it, set: (loaded) => { it = wait(loaded); } };
    Object.defineProperty(window, "SmallSum", property);
}"""
NEVER_RIGHT = """() => {
    const search = async () => ({ counter: 1, derivedKey: "00" });
    let it;
    Object.defineProperty(window, "SmallSum", { get: () => it, set: () => { it = { search }; } });
}"""


@pytest.fixture
def live_server(emptied_shop):
    return replace(emptied_shop, url=emptied_shop.url.replace("127.0.0.1", "shop.example"))


@pytest.fixture
def forgiven(complaints, context):
    """That a header is for https alone, or that a test cut something off, is no complaint."""
    yield
    for page in context.pages[1:]:
        page.close()
    known = re.compile("Cross-Origin-Opener-Policy|net::ERR_FAILED")
    complaints[:] = [each for each in complaints if not known.search(each)]


@pytest.fixture
def page(context, live_server, forgiven):
    """A tab that looks at a crowded day, at an address that is no secure context."""
    crowd(live_server.app)
    page = tab_on(context, live_server, "time", ADA, query=f"?day={IN_TWO_DAYS}")
    assert page.evaluate("[isSecureContext, Boolean(crypto.subtle)]") == [False, False]
    return page


def crowd(app):
    for clock in OTHERS:
        at_details(app, f"{IN_TWO_DAYS}T{clock}Z", service="long", staff="ana")


def let_holds_run_out(app):
    with app.app_context(), write_transaction(app.extensions["booking"].session) as session:
        for table in ("hold", "claim"):
            session.execute(text(f"UPDATE booking_{table} SET expires_at = 1 WHERE expires_at > 1"))


def choose(page, place=0):
    chip = page.locator("#times [name=slot]").nth(place)
    chip.check()
    return chip.get_attribute("value")


def asked(page):
    return page.locator("[data-challenge]")


def test_the_browser_does_the_sum_and_goes_on_by_itself(page):
    page.evaluate(HELD_BACK)
    page.set_viewport_size({"width": 320, "height": 568})
    slot = choose(page)
    page.keyboard.press("Enter")
    box = asked(page)
    expect(box).to_be_visible()
    expect(page.locator("#announcer")).to_contain_text("your browser does a small sum")
    expect(page.locator("#announcer")).not_to_contain_text("did not work out")
    expect(page.locator("#step-heading")).to_be_focused()
    expect(page.get_by_role("progressbar", name="The small sum")).to_be_visible()
    expect(page.locator(f"[name=slot][value='{slot}']")).to_be_checked()
    assert page.evaluate(SIDEWAYS) <= 0
    assert violations(page) == []
    page.locator("#times .sb-actions button").focus()
    page.keyboard.press("Enter")  # once more, while it is being worked on
    expect(box).to_be_focused()
    page.evaluate("letIt()")
    at(page, "details")
    expect(page.locator("#hold")).to_be_visible()
    expect(page.locator("#step-heading")).to_be_focused()


def test_another_time_or_another_page_chosen_meanwhile_ends_the_sum(page):
    page.evaluate(HELD_BACK)
    choose(page)
    go_on(page)
    expect(asked(page)).to_be_visible()
    other = choose(page, 3)
    expect(asked(page)).to_be_hidden()
    go_on(page)
    expect(asked(page)).to_be_visible()
    expect(page.locator(f"[name=slot][value='{other}']")).to_be_checked()
    page.get_by_role("link", name="Back", exact=True).click()
    at(page, "staff")
    page.evaluate("letIt()")
    page.reload()
    at(page, "staff")


def test_what_does_the_sum_may_come_late_or_not_at_all(page):
    """And nobody's other choice is sent unasked."""
    held_up = []

    def hold_up(route):
        held_up.append(route)

    intercept(page, "**/sum.js*", lambda route: route.abort(), times=1)
    choose(page)
    with page.expect_event("requestfailed"):
        go_on(page)
    expect(asked(page).get_by_role("link")).to_be_visible()
    expect(page.locator("#sum-script")).to_have_count(0)  # else it is not asked for again
    intercept(page, "**/sum.js*", hold_up, times=1)
    with page.expect_request("**/sum.js*"):
        go_on(page)
    choose(page, 3)
    held_up[0].continue_()
    wait_until(page, "window.SmallSum")
    expect(page.locator("[name=proof]")).to_have_value("")
    go_on(page)
    at(page, "details")


def test_after_three_sums_that_were_refused_there_is_a_telephone_number(page):
    page.evaluate(NEVER_RIGHT)
    choose(page)
    sums = []
    page.on("response", lambda it: it.request.method == "POST" and sums.append(it.status))
    go_on(page)
    stuck = page.locator(".sb-sum-stuck")
    expect(stuck).to_be_visible()
    expect(stuck.get_by_role("link")).to_have_attribute("href", "tel:+351210000000")
    expect(page.locator("#announcer")).to_contain_text("did not work out")
    assert sums == [428] * 4
    page.reload()
    at(page, "time")
    choose(page)
    go_on(page)
    at(page, "details")


def test_more_time_for_a_hold_that_ran_out_is_had_by_a_sum(page, live_server):
    choose(page)
    go_on(page)
    at(page, "details")
    let_holds_run_out(live_server.app)
    crowd(live_server.app)
    page.evaluate(HELD_BACK)
    page.get_by_role("button", name="More time").click()
    expect(asked(page)).to_be_visible()
    expect(page.get_by_role("button", name="More time")).to_be_hidden()
    page.locator("[name=name]").fill("Ada Love")
    expect(page.locator("#announcer")).to_contain_text("your browser does a small sum")
    page.evaluate("letIt()")
    expect(page.locator("#hold")).not_to_have_class(re.compile("sb-hold-over"))
    expect(asked(page)).to_have_count(0)
    expect(page.locator("[name=name]")).to_have_value("Ada Love")
