"""Whatever is wrong with the database: the page stays, what was typed stays, and it works again.

Each trouble is the real one, at the database itself; the answer is 503 with Retry-After.
"""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import event, text

from booking.migrate import upgrade
from booking.testing import TabClient
from tests.conftest import app_over
from tests.customer.walks import ADA, at_details, at_done, at_review, value
from tests.fixtures.clusters import Node, nodes, wait_until
from tests.fixtures.small_shop import open_engine

Trouble = Callable[[Flask], AbstractContextManager[None]]
MUCH = ADA | {"note": "By the window, please. " * 80}

pytestmark = pytest.mark.usefixtures("monday_morning")


def engine_of(app: Flask):
    with app.app_context():
        return app.extensions["booking"].engine


@contextmanager
def locked(app: Flask) -> Iterator[None]:
    """Somebody else is writing, and for longer than our patience lasts."""
    engine = engine_of(app)
    event.listen(engine, "connect", be_impatient)
    engine.dispose()
    other = sqlite3.connect(engine.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()
        event.remove(engine, "connect", be_impatient)
        engine.dispose()


def be_impatient(connection, _record) -> None:
    connection.execute("PRAGMA busy_timeout = 20").close()


@contextmanager
def full(_app: Flask) -> Iterator[None]:
    """No file of this process may grow, as on a disk that is full."""
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@contextmanager
def read_only(app: Flask) -> Iterator[None]:
    """The file, or the disk it lies on, may only be read."""
    engine = engine_of(app)
    address = f"file:{engine.url.database}?mode=ro"

    def connect_to_read(_dialect, _record, _words, named):
        return sqlite3.connect(address, **named | {"uri": True})

    event.listen(engine, "do_connect", connect_to_read)
    engine.dispose()
    try:
        yield
    finally:
        event.remove(engine, "do_connect", connect_to_read)
        engine.dispose()


@contextmanager
def refused(app: Flask, state: str) -> Iterator[None]:
    """The server refuses to write, with that state, wherever a tab would be saved."""
    begin = f"""
        CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN
            RAISE EXCEPTION USING ERRCODE = '{state}';
        END $$ LANGUAGE plpgsql;
        CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON booking_tab_session
            EXECUTE FUNCTION refuse();
    """
    engine = engine_of(app)
    with engine.begin() as connection:
        connection.execute(text(begin))
    yield
    with engine.begin() as connection:
        connection.execute(text("DROP FUNCTION refuse CASCADE"))


@contextmanager
def server_locked(app: Flask) -> Iterator[None]:
    """Somebody else has locked the table, and for longer than our patience lasts."""
    with engine_of(app).connect() as other:
        other.execute(text("LOCK TABLE booking_tab_session IN EXCLUSIVE MODE"))
        yield
        other.rollback()


SQLITE = {"locked": locked, "full": full, "read only": read_only}
POSTGRESQL = {
    "locked": server_locked,
    "full": partial(refused, state="53100"),
    "read only": partial(refused, state="25006"),
    "shutting down": partial(refused, state="57P01"),
}


def goes_on_after(app: Flask, trouble: Trouble, monkeypatch) -> None:
    monkeypatch.setattr("booking.transactions.sessions.LOCK_WAIT", "100ms")
    tab = at_details(app, service="short", staff="ana")
    with trouble(app):
        for _ in range(2):
            tab.submit(**MUCH)
            assert_kept(tab)
    assert tab.submit().step == "review"
    with trouble(app):
        tab.submit()
        assert (tab.status, tab.step) == (503, "review")
    assert tab.submit().step == "done"
    with engine_of(app).connect() as connection:
        assert connection.scalars(text("SELECT customer_note FROM booking_booking")).all() == [
            MUCH["note"].strip()
        ]


def assert_kept(tab: TabClient) -> None:
    assert (tab.status, tab.step) == (503, "details")
    assert tab.headers["Retry-After"] == "1"
    assert "please try again" in tab.response.text
    assert value(tab, "name") == "Ada Lovelace"
    assert value(tab, "note") == MUCH["note"]


@pytest.mark.parametrize("trouble", SQLITE)
def test_a_booking_goes_on_after_trouble_with_sqlite(sqlite_url, trouble, monkeypatch):
    with app_over(sqlite_url) as app:
        goes_on_after(app, SQLITE[trouble], monkeypatch)


@pytest.mark.fresh_database
@pytest.mark.postgresql
@pytest.mark.parametrize("trouble", POSTGRESQL)
def test_a_booking_goes_on_after_trouble_with_postgresql(postgresql_url, trouble, monkeypatch):
    with app_over(postgresql_url) as app:
        goes_on_after(app, POSTGRESQL[trouble], monkeypatch)


# -- the server goes away --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[Node]:
    """A PostgreSQL of these tests' own."""
    with nodes("alone") as [server]:
        server.create()
        server.start()
        yield server


@pytest.fixture(scope="module")
def app_on_server(server) -> Iterator[Flask]:
    url = f"postgresql+psycopg://postgres@127.0.0.1:{server.port}/postgres?connect_timeout=2"
    with open_engine(url) as engine:
        upgrade(engine)
    with app_over(url) as app:
        yield app


@pytest.mark.postgresql
def test_a_booking_goes_on_after_the_server_was_restarted(app_on_server, server):
    tab = at_details(app_on_server, service="short", staff="ana")
    server.stop()
    tab.submit(**MUCH)
    assert_kept(tab)
    tab.click("Back")
    assert tab.status == 503
    server.start()
    assert tab.submit(**MUCH).step == "review"
    server.stop()
    server.start()
    assert tab.submit().step == "done", "a restart between two requests goes unnoticed"


@pytest.mark.postgresql
def test_a_connection_dropped_while_it_waits_is_replaced_unnoticed(app_on_server, server):
    """An operator ends the connection in the middle of a request."""
    tab = at_review(app_on_server, service="short", staff="ana")
    waiting = "FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with engine_of(app_on_server).connect() as other, ThreadPoolExecutor(1) as customer:
        other.execute(text("SELECT * FROM booking_tab_session FOR UPDATE"))
        confirming = customer.submit(tab.submit)
        wait_until(lambda: server.sql(f"SELECT count(*) {waiting}") == 1)
        server.sql(f"SELECT pg_terminate_backend(pid) {waiting}")
        wait_until(lambda: server.sql(f"SELECT count(*) {waiting}") == 1)
        other.rollback()
        assert confirming.result().step == "done"


def test_a_manage_link_too_is_answered_503_and_works_again(sqlite_url):
    with app_over(sqlite_url) as app:
        tab = at_done(app, service="short", staff="ana").click(
            "See, move or cancel the appointment"
        )
        with locked(app):
            tab.submit()
            assert (tab.status, tab.headers["Retry-After"]) == (503, "1")
        assert tab.back().submit().status == 200
        assert "This appointment is cancelled" in tab.page.select_one("h1").text
