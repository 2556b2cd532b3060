"""Two tabs of one browser that help each other, and what a stranger on their channel would hear."""

import json
import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_what_stays_behind import left_in
from tests.browser.wizard import at, fill, go_on, tab_on, take
from tests.customer_walkthrough.visits import ADA, BEN, bookings_in
from tests.fixtures.axe import violations_by_day_and_night

OFFER = "Use the details from my other booking"
WARNING = "Your other booking, Short visit, is from"
CHANNEL = "two-tabs /book/handover/"
LISTEN = """(name) => {
    window.heard = [];
    window.channel = new BroadcastChannel(name);
    window.channel.onmessage = ({ data }) => window.heard.push(data);
}"""
# Once it is run, the page's clock shows two seconds more.
TWO_SECONDS_ON = """() => {
    const now = performance.now.bind(performance);
    performance.now = () => now() + 2000;
}"""
# As long as a tab has to answer, but at once.
NO_PATIENCE = """() => {
    const real = window.setTimeout;
    window.setTimeout = (call, wait, ...more) => real(call, wait === 3000 ? 300 : wait, ...more);
}"""
# Short visits at 15:00 UTC, which both members of staff have.
SAME_TIME = {who: replace(ADA, staff=who, start="2026-03-02T15:00Z") for who in ("ana", "ben")}
TYPED = [*ADA.answer("details").values(), ADA.service_name]


@pytest.fixture
def stranger(page_of) -> Page:
    """A page of the same origin that only listens."""
    page = page_of("/book/static/favicon.svg")
    page.evaluate(LISTEN, CHANNEL)
    return page


def offer_on(page: Page):
    return page.get_by_role("button", name=OFFER)


def test_details_of_the_other_tab_are_offered_and_nobody_else_hears_of_them(tab_at, stranger):
    asked = []
    first, second = tab_at("review", ADA), tab_at("details", SAME_TIME["ben"])
    for page in (first, second):
        page.on("request", lambda request: asked.append(request.url))
        page.reload()
    offer_on(second).click()
    expect(second.get_by_role("status")).to_contain_text("Please check")
    expect(second.locator("[name=name]")).to_have_value(ADA.name)
    expect(second.locator("[name=email]")).to_have_value(ADA.email)
    expect(second.locator("[name=note]")).to_have_value("")
    expect(offer_on(second)).to_have_count(0)
    go_on(second)
    at(second, "review")
    heard = stranger.evaluate("window.heard")
    assert {key for said in heard for key in said} == {"asks", "question", "answers", "reference"}
    assert {said["asks"] for said in heard if "asks" in said} == {"details", "times"}
    references = [said["reference"] for said in heard if "reference" in said]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", each) for each in references)
    everything = json.dumps([heard, asked, left_in(first), left_in(second)])
    assert [word for word in TYPED if word in everything] == []
    assert references
    assert [word for word in references if word in json.dumps(asked)] == []
    ids = {page.evaluate("TabSession.id") for page in (first, second)}
    assert not ids & set(references)


def test_what_was_typed_meanwhile_wins_and_a_reference_that_ran_out_is_asked_for_anew(tab_at):
    first, second = tab_at("review", ADA), tab_at("details", BEN)
    offer_that_ran_out(second)
    fill(second, "name", "Ben Okri")
    first.evaluate(TWO_SECONDS_ON)  # a tab answers the same question once a second
    offer_on(second).click()
    expect(second.locator("[name=email]")).to_have_value(ADA.email)
    expect(second.locator("[name=name]")).to_have_value("Ben Okri")


def test_where_the_other_tab_is_closed_meanwhile_the_page_says_so(tab_at):
    first, second = tab_at("review", ADA), tab_at("details", BEN)
    offer_that_ran_out(second)
    second.evaluate(NO_PATIENCE)
    first.close()
    offer_on(second).click()
    expect(second.get_by_text("has no details to give any more")).to_be_visible()


def offer_that_ran_out(page: Page) -> None:
    expect(offer_on(page)).to_be_visible()
    offer_on(page).evaluate("(button) => { button.value = 'A'.repeat(43); }")


def test_nothing_is_offered_by_a_confirmed_tab_an_empty_one_and_another_browser(
    tab_at, context_of, live_server
):
    tab_at("done", ADA)
    tab_at("service", ADA)
    tab_on(context_of(), live_server, "review", SAME_TIME["ben"])
    second = tab_at("details", BEN)
    second.wait_for_timeout(500)
    expect(offer_on(second)).to_be_hidden()


def test_a_time_that_overlaps_may_be_confirmed_and_who_comes_back_to_the_other_tab_is_warned(
    tab_at, live_server
):
    first, second = tab_at("review", SAME_TIME["ana"]), tab_at("details", SAME_TIME["ben"])
    expect(offer_on(second)).to_be_visible()
    assert violations_by_day_and_night(second) == []
    take(second, ADA, "details")
    expect(second.get_by_text(WARNING)).to_be_visible()
    assert violations_by_day_and_night(second) == []
    go_on(second)
    at(second, "done")
    assert len(bookings_in(live_server.app)) == 1
    expect(first.get_by_text(WARNING)).to_have_count(0)
    second.evaluate(TWO_SECONDS_ON)
    first.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(first.get_by_text(WARNING)).to_be_visible()
