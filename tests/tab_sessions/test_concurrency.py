"""Many requests of one tab at once, on both databases, over connections of their own."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import request
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import scoped_session, sessionmaker

from booking.tab_sessions import session_route, store
from booking.transactions import sessions
from tests.tab_sessions.conftest import Tab, host_app, notes_blueprint

pytestmark = pytest.mark.both_databases

MANY = 50


def write_at_once(app, tab_id, count):
    """`count` requests that set out together, each adding its own line; the statuses."""
    together = Barrier(count)

    def write(number):
        tab = Tab(app.test_client(), tab_id)
        together.wait()
        return tab.post("/lines", line=f"{number:02}").status_code

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(write, range(count)))


@pytest.fixture
def session(database_url):
    options = {"pool_size": MANY, "connect_args": {"timeout": 15}}
    if not database_url.startswith("sqlite"):
        options.pop("connect_args")
    engine = create_engine(database_url, **options)
    session = scoped_session(sessionmaker(engine))
    yield session
    session.remove()


def test_fifty_writes_at_once_keep_every_answer(app, tab):
    tab.post("/lines", line="first")
    assert set(write_at_once(app, tab.id, MANY)) == {200}
    assert len(tab.get("/lines").text.split()) == MANY + 1


def test_fifty_first_writes_at_once_make_one_row_and_keep_every_answer(app, tab, rows):
    assert set(write_at_once(app, tab.id, MANY)) == {200}
    assert len(rows()) == 1
    assert len(tab.get("/lines").text.split()) == MANY


def test_without_the_guard_answers_are_lost(app, tab, session, monkeypatch):
    """The negative control: the same fifty, with neither lock nor version, lose some."""
    tab.post("/lines", line="first")

    def unguarded(session, row, version, values):
        statement = store.table.update().where(store.table.c.id == row)
        session.connection().execute(statement.values(**values, version=version + 1))
        return True

    find = store.find
    monkeypatch.setattr(store, "update_if_current", unguarded)
    monkeypatch.setattr(store, "find", lambda *args, lock: find(*args, lock=False))
    monkeypatch.setattr(sessions, "_begin_immediate", lambda connection: None)
    write_at_once(app, tab.id, MANY)
    assert len(tab.get("/lines").text.split()) < MANY + 1


def test_a_view_is_run_again_when_the_database_asks_for_it(session):
    """A real serialization failure of PostgreSQL's; on SQLite a version that moved."""
    app = host_app(session)
    tries, saved, committed = [], [], []

    @session_route(
        app,
        "/note",
        methods=["POST"],
        on_success=lambda tab: saved.append(dict(tab.data)),
        after_commit=lambda tab: committed.append(dict(tab.data)),
    )
    def note(tab):
        tries.append(dict(tab.data))
        tab.data["tries"] = len(tries)
        if len(tries) < 3:
            if tab.session.connection().dialect.name == "postgresql":
                raising = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$"
                tab.session.execute(text(raising))
            assert tab.key
            tab.session.execute(text("UPDATE booking_tab_session SET version = version + 1"))
        return "ok"

    assert Tab(app.test_client()).post().status_code == 200
    assert tries == [{}, {}, {}], "each try begins with a fresh tab"
    assert saved == committed == [{"tries": 3}]


def test_a_view_that_never_gets_through_is_503(session):
    app = host_app(session)
    tries = []

    @session_route(app, "/note", methods=["POST"])
    def note(tab):
        tries.append(1)
        tab.data["text"] = "x"
        assert tab.key
        tab.session.execute(text("UPDATE booking_tab_session SET version = version + 1"))
        return "ok"

    answer = Tab(app.test_client()).post()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert len(tries) == sessions.ATTEMPTS


def test_a_database_that_is_held_up_is_503_and_works_again_afterwards(database_url, monkeypatch):
    monkeypatch.setattr(sessions, "LOCK_WAIT", "100ms")
    lite = database_url.startswith("sqlite")
    engine = create_engine(database_url, **({"connect_args": {"timeout": 0.1}} if lite else {}))
    session = scoped_session(sessionmaker(engine))
    tab = Tab(host_app(session, notes_blueprint()).test_client())
    tab.post(text="before")
    with engine.connect() as other:
        if lite:
            other.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            other.execute(text("SELECT * FROM booking_tab_session FOR UPDATE"))
        answer = tab.post(text="during")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert tab.get().text == "before", "reading goes on meanwhile"
        other.rollback()
    assert tab.post(text="after").text == "after"
    session.remove()


def test_a_pool_without_a_free_connection_is_503(database_url):
    engine = create_engine(database_url, pool_size=1, max_overflow=0, pool_timeout=0.05)
    session = scoped_session(sessionmaker(engine))
    tab = Tab(host_app(session, notes_blueprint()).test_client())
    with engine.connect():
        assert tab.post(text="x").status_code == 503
        assert tab.get().status_code == 503
    assert tab.post(text="after").text == "after"
    session.remove()


def test_a_database_that_is_not_there_is_503(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/no/such/folder.db")
    session = scoped_session(sessionmaker(engine))
    tab = Tab(host_app(session, notes_blueprint()).test_client())
    assert tab.post(text="x").status_code == 503
    assert tab.get().status_code == 503
    session.remove()


def test_what_is_committed_is_not_run_again_when_its_rendering_fails(session):
    """A connection lost while rendering: the write stands, once, and the answer is 503."""
    app = host_app(session)
    tries, committed = [], []

    def render(tab):
        if len(tries) == 1:
            raise OperationalError("SELECT 1", None, Exception(), connection_invalidated=True)
        return str(tab.data["count"])

    @session_route(
        app, "/note", methods=["GET", "POST"], after_commit=lambda tab: committed.append(1)
    )
    def note(tab):
        if request.method == "GET":
            return str(tab.data["count"])
        tries.append(1)
        tab.data["count"] = tab.data.get("count", 0) + 1
        return tab.render_after_commit(render)

    tab = Tab(app.test_client())
    assert tab.post().status_code == 503
    assert tab.get().text == "1"
    assert (len(tries), len(committed)) == (1, 1)
    assert tab.post().text == "2", "whoever sends it once more is answered"
