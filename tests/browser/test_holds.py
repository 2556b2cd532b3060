"""A held time, as its customer sees it."""

import re

from playwright.sync_api import expect
from sqlalchemy import text

from booking.transactions.sessions import write_transaction
from tests.browser.wizard import answer, assert_booked, at, go_on, take
from tests.customer_walkthrough.visits import ADA, BEN, bookings_in


def test_the_hold_counts_down_and_more_time_can_be_had_three_times(tab_at):
    page = tab_at("details", ADA)
    clock = page.locator(".sb-hold-clock")
    expect(clock).to_have_text(re.compile(r"^(3:00|2:5\d)$"))
    shown = clock.inner_text()
    expect(clock).not_to_have_text(shown)
    more = page.get_by_role("button", name="More time")
    for minutes in (19, 29, 39):
        more.click()
        expect(clock).to_have_text(re.compile(rf"^({minutes + 1}:00|{minutes}:\d\d)$"))
    expect(more).to_have_count(0)


def test_the_countdown_follows_as_soon_as_something_is_typed(tab_at):
    page = tab_at("details", ADA)
    told = page.locator(".sb-hold-first")
    expect(told).to_contain_text("it is held for 10 minutes")
    page.locator("[name=name]").press_sequentially("A")
    expect(page.locator(".sb-hold-clock")).to_have_text(re.compile(r"^(10:00|9:5\d)$"))
    expect(told).to_have_count(0)
    expect(page.locator("[name=name]")).to_be_focused()


def test_more_time_leaves_what_is_being_typed_alone(tab_at):
    page = tab_at("details", ADA)
    page.locator("[name=name]").fill("Ada Love")
    page.get_by_role("button", name="More time").click()
    expect(page.locator(".sb-hold-clock")).to_have_text(re.compile(r"^(20:00|19:)"))
    expect(page.locator("[name=name]")).to_have_value("Ada Love")


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
    take(late, ADA, "review")
    assert len(bookings_in(live_server.app)) == 2


def test_a_hold_that_ran_out_still_wins_while_nobody_took_the_time(tab_at, live_server):
    page = tab_at("review", BEN)
    let_holds_run_out(live_server.app)
    take(page, BEN, "review")
    assert_booked(live_server.app, {page: BEN})


def let_holds_run_out(app) -> None:
    with app.app_context(), write_transaction(app.extensions["booking"].session) as session:
        for table in ("hold", "claim"):
            session.execute(text(f"UPDATE booking_{table} SET expires_at = 1 WHERE expires_at > 1"))
