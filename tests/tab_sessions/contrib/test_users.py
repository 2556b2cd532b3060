"""Log-in, log-out, and sessions that the server revokes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from flask import g, request
from sqlalchemy import create_engine
from sqlalchemy.orm import scoped_session, sessionmaker

from booking.tab_sessions import (
    SomebodyElsesTab,
    TabSessionError,
    attach_user,
    end_user,
    revoke,
    revoke_all,
    revoke_user,
    session_route,
)
from tests.tab_sessions.conftest import Tab, host_app, notes_blueprint

pytestmark = pytest.mark.both_databases


class User:
    """What a log-in extension calls the current user: no id itself."""


NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def log_in(tab):
    attach_user(tab, request.form["user"])
    return "welcome"


@pytest.fixture
def ended():
    return []


@pytest.fixture
def app(session, ended):
    notes = notes_blueprint()
    session_route(notes, "/log-in", methods=["POST"])(log_in)

    @session_route(notes, "/log-out", methods=["POST"])
    def log_out(tab):
        end_user(tab, everywhere="everywhere" in request.form)
        return "goodbye"

    return host_app(
        session,
        notes,
        on_end=lambda _session, key, _reason: ended.append(key),
        user=lambda: request.headers.get("X-User") or g.get("user"),
    )


def as_user(name):
    return {"X-User": name}


def logged_in(tab, name):
    """The tab after a log-in and the renewal that follows it."""
    assert tab.post("/log-in", user=name).headers["HX-Trigger"] == "tab-session:renew"
    later = Tab(tab.client)
    tab.post("/tab-session", {**as_user(name), "Tab-Session-New": later.id})
    return later


def test_a_log_in_that_no_script_could_follow_is_an_error_that_names_the_line(session, rows):
    notes = notes_blueprint(lifecycle=False)
    session_route(notes, "/log-in", methods=["POST"])(log_in)
    tab = Tab(host_app(session, notes).test_client())
    with pytest.raises(TabSessionError, match=r"Write session_lifecycle\(blueprint\)"):
        tab.post("/log-in", user="ada")
    assert rows() == []


@pytest.mark.parametrize("user", ["u" * 256, 10**256, "a\0", "\ud800"], ids=ascii)
def test_an_id_that_no_column_takes_is_refused_on_every_database(session, rows, user):
    notes = notes_blueprint()
    session_route(notes, "/log-in", methods=["POST"], endpoint="log_in")(
        lambda tab: attach_user(tab, user) or "welcome"
    )
    tab = Tab(host_app(session, notes).test_client())
    tab.post(text="typed")
    with pytest.raises(TabSessionError, match=r"attach_user\(tab, user\) takes .* user= of TabSe"):
        tab.post("/log-in")
    assert rows()[0]["user"] is None


@pytest.mark.parametrize("user", [1, "ada", UUID(int=0), None, "", User(), True])
def test_only_somebodys_id_is_attached(session, rows, user):
    notes = notes_blueprint()
    session_route(notes, "/log-in", methods=["POST"], endpoint="log_in")(
        lambda tab: attach_user(tab, user) or "welcome"
    )
    tab = Tab(host_app(session, notes).test_client())
    if user in (1, "ada", UUID(int=0)) and user is not True:
        tab.post("/log-in")
        assert rows()[0]["user"] == str(user)
    else:
        with pytest.raises(TabSessionError, match="takes the id of somebody"):
            tab.post("/log-in")


def test_progress_stays_through_a_log_in(tab):
    tab.post(text="before")
    later = logged_in(tab, "ada")
    assert later.get(**as_user("ada")).text == "before"
    assert later.post(_headers=as_user("ada"), text="after").status_code == 200


def test_until_its_id_is_renewed_a_tab_is_read_and_neither_written_nor_copied(tab):
    tab.post(text="before")
    tab.post("/log-in", user="ada")
    answer = tab.post(_headers=as_user("ada"), text="after")
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (409, "tab-session:renew")
    assert tab.get(**as_user("ada")).text == "before"
    copy = Tab(tab.client)
    assert copy.get(**{"Tab-Session-Fork-Of": tab.id}, **as_user("ada")).text == "(nothing)"


def test_the_id_before_a_log_in_is_good_for_nothing_afterwards(tab):
    tab.post(text="before")
    logged_in(tab, "ada")
    assert tab.get(**as_user("ada")).status_code == 410
    assert tab.post(_headers=as_user("ada"), text="planted").status_code == 410
    copy = Tab(tab.client)
    assert copy.get(**{"Tab-Session-Fork-Of": tab.id}, **as_user("ada")).text == "(nothing)"


@pytest.fixture
def two_flows(session):
    flows = [notes_blueprint(), notes_blueprint("other")]
    for each in flows:
        session_route(each, "/log-in", methods=["POST"])(log_in)
    return host_app(session, *flows, user=lambda: request.headers.get("X-User"))


def test_a_log_in_counts_where_another_flow_is_making_its_first_row(postgresql_url):
    """On PostgreSQL both are under way at once: the other flow's view is run again."""
    engine = create_engine(postgresql_url)
    session = scoped_session(sessionmaker(engine))
    other, tries = notes_blueprint("other"), []
    session_route(other, "/log-in", methods=["POST"])(log_in)
    app = host_app(session, other)
    tab = Tab(app.test_client())

    def log_in_elsewhere():
        return Tab(app.test_client(), tab.id).post("/other/log-in", user="ada")

    @session_route(app, "/slow", methods=["POST"])
    def slow(own):
        tries.append(own)
        if len(tries) == 1:
            with ThreadPoolExecutor(1) as elsewhere:
                assert elsewhere.submit(log_in_elsewhere).result().status_code == 200
        own.data["text"] = "mine"
        return own.key and own.user

    assert tab.post("/slow").text == "ada"
    assert len(tries) == 2
    session.remove()


