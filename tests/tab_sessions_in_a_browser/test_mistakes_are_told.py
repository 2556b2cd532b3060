"""What a developer reads in the console, where a customer would see only that nothing works."""

import re
import time

import pytest

from tests.fixtures.browsers import intercept, until, wait_until
from tests.tab_sessions_in_a_browser.tabs import note_down, shows

BARE = """<!doctype html><html lang="en"><title>Bare</title>
<script src="/tab-session.js" data-prefix="/notes/" defer></script>{}
<div id="here" hx-get="/notes/note" hx-trigger="load"></div>"""


@pytest.fixture
def warnings(context, complaints):
    """What the console says, and is forgiven: these pages are wrong on purpose."""
    said = []

    def note(message):
        if message.type == "warning":
            said.append(message.text)

    context.on("console", note)
    yield said
    context.remove_listener("console", note)
    complaints[:] = [each for each in complaints if not re.search(r"40[0459]|warning", each)]


def told(page, warnings, *words):
    until(page, lambda: any(all(word in each for word in words) for each in warnings))


def test_a_request_outside_the_prefix_that_needed_the_id_names_the_likely_causes(page_of, warnings):
    """And `/note` is not all that begins with these five characters."""
    page = page_of("/wrong")
    told(
        page, warnings, "without the tab's id", 'data-prefix is "/note"', "htmx 4 is to come after"
    )


@pytest.mark.parametrize("htmx", ["", "<script>window.htmx = {version: '2.0.4'}</script>"])
def test_a_page_on_which_no_htmx_is_at_work_that_knows_the_tab_says_so(
    context, page_of, warnings, htmx
):
    intercept(context, "**/bare", lambda route: route.fulfill(body=BARE.format(htmx), headers=HTML))
    told(page_of("/bare"), warnings, "htmx 4 is needed", "tab-session-htmx2.js")


HTML = {"Content-Type": "text/html"}


def test_a_script_that_comes_after_htmx_is_told_to_come_before_it(context, page_of, warnings):
    late = BARE.replace("{}", "").replace(
        "<script src=", '<script src="/htmx.js" defer></script><script src=', 1
    )
    intercept(context, "**/late", lambda route: route.fulfill(body=late, headers=HTML))
    intercept(context, "**/tab-session.js", slowly)
    told(page_of("/late"), warnings, "htmx 4 is to come after tab-session.js")


def test_that_it_comes_after_htmx_is_told_although_nothing_has_failed(context, page_of, warnings):
    """At most loads all goes well, so whoever wrote the page would not notice."""
    html = '<script src="/htmx.js" defer></script>' + BARE.format("").replace("hx-get", "data-none")
    intercept(context, "**/late", lambda route: route.fulfill(body=html, headers=HTML))
    told(page_of("/late"), warnings, "htmx 4 is to come after tab-session.js")


def test_an_element_that_is_called_htmx_is_not_taken_for_it(context, page_of, warnings):
    html = BARE.format("").replace("<script", '<i id="htmx"></i><script', 1).replace("hx-get", "id")
    intercept(context, "**/named", lambda route: route.fulfill(body=html, headers=HTML))
    page_of("/named").wait_for_load_state()
    assert warnings == []


def slowly(route):
    time.sleep(0.5)
    route.continue_()


def test_a_renewal_that_leads_nowhere_names_the_address(page_of, warnings):
    page = page_of("/without-lifecycle")
    note_down(page, "milk")
    page.click("#log-in")
    told(page, warnings, "/notes/nothing answers 404", "session_lifecycle")


LIVE = '<p data-tab-live="/list/shelf">3 loaves</p>'


@pytest.mark.parametrize("comes", ["with the page", "by an answer"])
def test_what_is_to_keep_up_on_a_page_without_its_script_is_told(context, page_of, warnings, comes):
    """The app serves tab-live.js, and this page does not load it."""
    htmx = '<script src="/htmx.js" defer></script>'
    page = BARE.format(htmx) + (LIVE if comes == "with the page" else "")
    intercept(context, "**/bare", lambda route: route.fulfill(body=page, headers=HTML))
    if comes == "by an answer":
        intercept(context, "**/notes/note", lambda route: route.fulfill(body=LIVE, headers=HTML))
    told(page_of("/bare"), warnings, "data-tab-live is never asked again", "tab-live.js")


def test_what_keeps_up_and_brings_its_script_along_says_nothing(context, page_of, warnings):
    page = BARE.format('<script src="/htmx.js" defer></script>').replace('="/notes/"', '="/list"')
    brought = LIVE + '<script src="/tab-live.js"></script>'
    intercept(context, "**/bare", lambda route: route.fulfill(body=page, headers=HTML))
    intercept(context, "**/notes/note", lambda route: route.fulfill(body=brought, headers=HTML))
    opened = page_of("/bare")
    asked = "performance.getEntriesByType('resource').some(({ name }) => /list.shelf$/.test(name))"
    wait_until(opened, asked)  # that is when it would have been told
    assert warnings == []


def test_a_page_that_is_right_says_nothing(warnings, page):
    page.reload()
    shows(page, "milk")
    assert warnings == []
