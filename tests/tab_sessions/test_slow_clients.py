"""Who sends a request slowly, or half of it, keeps nobody waiting and leaves nothing behind."""

import secrets
from contextlib import ExitStack

import pytest
from flask import Blueprint, request

from booking.tab_sessions import read_whole, session_route, write_transaction
from tests.conftest import served
from tests.fixtures.customers import Customer
from tests.fixtures.gunicorns import gunicorn_over
from tests.fixtures.slow_clients import FORM, slow_client
from tests.tab_sessions.conftest import Tab, host_app

pytestmark = pytest.mark.both_databases

OTHERS = ("sync", "gevent")
PARTS = "multipart/form-data; boundary=x"
FILE = '--x\r\nContent-Disposition: form-data; name="text"; filename="a"\r\n\r\nlong\r\n--x--\r\n'
SENT = {
    "a form": ("POST", "/note", FORM, "text=long"),
    "a file": ("POST", "/note", PARTS, FILE),
    "JSON": ("PUT", "/note", "application/json", '{"text": "long"}'),
    "bytes of no kind": ("PATCH", "/note", "", "text=long"),
    "a word with an ending": ("DELETE", "/note", FORM, "text=long"),
    "a question that only reads": ("POST", "/asked", FORM, "text=long"),
    "a form without a tab": ("POST", "/bare", FORM, "text=long"),
}


def notes(session):
    blueprint = Blueprint("notes", __name__)

    @session_route(blueprint, "/note", methods=["POST", "PUT", "PATCH", "DELETE"])
    def note(tab):
        read = request.files.get("text") or request.stream  # the host may read it any way it likes
        sent = request.form.get("text") or (request.is_json and request.json["text"])
        tab.data["text"] = sent or read.read().decode().removeprefix("text=")
        return tab.data["text"]

    @session_route(blueprint, "/asked", methods=["POST"], mode="read")
    def asked(_tab):
        return request.form["text"]

    @blueprint.post("/bare")
    def bare():
        read_whole(request)
        with write_transaction(session()):
            return request.form["text"]

    return blueprint


@pytest.fixture
def server(session):
    app = host_app(session, notes(session))
    with served(app) as server:
        yield server


def sending(url, method, path, kind, body, *, tab=None):
    headers = {"Content_Type": kind, "Tab_Session": tab or secrets.token_urlsafe(32)}
    return slow_client(url, method, path, len(body), **headers)


def test_a_request_that_stops_half_way_keeps_nobody_waiting(server):
    with ExitStack() as stack:
        slow = {what: stack.enter_context(sending(server.url, *SENT[what])) for what in SENT}
        for what, client in slow.items():
            client.send(SENT[what][3][:-4])
        assert Customer(server.url).post("/note", text="quick").status == 200
        for what, client in slow.items():
            client.send(SENT[what][3][-4:])
        assert {what: client.status() for what, client in slow.items()} == dict.fromkeys(SENT, 200)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_request_that_is_cut_short_is_400_and_leaves_nothing(server, rows):
    told = {}
    for what, parts in SENT.items():
        with sending(server.url, *parts) as client:
            client.send(parts[3][:-4])
            client.hang_up()
            told[what] = client.status()
    assert told == dict.fromkeys(SENT, 400)
    assert rows() == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_the_host_left_open_is_ended_before_the_body_is_waited_for(session):
    app = host_app(session, notes(session))
    app.before_request(lambda: session().connection() and None)
    opened = []

    class Body:
        def read(self, size):
            opened.append(session().in_transaction())
            return b"text=long"[:size]

    answer = app.test_client().post(
        "/note",
        content_type=FORM,
        headers={"Tab-Session": secrets.token_urlsafe(32)},
        environ_overrides={"wsgi.input": Body(), "CONTENT_LENGTH": "9"},
    )
    assert (answer.status_code, opened) == (200, [False])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("reads", ["form", "data", "stream"])
def test_what_the_host_has_read_itself_was_not_cut_short(session, reads):
    app = host_app(session, notes(session))

    @app.before_request
    def read_it():
        _ = {"form": lambda: request.form, "data": request.get_data}.get(
            reads, request.stream.read
        )()

    answer = Tab(app.test_client()).post(text="long")
    assert (answer.status_code, answer.text) == (200, "" if reads == "stream" else "long")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("length", [100, 500_000])
def test_a_byte_now_and_then_is_no_sign_of_life(session, length):
    app = host_app(session, notes(session), request_seconds=0.5)
    with served(app) as server, sending(server.url, "POST", "/note", FORM, "x" * length) as client:
        assert client.trickle() == (408 if length == 100 else 413)
        assert client.is_closed()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "worker", ["gthread", *(pytest.param(kind, marks=pytest.mark.long) for kind in OTHERS)]
)
def test_gunicorn_too_waits_for_nobody_for_longer_than_the_limit(database_url, worker, rows):
    with gunicorn_over(
        database_url, workers=1, threads=4, worker=worker, BOOKING_REQUEST_SECONDS="1"
    ) as server:
        tab = {"Tab_Session": secrets.token_urlsafe(32)}
        path = "/book/service/form"
        with slow_client(server.url, "POST", path, 100, **tab) as client:
            assert client.trickle() == 408
            assert client.is_closed()
        with slow_client(server.url, "POST", path, 20, **tab) as client:
            client.send("service=")
            client.hang_up()
            assert client.status() == 400
        with slow_client(server.url, "POST", path, 100_000, **tab) as client:
            client.send("service=x" + "x" * 99_991)
            assert client.status() == 422
    assert rows() == []
