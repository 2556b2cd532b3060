"""TabClient.ask(): what a host's own suite proves of a page that keeps up."""

import pytest
import time_machine
from flask import request
from sqlalchemy import create_engine
from sqlalchemy.orm import scoped_session, sessionmaker

from booking.tab_sessions import TabSessionGone, session_lifecycle, session_route
from booking.testing import TabClient
from tests.tab_sessions.conftest import host_app

PAGE = """<!doctype html><title>Notes</title><script src="/tab-session.js" data-prefix="/notes">
</script><div hx-get="/notes/note" hx-trigger="load"></div><p id="still">Not live</p>"""
NOTE = """<h1>Notes</h1>
<form id="note" data-tab-live="/notes/note" hx-post="/notes/note" hx-swap="none" method="post"
action="/notes/note"><input name="text" value="{}"><button>Keep</button></form>"""


@pytest.fixture
def app(sqlite_url):
    app = host_app(scoped_session(sessionmaker(create_engine(sqlite_url))))
    app.add_url_rule("/", "page", lambda: PAGE)
    session_lifecycle(app, "/notes/tab-session")

    @session_route(app, "/notes/note", methods=["GET", "POST"], live=True)
    def note(tab):
        if request.method == "POST":
            tab.data["text"] = request.form["text"]
        return NOTE.format(tab.data.get("text", ""))

    app.register_error_handler(TabSessionGone, lambda gone: (f"<p>Over: {gone.reason}</p>", 410))
    return app


@pytest.fixture
def tab(app):
    return TabClient(app, "/", base="/notes")


def test_it_is_204_until_another_tab_of_the_session_writes(tab):
    other = tab.twin()
    assert tab.ask().status == tab.ask("#note").status == 204
    other.submit(text="milk")
    assert tab.ask().status == 200
    assert tab.fields == {"text": "milk"}
    assert len(tab.page.select("h1")) == 1, "of the answer only this element is taken"
    assert tab.ask().status == 204


def test_who_only_asks_is_over_on_time_and_nothing_of_it_stays_on_the_page(tab, moving_clock):
    tab.submit(text="milk").ask()
    for _ in range(59):
        moving_clock.shift(60)
        assert tab.ask().status == 204
    moving_clock.shift(60)
    assert tab.ask().status == 410
    assert tab.page.select("form") == []
    assert "Over: expired" in tab.page.text
    assert "milk" not in str(tab.page)


@pytest.mark.parametrize("what", [None, "#still"])
def test_a_page_that_does_not_keep_up_cannot_be_asked(tab, what):
    del tab.page.select_one("form")["data-tab-live"]
    with pytest.raises(LookupError, match="keeps up"):
        tab.ask(what)


@pytest.fixture
def moving_clock():
    with time_machine.travel("2026-11-23 12:00Z", tick=False) as clock:
        yield clock
