"""The network fails at the worst moment, and nothing is lost: copies, renewals, ends."""

from contextlib import suppress

from playwright.sync_api import Error

from tests.fixtures.browsers import intercept, until
from tests.tab_sessions_in_a_browser.tabs import events, hears, id_of, note_down, shows

LIFECYCLE = "**/notes/tab-session"
NOTE = "**/notes/note"
KEYS = "Object.keys(sessionStorage).filter((key) => key.startsWith('tab-session')).sort()"


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

    intercept(page, address, lose)
    return lost


def lost_sends(page, script):
    """Run what sends, and see it fail as it does without a network."""
    failed = page.evaluate(f"{script}.then(() => null, (error) => error.message)")
    assert failed == "Failed to fetch"


def test_a_copy_of_a_copy_that_was_never_made_is_a_copy_of_the_first(page, context, menu, forgiven):
    intercept(context, NOTE, lambda route: route.abort())
    copy = menu("duplicate", page)
    hears(copy, "forked")
    copy_of_copy = menu("duplicate", copy)
    hears(copy_of_copy, "forked")
    context.unroute(NOTE)
    copy_of_copy.reload()
    shows(copy_of_copy, "milk (a copy)")


def test_a_copy_is_asked_for_until_an_answer_came(page, context, menu, heard, forgiven):
    """It is not made twice: `tests/tab_sessions/test_copies.py`."""
    intercept(context, NOTE, lambda route: route.abort())
    copy = menu("duplicate", page)
    hears(copy, "forked")
    before = id_of(copy)
    context.unroute(NOTE)
    sent_away = []

    def send_away(route):
        """To a page to log in, where there is one."""
        route.fulfill(status=303, headers={"Location": "/"})
        sent_away.append(route)

    intercept(context, NOTE, send_away)
    copy.reload()
    until(copy, lambda: sent_away)
    context.unroute(NOTE)
    copy.reload()
    shows(copy, "milk (a copy)")
    assert id_of(copy) == before
    assert copy.evaluate(KEYS) == ["tab-session /notes/"]
    heard.clear()
    note_down(copy, "bread")
    assert [each for each in heard if "Tab-Session-Fork-Of" in each] == []


def test_a_copy_is_asked_for_until_a_view_answered_that_makes_it(page, context, menu, forgiven):
    """Below the prefix there may be others: an upload, a menu, what a cache answers."""
    intercept(context, NOTE, lambda route: route.abort())
    copy = menu("duplicate", page)
    hears(copy, "forked")
    context.unroute(NOTE)
    said = "TabSession.fetch('/notes/menu').then((answer) => answer.text())"
    assert copy.evaluate(said) == "alike for everybody"
    copy.reload()
    shows(copy, "milk (a copy)")


def test_renewing_keeps_the_place_under_another_id_and_a_log_in_page_renews_nothing(page, menu):
    log_in = {"content_type": "text/html", "body": "<h1>Log in</h1>"}
    intercept(page, LIFECYCLE, lambda route: route.fulfill(**log_in))
    before = id_of(page)
    assert page.evaluate("TabSession.renew()") == before
    page.unroute(LIFECYCLE)
    after = page.evaluate("TabSession.renew()")
    assert after == id_of(page) != before
    copy = menu("duplicate", page)
    shows(copy, "milk (a copy)")
    page.reload()
    shows(page, "milk")
    assert id_of(page) == after
    assert page.evaluate(KEYS) == ["tab-session /notes/"]


def test_a_renewal_that_never_arrived_or_whose_answer_was_lost_is_finished(page, forgiven):
    intercept(page, LIFECYCLE, lambda route: route.abort())
    lost_sends(page, "TabSession.renew()")
    page.unroute(LIFECYCLE)
    for then in ("the next request", "a reload"):
        before = id_of(page)
        lost = lose_answers(page, LIFECYCLE)
        lost_sends(page, "TabSession.renew()")
        assert [answer.status for answer in lost] == [204]
        assert page.evaluate(KEYS) == ["tab-session /notes/", "tab-session /notes/-next"]
        page.unroute(LIFECYCLE)
        if then == "a reload":
            page.reload()
            shows(page, "milk and bread")
        note_down(page, "milk and bread")
        assert id_of(page) != before
        assert page.evaluate(KEYS) == ["tab-session /notes/"]
    page.reload()
    shows(page, "milk and bread")


def test_after_a_log_in_the_tab_is_renewed_and_what_waits_for_it_is_sent_again(
    page, heard, forgiven
):
    before = id_of(page)
    page.click("#log-in")
    shows(page, "welcome")
    note_down(page, "butter")
    renewed = id_of(page)
    assert renewed != before
    page.reload()
    shows(page, "butter")
    lost = lose_answers(page, "**/notes/log-in")  # so that the tab does not know of it
    page.click("#log-in")
    until(page, lambda: lost)
    heard.clear()
    note_down(page, "bread")
    assert [each["path"].rpartition("/")[2] for each in heard] == ["note", "tab-session", "note"]
    assert id_of(page) != renewed


def test_an_end_whose_answer_was_lost_can_be_asked_for_again_and_leaves_nothing(page, forgiven):
    before = id_of(page)
    lost = lose_answers(page, LIFECYCLE, method="DELETE")
    lost_sends(page, "TabSession.end()")
    assert [answer.status for answer in lost] == [204]
    page.unroute(LIFECYCLE)
    page.evaluate("TabSession.end()")
    shows(page, "(nothing)")
    assert len(events(page, "ended")) == 1
    assert id_of(page) != before
    page.reload()
    shows(page, "(nothing)")
