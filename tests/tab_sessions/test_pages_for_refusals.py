"""An app's own pages for refusals: whatever they are, the browser's script knows what to do."""

import json
import logging

import pytest
from flask import redirect
from werkzeug.exceptions import HTTPException

from booking.tab_sessions import (
    MissingTabSession,
    NothingBegun,
    RenewalDue,
    TabSessionBusy,
    TabSessionGone,
    TooLarge,
    attach_user,
    live_stamp,
    session_route,
)
from tests.tab_sessions.conftest import Tab, host_app, notes_blueprint

WORDS = "<p>Sorry</p>"
LOGGER = "booking.tab_sessions.refusals"


@pytest.fixture
def app(session):
    notes = notes_blueprint()

    @session_route(notes, "/leave", methods=["POST"])
    def leave(tab):
        tab.end()
        return "gone"

    @session_route(notes, "/log-in", methods=["POST"])
    def log_in(tab):
        attach_user(tab, "ada")
        return "welcome"

    @session_route(notes, "/poll", counts_as_activity=False)
    def poll(tab):
        return "still here"

    @session_route(notes, "/live", live=True)
    def live(tab):
        return live_stamp(tab)

    @session_route(notes, "/second", require_progress=True)
    def second(tab):
        return "a second step"

    @session_route(notes, "/busy")
    def busy(tab):
        raise TabSessionBusy

    return host_app(session, notes, request_bytes=2000)


def over(tab):
    tab.post(text="begun")
    tab.post("/leave")
    return tab.get()


def logged_in(tab):
    tab.post("/log-in")
    return tab.post(text="late")


def without_id(tab):
    return tab.client.get("/note", headers={"HX-Request": "true"})


REFUSALS = {
    TabSessionGone: (410, over),
    RenewalDue: (409, logged_in),
    MissingTabSession: (400, without_id),
    NothingBegun: (409, lambda tab: tab.get("/second")),
    TooLarge: (413, lambda tab: tab.post(text="x" * 3000)),
    TabSessionBusy: (503, lambda tab: tab.get("/busy")),
}
HEARD = (TabSessionGone, RenewalDue, MissingTabSession)


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.WARNING, LOGGER)
    return lambda: [each.getMessage() for each in caplog.records if each.name == LOGGER]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_page_that_names_no_status_keeps_the_refusals_own_and_the_log_says_so_once(
    app, tab, said, refusal
):
    app.register_error_handler(refusal, lambda _refused: WORDS)
    status, refused = REFUSALS[refusal]
    for _ in range(2):
        answer = refused(tab)
        assert (answer.status_code, answer.text) == (status, WORDS)
    (told,) = said()
    assert refusal.__name__ in told
    assert f"return page, {status}" in told


@pytest.mark.parametrize("given", [401, 500])
@pytest.mark.parametrize("refusal", HEARD)
def test_a_page_for_everything_keeps_the_status_that_the_script_acts_upon(
    app, tab, said, refusal, given
):
    app.register_error_handler(HTTPException, lambda _error: (WORDS, given))
    status, refused = REFUSALS[refusal]
    answer = refused(tab)
    assert (answer.status_code, answer.text) == (status, WORDS)
    assert f"return page, {status}" in said()[0]


def test_what_the_script_does_not_act_upon_may_be_answered_with_another_refusal(app, tab, said):
    app.register_error_handler(NothingBegun, lambda _refused: (WORDS, 404))
    assert tab.get("/second").status_code == 404
    assert said() == []


def test_a_page_with_the_refusals_own_status_is_sent_as_it_is(app, tab, said):
    app.register_error_handler(TabSessionGone, lambda _gone: (WORDS, 410, {"HX-Redirect": "/"}))
    answer = over(tab)
    assert (answer.status_code, answer.text, answer.headers["HX-Redirect"]) == (410, WORDS, "/")
    assert said() == []


# -- redirects -------------------------------------------------------------------------------------


