"""Waiting for SQLite's one writer: often, as long as the connection says, and no longer."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event
from typing import ClassVar

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from booking.extension import Sidebook
from booking.tab_sessions import is_temporarily_unavailable, write_transaction
from booking.transactions.sqlite_file import begin_immediate, wait_evenly
from tests.conftest import app_over

TIMEOUTS = {"at once": 0, "a while": 150}  # ms
WAITS = {"transactions.waits_evenly": True}  # what an engine of ours knows of a connection


@pytest.fixture
def engine_of(sqlite_url):
    """Makes engines whose connections wait so many ms; what they are told is traced."""

    def make(timeout, traced=lambda _statement: None):
        engine = create_engine(sqlite_url, connect_args={"timeout": timeout / 1000})
        wait_evenly(engine)
        event.listen(engine, "connect", lambda driver, _: driver.set_trace_callback(traced))
        return engine

    return make


@pytest.fixture
def writer(tmp_path, sqlite_url):
    """Somebody else who writes and does not come to an end."""
    with closing(sqlite3.connect(tmp_path / "booking.db", isolation_level=None)) as raw:
        raw.execute("BEGIN IMMEDIATE")
        yield raw


@pytest.fixture
def connect(tmp_path, sqlite_url):
    made = []

    def make():
        made.append(sqlite3.connect(tmp_path / "booking.db", timeout=60, isolation_level=None))
        made[-1].execute("PRAGMA journal_mode = WAL").close()
        return made[-1]

    yield make
    for raw in made:
        raw.close()


def busy_timeout(engine):
    with engine.connect() as connection:
        return connection.exec_driver_sql("PRAGMA busy_timeout").scalar()


def test_who_waits_asks_often_and_goes_on_when_the_other_is_done(engine_of, writer):
    asked, asked_often = [], Event()

    def traced(statement):
        asked.append(statement)
        if asked.count("BEGIN IMMEDIATE") == 12:
            asked_often.set()

    def write():
        with write_transaction(Session(engine_of(60_000, traced))) as session:
            return session.connection().exec_driver_sql("PRAGMA busy_timeout").scalar()

    with ThreadPoolExecutor() as others:
        waiting = others.submit(write)
        assert asked_often.wait(30)
        assert not waiting.done()
        writer.execute("COMMIT")
        assert waiting.result(30) == 60_000, "as before it waited"


@pytest.mark.parametrize(("timeout", "least", "most"), [(0, 1, 1), (1000, 2, 220)])
def test_who_may_not_wait_any_longer_is_told_that_the_database_is_locked(
    engine_of, writer, timeout, least, most
):
    asked = []
    engine = engine_of(timeout, asked.append)
    with pytest.raises(OperationalError, match="database is locked") as locked:
        write_transaction(Session(engine)).__enter__()
    assert is_temporarily_unavailable(locked.value)
    assert least <= asked.count("BEGIN IMMEDIATE") <= most


@pytest.mark.parametrize("timeout", TIMEOUTS.values(), ids=TIMEOUTS)
def test_how_long_a_connection_waits_for_anything_else_stays_as_it_was(engine_of, timeout):
    engine = engine_of(timeout)
    with write_transaction(Session(engine)) as session:
        told = session.connection().exec_driver_sql("PRAGMA busy_timeout")
        assert told.scalar() == timeout
    assert busy_timeout(engine) == timeout


def test_what_it_was_told_after_it_was_opened_counts_and_stays_so_after_waiting_in_vain(
    engine_of, writer
):
    engine = engine_of(60_000)
    with Session(engine) as session:
        session.connection().exec_driver_sql("PRAGMA busy_timeout = 20")
    for _ in range(2):  # by one connection
        with pytest.raises(OperationalError, match="database is locked"):
            write_transaction(Session(engine)).__enter__()
        assert busy_timeout(engine) == 20


def test_what_no_waiting_mends_is_not_waited_for(connect):
    asked, raw = [], connect()
    begin_immediate(raw, WAITS)
    raw.set_trace_callback(asked.append)
    with pytest.raises(sqlite3.OperationalError, match="within a transaction"):
        begin_immediate(raw, WAITS)
    assert asked.count("BEGIN IMMEDIATE") == 1


def test_nor_is_a_statement_that_was_not_read_to_its_end(connect):
    asked, raw, other = [], connect(), connect()
    add = "INSERT INTO booking_resource (kind, name) VALUES ('staff', ?)"
    other.executemany(add, [("Ann",), ("Ben",), ("Cem",)])
    unread = raw.execute("SELECT * FROM booking_resource")
    other.execute(add, ["Dee"])
    raw.set_trace_callback(asked.append)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        begin_immediate(raw, WAITS)
    assert asked.count("BEGIN IMMEDIATE") == 1
    unread.close()


def test_a_hosts_engine_waits_as_sqlite_does_and_is_told_nothing(sqlite_url, writer):
    asked = []
    engine = create_engine(sqlite_url, connect_args={"timeout": 0.15})
    event.listen(engine, "connect", lambda driver, _: driver.set_trace_callback(asked.append))
    with pytest.raises(OperationalError, match="database is locked"):
        write_transaction(Session(engine)).__enter__()
    assert [each for each in asked if "BEGIN" in each or "PRAGMA busy" in each] == [
        "BEGIN IMMEDIATE"
    ]


def test_sidebooks_own_engine_waits_evenly(sqlite_url):
    with app_over(sqlite_url) as own, own.app_context():
        connection = own.extensions["sqlalchemy"].session.connection()
        assert connection.info["transactions.waits_evenly"]


def test_sidebook_in_a_hosts_app_leaves_the_hosts_engine_alone(sqlite_url):
    host = Flask("host")
    host.config["SQLALCHEMY_DATABASE_URI"] = sqlite_url
    db = SQLAlchemy(host)
    Sidebook(host, db, url_prefix="/book")
    with host.app_context(), db.engine.connect() as connection:
        assert "transactions.waits_evenly" not in connection.info


def test_a_driver_that_only_resembles_sqlite3_waits_as_it_always_does():
    class Driver:
        told: ClassVar[list[str]] = []

        def execute(self, statement):
            self.told.append(statement)

    begin_immediate(Driver(), {})
    assert Driver.told == ["BEGIN IMMEDIATE"]
