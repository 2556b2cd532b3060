"""Every way a tab can come to be: the right one keeps its place, the right one starts fresh, and
a copy becomes a place of its own."""

from contextlib import suppress

from playwright.sync_api import Error

from tests.fixtures.browsers import until, wait_until
from tests.tab_sessions_in_a_browser.tabs import events, id_of, note_down, shows

FRESH = {
    "ctrl+click": lambda page: page.click("#link", modifiers=["ControlOrMeta"]),
    "middle click": lambda page: page.click("#link", button="middle"),
    "shift+click": lambda page: page.click("#link", modifiers=["Shift"]),
    "target=_blank": lambda page: page.click("#blank"),
    "window.open without opener": lambda page: page.evaluate("void open('/', '', 'noopener')"),
}
COPIED = (
    lambda page: page.evaluate("void open('/')"),
    lambda page: page.click("#with-opener"),
)
HELD = "navigator.locks.query().then(({held}) => held.map((each) => each.name))"


def test_a_new_tab_with_a_typed_address_starts_fresh(page, page_of):
    other = page_of("/")
    shows(other, "(nothing)")
    assert id_of(other) != id_of(page)
    note_down(other, "bread")
    for tab, text in ((page, "milk"), (other, "bread")):
        tab.reload()
        shows(tab, text)


def becomes_a_place_of_its_own(copy, original, then="milk"):
    shows(copy, "milk (a copy)")
    assert id_of(copy) != id_of(original)
    note_down(copy, "bread")
    original.reload()
    shows(original, then)
    copy.reload()
    shows(copy, "bread")


def test_another_page_or_another_site_and_back_keeps_the_place_and_the_lock(page, live_server):
    before, locks = id_of(page), page.evaluate(HELD)
    page.click("#same")
    page.wait_for_url("**/elsewhere")
    go_back(page)
    assert page.evaluate("window.cameBack"), "the browser did not remember the page"
    assert id_of(page) == before
    assert locks[0] in page.evaluate(HELD)
    page.goto(live_server.url.replace("127.0.0.1", "other.example") + "/elsewhere")
    go_back(page)
    shows(page, "milk")
    assert id_of(page) == before


def test_coming_back_to_a_place_that_a_duplicate_took_meanwhile_makes_a_copy(page, menu):
    before = id_of(page)
    page.click("#same")
    page.wait_for_url("**/elsewhere")
    copy = menu("duplicate", page)
    go_back(copy)
    shows(copy, "milk")
    go_back(page)
    shows(page, "milk (a copy)")
    assert id_of(copy) == before != id_of(page)


def test_a_page_the_browser_remembered_yields_too(page, page_of):
    """A duplicate keeps Chromium from remembering the page, so here the id is carried by hand."""
    before = id_of(page)
    page.click("#same")
    page.wait_for_url("**/elsewhere")
    other = page_of("/elsewhere")
    other.evaluate("id => sessionStorage.setItem('tab-session /notes/', id)", before)
    other.goto(page.url.replace("elsewhere", ""))
    shows(other, "milk")
    go_back(page)
    assert page.evaluate("window.cameBack"), "the browser did not remember the page"
    shows(page, "milk (a copy)")
    assert id_of(other) == before != id_of(page)


def test_a_tab_whose_renderer_crashed_goes_on(page, context, heard):
    before, address = id_of(page), page.url
    with page.expect_event("crash"), suppress(Error):
        page.goto("chrome://crash")
    heard.clear()
    context.service_workers[0].evaluate("address => self.reload(address)", address)
    until(context.pages[0], lambda: heard)
    assert [each["Tab-Session"] for each in heard] == [before]


def test_a_tab_opened_from_a_link_starts_fresh(page, context):
    for way, open_it in FRESH.items():
        page.bring_to_front()
        with context.expect_page() as opened:
            open_it(page)
        shows(opened.value, "(nothing)")
        assert id_of(opened.value) != id_of(page), way
        assert events(opened.value, "forked") == [], way
        opened.value.close()


def test_a_tab_that_was_given_our_storage_becomes_a_place_of_its_own(page, context):
    for open_it in COPIED:
        page.bring_to_front()
        with context.expect_page() as opened:
            open_it(page)
        becomes_a_place_of_its_own(opened.value, page)


def test_a_duplicate_becomes_a_place_of_its_own(page, menu):
    copy = menu("duplicate", page)
    shows(copy, "milk (a copy)")
    third = menu("duplicate", copy)
    becomes_a_place_of_its_own(third, copy, then="milk (a copy)")
    page.reload()
    shows(page, "milk")
    assert len({id_of(tab) for tab in (page, copy, third)}) == 3


def test_a_page_that_takes_the_script_twice_is_no_duplicate_of_itself(page, heard):
    before = id_of(page)
    page.evaluate("window.first = TabSession")
    page.add_script_tag(url="/tab-session.js")
    assert page.evaluate("TabSession === window.first")
    note_down(page, "bread")
    assert {each["Tab-Session"] for each in heard} == {before}
    assert events(page, "forked") == []


def test_a_duplicate_of_an_ended_tab_starts_fresh(page, menu):
    page.evaluate("TabSession.end()")
    shows(page, "(nothing)")
    copy = menu("duplicate", page)
    shows(copy, "(nothing)")
    assert id_of(copy) != id_of(page)


def test_a_tab_closed_and_reopened_goes_on_and_a_duplicate_is_still_the_duplicate(page, menu):
    copy = menu("duplicate", page)
    shows(copy, "milk (a copy)")
    note_down(copy, "bread")
    for tab, text in ((copy, "bread"), (page, "milk")):
        before = id_of(tab)
        tab.close()
        reopened = menu("reopen")
        shows(reopened, text)
        assert id_of(reopened) == before


def test_fast_reloads_keep_the_place(page, heard):
    before, loads = id_of(page), []
    page.on("request", lambda asked: loads.append(asked) if asked.url == page.url else None)
    for _ in range(25):
        with suppress(Error):  # the page that was asked is gone already
            page.evaluate("void location.reload()")
        page.wait_for_timeout(15)
    shows(page, "milk")
    assert len(loads) > 1, "how many of them were begun, is up to the browser"
    assert {each["Tab-Session"] for each in heard} == {before}
    assert [each for each in heard if "Tab-Session-Fork-Of" in each] == []


def go_back(page) -> None:
    page.evaluate("setTimeout(() => history.back())")
    wait_until(page, "() => location.pathname !== '/elsewhere' && 'cameBack' in window")