def test_a_redirect_for_a_tab_that_is_over_is_followed_by_the_script_with_a_new_id(app, tab, said):
    app.register_error_handler(TabSessionGone, lambda _gone: redirect("/start"))
    for answer in (over(tab), tab.post(text="late")):
        assert (answer.status_code, answer.headers["Tab-Session-Gone"]) == (410, "ended")
        assert answer.headers["Tab-Session-Redirect"] == "/start"
        assert "Location" not in answer.headers
        assert "data-new-booking" in answer.text, "who does not follow has a way on, too"
    (told,) = said()
    assert '"HX-Redirect": address' in told


@pytest.mark.parametrize("path", ["/poll", "/live"])
def test_what_a_page_asks_by_itself_is_led_nowhere(app, tab, path):
    app.register_error_handler(TabSessionGone, lambda _gone: redirect("/start"))
    over(tab)
    answer = tab.get(path, **{"Tab-Live": "none"})
    assert answer.status_code == 410
    assert {"Location", "Tab-Session-Redirect"}.isdisjoint(answer.headers.keys())


@pytest.mark.parametrize("refusal", [RenewalDue, MissingTabSession])
def test_a_redirect_in_the_place_of_what_is_asked_again_is_left_out(app, tab, refusal):
    app.register_error_handler(HTTPException, lambda _error: redirect("/start"))
    status, refused = REFUSALS[refusal]
    answer = refused(tab)
    assert answer.status_code == status
    assert {"Location", "Tab-Session-Redirect"}.isdisjoint(answer.headers.keys())


def test_who_typed_an_address_or_has_begun_nothing_may_be_sent_elsewhere(app, tab, said):
    app.register_error_handler(HTTPException, lambda _error: redirect("/start"))
    for answer in (tab.client.get("/note"), tab.get("/second")):
        assert (answer.status_code, answer.headers["Location"]) == (302, "/start")
    assert said() == []


# -- headers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 400, 413])
def test_words_for_what_is_too_large_go_where_they_say(app, tab, status):
    own = {"HX-Reswap": "innerHTML", "HX-Retarget": "#said", "HX-Trigger": "shop:sorry"}
    app.register_error_handler(TooLarge, lambda _refused: (WORDS, status, own))
    answer = tab.post(text="x" * 3000)
    assert answer.status_code == (400 if status == 400 else 413)
    assert answer.headers["HX-Reswap"] == "innerHTML"
    assert answer.headers["HX-Retarget"] == "#said"
    assert answer.headers["HX-Trigger"] == "shop:sorry, tab-session:too-large"


def test_words_that_say_nothing_of_it_leave_the_page_as_it_was(app, tab):
    app.register_error_handler(TooLarge, lambda _refused: (WORDS, 413))
    answer = tab.post(text="x" * 3000)
    assert answer.headers["HX-Reswap"] == "none"
    assert answer.headers["HX-Trigger"] == "tab-session:too-large"


@pytest.mark.parametrize(
    ("own", "sent"),
    [
        ({"shop:over": {"a": 1}}, {"shop:over": {"a": 1}, "tab-session:gone": None}),
        ({"tab-session:gone": {"a": 1}}, {"tab-session:gone": {"a": 1}}),
    ],
)
def test_events_with_details_stay_beside_ours(app, tab, own, sent):
    own = {"HX-Trigger": json.dumps(own)}
    app.register_error_handler(TabSessionGone, lambda _gone: (WORDS, 410, own))
    assert json.loads(over(tab).headers["HX-Trigger"]) == sent


def test_an_event_that_is_named_already_is_named_once(app, tab):
    own = {"HX-Trigger": "shop:over, tab-session:gone"}
    app.register_error_handler(TabSessionGone, lambda _gone: (WORDS, 410, own))
    assert over(tab).headers["HX-Trigger"] == own["HX-Trigger"]


def test_a_pause_of_the_apps_own_is_kept(app, tab):
    app.register_error_handler(TabSessionBusy, lambda _busy: (WORDS, 503, {"Retry-After": "30"}))
    assert Tab(tab.client).get("/busy").headers["Retry-After"] == "30"
