"""A tab's progress ends, and no tab is left in front of a closed door."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import create_engine

from tests.conftest import served
from tests.fixtures.browsers import wait_until
from tests.tab_sessions_in_a_browser.notes import notes_app
from tests.tab_sessions_in_a_browser.tabs import events, id_of, note_down, shows

PLAIN = "TabSession.headers().then((headers) => fetch('/notes/note', {headers}))"
ENDED_BY_ANOTHER = """TabSession.headers().then((headers) =>
    fetch("/notes/tab-session", {method: "DELETE", headers}))"""
STATUS = f"{PLAIN}.then((answer) => answer.status)"


@pytest.fixture
def old_release():
    """Headers in place of ours, as a release sent them that knew no better."""
    return {}


@pytest.fixture
def live_server(tmp_path, old_release):
    engine = create_engine(f"sqlite:///{tmp_path}/notes.db")
    app = notes_app(engine, [])
    ours = app.wsgi_app

    def answer(environ, start):
        def begin(status, headers, *rest):
            kept = [each for each in headers if each[0] not in old_release]
            return start(status, kept + [each for each in old_release.items() if each[1]], *rest)

        return ours(environ, begin)

    app.wsgi_app = answer
    with served(app) as server:
        yield server
    engine.dispose()


@pytest.fixture
def over(page_of):
    """A tab that was left for longer than the idle limit."""
    page = page_of("/")
    note_down(page, "milk")
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2)):
        page.reload()
        page.wait_for_selector("#here h1")
        yield page


def test_the_end_of_one_tab_shuts_no_other_tab_out(over, page_of):
    over.evaluate(PLAIN)
    other = page_of("/")
    note_down(other, "bread")
    assert other.evaluate(STATUS) == 200


def test_an_answer_that_an_older_release_let_a_browser_keep_shuts_nobody_out(
    page_of, live_server, old_release
):
    page = page_of("/")
    note_down(page, "milk")
    old_release.update({"Cache-Control": "", "Vary": ""})
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2)):
        assert page.evaluate(STATUS) == 410
    old_release.clear()
    new = page_of("/")
    shows(new, "(nothing)")
    assert new.evaluate(STATUS) == 410  # as it still lies there


def test_a_tab_that_ran_out_says_so_and_is_a_new_one_when_loaded_again(over):
    assert [each["reason"] for each in events(over, "gone")] == ["expired"]
    over.reload()
    shows(over, "(nothing)")
    note_down(over, "bread")


def test_what_was_sent_too_late_leaves_the_tab_as_it_was_until_one_begins_anew(page_of):
    page = page_of("/")
    note_down(page, "milk")
    before = id_of(page)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2)):
        page.fill("input[name=text]", "bread")
        page.click("form button")
        page.wait_for_selector("#here h1")
        assert id_of(page) == before
        page.click("text=Begin anew")
        shows(page, "(nothing)")
        assert id_of(page) != before


def test_an_end_that_the_script_did_not_hear_of_shows_the_fresh_page_at_once(page_of):
    page = page_of("/")
    note_down(page, "milk")
    before = id_of(page)
    page.evaluate(ENDED_BY_ANOTHER)
    page.reload()
    shows(page, "(nothing)")
    assert id_of(page) != before
    assert events(page, "gone") == []


def test_of_several_parts_of_a_page_each_is_fresh_after_an_end(page_of):
    page = page_of("/")
    note_down(page, "milk")
    page.evaluate(ENDED_BY_ANOTHER)
    ask = "TabSession.fetch('/notes/note').then((answer) => answer.status)"
    assert page.evaluate(f"Promise.all([{ask}, {ask}, {ask}])") == [200, 200, 200]
    wait_until(page, "window.heard.some((each) => each.event === 'ended')")
    assert len(events(page, "ended")) == 1
