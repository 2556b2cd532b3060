"""A script that is blocked, broken or too new: nobody waits for ever without a word."""

import pytest
from playwright.sync_api import expect

from tests.browser.wizard import walk
from tests.customer_walkthrough.visits import ADA
from tests.fixtures.browsers import intercept

IN_TIME = "document.getAnimations().map(each => each.effect.getComputedTiming().delay)"
LATER = "document.getAnimations().forEach(each => each.finish())"
BROKEN = {"content_type": "text/javascript", "body": "class { #too new"}
SCRIPTS = {"htmx": "**/htmx*.js*", "tab": "**/tab-session.js*", "ours": "**/booking.js*"}


@pytest.fixture
def opened(context, complaints):
    """A page one of whose scripts is blocked; once more, and what comes cannot be read."""
    page = context.new_page()
    page.emulate_media(reduced_motion="reduce")

    def visit(script):
        for answer in (lambda route: route.abort(), lambda route: route.fulfill(**BROKEN)):
            intercept(page, SCRIPTS[script], answer)
            page.goto("/book/")
            yield page

    yield visit
    complaints.clear()


def ways_to_the_shop(page):
    """Where the page says how else to book."""
    links = page.locator("main").get_by_role("link")
    expect(links.filter(has_text="+351 21 000 00 00")).to_be_visible()
    expect(links.filter(has_text="shop@example.com")).to_be_visible()
    expect(links.filter(has_text="Load this page again")).to_be_visible()


def test_without_htmx_the_words_for_no_script_come_after_some_seconds(opened):
    for page in opened("htmx"):
        expect(page.get_by_text("This takes longer than it should")).not_to_be_visible()
        assert page.evaluate(IN_TIME) == [8000]
        page.evaluate(LATER)
        ways_to_the_shop(page)


def test_without_the_tabs_own_script_the_page_says_so_at_once(opened):
    for page in opened("tab"):
        expect(page.get_by_role("alert")).to_contain_text("A part of this page did not arrive")
        ways_to_the_shop(page)


def test_without_our_own_script_there_is_a_booking_all_the_same(opened):
    *_, page = opened("ours")
    walk(page, ADA)
