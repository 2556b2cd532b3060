"""What a tab whose progress is over is told, so that its script can lead on."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Blueprint, redirect, request
from sqlalchemy import text

from booking.tab_sessions import (
    attach_user,
    end_user,
    revoke_all,
    session_route,
)
from tests.tab_sessions.conftest import Tab, host_app, notes_blueprint

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
FOLLOWS = {"Tab-Session-Redirect": "tell"}


@pytest.fixture
def app(session):
    notes, other = notes_blueprint(), Blueprint("other", __name__, url_prefix="/other")

    @session_route(notes, "/log-in", methods=["POST"])
    def log_in(tab):
        attach_user(tab, request.form["user"])
        return redirect("/note", int(request.form.get("status", 303)))

    @session_route(notes, "/log-out", methods=["POST"])
    def log_out(tab):
        end_user(tab)
        return redirect("/note", int(request.form.get("status", 303)))

    @session_route(notes, "/leave", methods=["POST"])
    def leave(tab):
        return redirect("/note", 303)

    @session_route(notes, "/poll", counts_as_activity=False)
    def poll(tab):
        return "still here"

    @session_route(other, "/note", methods=["GET", "POST"])
    def other_note(tab):
        tab.data["text"] = request.form["text"] if tab.writable else ""
        return "kept"

    app = host_app(session, notes, other, user=lambda: request.headers.get("X-User"))
    app.testing = True
    return app


def ended(tab, app, session):
    tab.post("/log-out")
    return tab


def revoked(tab, app, session):
    with app.app_context():
        revoke_all()
    return tab


def logged_out(tab, app, session):
    tab.post("/log-in", user="ada")
    later = Tab(tab.client)
    tab.post("/tab-session", {"X-User": "ada", "Tab-Session-New": later.id})
    return later


def renewed(tab, app, session):
    tab.post("/tab-session", {"Tab-Session-New": Tab(tab.client).id})
    session.execute(text("UPDATE booking_tab_session SET previous_until = 0"))
    session.commit()
    return tab


def broken(tab, app, session):
    session.execute(text("UPDATE booking_tab_session SET version = version + 1"))
    session.commit()
    return tab


ENDS = {
    "ended": ended, "revoked": revoked, "other_user": logged_out,
    "renewed": renewed, "broken": broken,
}  # fmt: skip


@pytest.mark.parametrize("reason", ENDS)
def test_the_answer_says_why(app, session, tab, reason):
    tab.post(text="secret")
    tab = ENDS[reason](tab, app, session)
    for answer in (tab.get(), tab.post(text="late")):
        told = (
            answer.status_code,
            answer.headers["HX-Trigger"],
            answer.headers["Tab-Session-Gone"],
        )
        assert told == (410, "tab-session:gone", reason)
        assert 'href="" data-new-booking' in answer.text
    background = tab.get("/poll")
    assert (background.status_code, background.headers.get("Tab-Session-Gone")) == (410, None)


def test_a_limit_and_a_goal_are_reasons_too(tab):
    with time_machine.travel(NOON, tick=False) as clock:
        tab.post(text="secret")
        clock.shift(timedelta(hours=2))
        assert tab.get().headers["Tab-Session-Gone"] == "expired"
    done = Tab(tab.client)
    done.post("/finish")
    assert done.post(text="late").headers["Tab-Session-Gone"] == "completed"
    assert done.get().status_code == 200


@pytest.mark.parametrize("reason", ["ended", "revoked", "other_user", "renewed"])
def test_a_flow_that_was_not_begun_says_at_its_first_page_what_it_would_say_later(
    app, session, tab, rows, reason
):
    """Else somebody fills in a form that can never be sent."""
    tab.post(text="secret")
    tab = ENDS[reason](tab, app, session)
    for answer in (tab.get("/other/note"), tab.post("/other/note", text="late")):
        assert (answer.status_code, answer.headers["Tab-Session-Gone"]) == (410, reason)
    assert len(rows()) == 1


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_script_is_told_where_a_log_in_or_a_log_out_leads_and_everybody_else_is_sent(tab, status):
    for path, event in (("/log-in", "renew"), ("/log-out", "ended")):
        tab = Tab(tab.client)
        plain = tab.post(path, user="ada", status=status)
        assert (plain.status_code, plain.location) == (status, "/note")
        told = Tab(tab.client).post(path, FOLLOWS, user="ada", status=status)
        assert (told.status_code, told.headers["Tab-Session-Redirect"]) == (204, "/note")
        assert told.headers["HX-Trigger"] == f"tab-session:{event}"
        assert told.location is None


def test_other_redirects_stay_as_they_are(tab):
    answer = tab.post("/leave", FOLLOWS)
    assert (answer.status_code, answer.location) == (303, "/note")
    kept = tab.post("/log-out", FOLLOWS, status=307)  # asks for the same once more
    assert kept.status_code == 307
