"""A user of the host's for a tab in which nobody has logged in, and who takes it over."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from types import SimpleNamespace

import pytest
from flask import Blueprint, Flask, current_app, request
from flask import session as cookie
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, func, select, text
from sqlalchemy.exc import InterfaceError

from booking.tab_sessions import (
    AnonymousUsers,
    Retry,
    TabSessionError,
    anonymous_user,
    attach_user,
    purge,
    session_route,
)
from tests.tab_sessions.conftest import Tab, host_app, notes_blueprint

pytestmark = pytest.mark.both_databases

theirs = MetaData()
person = Table("person", theirs, Column("id", Integer, primary_key=True), Column("name", String(9)))
item = Table(
    "item",
    theirs,
    Column("id", Integer, primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("what", String(9)),
)
merge_table = Table("merge", theirs, Column("whom", Integer), Column("into", Integer))
ADA = 1


def make(session):
    return session.execute(person.insert().values(name="nobody").returning(person.c.id)).scalar()


def forget(session, anonymous):
    session.execute(item.delete().where(item.c.person == int(anonymous)))
    session.execute(person.delete().where(person.c.id == int(anonymous)))


@pytest.fixture
def host():
    """What the host does before each merge: nothing, unless told otherwise."""
    return SimpleNamespace(before_merge=lambda _session: None)


@pytest.fixture
def users(host):
    def merge(session, anonymous, user):
        host.before_merge(session)
        session.execute(
            item.update().where(item.c.person == int(anonymous)).values(person=int(user))
        )
        session.execute(person.delete().where(person.c.id == int(anonymous)))
        session.execute(merge_table.insert().values(whom=int(anonymous), into=int(user)))

    return AnonymousUsers(make=make, merge=merge, forget=forget)


def basket(name="notes"):
    flow = notes_blueprint(name)

    @session_route(flow, "/items", methods=["GET", "POST"])
    def items(tab):
        owner = cookie.get("user") or anonymous_user(tab)
        if request.method == "POST":
            new = {"person": int(owner), "what": request.form["what"]}
            tab.session.execute(item.insert().values(new))
        query = select(item.c.what).where(item.c.person == int(owner or 0)).order_by(item.c.id)
        return " ".join(tab.session.execute(query).scalars())

    @session_route(flow, "/log-in", methods=["POST"], allow_completed=True)
    def log_in(tab):
        cookie["user"] = int(request.form.get("user", ADA))
        attach_user(tab, cookie["user"])
        return "welcome"

    @session_route(flow, "/while", methods=["POST"])
    def meanwhile(_tab):
        return str(current_app.extensions["while"]().status_code)

    return flow


@pytest.fixture
def app(session, users):
    theirs.create_all(session.get_bind())
    session.execute(person.insert().values(id=ADA, name="ada"))
    session.commit()
    app = host_app(session, basket(), basket("other"), user=lambda: cookie.get("user"))
    app.secret_key = "x"
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT setval('person_id_seq', 1)"))
        session.commit()
    users.init_app(app)
    yield app
    session.remove()
    theirs.drop_all(session.get_bind())


@pytest.fixture
def people(session):
    """How many of the host's users there are, and whose the items are."""

    def read():
        session.rollback()
        number = session.execute(select(func.count()).select_from(person)).scalar()
        whose = [*session.execute(select(item.c.person).order_by(item.c.id)).scalars()]
        session.rollback()
        return number, whose

    return read


@pytest.fixture
def merged(session):
    """Who was merged into whom, in the end."""

    def read():
        session.rollback()
        found = sorted(map(tuple, session.execute(select(merge_table))))
        session.rollback()
        return found

    return read


@pytest.fixture
def new_tab(app):
    """A tab in a browser of its own."""
    return lambda: Tab(app.test_client())


def test_nobody_is_made_by_looking_and_one_by_the_first_write(tab, people):
    assert tab.get("/items").text == ""
    assert people() == (1, [])
    assert tab.post("/items", what="milk").text == "milk"
    assert tab.post("/items", what="bread").text == tab.get("/items").text == "milk bread"
    assert people() == (2, [2, 2])


def test_each_tab_has_a_user_of_its_own_and_each_flow_of_a_tab_the_same(tab, new_tab, people):
    tab.post("/items", what="milk")
    assert new_tab().get("/items").text == ""
    assert tab.get("/other/items").text == "milk"
    assert tab.post("/other/items", what="bread").text == "milk bread"
    assert people() == (2, [2, 2])


def test_who_logs_in_finds_there_what_was_written_before(tab, merged, people):
    tab.post("/items", what="milk")
    tab.post("/other/items", what="bread")
    tab.post("/log-in")
    assert tab.get("/items").text == "milk bread"
    assert (merged(), people()) == ([(2, ADA)], (1, [ADA, ADA]))
    tab.post("/log-in")
    assert merged() == [(2, ADA)]