def test_a_log_in_counts_in_every_flow(two_flows):
    tab = Tab(two_flows.test_client())
    tab.post("/other/note", text="mine")
    later = logged_in(tab, "ada")
    assert tab.get("/other/note", **as_user("ada")).status_code == 410
    assert later.get("/other/note").status_code == 410
    assert later.get("/other/note", **as_user("ada")).text == "mine"
    with two_flows.app_context():
        assert revoke_user("ada") == 2


def test_who_logs_in_over_somebody_else_is_not_given_their_tab(tab, rows):
    tab.post(text="hers")
    later = logged_in(tab, "ada")
    with pytest.raises(SomebodyElsesTab, match=r"end_user\(tab\); else: attach_user"):
        later.post("/log-in", as_user("ada"), user="ben")
    assert rows()[0]["user"] == "ada"
    assert later.get(**as_user("ada")).text == "hers"
    assert later.get(**as_user("ben")).status_code == 410


def test_who_logs_in_over_somebody_else_in_another_flow_is_not_given_that(two_flows):
    later = logged_in(Tab(two_flows.test_client()), "ada")
    with pytest.raises(SomebodyElsesTab):
        later.post("/other/log-in", as_user("ada"), user="ben")


def test_who_logs_in_again_keeps_the_tab(tab):
    tab.post(text="mine")
    later = logged_in(tab, "ada")
    assert later.post("/log-in", as_user("ada"), user="ada").status_code == 200
    again = Tab(tab.client)
    later.post("/tab-session", {**as_user("ada"), "Tab-Session-New": again.id})
    assert again.get(**as_user("ada")).text == "mine"


def test_a_flow_in_which_nothing_was_written_knows_who_logged_in_elsewhere(session, two_flows):
    session_route(two_flows, "/whose", methods=["GET", "POST"])(lambda tab: tab.user or "(nobody)")
    later = logged_in(Tab(two_flows.test_client()), "ada")
    assert later.get("/whose", **as_user("ada")).text == "ada"
    assert later.post("/whose", as_user("ada")).text == "ada"
    assert Tab(two_flows.test_client()).get("/whose").text == "(nobody)"


def test_a_flow_begun_after_the_log_in_is_the_users_too(two_flows):
    later = logged_in(Tab(two_flows.test_client()), "ada")
    later.post("/other/note", as_user("ada"), text="mine")
    assert later.get("/other/note").status_code == 410


def test_somebody_may_log_in_where_the_goal_is_reached(session):
    notes = notes_blueprint()
    session_route(notes, "/log-in", methods=["POST"], allow_completed=True)(log_in)
    tab = Tab(host_app(session, notes).test_client())
    tab.post("/finish")
    assert logged_in(tab, "ada").post("/again").text == "N-1"


@pytest.mark.parametrize("ask", ["get", "post"])
@pytest.mark.parametrize(
    "user", ["", User(), True, b"ada", ("ada",)], ids=["empty", "user", "bool", "bytes", "tuple"]
)
def test_what_is_nobodys_id_is_not_taken_for_who_is_logged_in(session, rows, user, ask):
    notes = notes_blueprint()
    session_route(notes, "/log-in", methods=["POST"])(log_in)
    tab = Tab(host_app(session, notes, user=lambda: user).test_client())
    tab.post("/log-in", user="ada")
    words = rf"user= of TabSessions returned {type(user).__name__}.*current_user.get_id\(\)"
    with pytest.raises(TabSessionError, match=words):
        getattr(tab, ask)()


@pytest.mark.parametrize("debug", [True, False])
def test_in_debug_mode_the_410_after_a_log_in_says_what_user_says(app, tab, caplog, debug):
    app.debug = debug
    tab.post("/log-in", user="ada")
    answer = tab.get(**as_user("5"))
    hint = "GET /note: user= of TabSessions says &#39;5&#39;, and not whom attach_user tied"
    assert (answer.status_code, hint in answer.text) == (410, debug)
    assert ("user= has to return the same id" in caplog.text) is debug
    assert "user= of TabSessions" not in tab.get(**as_user("ada")).text


