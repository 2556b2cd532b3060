"""A page that belongs to no tab keeps up as one that does."""

from types import SimpleNamespace

import pytest
from flask import session as visit

from booking.tab_sessions import TabSessionError, live_page, live_script, shown_stamp
from tests.tab_sessions.conftest import host_app

ASKED = {"HX-Request": "true"}


@pytest.fixture
def orders():
    return {"cakes": 1, "calls": 0}


@pytest.fixture
def host(session, orders):
    app = host_app(session, user=None)
    app.secret_key = "a test's"

    @app.get("/orders/<what>")
    @live_page(lambda what: [orders.get(what)])
    def shown(what):
        visit.permanent = True  # prolonged at each request
        visit["seen"] = True
        orders["calls"] += 1
        if what == "none":
            return "there are none", 404
        return f"{orders[what]} {shown_stamp()}"

    @app.get("/bare")
    def bare():
        return shown_stamp()

    @app.get("/unsaid")
    @live_page(SimpleNamespace)
    def unsaid():
        return ""

    return app


def ask(client, stamp, path="/orders/cakes"):
    return client.get(path, headers=ASKED | {"Tab-Live": stamp})


def test_it_runs_only_where_something_has_changed(host, orders):
    client = host.test_client()
    first = client.get("/orders/cakes")
    stamp = first.headers["Tab-Live"]
    assert first.text == f"1 {stamp}"
    assert (ask(client, stamp).status_code, orders["calls"]) == (204, 1)
    orders["cakes"] = 2
    fresh = ask(client, stamp)
    assert fresh.text.startswith("2 ")
    assert fresh.headers["Tab-Live"] != stamp
    assert ask(client, fresh.headers["Tab-Live"]).status_code == 204


def test_a_question_prolongs_nothing_and_no_answer_is_kept(host):
    client = host.test_client()
    first = client.get("/orders/cakes")
    assert "Set-Cookie" in first.headers
    assert first.headers["Cache-Control"] == "no-store"
    assert "Tab-Live" in first.headers["Vary"]
    assert "Tab-Session" not in first.headers["Vary"]
    for stamp in (first.headers["Tab-Live"], "none"):
        answer = ask(client, stamp)
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"


def test_what_is_no_page_has_no_stamp(host):
    answer = host.test_client().get("/orders/none")
    assert answer.status_code == 404
    assert "Tab-Live" not in answer.headers


def test_a_stamp_is_that_of_a_live_page_alone_and_of_what_json_can_take(host):
    client = host.test_client()
    with pytest.raises(TabSessionError, match="live_page"):
        client.get("/bare")
    with pytest.raises(TabSessionError, match="JSON"):
        client.get("/unsaid")


ELEMENT = '<!doctype html><html lang="en"><p id="o" data-tab-live="/o" data-tab-live-alone>0</p>'
TAG = '<script src="/static/tab-live.js?v=1" defer></script>'


@pytest.mark.parametrize(
    ("page", "serves", "words"),
    [
        (ELEMENT, False, "does not serve tab-live.js"),
        (ELEMENT, True, "The page /o has data-tab-live and no tag for tab-live.js"),
        (ELEMENT + TAG, True, None),
        (ELEMENT + '<script src="/all.js" data-bundles="htmx tab-live"></script>', True, None),
        ('<p data-tab-live="/o">0</p>', True, None),  # a part of a page that has the tag
    ],
)
def test_a_page_that_nothing_asks_again_is_told_of_once_in_debug_mode(
    session, caplog, page, serves, words
):
    app = host_app(session)
    app.add_url_rule("/o", "o", live_page(list)(lambda: page))
    if serves:
        app.add_url_rule("/tab-live.js", view_func=live_script)
    app.test_client().get("/o")
    assert "tab-live.js" not in caplog.text
    app.debug = True
    for _ in range(2):
        app.test_client().get("/o")
    told = [each.getMessage() for each in caplog.records if "tab-live.js" in each.getMessage()]
    assert len(told) == bool(words)
    assert all(words in each and "<script src=" in each for each in told)