def test_who_is_logged_in_is_not_made_anew(tab, people):
    tab.post("/log-in")
    later = Tab(tab.client)
    tab.post("/tab-session", {"Tab-Session-New": later.id})
    assert later.post("/items", what="milk").text == "milk"
    assert people() == (1, [ADA])


def test_who_logged_in_in_another_flow_is_not_made_anew(app, session, users, people):
    other, notes = Blueprint("other", __name__), basket()
    session_route(other, "/whose", methods=["GET", "POST"])(lambda tab: str(anonymous_user(tab)))
    alone = host_app(session, notes, other)  # without user=
    alone.secret_key = "x"
    users.init_app(alone)
    tab, later = Tab(alone.test_client()), Tab(alone.test_client())
    tab.post("/log-in")
    tab.post("/tab-session", {"Tab-Session-New": later.id})
    assert later.get("/whose").text == later.post("/whose").text == "None"
    assert people() == (1, [])


def test_who_registers_may_become_the_very_same_row(tab, merged, people):
    tab.post("/items", what="milk")
    tab.post("/log-in", user="2")
    assert (merged(), people()) == ([], (2, [2]))


def test_a_duplicate_is_the_same_persons_and_is_merged_once(tab, merged, people):
    tab.post("/items", what="milk")
    copy = Tab(tab.client)
    assert copy.get("/items", **{"Tab-Session-Fork-Of": tab.id}).text == "milk"
    copy.post("/items", what="bread")
    tab.post("/log-in")
    copy.post("/log-in")
    assert (merged(), people()) == ([(2, ADA)], (1, [ADA, ADA]))


@pytest.mark.parametrize("are_copies", [True, False])
def test_of_tabs_that_log_in_at_once_each_user_is_merged_once(app, tab, merged, people, are_copies):
    tab.post("/items", what="milk")
    tabs = [tab, *(Tab(app.test_client()) for _ in range(3))]
    for each in tabs[1:]:
        each.get("/items", **({"Tab-Session-Fork-Of": tab.id} if are_copies else {}))
        each.post("/items", what="bread")
    together = Barrier(len(tabs))

    def log_in(each):
        together.wait()
        return each.post("/log-in").status_code

    with ThreadPoolExecutor(len(tabs)) as threads:
        assert set(threads.map(log_in, tabs)) == {200}
    assert people() == (1, [ADA] * 4)
    assert merged() == [(whom, ADA) for whom in ([2] if are_copies else [2, 3, 4, 5])]


def test_what_is_written_while_somebody_logs_in_is_merged_as_well(app, tab, merged, people):
    tab.post("/items", what="milk")
    copy = Tab(app.test_client())
    copy.get("/items", **{"Tab-Session-Fork-Of": tab.id})
    together = Barrier(2)

    def at_once(each):
        together.wait()
        return each().status_code

    with ThreadPoolExecutor(2) as threads:
        requests = (lambda: tab.post("/log-in"), lambda: copy.post("/items", what="bread"))
        assert set(threads.map(at_once, requests)) == {200}
    number, whose = people()
    assert whose[0] == ADA
    assert (number == 1) == (whose[1] == ADA), "merged, or begun anew once the log-in was done"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_logs_in_waits_for_no_request_of_the_tab_that_it_is_a_copy_of(app, tab):
    """Writing twice to a row, PostgreSQL looks whether the row that it points to is still there."""
    tab.post("/items", what="milk")
    copy = Tab(app.test_client())
    copy.get("/items", **{"Tab-Session-Fork-Of": tab.id})
    with ThreadPoolExecutor(1) as elsewhere:
        app.extensions["while"] = lambda: elsewhere.submit(copy.post, "/log-in").result()
        assert tab.post("/while").text == "200"


def test_a_merge_that_fails_rolls_the_log_in_back_and_its_cookie(app, tab, host, rows, people):
    tab.post("/items", what="milk")
    app.testing = False

    def fail(_session):
        raise RuntimeError("the host's")

    host.before_merge = fail
    answer = tab.post("/log-in")
    assert (answer.status_code, answer.headers.get("Set-Cookie")) == (500, None)
    assert rows()[0]["user"] is None
    assert (tab.get("/items").text, people()) == ("milk", (2, [2]))
    host.before_merge = lambda _session: None
    assert tab.post("/log-in").status_code == 200
    assert (tab.get("/items").text, people()) == ("milk", (1, [ADA]))


AGAIN = "DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$"


def test_a_merge_is_run_again_when_the_database_asks_for_it(tab, host, merged, people):
    tries = []

    def once(session):
        tries.append(dict(cookie))
        if len(tries) == 1:
            if session.get_bind().dialect.name == "postgresql":
                session.execute(text(AGAIN))
            raise Retry

    host.before_merge = once
    tab.post("/items", what="milk")
    tab.post("/log-in")
    assert tries == [{"user": ADA}, {"user": ADA}]
    assert (merged(), people()) == ([(2, ADA)], (1, [ADA]))


