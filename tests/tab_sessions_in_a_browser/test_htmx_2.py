"""Pages with htmx 2: what is proved with htmx 4 again, and what only htmx 2 does."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.browsers import intercept, until, wait_until
from tests.tab_sessions_in_a_browser.tabs import id_of, note_down, shows
from tests.tab_sessions_in_a_browser.test_lost_answers import (  # noqa: F401
    test_after_a_log_in_the_tab_is_renewed_and_what_waits_for_it_is_sent_again,
)
from tests.tab_sessions_in_a_browser.test_the_id import (  # noqa: F401
    STORED,
    test_the_very_first_request_already_says_it,
)
from tests.tab_sessions_in_a_browser.test_ways_to_a_tab import (  # noqa: F401
    go_back,
    test_a_duplicate_becomes_a_place_of_its_own,
    test_a_page_the_browser_remembered_yields_too,
)
from tests.tab_sessions_in_a_browser.test_what_is_over import (  # noqa: F401
    test_an_end_that_the_script_did_not_hear_of_leaves_each_part_of_the_page_fresh_at_once,
    test_what_was_sent_too_late_leaves_the_tab_as_it_was_until_one_begins_anew,
)

KEY = "tab-session /notes/"
PATH_KEY = "htmx-current-path-for-history"
# htmx 2 says in the console what was refused, and what did not come.
ITS_OWN = re.compile("Response Status Error Code 4|htmx:(sendError|afterRequest|sendAbort|timeout)")


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    heard: list[str] = []
    yield heard
    assert not [each for each in heard if not ITS_OWN.search(each)]


@pytest.fixture
def page_of(page_of) -> Callable[..., Page]:
    """Opens the page with htmx 2 where a test asks for the one with htmx 4."""

    def open_tab(path: str = "/", **options: str) -> Page:
        return page_of("/htmx-2" if path == "/" else path, **options)

    return open_tab


def turn(page: Page) -> None:
    page.click("#turn")
    page.wait_for_url("**turned")


def test_storage_holds_one_opaque_id_and_nothing_personal_wherever_one_has_been(page):
    """The page asks htmx to keep ten pages; the only other thing kept is an address."""
    turn(page)
    shows(page, "milk")
    page.go_back()
    restored(page, "/htmx-2")
    page.go_forward()
    restored(page, "/htmx-2/turned")
    stored, local, cookies = page.evaluate(STORED)
    assert set(stored) == {KEY, PATH_KEY}
    assert len(stored[KEY]) == 43
    assert (local, cookies) == ({}, "")


def restored(page, path):
    """htmx has asked for the page again, shows it, and keeps its address."""
    kept = "([key, path]) => sessionStorage.getItem(key) === path"
    wait_until(page, kept, [PATH_KEY, path])
    shows(page, "milk")


def test_without_our_script_it_keeps_what_a_page_shows(page_of):
    """So that the test above can fail."""
    page = page_of("/htmx-2")
    shows(page, "(nothing)")
    note_down(page, "milk")
    ten = "Object.defineProperty(htmx.config, 'historyCacheSize', {get: () => 10, set() {}})"
    page.evaluate(f"void {ten}")
    turn(page)
    assert "milk" in page.evaluate("sessionStorage.getItem('htmx-history-cache')")


def test_back_asks_for_the_page_with_the_tabs_id_below_the_prefix(page_of):
    page = page_of("/notes/page")
    shows(page, "(nothing)")
    note_down(page, "milk")
    turn(page)
    with page.expect_request("**/notes/page") as asked:
        page.go_back()
    sent = asked.value.headers
    assert sent["tab-session"] == id_of(page)
    assert (sent["hx-history-restore-request"], sent["hx-request"]) == ("true", "true")
    shows(page, "milk")


def test_a_page_with_htmx_4_and_one_with_htmx_2_are_one_tab(page, live_server):
    before = id_of(page)
    page.goto(f"{live_server.url}/")
    shows(page, "milk")
    note_down(page, "bread")
    go_back(page)
    page.reload()
    shows(page, "bread")
    assert id_of(page) == before


def test_what_is_too_large_leaves_the_page_as_it_is(page):
    page.fill("input[name=text]", "m" * 300_000)
    with page.expect_response("**/notes/note") as answer:
        page.click("form button")
    assert answer.value.status == 413
    page.wait_for_timeout(100)
    shows(page, "milk")
    assert page.input_value("input[name=text]") == "m" * 300_000


def test_what_is_given_up_or_takes_too_long_leaves_htmx_ready_for_the_next(page, heard):
    """htmx goes on in the moment in which it gives a request up."""
    held = []

    def hold(route):
        held.append(route)

    intercept(page, "**/notes/note", hold)
    page.click("form button")
    until(page, lambda: held)
    page.evaluate("htmx.trigger('form', 'htmx:abort')")
    page.unroute("**/notes/note")
    note_down(page, "bread")
    intercept(page, "**/notes/note", hold)
    page.evaluate("htmx.config.timeout = 50")
    page.evaluate("window.late = 0; document.addEventListener('htmx:timeout', () => window.late++)")
    page.click("form button")
    wait_until(page, "window.late === 1")
    page.unroute("**/notes/note")
    page.evaluate("htmx.config.timeout = 0")
    note_down(page, "butter")


def test_headers_of_others_and_letters_of_any_script_travel_along(page, heard):
    page.evaluate("""document.body.addEventListener("htmx:configRequest",
        ({detail}) => { detail.headers["X-Word"] = "čaj"; })""")
    note_down(page, "žluťoučký")
    assert heard[-1]["X-Word"] == "%C4%8Daj"
    assert heard[-1]["X-Word-Uri-Autoencoded"] == "true"


BUNDLED = """<!doctype html><html lang="en"><title>Bundled</title>{config}
<script src="/tab-session.js" data-prefix="/notes/" defer></script>
<script src="/tab-session-htmx2.js" defer></script><script src="/htmx-2.js" defer></script>
<script src="/hide.js" defer></script>
<div id="here" hx-get="/notes/note" hx-trigger="load">(no answer)</div>"""
META = """<meta name="htmx-config"
 content='{"includeIndicatorStyles":false, "historyCacheSize":%d}'>"""
HTML, JAVASCRIPT = {"Content-Type": "text/html"}, {"Content-Type": "text/javascript"}


def bundled(context, page_of, size, script):
    """A page whose htmx is not the global name that it usually is, or is another."""
    body = BUNDLED.format(config=META % size)
    intercept(context, "**/bundled", lambda route: route.fulfill(body=body, headers=HTML))
    intercept(context, "**/hide.js", lambda route: route.fulfill(body=script, headers=JAVASCRIPT))
    return page_of("/bundled")


@pytest.mark.parametrize(
    ("script", "cure"),
    [
        ("window.htmx = undefined", '{"historyCacheSize": 0}'),
        ("window.htmx.version = '1.9.12'", "has to be 2 or 4"),
    ],
)
def test_where_it_cannot_be_kept_from_keeping_pages_nothing_is_sent(
    context, page_of, heard, complaints, script, cure
):
    page = bundled(context, page_of, 10, script)
    until(page, lambda: [each for each in complaints if "nothing is sent" in each])
    assert cure in complaints[0]
    assert heard == []
    shows(page, "(no answer)")
    complaints.clear()


def test_a_bundle_whose_page_says_that_nothing_is_kept_is_let_through(context, page_of):
    shows(bundled(context, page_of, 0, "window.htmx = undefined"), "(nothing)")


def test_what_keeps_up_says_that_it_needs_htmx_4(page, complaints):
    page.evaluate("""() => {
        document.querySelector("#here").dataset.tabLive = "/notes/note";
        const script = document.createElement("script");
        script.src = "/tab-live.js";
        document.head.append(script);
    }""")
    until(page, lambda: complaints)
    assert "needs htmx 4" in complaints[0]
    complaints.clear()
    expect(page.locator("#here")).to_have_text("milk")
