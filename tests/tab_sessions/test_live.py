"""Live routes: a page asks whether what it shows still holds, and that is no sign of anybody."""

import re
from datetime import timedelta

import pytest
from flask import Blueprint, Flask, render_template, request, session
from sqlalchemy import event

from booking.tab_sessions import (
    TabSessionError,
    TabSessions,
    attach_user,
    custom_session_route,
    live_script,
    live_stamp,
    revoke_all,
    session_lifecycle,
    session_route,
)
from tests.fixtures.plans import indexes_searched
from tests.tab_sessions.conftest import Tab, host_app

OF_THE_TAB = "uq_booking_tab_session_token_hash_flow"
OF_THE_ONE_BEFORE = "ix_booking_tab_session_previous_hash"
SHELF, CARTS = {"loaves": 3}, {}
EVERY = timedelta(seconds=15)


@pytest.fixture
def host(session):
    app = host_app(session, user=None)
    app.secret_key = "a test's"
    add_routes(app)
    return app


def add_routes(app):
    session_lifecycle(app)

    @session_route(app, "/note", methods=["GET", "POST"], live=True)
    def note(tab):
        if request.method == "POST":
            tab.data["text"] = request.form["text"]
        return tab.data.get("text", "(nothing)")

    @session_route(app, "/shelf/<what>", live=lambda session, tab, args: SHELF.get(args["what"]))
    def shelf(tab, what):
        return f"{SHELF.get(what)} {live_stamp(tab, SHELF.get(what))}"

    own_route = custom_session_route(live=lambda session, tab, args: CARTS.get(tab.user))

    @own_route(app, "/cart")
    def cart(tab):
        return " ".join(CARTS.get(tab.user, []))

    @session_route(app, "/finish", methods=["POST"])
    def finish(tab):
        tab.complete("N-1")
        return "done"

    @session_route(app, "/end", methods=["POST"])
    def end(tab):
        tab.end()
        return "ended"

    @session_route(app, "/log-in", methods=["POST"])
    def log_in(tab):
        attach_user(tab, "ada")
        session.permanent = True
        session["user"] = "ada"
        return "welcome"

    @session_route(app, "/ordinary")
    def ordinary(tab):
        return tab.data.get("text", "(nothing)")


@pytest.fixture
def tab(host):
    return Tab(host.test_client())


def asked(tab, stamp="none", path="/note", **headers):
    return tab.get(path, **{"Tab-Live": stamp}, **headers)


def shown(tab, path="/note"):
    """The stamp of what the tab is shown."""
    return tab.get(path).headers["Tab-Live"]


@pytest.mark.both_databases
def test_while_nothing_changes_the_answer_is_204_and_then_the_whole_fragment(tab):
    stamp = shown(tab)
    for text_written in ("milk", "bread"):
        unchanged = asked(tab, stamp)
        assert (unchanged.status_code, unchanged.data) == (204, b"")
        assert unchanged.headers["Tab-Live"] == stamp
        tab.post(text=text_written)
        fresh = asked(tab, stamp)
        assert (fresh.status_code, fresh.text) == (200, text_written)
        stamp = fresh.headers["Tab-Live"]
    assert asked(tab, stamp).status_code == 204


