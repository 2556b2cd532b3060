"""Whatever else answers (a log-in, a portal, a proxy) never takes the place of a step."""

from types import SimpleNamespace

import pytest
from flask import Flask, Response, redirect, request
from playwright.sync_api import expect

from booking import Sidebook
from tests.browser.wizard import answer, at, go_on, take
from tests.conftest import served
from tests.customer_walkthrough.visits import ADA

LOG_IN = '<!doctype html><h1>Log in</h1><form method="post"><button>Log in</button></form>'
PORTAL = "<!doctype html><html><body><h1 id=step>Welcome to our network</h1></body></html>"
IN_OUR_PLACE = {
    "a log-in page, redirected to": lambda: redirect(f"/login?next={request.path}"),
    "a page with 401": lambda: (LOG_IN, 401),
    "a network's portal": lambda: PORTAL,
    "nothing": lambda: "",
    "text": lambda: Response("Please log in.", mimetype="text/plain"),
    "JSON": lambda: ({"error": "log in"}, 403),
    "a page that is not there": lambda: (LOG_IN, 404),
    "more text than is taken": lambda: ("", 413, {"HX-Reswap": "none"}),
    "an error of ours": lambda: ("", 500),
    "a server that is busy": lambda: ("", 503, {"Retry-After": "1"}),
    "a proxy's page": lambda: ("<html><h1>502 Bad Gateway</h1></html>", 502),
}
SAID = {
    "more text than is taken": "more text than this form can take",
    "an error of ours": "could not save",
    "a server that is busy": "could not save",
    "a proxy's page": "could not save",
}


@pytest.fixture
def in_our_place():
    """What a host answers to whoever is not logged in; nothing: everybody is let through."""
    return SimpleNamespace(answers=None)


@pytest.fixture
def live_server(loaded_sqlite_url, in_our_place):
    host = Flask("host")
    host.config["BOOKING_DATABASE_URL"] = loaded_sqlite_url
    Sidebook(host, url_prefix="/book")

    @host.before_request
    def log_in_first():
        is_page = request.path == "/login" or "static" in request.path
        return in_our_place.answers() if in_our_place.answers and not is_page else None

    @host.route("/login", methods=["GET", "POST"])
    def login():
        if request.method == "GET":
            return LOG_IN
        in_our_place.answers = None
        return redirect(request.args["next"], 303)

    with served(host) as server:
        yield server


def test_the_step_stays_with_all_that_was_typed_whatever_answers(tab_at, in_our_place, complaints):
    page = tab_at("details", ADA)
    answer(page, ADA, "details")
    for what, answers in IN_OUR_PLACE.items():
        in_our_place.answers = answers
        go_on(page)
        trouble = page.locator("#trouble")
        expect(trouble, what).to_contain_text(SAID.get(what, "Something other than this booking"))
        expect(trouble, what).to_be_focused()
        expect(page).to_have_title("Error: Who is coming? \N{EN DASH} Test Shop")
        expect(page.locator("[name=note]"), what).to_have_value(ADA.note)
        at(page, "details")
        page.evaluate("document.querySelector('#trouble').remove()")
    in_our_place.answers = None
    go_on(page)
    at(page, "review")
    complaints.clear()


def test_who_signs_in_again_in_another_tab_goes_on_where_they_were(tab_at, context, in_our_place):
    page = tab_at("details", ADA)
    answer(page, ADA, "details")
    in_our_place.answers = IN_OUR_PLACE["a log-in page, redirected to"]
    go_on(page)
    with context.expect_page() as opened:
        page.get_by_role("link", name="Open this page in another tab").click()
    opened.value.get_by_role("button", name="Log in").click()
    at(opened.value, "service")
    page.bring_to_front()
    go_on(page)
    at(page, "review")


def test_a_step_that_was_never_there_and_a_list_are_not_replaced_either(tab_at, in_our_place):
    page = tab_at("staff", ADA)
    take(page, ADA, "staff")
    in_our_place.answers = IN_OUR_PLACE["a log-in page, redirected to"]
    page.locator("details.sb-zone summary").click()
    expect(page.locator("#trouble")).to_be_visible()
    expect(page.locator("#field-zone")).not_to_contain_text("Log in")
    page.go_back()
    expect(page.get_by_role("link", name="Load this page again")).to_be_visible()
    page.get_by_role("link", name="Load this page again").click()
    page.get_by_role("button", name="Log in").click()
    at(page, "staff")


def test_an_order_to_leave_is_obeyed(tab_at, in_our_place):
    page = tab_at("staff", ADA)
    in_our_place.answers = lambda: ("", 401, {"HX-Redirect": f"/login?next={request.referrer}"})
    go_on(page)
    page.get_by_role("button", name="Log in").click()
    at(page, "staff")
