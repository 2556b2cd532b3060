"""A host's `flask.session` beside a page that keeps up: asking neither writes nor prolongs it."""

import re

import pytest
from flask import Flask, flash, render_template_string, request, session
from flask_session import Session
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import text

from booking.tab_sessions import TabSessions, session_lifecycle, session_route
from tests.tab_sessions.conftest import Tab

FORM = """<form method="post"><input name="csrf_token" value="{{ csrf_token and csrf_token() }}">"""
LIVE = {"Tab-Live": "none"}


@pytest.fixture
def host(sqlite_url):
    app = Flask("host", root_path=__file__.rpartition("/")[0])
    app.config.update(SQLALCHEMY_DATABASE_URI=sqlite_url, SECRET_KEY="x")
    db = SQLAlchemy(app)
    TabSessions(app, db.session)
    session_lifecycle(app)
    session_route(app, "/form", live=True)(lambda _tab: render_template_string(FORM))
    app.add_url_rule("/sent", "sent", lambda: "sent", methods=["POST"])
    app.add_url_rule("/log-in", "log_in", lambda: session.update(user="ada") or "welcome")
    app.add_url_rule("/user", "user", lambda: session.get("user", "nobody"))
    return app


@pytest.fixture
def on_the_server(host):
    """Flask-Session by its defaults, with its rows; each request writes into it."""
    db = host.extensions["sqlalchemy"]
    host.config.update(SESSION_TYPE="sqlalchemy", SESSION_SQLALCHEMY=db)
    Session(host)
    host.before_request(lambda: session.update(requests=session.get("requests", 0) + 1))

    def rows():
        with host.app_context():
            return db.session.execute(text("SELECT * FROM sessions")).all()

    return rows


def test_a_question_neither_writes_nor_prolongs_a_session_on_the_server(host, on_the_server):
    tab = Tab(host.test_client())
    tab.client.get("/log-in")
    [before] = on_the_server()
    answer = tab.get("/form", **LIVE)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert on_the_server() == [before]
    assert tab.client.get("/user").text == "ada"
    assert on_the_server() != [before], "the control"


def test_what_a_session_holds_is_there_until_the_request_is_over(host):
    seen = []
    host.teardown_request(lambda _error: seen.append((request.path, session.get("user"))))
    tab = Tab(host.test_client())
    tab.client.get("/log-in")
    tab.get("/form", **LIVE)
    assert seen[-1] == ("/form", "ada")


@pytest.mark.parametrize("where", ["in a cookie", "on the server"])
def test_a_csrf_token_that_comes_first_by_an_answer_to_a_question_is_known(host, where, request):
    CSRFProtect(host)
    if where == "on the server":
        host.config.update(
            SESSION_TYPE="sqlalchemy", SESSION_SQLALCHEMY=host.extensions["sqlalchemy"]
        )
        Session(host)
    tab = Tab(host.test_client())
    token = re.search('value="([^"]+)"', tab.get("/form", **LIVE).text)[1]
    assert tab.client.post("/sent", data={"csrf_token": token}).text == "sent"
    assert "Set-Cookie" not in tab.get("/form", **LIVE).headers
    assert tab.client.post("/sent", data={"csrf_token": token}).text == "sent"


def test_a_log_out_is_not_undone_by_the_answer_to_a_question_that_was_under_way(host):
    """Not even for a first CSRF token: its cookie would bring the log-in along."""
    CSRFProtect(host)
    tab = Tab(host.test_client())

    def form(_tab):
        tab.client.get("/log-out")
        return render_template_string(FORM)

    session_route(host, "/slow", live=True)(form)
    host.add_url_rule("/log-out", "log_out", lambda: session.clear() or "bye")
    tab.client.get("/log-in")
    answer = tab.get("/slow", **LIVE)
    assert 'value="' in answer.text
    assert "Set-Cookie" not in answer.headers
    assert tab.client.get("/user").text == "nobody"


@pytest.mark.parametrize("name", ["csrf_token", "own_token"])
def test_in_debug_mode_a_first_token_that_no_session_keeps_is_told_of_with_the_cure(
    host, caplog, name
):
    host.config.update(WTF_CSRF_FIELD_NAME=name)
    CSRFProtect(host)
    tab = Tab(host.test_client())
    tab.client.get("/log-in")

    def told():
        tab.get("/form", **LIVE)
        return [each for each in caplog.messages if "{{ csrf_token() }}" in each]

    assert told() == []
    host.debug = True
    assert [len(told()) for _ in range(2)] == [1, 1]


def test_in_debug_mode_nothing_is_said_where_the_page_has_made_a_token(host, caplog):
    CSRFProtect(host)
    host.debug = True
    tab = Tab(host.test_client())
    tab.client.get("/log-in")
    for live in ({}, LIVE):
        tab.get("/form", **live)
    assert "csrf" not in caplog.text


def test_no_other_cookie_comes_with_a_new_session(host):
    @host.after_request
    def count(response):
        flash("hello")
        response.set_cookie("counted", "1")
        return response

    tab = Tab(host.test_client())
    [cookie] = tab.get("/form", **LIVE).headers.getlist("Set-Cookie")
    assert cookie.startswith("session=")