CHANGES = {
    "another answer": lambda tab: tab.post(text="bread"),
    "it is completed": lambda tab: tab.post("/finish"),
    "somebody logged in": lambda tab: tab.post("/log-in"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_in_the_tab_is_a_change(tab, change):
    tab.post(text="milk")
    stamp = shown(tab)
    change(tab)
    assert asked(tab, stamp).status_code == 200


def test_looking_and_keeping_alive_is_no_change(tab, clock):
    tab.post(text="milk")
    stamp = shown(tab)
    clock.shift(timedelta(minutes=30))
    tab.get("/ordinary")
    tab.post("/tab-session")
    assert asked(tab, stamp).status_code == 204


def test_what_the_page_stands_on_besides_is_a_change_too(tab, monkeypatch):
    stamp, other = shown(tab, "/shelf/loaves"), shown(tab, "/shelf/cakes")
    assert stamp != other
    assert asked(tab, stamp, "/shelf/loaves").status_code == 204
    monkeypatch.setitem(SHELF, "loaves", 2)
    assert asked(tab, stamp, "/shelf/loaves").text.startswith("2 ")
    assert asked(tab, other, "/shelf/cakes").status_code == 204
    monkeypatch.setitem(SHELF, "loaves", 3)
    assert asked(tab, stamp, "/shelf/loaves").status_code == 204


def test_a_fragment_of_another_route_can_carry_the_stamp(tab):
    for _ in range(2):
        answer = tab.get("/shelf/loaves")
        assert answer.text.split()[1] == answer.headers["Tab-Live"]
        tab.post(text="milk")


def test_a_stamp_says_nothing_of_what_is_stored_and_belongs_to_one_tab(tab, host):
    other = Tab(tab.client)
    for each in (tab, other):
        each.post(text="milk")
    stamp = shown(tab)
    assert asked(other, stamp).status_code == 200
    assert re.fullmatch(r"[\w-]{4}\.[\w-]{16}", stamp)


def test_before_its_point_a_stamp_says_whether_it_is_the_same_session(tab, clock):
    def session_shown():
        return shown(tab).partition(".")[0]

    assert session_shown() == "-"
    tab.post(text="milk")
    first = session_shown()
    assert first != "-"
    tab.post(text="bread")
    renewed = Tab(tab.client)
    tab.post("/tab-session", {"Tab-Session-New": renewed.id})
    tab.id = renewed.id
    assert session_shown() == first
    clock.shift(timedelta(minutes=1))
    tab.id = Tab(tab.client).id
    tab.post(text="eggs")
    assert session_shown() not in {"-", first}


@pytest.mark.both_databases
def test_any_process_can_answer(tab, host, session):
    tab.post(text="milk")
    stamp = shown(tab)
    another = host_app(session)
    add_routes(another)
    elsewhere = Tab(another.test_client(), tab.id)
    assert asked(elsewhere, stamp).status_code == 204
    elsewhere.post(text="bread")
    assert asked(tab, stamp).text == "bread"


def test_a_page_of_another_release_is_shown_anew_wherever_that_lies(session, tmp_path):
    tab_id, stamp = Tab(None).id, "none"
    hosts = (("z/notes", "b/more", "old", 200), ("a/notes", "y/more", "old", 204))
    for own, other, template, status in (*hosts, ("c/notes", "x/more", "new", 200)):
        host = release(session, tmp_path / own, tmp_path / other, template)
        answer = asked(Tab(host.test_client(), tab_id), stamp)
        assert answer.status_code == status, own
        stamp = answer.headers["Tab-Live"]


def release(session, own, other, template):
    """An app of two blueprints, which lie where each host has them."""
    (own / "templates" / "a.folder").mkdir(parents=True)
    (own / "templates" / "note.html").write_text(template)
    other.mkdir(parents=True)
    (other / "routes.py").write_text("the same")
    notes = Blueprint("notes", "routes", root_path=str(own), template_folder="templates")
    session_route(notes, "/note", live=True)(lambda tab: render_template("note.html"))
    return host_app(session, notes, Blueprint("more", "routes", root_path=str(other)))


def test_a_release_that_changes_a_package_inside_an_apps_own_is_another(session, tmp_path):
    inside, beside = tmp_path / "parts" / "prices", tmp_path / "venv"
    for folder in (inside, beside):
        folder.mkdir(parents=True)
    for package in (inside.parent, inside):
        (package / "__init__.py").touch()
    tab_id, stamp = Tab(None).id, "none"
    releases = ((inside, "1", 200), (inside, "1", 204), (inside, "2", 200), (beside, "1", 204))
    for folder, text, status in releases:
        (folder / "list.py").write_text(text)
        app = Flask("notes", root_path=str(tmp_path))
        TabSessions(app, session)
        add_routes(app)
        answer = asked(Tab(app.test_client(), tab_id), stamp)
        assert answer.status_code == status
        stamp = answer.headers["Tab-Live"]


# -- what a question costs -------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_204_costs_one_read_by_an_index(tab, session):
    engine, sent = session.get_bind(), []
    tab.post(text="milk")
    stamp = shown(tab)

    def note(_connection, _cursor, statement, values, *_rest):
        sent.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    assert asked(tab, stamp).status_code == 204
    event.remove(engine, "before_cursor_execute", note)
    ((statement, values),) = sent
    assert statement.startswith("SELECT")
    with engine.connect() as connection:
        found = indexes_searched(connection, statement, values, by=[OF_THE_TAB, OF_THE_ONE_BEFORE])
    assert len(found) == 2, "its own number, and the one it had before it was renewed"
    assert OF_THE_ONE_BEFORE in found


# -- no sign that somebody is there ----------------------------------------------------------------


@pytest.mark.both_databases
def test_a_tab_that_only_asks_expires_on_time_and_nothing_is_written(tab, rows, clock):
    tab.post(text="milk")
    stamp, before = shown(tab), rows()
    for seconds in range(15, 3600, 15):
        clock.shift(EVERY)
        answer = asked(tab, stamp)
        assert answer.status_code == 204
        assert answer.headers["Tab-Session-Left"] == str(3600 - seconds)
    clock.shift(EVERY)
    over = asked(tab, stamp)
    assert over.status_code == 410
    assert over.headers["Tab-Session-Gone"] == "expired"
    assert "milk" not in over.text
    assert rows() == before


def test_who_is_shown_something_new_is_no_more_there(tab, rows, clock, monkeypatch):
    tab.post(text="milk")
    stamp, before = shown(tab, "/shelf/loaves"), rows()
    for loaves in range(30):
        clock.shift(timedelta(minutes=1))
        monkeypatch.setitem(SHELF, "loaves", loaves)
        answer = asked(tab, stamp, "/shelf/loaves")
        assert answer.status_code == 200
        stamp = answer.headers["Tab-Live"]
    assert rows() == before


def test_an_ordinary_read_does_extend_it(tab, rows, clock):
    """The control."""
    tab.post(text="milk")
    before = rows()
    clock.shift(timedelta(minutes=30))
    shown(tab)
    assert rows() != before


def test_no_cookie_is_set_that_would_prolong_a_log_in(tab):
    tab.post("/log-in")
    assert "Set-Cookie" in tab.get("/note").headers
    assert "Set-Cookie" not in asked(tab).headers


def test_a_browser_that_lost_its_cookie_is_given_none_for_asking(session):
    app = host_app(session, binding="browser")
    add_routes(app)
    tab = Tab(app.test_client())
    assert "Set-Cookie" not in asked(tab).headers
    assert "Set-Cookie" in tab.get("/note").headers


def test_a_question_sets_nothing_off_that_writes(tab):
    tab.post("/log-in")
    assert "tab-session:renew" in tab.get().headers["HX-Trigger"]
    assert "HX-Trigger" not in asked(tab).headers


def test_the_first_question_of_a_duplicate_makes_its_copy(tab, rows):
    tab.post(text="milk")
    stamp, copy = shown(tab), Tab(tab.client)
    answer = asked(copy, stamp, **{"Tab-Session-Fork-Of": tab.id})
    assert (answer.status_code, answer.text) == (200, "milk")
    assert len(rows()) == 2


# -- whose it is -----------------------------------------------------------------------------------


def over_by_revoking(tab, host):
    with host.app_context():
        revoke_all()


ENDS = {
    "ended": lambda tab, host: tab.post("/end"),
    "revoked": over_by_revoking,
}


@pytest.mark.parametrize("reason", ENDS)
def test_what_is_over_is_410_even_to_who_knows_the_stamp(tab, host, reason):
    tab.post(text="milk")
    stamp = shown(tab)
    ENDS[reason](tab, host)
    answer = asked(tab, stamp)
    assert (answer.status_code, answer.headers["Tab-Session-Gone"]) == (410, reason)


def test_one_user_on_two_devices_shares_the_hosts_rows_and_never_a_draft(host, monkeypatch):
    phone, desk = Tab(host.test_client()), Tab(host.test_client())
    phone.post(text="a secret")
    for device in (phone, desk):
        device.post("/log-in")
    stamp, stranger = shown(desk, "/cart"), Tab(host.test_client())
    before = shown(stranger, "/cart")
    monkeypatch.setitem(CARTS, "ada", ["bread"])  # as the phone's next answer writes it
    assert asked(desk, stamp, "/cart").text == "bread"
    assert asked(stranger, before, "/cart").status_code == 204
    assert desk.get("/note").text == "(nothing)"


@pytest.mark.parametrize("stamp", ["none", "the one"])
def test_nobody_keeps_an_answer(tab, stamp):
    answer = asked(tab, shown(tab) if stamp == "the one" else stamp)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Vary"].startswith("Tab-Session, Tab-Live")


def test_a_route_that_is_not_live_has_no_stamp_and_answers_whole(tab):
    answer = asked(tab, path="/ordinary")
    assert (answer.status_code, "Tab-Live" in answer.headers) == (200, False)
    assert answer.headers["Vary"] == "Tab-Session"


# -- mistakes --------------------------------------------------------------------------------------


def test_a_live_route_is_one_that_can_be_asked(host):
    with pytest.raises(TabSessionError, match="methods with GET"):
        session_route(host, "/written", methods=["POST"], live=True)


def test_what_json_cannot_take_is_refused_by_name(session):
    app = host_app(session)
    session_route(app, "/odd", live=lambda *_: {1, 2})(lambda tab: "odd")
    with pytest.raises(TabSessionError, match="has to be JSON"):
        Tab(app.test_client()).get("/odd")


@pytest.mark.parametrize("serves", [False, True])
def test_an_app_that_does_not_serve_the_script_is_told_once_in_debug_mode(session, caplog, serves):
    app = host_app(session)
    app.debug = True
    session_route(app, "/kept", live=True)(lambda tab: "kept")
    if serves:
        app.add_url_rule("/tab-live.js", view_func=live_script)
    for _ in range(2):
        Tab(app.test_client()).get("/kept")
    told = [each.getMessage() for each in caplog.records if "tab-live.js" in each.getMessage()]
    assert len(told) == (not serves)
    assert all("/kept is live" in each and "view_func=live_script" in each for each in told)
