"""Whatever comes out for a session route is one tab's own: no browser and no proxy keeps it."""

import pytest
from flask import Response, abort, redirect, request

from booking.tab_sessions import (
    TabSessionGone,
    custom_session_route,
    session_lifecycle,
    session_route,
)
from tests.tab_sessions.conftest import Tab, host_app

BOTH = ["GET", "POST"]
OWN = {
    "nothing": {},
    "public": {"Cache-Control": "public, max-age=600"},
    "a_lifetime": {"Cache-Control": "max-age=600"},
    "public_all_the_same": {"Cache-Control": "no-store, public"},
    "by_the_status": {"Cache-Control": "must-understand, no-store"},
    "no_cache": {"Cache-Control": "no-cache"},
    "in_a_proxy": {"CDN-Cache-Control": "max-age=600", "Surrogate-Control": "max-age=600"},
}


@pytest.fixture
def database_url(sqlite_url):
    """One database is enough: nothing of this lies in it."""
    return sqlite_url


@pytest.fixture
def host(session):
    """An app that would have everything kept: by its views, its error pages, its last hook."""
    app = host_app(session, request_bytes=2000)
    app.testing = False
    add_routes(app)

    @app.before_request
    def answer_first():
        status = request.args.get("instead")
        return ("the host's own", int(status)) if status else None

    @app.after_request
    def keep(response):
        if "hook" in request.args:
            response.headers["Cache-Control"] = "public, max-age=600"
        return response

    @app.errorhandler(TabSessionGone)
    def gone(_refusal):
        return "over", 410, OWN["public"]

    return app


def add_routes(app):
    @session_route(app, "/own/<what>", methods=BOTH)
    def own(tab, what):
        return what, OWN[what]

    @session_route(app, "/private")
    def private(tab):
        return "private", {"Cache-Control": "private, no-store"}

    @session_route(app, "/status/<int:status>", methods=BOTH)
    def status(tab, status):
        return "refused", status

    @session_route(app, "/raise/<int:status>", methods=BOTH)
    def raising(tab, status):
        abort(status) if status != 500 else 1 / 0

    @session_route(app, "/redirect/<int:status>", methods=BOTH)
    def leading(tab, status):
        return redirect("/elsewhere", status)

    @session_route(app, "/later", methods=["POST"])
    def later(tab):
        return tab.render_after_commit(lambda _: ("later", OWN["public"]), headers=OWN["public"])

    @session_route(app, "/streamed", methods=BOTH)
    def streamed(tab):
        return Response(iter(["a", "b"]), headers=OWN["public"])

    @session_route(app, "/optional", allow_missing_tab=True)
    def optional(tab):
        return "for everybody", OWN["public"]

    @session_route(app, "/end", methods=["POST"])
    def end(tab):
        assert tab.key
        tab.end()
        return "ended"

    custom_session_route(prepare=lambda _: {"given": 1})(app, "/custom")(lambda tab, given: "ok")
    session_lifecycle(app)
    app.add_url_rule("/elsewhere", "elsewhere", lambda: ("public", OWN["public"]))


ANSWERED = [
    *[(method, f"/own/{what}", 200) for what in OWN for method in BOTH],
    *[(method, f"/status/{status}", status) for status in (404, 410, 422) for method in BOTH],
    *[(method, f"/raise/{status}", status) for status in (404, 410, 500) for method in BOTH],
    *[(method, f"/redirect/{status}", status) for status in (301, 303, 308) for method in BOTH],
    *[("GET", f"/own/nothing?instead={status}", status) for status in (200, 301, 404, 410)],
    ("POST", "/later", 200),
    *[(method, "/streamed", 200) for method in BOTH],
    *[(method, "/own/nothing?hook", 200) for method in ("GET", "HEAD", "OPTIONS", "POST")],
    ("GET", "/optional", 200),
    ("GET", "/custom", 200),
    ("POST", "/tab-session", 204),
    ("DELETE", "/tab-session?hook", 204),
]


def is_kept_by_nobody(answer, asked="no-store"):
    kept = [name for name in ("CDN-Cache-Control", "Surrogate-Control") if name in answer.headers]
    told = (answer.headers["Cache-Control"], answer.headers["Vary"], kept)
    assert told == (asked, "Tab-Session", []), answer.request.path


@pytest.mark.parametrize("hook", ["", "hook"])
def test_no_answer_of_a_session_route_is_kept(host, hook):
    for method, path, status in ANSWERED:
        asked = f"{path}{'&' if '?' in path else '?'}{hook}"
        answer = Tab(host.test_client()).client.open(
            asked, method=method, headers={"Tab-Session": "A" * 43}
        )
        assert answer.status_code == status, asked
        is_kept_by_nobody(answer)


def test_no_refusal_of_the_door_is_kept_whatever_page_the_host_has_for_it(host):
    tab = Tab(host.test_client())
    tab.post("/end")
    refused = {
        400: tab.client.get("/own/nothing"),
        403: tab.get("/own/nothing", **{"Sec-Fetch-Site": "cross-site"}),
        410: tab.get("/own/public"),
        413: tab.post("/own/nothing", text="x" * 3000),
    }
    for status, answer in refused.items():
        assert answer.status_code == status
        is_kept_by_nobody(answer)
    assert refused[410].text == "over"
    assert refused[410].headers["HX-Trigger"] == "tab-session:gone"


def test_what_a_view_says_itself_stays_where_it_keeps_nothing_either(host):
    is_kept_by_nobody(Tab(host.test_client()).get("/private"), "private, no-store")


@pytest.mark.parametrize("vary", [["Accept-Language"], ["Accept", "Cookie"], ["tab-session"]])
def test_what_an_answer_varies_by_already_stays(host, vary):
    @session_route(host, "/vary")
    def varying(tab):
        return Response("x", headers=[("Vary", each) for each in vary])

    (line,) = Tab(host.test_client()).get("/vary").headers.get_all("Vary")
    assert {each.strip().lower() for each in line.split(",")} == {
        "tab-session", *(each.lower() for each in vary)
    }  # fmt: skip


def test_the_hosts_other_pages_are_kept_as_the_host_says(host):
    answer = host.test_client().get("/elsewhere")
    assert answer.headers["Cache-Control"] == "public, max-age=600"
    assert "Vary" not in answer.headers