def test_each_try_finds_the_cookie_as_the_first_one_did(session):
    notes, tries = notes_blueprint(), []

    @session_route(notes, "/count", methods=["POST"])
    def count(_tab):
        cookie.setdefault("said", []).append("once")
        cookie.modified = True
        tries.append(1)
        if len(tries) < 3:
            raise Retry
        return " ".join(cookie["said"])

    app = host_app(session, notes)
    app.secret_key = "x"
    tab = Tab(app.test_client())
    assert tab.post("/count").text == "once"
    tries.clear()
    assert tab.post("/count").text == "once once"


def test_what_an_answer_that_refuses_says_in_the_cookie_stays(session):
    notes = notes_blueprint()

    @session_route(notes, "/refuse-it", methods=["POST"])
    def decline(_tab):
        cookie["said"] = "not like that"
        return "no", 422

    app = host_app(session, notes)
    app.secret_key = "x"
    assert "session=" in Tab(app.test_client()).post("/refuse-it").headers["Set-Cookie"]


def test_no_answer_varies_by_a_cookie_that_nobody_looked_at(app, tab):
    assert "Cookie" not in tab.post(text="x").headers.get("Vary", "")


def test_whose_last_tab_ends_before_its_goal_is_forgotten(app, tab, people, clock):
    tab.post("/items", what="milk")
    copy = Tab(tab.client)
    copy.get("/items", **{"Tab-Session-Fork-Of": tab.id})
    tab.client.delete("/tab-session", headers={"Tab-Session": tab.id})
    assert copy.get("/items").text == "milk"
    clock.shift(timedelta(hours=2))
    with app.app_context():
        purge()
    assert people() == (1, [])


def test_who_logs_in_after_the_goal_was_reached_takes_it_over_as_well(tab, merged, people):
    tab.post("/items", what="milk")
    tab.post("/finish")
    tab.post("/log-in")
    assert (merged(), people()) == ([(2, ADA)], (1, [ADA]))


def test_who_reached_the_goal_is_not_forgotten(tab, people):
    tab.post("/items", what="milk")
    tab.post("/finish")
    tab.client.delete("/tab-session", headers={"Tab-Session": tab.id})
    assert people() == (2, [2])


def test_nothing_is_left_of_a_completed_tab_that_was_forgotten(app, tab, people, session, clock):
    """Also where SQLite heeds no foreign key, as a host's own does not unless it is told to."""
    tab.post("/items", what="milk")
    tab.post("/finish")
    clock.shift(timedelta(days=40))
    with app.app_context():
        while any(purge()):
            pass
    left = session.execute(text("SELECT count(*) FROM booking_anonymous_user")).scalar()
    assert (left, people()) == (0, (2, [2]))


def test_an_app_that_says_nothing_of_its_users_is_told_what_to_write(session):
    notes = notes_blueprint()
    session_route(notes, "/who", endpoint="who")(lambda tab: anonymous_user(tab) or "")
    with pytest.raises(TabSessionError, match=r"Write AnonymousUsers\(make=…, merge=…\)"):
        Tab(host_app(session, notes).test_client()).get("/who")


def test_users_come_after_tab_sessions_and_once(app, users):
    with pytest.raises(TabSessionError, match="make them once"):
        users.init_app(app)
    with pytest.raises(TabSessionError, match="TabSessions"):
        users.init_app(Flask("early"))


def test_a_lost_connection_during_the_merge_is_no_log_in(app, tab, host, people):
    tab.post("/items", what="milk")

    def lose(_session):
        raise InterfaceError("merge", {}, Exception("gone"))

    host.before_merge = lose
    app.testing = False
    assert tab.post("/log-in").headers.get("Set-Cookie") is None
    assert people() == (2, [2])


@pytest.mark.parametrize("made", [None, "", True, {"id": 5}], ids=str)
def test_a_host_that_makes_nobody_is_told_what_to_return(session, rows, made):
    app = host_app(session)
    AnonymousUsers(make=lambda _session: made, merge=lambda *_: None).init_app(app)
    session_route(app, "/owner", methods=["POST"])(anonymous_user)
    with pytest.raises(TabSessionError, match=r"make= of AnonymousUsers has to return the id"):
        Tab(app.test_client()).post("/owner")
    assert rows() == []


FUNCTIONS = {
    "make is called with (session)": {"make": lambda: 1},
    "merge is called with (session, anonymous, user)": {"merge": lambda session, user: None},
    "merge is 'merge', and has to be a function": {"merge": "merge"},
    "forget is called with (session, anonymous)": {"forget": lambda anonymous: None},
}


@pytest.mark.parametrize("words", FUNCTIONS)
def test_a_function_that_could_not_be_called_is_refused_at_the_start(session, words):
    functions = {"make": make, "merge": lambda *_: None, **FUNCTIONS[words]}
    with pytest.raises(TabSessionError, match=re.escape(words)):
        AnonymousUsers(**functions).init_app(host_app(session))
