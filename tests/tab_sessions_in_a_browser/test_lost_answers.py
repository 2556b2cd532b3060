"""The network fails at the worst moment, and nothing is lost: copies, renewals, ends."""

from contextlib import suppress

import pytest
from playwright.sync_api import Error

from tests.tab_sessions_in_a_browser.tabs import events, hears, id_of, note_down, shows

LIFECYCLE = "**/notes/tab-session"
NOTE = "**/notes/note"
KEYS = "Object.keys(sessionStorage).sort()"


@pytest.fixture
def page(page_of):
    """A tab with a note in it."""
    page = page_of("/")
    note_down(page, "milk")
    return page


def lose_answers(page, address, method="POST"):
    """Let the server do it, and keep what it says from the page; the answers that were lost."""
    lost = []

    def lose(route):
        if route.request.method != method:
            return route.fallback()
        answer = route.fetch()
        with suppress(Error):  # the page may have given it up itself
            route.abort()
        return lost.append(answer)

    page.route(address, lose)
    return lost


def lost_sends(page, script):
    """Run what sends, and see it fail as it does without a network."""
    failed = page.evaluate(f"{script}.then(() => null, (error) => error.message)")
    assert failed == "Failed to fetch"


def test_a_copy_is_asked_for_until_an_answer_came(page, context, menu, heard, forgiven):
    context.route(NOTE, lambda route: route.abort())
    copy = menu("duplicate", page)
    hears(copy, "forked")
    before = id_of(copy)
    context.unroute(NOTE)
    copy.reload()
    shows(copy, "milk (a copy)")
    assert id_of(copy) == before
    assert copy.evaluate(KEYS) == ["tab-session /notes/"]
    heard.clear()
    note_down(copy, "bread")
    assert [each for each in heard if "Tab-Session-Fork-Of" in each] == []


def test_a_copy_whose_answer_was_lost_is_not_made_twice(page, context, menu, forgiven):
    lost = lose_answers(context, NOTE, method="GET")
    copy = menu("duplicate", page)
    hears(copy, "forked")
    until(copy, lambda: lost)
    context.unroute(NOTE)
    note_down(copy, "bread")
    copy.reload()
    shows(copy, "bread")


def test_a_copy_of_a_copy_that_was_never_made_is_a_copy_of_the_first(page, context, menu, forgiven):
    context.route(NOTE, lambda route: route.abort())
    copy = menu("duplicate", page)
    hears(copy, "forked")
    copy_of_copy = menu("duplicate", copy)
    hears(copy_of_copy, "forked")
    context.unroute(NOTE)
    copy_of_copy.reload()
    shows(copy_of_copy, "milk (a copy)")


def test_a_log_in_page_in_the_answers_place_renews_nothing_and_makes_no_copy(page, context, menu):
    log_in = {"content_type": "text/html", "body": "<h1>Log in</h1>"}
    page.route(LIFECYCLE, lambda route: route.fulfill(**log_in))
    before = id_of(page)
    assert page.evaluate("TabSession.renew()") == before
    page.unroute(LIFECYCLE)
    page.reload()
    shows(page, "milk")
    away = {"status": 303, "headers": {"Location": "/"}}  # where there is a page
    context.route(NOTE, lambda route: route.fulfill(**away))
    copy = menu("duplicate", page)
    hears(copy, "forked")
    context.unroute(NOTE)
    copy.reload()
    shows(copy, "milk (a copy)")


def test_renewing_keeps_the_place_under_another_id(page):
    before = id_of(page)
    after = page.evaluate("TabSession.renew()")
    assert after == id_of(page) != before
    page.reload()
    shows(page, "milk")
    assert id_of(page) == after
    assert page.evaluate(KEYS) == ["tab-session /notes/"]


def test_a_renewed_tab_is_still_told_from_its_duplicate(page, menu):
    page.evaluate("TabSession.renew()")
    copy = menu("duplicate", page)
    shows(copy, "milk (a copy)")
    assert id_of(copy) != id_of(page)


@pytest.mark.parametrize("then", ["the next request", "a reload"])
def test_a_renewal_whose_answer_was_lost_is_finished_with(page, then, forgiven):
    before = id_of(page)
    lost = lose_answers(page, LIFECYCLE)
    lost_sends(page, "TabSession.renew()")
    assert [answer.status for answer in lost] == [204]
    assert page.evaluate(KEYS) == ["tab-session /notes/", "tab-session /notes/-next"]
    page.unroute(LIFECYCLE)
    if then == "a reload":
        page.reload()
        shows(page, "milk")
    note_down(page, "milk and bread")
    assert id_of(page) != before
    assert page.evaluate(KEYS) == ["tab-session /notes/"]
    page.reload()
    shows(page, "milk and bread")


def test_a_renewal_that_never_arrived_is_finished_with_the_next_request(page, forgiven):
    page.route(LIFECYCLE, lambda route: route.abort())
    lost_sends(page, "TabSession.renew()")
    page.unroute(LIFECYCLE)
    before = id_of(page)
    note_down(page, "milk and bread")
    assert id_of(page) != before


def test_after_a_log_in_the_tab_is_renewed_and_writes_on(page, heard):
    before = id_of(page)
    page.click("#log-in")
    shows(page, "welcome")
    note_down(page, "butter")
    assert id_of(page) != before
    page.reload()
    shows(page, "butter")


def test_a_write_that_waits_for_a_renewal_is_sent_again_by_itself(page, heard, forgiven):
    """The answer to the log-in was lost, so the tab does not know of it."""
    before = id_of(page)
    lost = lose_answers(page, "**/notes/log-in")
    page.click("#log-in")
    until(page, lambda: lost)
    heard.clear()
    note_down(page, "butter")
    assert [each["path"].rpartition("/")[2] for each in heard] == ["note", "tab-session", "note"]
    assert id_of(page) != before


def test_ending_takes_another_id_and_leaves_nothing(page, heard):
    before = id_of(page)
    page.evaluate("TabSession.end()")
    shows(page, "(nothing)")
    assert len(events(page, "ended")) == 1
    assert id_of(page) != before
    page.reload()
    shows(page, "(nothing)")


def test_an_end_whose_answer_was_lost_can_be_asked_for_again(page, forgiven):
    lost = lose_answers(page, LIFECYCLE, method="DELETE")
    lost_sends(page, "TabSession.end()")
    assert [answer.status for answer in lost] == [204]
    page.unroute(LIFECYCLE)
    page.evaluate("TabSession.end()")
    shows(page, "(nothing)")


def until(page, condition):
    for _ in range(200):
        if condition():
            return
        page.wait_for_timeout(25)
    raise AssertionError("it did not happen in time")
