"""Where the browser has no locks (plain http, not this computer): tabs ask each other."""

import pytest

from tests.fixtures.browsers import wait_until
from tests.tab_sessions_in_a_browser.tabs import events, id_of, note_down, shows

SITE = "notes.example"
OVERHEARD = """() => {
    window.overheard = [];
    const Real = BroadcastChannel;
    window.BroadcastChannel = class extends Real {
        constructor(name) { super(name); window.overheard.push(name); }
        postMessage(said) { window.overheard.push(JSON.stringify(said)); super.postMessage(said); }
    };
}"""

TWO_FRAMES = """() => {
    for (let i = 0; i < 2; i++) {
        const frame = document.createElement("iframe");
        frame.src = "/";
        document.body.append(frame);
    }
}"""
BUSY = """() => {
    const Real = BroadcastChannel.prototype.postMessage;
    BroadcastChannel.prototype.postMessage = function (said) {
        setTimeout(() => Real.call(this, said), 600);
    };
}"""
# Its wait for an answer never ends, and its number is the higher one, which yields.
NEVER_SURE = """() => {
    const real = window.setTimeout;
    window.setTimeout = (call, wait) => real(call, wait === 200 ? 1e8 : wait);
    Math.random = () => 0.999;
}"""
EACH_FRAME = "[...document.querySelectorAll('iframe')]"
ITS_ID = """async (frame) => {
    const { TabSession } = frame.contentWindow;
    await TabSession.ready;
    return TabSession.id;
}"""


@pytest.fixture
def page(page_of):
    """A tab with a note in it, at an address that is no secure context."""
    page = page_of("/", site=SITE)
    assert page.evaluate("[isSecureContext, 'locks' in navigator]") == [False, False]
    note_down(page, "milk")
    return page


def test_a_new_tab_starts_fresh_and_a_tab_keeps_its_place_reloaded_or_reopened(page, page_of, menu):
    before = id_of(page)
    other = page_of("/", site=SITE)
    shows(other, "(nothing)")
    for _ in range(3):
        page.reload()
    shows(page, "milk")
    assert id_of(page) == before != id_of(other)
    assert events(page, "forked") == []
    page.close()
    reopened = menu("reopen")
    shows(reopened, "milk")
    assert id_of(reopened) == before


def test_of_two_that_ask_at_once_one_keeps_the_place(page, page_of):
    """As after a crash that brought back a tab and a copy that had never been loaded."""
    before = id_of(page)
    page.goto(page.url + "elsewhere")
    page.evaluate(TWO_FRAMES)
    wait_until(page, f"() => {EACH_FRAME}.every((frame) => frame.contentWindow.TabSession)")
    ids = f"Promise.all({EACH_FRAME}.map({ITS_ID}))"
    wait_until(page, f"{ids}.then((both) => new Set(both).size === 2)")
    assert before in page.evaluate(ids)


def test_an_answer_that_comes_late_still_makes_a_copy(page, menu):
    """The first tab is busy for longer than the second one waits."""
    before = id_of(page)
    page.evaluate(BUSY)
    copy = menu("duplicate", page)
    shows(copy, "milk (a copy)")
    assert id_of(copy) != before
    page.reload()
    shows(page, "milk")
    assert id_of(page) == before


def test_a_tab_with_a_new_id_yields_to_nobody_however_busy_it_is(page, menu):
    """It made the id itself, so whoever asks for it is its duplicate."""
    page.evaluate(NEVER_SURE)
    page.evaluate("TabSession.startNew()")
    note_down(page, "bread")
    copy = menu("duplicate", page)
    shows(copy, "bread (a copy)")
    assert id_of(copy) != id_of(page)


def test_a_duplicate_and_its_duplicate_become_places_of_their_own_and_no_id_is_said_aloud(
    page_of, menu
):
    page = page_of("/", site=SITE, first=f"({OVERHEARD})()")
    note_down(page, "milk")
    before = id_of(page)
    copy = menu("duplicate", page)
    shows(copy, "milk (a copy)")
    # Its channel, its question, its answer to the duplicate.
    wait_until(page, "window.overheard.length >= 3")
    said = page.evaluate("window.overheard")
    assert not [word for word in said if before[:6] in word or id_of(copy)[:6] in word]
    note_down(copy, "bread")
    third = menu("duplicate", copy)
    shows(third, "bread (a copy)")
    page.reload()
    shows(page, "milk")
    assert id_of(page) == before
    assert len({id_of(tab) for tab in (page, copy, third)}) == 3
