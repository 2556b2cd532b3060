"""Two tabs of one browser that help each other, and what a stranger on their channel would hear."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.test_what_stays_behind import left_in
from tests.browser.wizard import answer, assert_booked, at, fill, go_on, open_later_day, take, walk
from tests.customer_walkthrough.visits import ADA, BEN, bookings_in

OFFER = "Use the details from my other booking"
IN_TWO_DAYS = datetime.now(UTC).date() + timedelta(days=2)  # the same to the end of the run
WARNING = "Your other booking, Short visit, is from"
CHANNEL = "two-tabs /book/handover/"
LISTEN = """(name) => {
    window.heard = [];
    window.channel = new BroadcastChannel(name);
    window.channel.onmessage = ({ data }) => window.heard.push(data);
}"""
TYPED = [*ADA.answer("details").values(), ADA.service_name]


@pytest.fixture
def stranger(page_of) -> Page:
    """A page of the same origin that only listens."""
    page = page_of("/book/static/favicon.svg")
    page.evaluate(LISTEN, CHANNEL)
    return page


def offer_on(page: Page):
    return page.get_by_role("button", name=OFFER)


def to_review_of_the_same_time(page: Page, staff: str) -> None:
    """Short visits at 15:00 UTC, which both members of staff have."""
    walk(page, ADA, until="service")
    page.locator(f"[name=service][value={ADA.service}]").check()
    go_on(page)
    at(page, "staff")
    page.locator(f"[name=staff][value={staff}]").check()
    go_on(page)
    at(page, "time")
    take_the_same_time(page)
    at(page, "details")
    answer(page, ADA, "details")
    go_on(page)
    at(page, "review")


def take_the_same_time(page: Page) -> None:
    page.goto(f"/book/time?day={IN_TWO_DAYS}")
    page.locator(f"#times [name=slot][value='{IN_TWO_DAYS}T15:00Z']").check()
    go_on(page)


def test_details_of_the_other_tab_are_offered_used_and_accepted(page_of, live_server, stranger):
    first, second = page_of("/book/"), page_of("/book/")
    walk(first, ADA, until="review")
    walk(second, BEN, until="details")
    expect(offer_on(second)).to_be_visible()
    offer_on(second).click()
    expect(second.get_by_role("status")).to_contain_text("Please check")
    expect(second.locator("[name=name]")).to_have_value(ADA.name)
    expect(second.locator("[name=email]")).to_have_value(ADA.email)
    expect(second.locator("[name=note]")).to_have_value("")
    expect(offer_on(second)).to_have_count(0)
    for name, value in BEN.answer("details").items():
        fill(second, name, value)
    go_on(second)
    at(second, "review")
    take(first, ADA, "review")
    take(second, BEN, "review")
    assert_booked(live_server.app, {first: ADA, second: BEN})


def test_nothing_personal_is_on_the_channel_in_the_storage_or_in_an_address(
    page_of, context, stranger
):
    asked = []
    context.on("request", lambda request: asked.append(request.url))
    first, second = page_of("/book/"), page_of("/book/")
    walk(first, ADA, until="review")
    walk(second, ADA, until="service")
    to_details_with(second, "ben")
    offer_on(second).click()
    expect(second.locator("[name=name]")).to_have_value(ADA.name)
    go_on(second)
    at(second, "review")
    heard = stranger.evaluate("window.heard")
    assert {key for said in heard for key in said} == {"asks", "question", "answers", "reference"}
    assert {said["asks"] for said in heard if "asks" in said} == {"details", "times"}
    for said in heard:
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", said.get("reference", "A" * 43))
    references = [said["reference"] for said in heard if "reference" in said]
    everything = json.dumps([heard, asked, left_in(first), left_in(second)])
    assert [word for word in TYPED if word in everything] == []
    assert references
    assert [word for word in references if word in json.dumps(asked)] == []
    ids = {page.evaluate("TabSession.id") for page in (first, second)}
    assert not ids & set(references)


def to_details_with(page: Page, staff: str) -> None:
    page.locator(f"[name=service][value={ADA.service}]").check()
    go_on(page)
    at(page, "staff")
    page.locator(f"[name=staff][value={staff}]").check()
    go_on(page)
    at(page, "time")
    open_later_day(page)
    page.locator("#times [name=slot]").first.check()
    go_on(page)
    at(page, "details")


def test_what_was_typed_meanwhile_wins(page_of):
    first, second = page_of("/book/"), page_of("/book/")
    walk(first, ADA, until="review")
    walk(second, BEN, until="details")
    expect(offer_on(second)).to_be_visible()
    fill(second, "name", "Ben Okri")
    offer_on(second).click()
    expect(second.locator("[name=email]")).to_have_value(ADA.email)
    expect(second.locator("[name=name]")).to_have_value("Ben Okri")


def test_a_reference_that_ran_out_is_asked_for_anew(page_of):
    first, second = page_of("/book/"), page_of("/book/")
    walk(first, ADA, until="review")
    walk(second, BEN, until="details")
    expect(offer_on(second)).to_be_visible()
    offer_on(second).evaluate("(button) => { button.value = 'A'.repeat(43); }")
    second.wait_for_timeout(1100)  # a tab answers the same question once a second
    offer_on(second).click()
    expect(second.locator("[name=email]")).to_have_value(ADA.email)


def test_where_the_other_tab_is_closed_meanwhile_the_page_says_so(page_of):
    first, second = page_of("/book/"), page_of("/book/")
    walk(first, ADA, until="review")
    walk(second, BEN, until="details")
    expect(offer_on(second)).to_be_visible()
    first.close()
    offer_on(second).evaluate("(button) => { button.value = 'A'.repeat(43); }")
    offer_on(second).click()
    expect(second.get_by_text("has no details to give any more")).to_be_visible()


@pytest.mark.parametrize("who", ["a confirmed tab", "an empty tab", "another browser"])
def test_nothing_is_offered_by(page_of, context_of, who):
    first = context_of().new_page() if who == "another browser" else page_of("/book/")
    first.goto("/book/")
    steps = {"a confirmed tab": "done", "an empty tab": "service", "another browser": "review"}
    walk(first, ADA, until=steps[who])
    second = page_of("/book/")
    walk(second, BEN, until="details")
    second.wait_for_timeout(500)
    expect(offer_on(second)).to_be_hidden()


def test_a_browser_without_the_channel_books_as_before(context_of, live_server):
    context = context_of()
    context.add_init_script("delete window.BroadcastChannel")
    first, second = context.new_page(), context.new_page()
    for page in (first, second):
        page.goto("/book/")
    walk(first, ADA, until="review")
    walk(second, BEN)
    expect(offer_on(second)).to_have_count(0)
    take(first, ADA, "review")
    assert_booked(live_server.app, {first: ADA, second: BEN})


@pytest.mark.parametrize("confirmed", [False, True], ids=["still open", "confirmed"])
def test_a_time_that_overlaps_is_warned_of_and_may_be_confirmed(page_of, live_server, confirmed):
    first, second = page_of("/book/"), page_of("/book/")
    to_review_of_the_same_time(first, "ana")
    if confirmed:
        take(first, ADA, "review")
    to_review_of_the_same_time(second, "ben")
    expect(second.get_by_text(WARNING)).to_be_visible()
    go_on(second)
    at(second, "done")
    assert len(bookings_in(live_server.app)) == 1 + confirmed


def test_who_comes_back_to_the_review_is_warned_of_what_was_confirmed_meanwhile(page_of):
    first, second = page_of("/book/"), page_of("/book/")
    to_review_of_the_same_time(first, "ana")
    to_review_of_the_same_time(second, "ben")
    expect(second.get_by_text(WARNING)).to_be_visible()
    expect(first.get_by_text(WARNING)).to_have_count(0)
    second.wait_for_timeout(1100)
    first.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(first.get_by_text(WARNING)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_the_offer_and_the_warning(context_of, scheme):
    context = context_of(color_scheme=scheme, reduced_motion="reduce")
    first, second = context.new_page(), context.new_page()
    for page in (first, second):
        page.goto("/book/")
    to_review_of_the_same_time(first, "ana")
    to_details_with(second, "ben")
    expect(offer_on(second)).to_be_visible()
    assert Axe().run(second).response["violations"] == []
    take_the_same_time(second)
    at(second, "details")
    answer(second, ADA, "details")
    go_on(second)
    expect(second.get_by_text(WARNING)).to_be_visible()
    assert Axe().run(second).response["violations"] == []
