"""What a developer reads in the console, where a customer would see only that nothing works."""

import re

import pytest

from tests.fixtures.browsers import intercept, until
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
        page, warnings, "without the tab's id", 'data-prefix is "/note"', "htmx is to be version 4"
    )


@pytest.mark.parametrize("htmx", ["", "<script>window.htmx = {version: '2.0.4'}</script>"])
def test_a_page_on_which_no_htmx_4_is_at_work_says_so(context, page_of, warnings, htmx):
    intercept(context, "**/bare", lambda route: route.fulfill(body=BARE.format(htmx), headers=HTML))
    told(page_of("/bare"), warnings, "htmx 4 is needed")


HTML = {"Content-Type": "text/html"}


def test_a_renewal_that_leads_nowhere_names_the_address(page_of, warnings):
    page = page_of("/without-lifecycle")
    note_down(page, "milk")
    page.click("#log-in")
    told(page, warnings, "/notes/nothing answers 404", "session_lifecycle")


def test_a_page_that_is_right_says_nothing(warnings, page):
    page.reload()
    shows(page, "milk")
    assert warnings == []
