"""A proxy that keeps what it may: a page that keeps up is never shown another's answer by it."""

import secrets
from urllib.request import Request, urlopen

import pytest
from flask import request
from sqlalchemy import create_engine
from sqlalchemy.orm import scoped_session, sessionmaker

from booking.tab_sessions import session_route
from tests.conftest import served
from tests.fixtures.nginxes import caching_nginx_before
from tests.tab_sessions.conftest import host_app


@pytest.fixture
def site(sqlite_url, tmp_path):
    app = host_app(scoped_session(sessionmaker(create_engine(sqlite_url))))
    app.add_url_rule("/page", "page", secrets.token_hex)

    @session_route(app, "/note", methods=["GET", "POST"], live=True)
    def note(tab):
        if request.method == "POST":
            tab.data["text"] = request.form["text"]
        return tab.data.get("text", "(nothing)")

    with (
        served(app) as server,
        caching_nginx_before(server.url.removeprefix("http://"), tmp_path) as port,
    ):
        yield f"http://127.0.0.1:{port}"


def ask(url, tab="", stamp="", body=None):
    named = {"Tab-Session": tab, "Tab-Live": stamp}
    headers = {name: value for name, value in named.items() if value}
    with urlopen(Request(url, body, headers)) as answer:
        return answer.status, answer.read().decode(), answer.headers


def test_the_proxy_does_keep_what_it_may(site):
    """The control."""
    assert ask(f"{site}/page")[1] == ask(f"{site}/page")[1]
    assert ask(f"{site}/page")[2]["From-Cache"] == "HIT"


def test_each_tab_is_shown_its_own_and_each_change(site):
    one, two = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    for tab, text in ((one, b"milk"), (two, b"bread")):
        ask(f"{site}/note", tab, body=b"text=" + text)
    stamps = {}
    for tab, text in ((one, "milk"), (two, "bread"), (one, "milk")):
        _, shown, headers = ask(f"{site}/note", tab, "none")
        assert (shown, headers["From-Cache"]) == (text, "MISS")
        stamps[tab] = headers["Tab-Live"]
    for tab in (one, two):
        assert ask(f"{site}/note", tab, stamps[tab])[0] == 204
    ask(f"{site}/note", one, body=b"text=eggs")
    assert ask(f"{site}/note", one, stamps[one])[1] == "eggs"
    assert ask(f"{site}/note", two, stamps[two])[0] == 204
