"""Where the id is kept: per tab, shared by all tabs, by an adapter, nowhere; one or several."""

import pytest

from tests.fixtures.browsers import wait_until
from tests.tab_sessions_in_a_browser.tabs import events, hears, id_of, note_down, shows

BLOCKED = """Object.defineProperty(window, "sessionStorage", {
    get() { throw new DOMException("The user says no", "SecurityError"); },
});"""

CHANNELS_BLOCKED = """Object.defineProperty(window, "BroadcastChannel", {
    value: function () { throw new DOMException("The user says no", "SecurityError"); },
});
Object.defineProperty(navigator, "locks", {value: undefined});"""
AS_IT_WAS = """() => {
    sessionStorage.setItem("tab-session", TabSession.id);
    sessionStorage.removeItem("tab-session /notes/");
}"""
FULL = "() => { Storage.prototype.setItem = () => { throw new DOMException('full'); }; }"
DEAF = "addEventListener('storage', (event) => event.stopImmediatePropagation(), true)"


def test_with_local_storage_all_tabs_are_one_place(page_of, menu):
    one, two = page_of("/shared"), page_of("/shared")
    assert id_of(one) == id_of(two)
    note_down(one, "milk")
    shows(two, "milk")
    hears(two, "changed")
    assert events(one, "changed") == []
    copy = menu("duplicate", one)
    shows(copy, "milk")
    assert id_of(copy) == id_of(one)
    assert events(copy, "forked") == []


def test_with_local_storage_a_renewal_a_new_id_and_an_end_are_those_of_all_tabs(page_of):
    one, two = page_of("/shared"), page_of("/shared")
    note_down(one, "milk")
    shows(two, "milk")
    renewed = one.evaluate("TabSession.renew()")
    hears(two, "changed")
    shows(two, "milk")
    assert id_of(two) == renewed
    fresh = two.evaluate("TabSession.startNew()")
    shows(one, "(nothing)")
    assert id_of(one) == fresh
    note_down(two, "bread")
    shows(one, "bread")
    one.evaluate("TabSession.end()")
    shows(two, "(nothing)")
    assert id_of(one) == id_of(two) != fresh


def test_with_local_storage_a_tab_that_is_looked_at_again_reads_again(page_of):
    """For browsers that tell a page in the background nothing: the storage event is kept away."""
    one, two = page_of("/shared"), page_of("/shared", first=DEAF)
    for event in ("focus", "visibilitychange"):
        note_down(one, f"seen by {event}")
        assert events(two, "changed") == []
        target = "window" if event == "focus" else "document"
        two.evaluate(f"{target}.dispatchEvent(new Event('{event}'))")
        shows(two, f"seen by {event}")
        two.evaluate("() => { window.heard = []; }")


def test_an_adapter_and_an_id_generator_of_ones_own(page_of, heard):
    page = page_of("/custom")
    shows(page, "(nothing)")
    assert id_of(page) == heard[0]["Tab-Session"] == "c" * 43
    note_down(page, "milk")
    assert page.evaluate("TabSession.startNew()") == "n" * 42 + "0"
    assert page.evaluate("window.kept.get('elsewhere')") == "n" * 42 + "0"
    assert page.evaluate("[sessionStorage.length, window.made]") == [0, 1]


def test_two_scripts_on_one_page_are_two_ids(page_of, heard):
    page = page_of("/two")
    page.evaluate("Promise.all([TabSession.ready, Basket.ready])")
    notes, basket = page.evaluate("[TabSession.id, Basket.id]")
    assert notes != basket
    wait_until(page, "() => document.querySelector('#basket').textContent")
    assert {(each["path"], each["Tab-Session"]) for each in heard} == {
        ("/notes/note", notes),
        ("/basket/note", basket),
    }
    page.reload()
    page.evaluate("Promise.all([TabSession.ready, Basket.ready])")
    assert page.evaluate("[TabSession.id, Basket.id]") == [notes, basket]
    assert page.evaluate("Object.keys(sessionStorage).sort()") == [
        "Basket /basket/",
        "tab-session /notes/",
    ]
    page.evaluate("Basket.end()")
    assert hears(page, "ended")["name"] == "Basket"
    assert id_of(page) == notes


def test_storage_that_fills_up_is_left_for_memory(page):
    page.evaluate(FULL)
    fresh = page.evaluate("TabSession.startNew()")
    hears(page, "memory")
    note_down(page, "bread")
    assert id_of(page) == fresh


def test_plain_fetch_is_told_the_headers_or_sends_them_itself(page):
    plain = "TabSession.headers().then((headers) => fetch('/notes/note', {headers}))"
    ours = "TabSession.fetch('/notes/note')"
    for sent in (plain, ours):
        assert page.evaluate(f"{sent}.then((answer) => answer.text())") == "milk"
    assert page.evaluate("TabSession.ready.then(() => 'ready')") == "ready"
    with page.expect_request("**/elsewhere") as asked:
        page.evaluate("TabSession.fetch('/elsewhere').then((answer) => answer.text())")
    assert "tab-session" not in asked.value.headers, "other paths are told nothing"


def test_a_tab_that_was_open_before_the_key_named_the_prefix_goes_on(page, live_server):
    before = id_of(page)
    page.evaluate(AS_IT_WAS)
    page.reload()
    shows(page, "milk")
    assert id_of(page) == before
    page.evaluate("TabSession.end()")  # the former key is never looked at again
    page.reload()
    shows(page, "(nothing)")
    assert id_of(page) != before


@pytest.mark.parametrize(
    "blocked",
    [pytest.param(BLOCKED, marks=pytest.mark.extra), BLOCKED + CHANNELS_BLOCKED],
    ids=["", "no channels"],
)
def test_where_storage_is_blocked_the_id_lives_in_memory_and_the_page_hears_so(page_of, blocked):
    page = page_of("/", first=blocked)
    note_down(page, "milk")
    hears(page, "memory")
    before = id_of(page)
    assert page.evaluate("TabSession.renew()") == id_of(page) != before
    page.evaluate("TabSession.keepAlive()")
    note_down(page, "milk and bread")
    page.reload()
    shows(page, "(nothing)")
