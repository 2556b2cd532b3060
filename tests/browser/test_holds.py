"""A held time, as its customer sees it."""

import re

from playwright.sync_api import expect
from sqlalchemy import text

from booking.transactions.sessions import write_transaction
from tests.browser.wizard import answer, at, go_on
from tests.customer_walkthrough.visits import ADA


def test_the_countdown_follows_what_is_typed_and_more_time_can_be_had_three_times(tab_at):
    page = tab_at("details", ADA)
    told = page.locator(".sb-hold-first")
    expect(told).to_contain_text("it is held for 10 minutes")
    clock, name = page.locator(".sb-hold-clock"), page.locator("[name=name]")
    expect(clock).to_have_text(re.compile(r"^(3:00|2:\d\d)$"))
    name.press_sequentially("A")
    expect(clock).to_have_text(re.compile(r"^(10:00|9:\d\d)$"))
    expect(told).to_have_count(0)
    expect(name).to_be_focused()
    name.fill("Ada Love")
    more = page.get_by_role("button", name="More time")
    for minutes in (19, 29, 39):
        more.click()
        expect(clock).to_have_text(re.compile(rf"^({minutes + 1}:00|{minutes}:\d\d)$"))
    expect(more).to_have_count(0)
    expect(name).to_have_value("Ada Love")


def test_a_hold_that_ran_out_and_was_taken_loses_nothing_that_was_typed(tab_at, live_server):
    late = tab_at("details", ADA)
    # What is saved along the way would hold the time anew.
    late.route("**/details/typed", lambda route: route.fulfill(status=204))
    answer(late, ADA, "details")
    let_holds_run_out(live_server.app)
    tab_at("done", ADA)
    late.bring_to_front()
    go_on(late)
    at(late, "time")
    expect(late.get_by_role("alert")).to_contain_text("no longer free")
    late.locator(".sb-nearest input").first.check()
    late.locator(".sb-nearest button").click()
    at(late, "review")
    expect(late.locator("#step")).to_contain_text(ADA.note)


def let_holds_run_out(app) -> None:
    with app.app_context(), write_transaction(app.extensions["booking"].session) as session:
        for table in ("hold", "claim"):
            session.execute(text(f"UPDATE booking_{table} SET expires_at = 1 WHERE expires_at > 1"))