@pytest.mark.parametrize("other", [{}, {"X-User": "bob"}])
def test_a_users_tab_is_shown_to_nobody_else(tab, other):
    tab.post(text="before")
    later = logged_in(tab, "ada")
    assert later.get(**other).status_code == 410
    assert later.post(_headers=other, text="x").status_code == 410
    copy = Tab(tab.client)
    assert copy.get(**{"Tab-Session-Fork-Of": later.id}, **other).text == "(nothing)"
    assert later.get(**as_user("ada")).text == "before"


def test_a_log_out_ends_the_tab_and_carries_nothing_over(tab, ended):
    tab.post(text="before")
    later = logged_in(tab, "ada")
    answer = later.post("/log-out", as_user("ada"))
    assert answer.headers["HX-Trigger"] == "tab-session:ended"
    assert later.get(**as_user("ada")).status_code == 410
    assert len(ended) == 1


def test_a_log_out_everywhere_takes_back_the_users_other_tabs(new_tab):
    here, there, stranger = new_tab(), new_tab(), new_tab()
    here.post(text="x"), there.post(text="x"), stranger.post(text="x")
    here, there = logged_in(here, "ada"), logged_in(there, "ada")
    stranger = logged_in(stranger, "bob")
    here.post("/log-out", as_user("ada"), everywhere="1")
    assert there.get(**as_user("ada")).status_code == 410
    assert stranger.get(**as_user("bob")).status_code == 200


def test_a_log_out_everywhere_in_another_flow_takes_back_the_users_other_tabs(two_flows):
    @session_route(two_flows, "/log-out", methods=["POST"])
    def log_out(tab):
        end_user(tab, everywhere=True)
        return "goodbye"

    here, there = (logged_in(Tab(two_flows.test_client()), "ada") for _ in range(2))
    here.post("/log-out", {})  # by a cookie that ran out: shown nothing, and nothing ends
    assert there.get(**as_user("ada")).status_code == 200
    here.post("/log-out", as_user("ada"))
    assert there.get(**as_user("ada")).status_code == 410


def test_a_log_out_everywhere_by_a_tab_that_was_never_attached_is_of_who_is_logged_in(new_tab):
    here, there = new_tab(), logged_in(new_tab(), "ada")
    here.post("/log-out", as_user("ada"), everywhere="1")
    assert there.get(**as_user("ada")).status_code == 410


def test_a_log_out_everywhere_of_nobody_is_told_and_ends_nothing(tab):
    tab.post(text="mine")
    with pytest.raises(TabSessionError, match="Call it before your own log-out forgets"):
        tab.post("/log-out", everywhere="1")
    assert tab.get().text == "mine"


@pytest.mark.parametrize("user", [User(), None, "", True])
def test_only_an_id_is_revoked(app, user):
    with app.app_context(), pytest.raises(TabSessionError, match=r"revoke_user\(user\) was given"):
        revoke_user(user)


def test_a_revoked_session_does_not_come_back(app, tab, rows, ended):
    tab.post(text="secret")
    key = rows()[0]["id"]
    with app.app_context():
        assert revoke(key) == 1
        assert revoke(key) == 0
    row = rows()[0]
    assert (row["state"], row["reason"], row["sealed"]) == ("ended", "revoked", None)
    assert ended == [key]
    assert tab.get().status_code == 410
    assert tab.post(text="again").status_code == 410


def test_all_sessions_of_a_user_are_revoked_completed_ones_too(app, new_tab, rows):
    one, two = new_tab(), new_tab()
    one.post(text="x")
    two.post(text="x")
    one, two = logged_in(one, "ada"), logged_in(two, "ada")
    two.post("/finish", as_user("ada"))
    with app.app_context():
        assert revoke_user("bob") == 0
        assert revoke_user("ada") == 2
    assert {(row["state"], row["result"]) for row in rows()} == {("ended", None)}


def test_all_sessions_or_those_before_an_instant_are_revoked(app, new_tab):
    with time_machine.travel(NOON, tick=False) as clock:
        old, new = new_tab(), new_tab()
        old.post(text="old")
        clock.shift(timedelta(minutes=5))
        new.post(text="new")
        copy = new_tab()
        assert copy.get(**{"Tab-Session-Fork-Of": old.id}).text == "old"
        with app.app_context():
            assert revoke_all(before=NOON + timedelta(minutes=5)) == 2, "a copy is as old"
            assert [each.get().status_code for each in (old, copy, new)] == [410, 410, 200]
            with pytest.raises(ValueError, match="time zone"):
                revoke_all(before=datetime(2026, 1, 1))  # noqa: DTZ001 - the mistake
            assert revoke_all() == 1
        assert new.get().status_code == 410


def test_revoking_many_goes_in_batches(app, new_tab):
    tabs = [new_tab() for _ in range(60)]
    for each in tabs:
        each.post(text="x")
    with app.app_context():
        assert revoke_all() == 60
