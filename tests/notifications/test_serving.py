"""Letters leave by themselves where an app is served, and nowhere else."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from threading import Event
from urllib.request import urlopen

import psutil
import pytest
from sqlalchemy import select, update

from booking import create_app, serving, signals
from booking.notifications import delivery
from booking.operations.outbox import Outbox
from booking.storage.models import deliverer, letter
from booking.storage.turns import Queue
from tests.conftest import served
from tests.fixtures.clusters import free_port, wait_until
from tests.fixtures.gunicorns import gunicorn_over
from tests.fixtures.mail_servers import mail_server
from tests.notifications.conftest import MAIL
from tests.notifications.delivering import TEN, states

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def server():
    with mail_server() as server:
        yield server


def book_now(shop, *people: str, outbox: Outbox = MAIL) -> None:
    """Letters that are due by every clock."""
    for who in people:
        shop.book(None, "cut", who, TEN, outbox=outbox)
    is_new = (letter.c.kind == "booked") & (letter.c.state == "waiting")
    with shop.engine.begin() as connection:
        connection.execute(
            update(letter).where(is_new).values(due_at=int(time.time()) - 1, last_moment=None)
        )


def environment(shop, server) -> dict[str, str]:
    return {
        "BOOKING_DATABASE_URL": str(shop.engine.url),
        "BOOKING_MAIL_URL": server.url,
        "BOOKING_MAIL_FROM": "letters@shop.example",
        "BOOKING_PUBLIC_URL": "https://shop.example",
        "SECRET_KEY": "of the tests",
        "FLASK_SECRET_KEY": "of the tests",
    }


def assert_all_ended_well(shop) -> None:
    assert {state for kind, state in states(shop) if kind == "booked"} <= {"sent", "waiting"}
    with shop.engine.connect() as connection:
        assert connection.scalar(select(deliverer.c.lease)) is None


@pytest.mark.parametrize("arguments", ["", "--preload"])
def test_gunicorns_workers_deliver_with_no_visitor_and_end_with_a_whole_letter(
    shop, server, arguments
):
    book_now(shop, "ann", "ben")
    given = environment(shop, server) | {"GUNICORN_CMD_ARGS": arguments}
    under_way, is_told = Event(), Event()

    def take_time_for_the_second() -> None:
        if server.received:
            under_way.set()
            is_told.wait(30)
            time.sleep(0.5)

    server.while_it_waits = take_time_for_the_second
    with gunicorn_over(given.pop("BOOKING_DATABASE_URL"), workers=2, **given) as gunicorn:
        assert under_way.wait(60)
        gunicorn.process.terminate()
        is_told.set()
    assert len(server.received) < 6
    assert_all_ended_well(shop)
    assert [state for _, state in states(shop)].count("sent") == len(server.received)
    assert gunicorn.tracebacks() == []


# As in a terminal; what a shell runs behind its back has Ctrl+C ignored, and all that it starts.
WITH_CTRL_C = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_flask_run_delivers_in_the_reloaders_child_alone_and_ends_well(shop, server):
    book_now(shop, "ann")
    command = [sys.executable, "-c", WITH_CTRL_C, sys.executable, "-m", "flask", "--app", "app"]
    process = subprocess.Popen(
        [*command, "run", "--reload", "--port", str(free_port())],
        cwd=ROOT,
        env=os.environ | environment(shop, server),
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until(lambda: len(server.received) == 3)
        time.sleep(0.1)  # until the last of them is written down
        parent = psutil.Process(process.pid)
        [child] = parent.children()
        assert (parent.num_threads(), child.num_threads() > 1) == (1, True)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(60)
    assert_all_ended_well(shop)


def test_a_command_that_delivers_ends_well_when_it_is_told_to(shop, server):
    book_now(shop, "ann")
    command = [sys.executable, "-m", "flask", "--app", "app", "booking", "deliver", "--watch"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | environment(shop, server) | {"BOOKING_DELIVERY": "command"},
        stderr=subprocess.PIPE,
    )
    try:
        wait_until(lambda: len(server.received) == 3)
        process.terminate()
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, errors) == (0, b"")
    assert_all_ended_well(shop)
    assert [state for kind, state in states(shop) if kind == "booked"] == ["sent"] * 3


def visit(server) -> None:
    with urlopen(f"{server.url}/book/") as answer:
        assert answer.status == 200


def delivering(what: str = "letters") -> int:
    return sum(thread.name == what for thread in threading.enumerate())


@pytest.fixture
def looks(monkeypatch) -> list[str]:
    """What kept each look for letters from its work, once it is over; mostly nothing did."""
    looks, look = [], delivery._looked

    def listed(app, queue, *given) -> str:
        reason = look(app, queue, *given)
        looks.extend([reason] * (queue is Queue.LETTERS))
        return reason

    monkeypatch.setattr(delivery, "_looked", listed)
    return looks


@pytest.fixture
def app(shop, server, monkeypatch, looks):
    """An app that is not under test, as far as it knows; it looks once, unless it is told to."""
    monkeypatch.setattr(serving, "_SETTLING", 0)
    monkeypatch.setattr(delivery, "LOOK_EVERY", 600)
    given = environment(shop, server)
    app = create_app({**given, "BOOKING_MAILS_A_SECOND": 0})
    yield app
    serving._end()
    serving._running.pop(app, None)
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()


def test_an_import_a_command_and_a_test_client_start_nothing(app):
    assert app.test_cli_runner().invoke(args=["booking", "list"]).exit_code == 0
    assert app.test_client().get("/book/").status_code == 200
    assert delivering() == 0


def test_any_other_server_delivers_from_its_first_request_on(app, shop, server):
    book_now(shop, "ann")
    with served(app) as other:
        assert delivering() == 0
        visit(other)
        wait_until(lambda: len(server.received) == 3)
    assert delivering() == 1


@pytest.mark.parametrize(
    "more", [{"TESTING": True}, {"BOOKING_DELIVERY": "command"}, {"BOOKING_MAIL_URL": ""}]
)
def test_under_test_where_a_command_delivers_and_without_mail_nothing_starts(
    shop, server, more, monkeypatch
):
    monkeypatch.setattr(serving, "_SETTLING", 0)
    app = create_app(environment(shop, server) | more)
    with served(app) as here:
        visit(here)
        time.sleep(0.1)
        assert delivering() == 0
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()


@pytest.mark.parametrize("what", ["booked", "letter"])
def test_what_happens_in_this_process_is_told_at_once(app, shop, server, what, looks):
    serving._start(app)
    wait_until(lambda: looks)
    book_now(shop, "ann")
    with app.app_context():
        signals.announce(what, "x")
    wait_until(lambda: len(server.received) == 3)


def test_letters_of_a_booking_begin_a_moment_after_it_when_its_answer_has_left(
    app, shop, server, looks, monkeypatch
):
    monkeypatch.setattr(delivery, "A_MOMENT", 0.4)
    serving._start(app)
    wait_until(lambda: looks)
    book_now(shop, "ann")
    began = time.time()
    with app.app_context():
        signals.announce("booked", "x")
    wait_until(lambda: len(server.received) == 3)
    assert server.received[0].at - began >= 0.35  # two clocks, and a server that is at once there


def test_letters_leave_and_the_process_ends_in_time_though_a_handler_hangs(
    app, shop, server, monkeypatch
):
    monkeypatch.setattr(serving, "FAREWELL", 0.2)
    called, returns = Event(), Event()

    def hangs(_booking, _link) -> None:
        called.set()
        returns.wait(90)

    hangs.__qualname__ = "hangs"
    app.extensions["booking"].on("booked")(hangs)
    handlers = {"booked": list(app.extensions["booking"].handlers["booked"])}
    book_now(shop, "ann", outbox=Outbox(handlers=handlers))
    serving._start(app)
    assert called.wait(30)
    book_now(shop, "ben")
    with app.app_context():
        signals.announce("booked", "x")
    wait_until(lambda: len(server.received) == 3)
    serving._end()
    assert delivering("handlers") == 1, "it still hangs"
    returns.set()
    wait_until(lambda: delivering("handlers") == 0)


def test_a_function_that_comes_after_the_first_look_is_told_from_the_first_request_on(app):
    serving._start(app)
    wait_until(lambda: delivering("handlers") == 0)
    app.extensions["booking"].on("booked")(print)
    with served(app) as other:
        visit(other)
        wait_until(lambda: delivering("handlers") == 1)
    assert delivering("letters") == 1


def test_a_deliverer_outlives_a_database_in_trouble_and_says_so_once(
    app, shop, server, caplog, looks, monkeypatch
):
    monkeypatch.setattr(delivery, "LOOK_EVERY", 0.02)
    book_now(shop, "ann")
    rename(shop, "booking_deliverer", "away")
    serving._start(app)
    wait_until(lambda: len(looks) > 5)
    assert caplog.text.count("Letters wait, for the database could not be used: no such table") == 1
    rename(shop, "away", "booking_deliverer")
    wait_until(lambda: len(server.received) == 3)


def rename(shop, before: str, after: str) -> None:
    with shop.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {before} RENAME TO {after}")
