"""A tab's progress ends, and no tab is left in front of a closed door."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine

from tests.fixtures.browsers import intercept
from tests.tab_sessions_in_a_browser.tabs import events, hears, id_of, note_down, shows

PLAIN = "TabSession.headers().then((headers) => fetch('/notes/note', {headers}))"
ENDED_BY_ANOTHER = """TabSession.headers().then((headers) =>
    fetch("/notes/tab-session", {method: "DELETE", headers}))"""
STATUS = f"{PLAIN}.then((answer) => answer.status)"


@pytest.fixture
def over(page):
    """A tab that was left for longer than the idle limit."""
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2)):
        page.reload()
        page.wait_for_selector("#here h1")
        yield page


def test_what_was_sent_too_late_leaves_the_tab_as_it_was_until_one_begins_anew(page):
    before = id_of(page)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2)):
        page.fill("input[name=text]", "bread")
        page.click("form button")
        page.wait_for_selector("#here h1")
        assert id_of(page) == before
        page.click("text=Begin anew")
        shows(page, "(nothing)")
        assert id_of(page) != before


def test_a_tab_that_ran_out_says_so_and_is_a_new_one_when_loaded_again(over, page_of):
    assert [each["reason"] for each in events(over, "gone")] == ["expired"]
    over.evaluate(PLAIN)
    other = page_of("/")
    shows(other, "(nothing)")
    note_down(other, "bread")
    assert other.evaluate(STATUS) == 200, "the end of one tab shuts no other tab out"
    over.reload()
    shows(over, "(nothing)")
    note_down(over, "bread")


@pytest.mark.parametrize(("method", "is_new"), [("GET", True), ("POST", False)])
def test_where_an_app_sends_what_is_over_elsewhere_the_script_goes_there(page, method, is_new):
    """What is read goes there with a new id; what was written waits until somebody begins anew."""
    headers = {"Tab-Session-Gone": "expired", "Tab-Session-Redirect": "/notes/note"}
    intercept(page, "**/notes/over", lambda route: route.fulfill(status=410, headers=headers))
    before = id_of(page)
    asked = "(method) => TabSession.fetch('/notes/over', {method}).then((answer) => answer.text())"
    assert page.evaluate(asked, method) == ("(nothing)" if is_new else "milk")
    assert (id_of(page) != before) is is_new


def test_an_answer_that_an_older_release_let_a_browser_keep_shuts_nobody_out(
    page_of, live_server, monkeypatch
):
    here = partial(page_of, "/", site="older.example")  # where no other test meets what is kept
    page = here()
    shows(page, "(nothing)")
    note_down(page, "milk")
    now = live_server.app.wsgi_app

    def older_release(environ, start):
        def begin(status, headers, *rest):
            kept = [each for each in headers if each[0] not in ("Cache-Control", "Vary")]
            return start(status, kept, *rest)

        return now(environ, begin)

    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2)), monkeypatch.context() as then:
        then.setattr(live_server.app, "wsgi_app", older_release)
        assert page.evaluate(STATUS) == 410
    new = here()
    shows(new, "(nothing)")
    assert new.evaluate(STATUS) == 410  # as it still lies there


def test_an_end_that_the_script_did_not_hear_of_leaves_each_part_of_the_page_fresh_at_once(page):
    page.evaluate(ENDED_BY_ANOTHER)
    ask = "TabSession.fetch('/notes/note').then((answer) => answer.status)"
    assert page.evaluate(f"Promise.all([{ask}, {ask}, {ask}])") == [200, 200, 200]
    hears(page, "ended")
    assert len(events(page, "ended")) == 1
    shows(page, "(nothing)")
    note_down(page, "bread")
    before = id_of(page)
    page.evaluate(ENDED_BY_ANOTHER)
    page.reload()
    shows(page, "(nothing)")
    assert id_of(page) != before
    assert events(page, "gone") == []
