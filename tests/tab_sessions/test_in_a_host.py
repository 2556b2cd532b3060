"""Hosts do all sorts of things with the one session that they share with us."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier

import pytest
from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from booking.tab_sessions import (
    PendingChanges,
    ReadOnlyTab,
    TabSessions,
    create_table,
    run_read_only,
    session_route,
)
from tests.tab_sessions.conftest import Tab, host_app

pytestmark = pytest.mark.both_databases


def note_route(app, meddle=None):
    @session_route(app, "/note", methods=["GET", "POST"])
    def note(tab):
        if request.method == "POST":
            tab.data["text"] = request.form["text"]
        elif meddle:
            meddle(tab.session)
        return tab.data.get("text", "(nothing)")

    return app


def fail(session):
    with suppress(DBAPIError):
        session.execute(text("SELECT * FROM nowhere"))
    session.rollback()


@pytest.mark.parametrize("end", [Session.rollback, Session.commit, Session.close, fail])
def test_a_view_that_ends_our_reading_spoils_nobodys_writing(session, end):
    """On SQLite the connection goes back to the pool at once, and somebody is given it next."""
    app = note_route(host_app(session), end)
    tab = Tab(app.test_client())
    for text_ in ("one", "two", "three"):
        assert tab.post(text=text_).status_code == 200
        assert tab.get().text == text_
    session.execute(text("UPDATE booking_tab_session SET reason = NULL"))
    session.commit()


def test_a_view_may_look_once_more_in_its_own_reading_and_still_not_write(session):
    def again(ours):
        assert run_read_only(session, lambda inner: inner is ours)
        ours.execute(text("DELETE FROM booking_tab_session"))

    tab = Tab(note_route(host_app(session), again).test_client())
    tab.post(text="one")
    with pytest.raises(ReadOnlyTab):
        tab.get()
    assert session.scalar(text("SELECT count(*) FROM booking_tab_session")) == 1
    session.rollback()
    assert tab.post(text="two").status_code == 200


def test_a_failure_that_a_host_swallowed_before_the_view_is_ended(session):
    app = note_route(host_app(session))

    @app.before_request
    def careless():
        with suppress(DBAPIError):
            session.execute(text("SELECT * FROM nowhere"))

    tab = Tab(app.test_client())
    assert tab.post(text="one").status_code == 200
    assert tab.get().text == "one"


@pytest.fixture
def recipe_session(sqlite_url):
    """SQLAlchemy's own recipe for real transactions on SQLite: a plain BEGIN by event."""
    engine = create_engine(sqlite_url)

    @event.listens_for(engine, "connect")
    def no_begin_of_the_drivers(connection, _record):
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN")

    session = scoped_session(sessionmaker(engine))
    yield session
    session.remove()


def test_a_host_with_transactions_by_event_may_load_its_user_first(recipe_session):
    app = note_route(host_app(recipe_session))

    @app.before_request
    def load_user():
        recipe_session.execute(text("SELECT count(*) FROM booking_tab_session"))

    tab = Tab(app.test_client())
    for text_ in ("one", "two"):
        assert tab.post(text=text_).status_code == 200
        assert tab.get().text == text_


def test_a_host_with_transactions_by_event_still_writes_one_at_a_time(recipe_session, sqlite_url):
    app = host_app(recipe_session)
    other = create_engine(sqlite_url, connect_args={"timeout": 0})
    refused = []

    @session_route(app, "/note", methods=["POST"])
    def note(tab):
        with other.connect() as connection:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            except DBAPIError as error:
                refused.append(str(error))
        return "ok"

    assert Tab(app.test_client()).post().status_code == 200
    assert "locked" in refused[0]


@pytest.mark.parametrize("statement", ["UPDATE", "SELECT"])
def test_flask_sqlalchemys_own_session_is_watched_too(sqlite_url, statement):
    app = Flask("host")
    app.testing = True
    app.config["SQLALCHEMY_DATABASE_URI"] = sqlite_url
    db = SQLAlchemy(app)
    TabSessions(app)
    note_route(app)
    tab = Tab(app.test_client())
    tab.post(text="a row")

    def before():
        sql = {
            "UPDATE": "UPDATE booking_tab_session SET reason = NULL",
            "SELECT": "SELECT count(*) FROM booking_tab_session",
        }
        db.session.execute(text(sql[statement]))

    app.before_request_funcs.setdefault(None, []).append(before)  # the app has begun already
    if statement == "UPDATE":
        with pytest.raises(PendingChanges):
            tab.post(text="another")
    else:
        assert tab.post(text="another").status_code == 200


@pytest.mark.parametrize(
    "empty", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
)
@pytest.mark.fresh_database
def test_workers_that_start_at_once_all_find_the_tables(request, tmp_path, empty):
    url = f"sqlite:///{tmp_path}/new.db"
    if empty == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    engine = create_engine(url, pool_size=8)
    with engine.begin() as connection:
        for table in (
            "booking_handover",
            "booking_anonymous_user",
            "booking_hold",
            "booking_tab_session",
        ):
            connection.exec_driver_sql(
                f"DROP TABLE IF EXISTS {table}" + (" CASCADE" if empty == "postgresql" else "")
            )
    app = host_app(scoped_session(sessionmaker(engine)))
    together = Barrier(8)

    def start(_number):
        with app.app_context():
            together.wait()
            create_table()

    with ThreadPoolExecutor(8) as workers:
        list(workers.map(start, range(8)))
    assert inspect(engine).has_table("booking_tab_session")
