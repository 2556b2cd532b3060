"""tab-session.js in a real browser, in an app that is about notes."""

import pytest
from flask import Flask, request, send_from_directory
from sqlalchemy import create_engine
from sqlalchemy.orm import scoped_session, sessionmaker

from booking.files import STATIC
from booking.tab_sessions import client_script, session_route
from tests.conftest import served
from tests.tab_sessions.conftest import host_app

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html lang="en"><title>Notes</title>
<script src="/tab-session.js" data-prefix="/notes/" defer></script>
<script src="/htmx.js" defer></script>
<div id="here" hx-get="/notes/note" hx-trigger="load"></div>
<form hx-post="/notes/note" hx-target="#here" action="/notes/note" method="post">
<input name="text"><button>Note it</button></form>
<button id="afresh" data-new-booking hx-get="/notes/note" hx-target="#here">Start afresh</button>
<button id="outside" hx-get="/outside" hx-target="#here">Outside</button>"""


@pytest.fixture
def heard():
    """Every id the server was sent, in order; None where there was none."""
    return []


@pytest.fixture
def live_server(sqlite_url, heard):
    engine = create_engine(sqlite_url)
    session = scoped_session(sessionmaker(engine))
    app = host_app(session)
    add_pages(app, heard)
    with served(app) as server:
        yield server
    engine.dispose()


def add_pages(app: Flask, heard: list) -> None:
    @session_route(app, "/notes/note", methods=["GET", "POST"])
    def note(tab):
        if request.method == "POST":
            tab.data["text"] = request.form["text"]
        return tab.data.get("text", "(nothing)")

    @app.before_request
    def listen():
        if request.path in ("/notes/note", "/outside"):
            heard.append(request.headers.get("Tab-Session"))

    app.add_url_rule("/", "page", lambda: PAGE)
    app.add_url_rule("/favicon.ico", "icon", lambda: ("", 204))
    app.add_url_rule("/outside", "outside", lambda: "outside")
    app.add_url_rule("/tab-session.js", view_func=client_script)
    vendor = STATIC / "vendor"
    app.add_url_rule("/htmx.js", "htmx", lambda: send_from_directory(vendor, "htmx-4.0.1.min.js"))


def here(page, text):
    page.wait_for_function("text => document.querySelector('#here').textContent === text", arg=text)


def note_down(page, text):
    page.fill("input", text)
    page.click("form button")
    here(page, text)


def test_two_tabs_are_two_places_and_each_survives_a_reload(page_of):
    one, two = page_of("/"), page_of("/")
    note_down(one, "milk")
    note_down(two, "bread")
    one.reload()
    two.reload()
    here(one, "milk")
    here(two, "bread")


def test_the_id_is_32_random_bytes_under_one_key_and_nothing_else_is_stored(page_of):
    page = page_of("/")
    here(page, "(nothing)")
    stored = page.evaluate("[{...sessionStorage}, {...localStorage}, document.cookie]")
    assert list(stored[0]) == ["tab-session /notes/"]
    assert page.evaluate("/^[A-Za-z0-9_-]{43}$/.test(sessionStorage['tab-session /notes/'])")
    assert stored[1:] == [{}, ""]


def test_the_very_first_request_already_says_which_tab_it_is(page_of, heard):
    page = page_of("/")
    here(page, "(nothing)")
    assert heard == [page.evaluate("TabSession.id")]


def test_requests_outside_the_prefix_do_not_carry_the_id(page_of, heard):
    page = page_of("/")
    here(page, "(nothing)")
    page.click("#outside")
    here(page, "outside")
    assert heard[-1] is None


@pytest.mark.parametrize("broken", ["undefined", "", "<script>", "A" * 42])
def test_anything_else_under_the_key_counts_as_absent(page_of, broken):
    page = page_of("/")
    here(page, "(nothing)")
    page.evaluate("text => sessionStorage.setItem('tab-session /notes/', text)", broken)
    page.reload()
    here(page, "(nothing)")
    assert len(page.evaluate("TabSession.id")) == 43


def test_starting_afresh_claims_a_new_id_first(page_of, heard):
    page = page_of("/")
    note_down(page, "milk")
    page.click("#afresh")
    here(page, "(nothing)")
    assert heard[-1] != heard[-2]
    page.reload()
    here(page, "(nothing)")


def test_a_lost_id_is_claimed_anew_and_the_request_sent_again(page_of, heard):
    """A proxy that strips the header once: the server asks for an id, the script answers."""
    page = page_of("/")
    here(page, "(nothing)")
    stripped = []

    def strip_once(route):
        headers = route.request.headers
        if not stripped:
            stripped.append(headers.pop("tab-session"))
        route.continue_(headers=headers)

    page.route("**/notes/note", strip_once)
    note_down(page, "milk")
    assert heard[-2] is None
    assert heard[-1] not in (None, stripped[0])


def test_blocked_storage_works_in_memory_and_says_so(context, page_of):
    context.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', "
        "{ get() { throw new DOMException('blocked', 'SecurityError'); } });"
        "document.addEventListener('tab-session:memory', () => { window.warned = true; });"
    )
    page = page_of("/")
    note_down(page, "milk")
    note_down(page, "milk and bread")
    assert page.evaluate("window.warned")
    page.reload()
    here(page, "(nothing)")


def test_plain_fetch_may_ask_for_the_header(page_of):
    page = page_of("/")
    note_down(page, "milk")
    fetched = "TabSession.headers().then(headers => fetch('/notes/note', {headers}))"
    assert page.evaluate(f"{fetched}.then(answer => answer.text())") == "milk"
