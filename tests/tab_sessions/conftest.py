"""A host app that is about notes, not appointments: what the library must do without the rest."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
import time_machine
from flask import Blueprint, Flask, abort, request
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text
from sqlalchemy.orm import scoped_session, sessionmaker

from booking.tab_sessions import TabSessions, current_tab, session_lifecycle, session_route

PREFIXES = {"notes": None, "other": "/other"}
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass
class Tab:
    """One tab: an id of its own, and requests as its script would send them.

    Each answer is taken whole, as a server does, so that what comes after it has happened.
    """

    client: FlaskClient
    id: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    def get(self, path="/note", **headers):
        return self.client.get(path, headers={"Tab-Session": self.id, **headers}, buffered=True)

    def post(self, path="/note", _headers=None, **fields):
        headers = {"Tab-Session": self.id, **(_headers or {})}
        return self.client.post(path, data=fields, headers=headers, buffered=True)


def notes_blueprint(name="notes", *, lifecycle=True):
    """A flow: that of the notes lies at the root, another one below its name."""
    notes = Blueprint(name, __name__, url_prefix=PREFIXES[name])
    if lifecycle:
        session_lifecycle(notes)

    @session_route(notes, "/note", methods=["GET", "POST"])
    def note(tab):
        if request.method == "POST":
            tab.data["text"] = request.form["text"]
        return tab.data.get("text", "(nothing)")

    @session_route(notes, "/lines", methods=["GET", "POST"])
    def lines(tab):
        if request.method == "POST":
            tab.data.setdefault("lines", {})[request.form["line"]] = True
        return " ".join(sorted(tab.data.get("lines", {})))

    @session_route(notes, "/refuse/<int:status>", methods=["POST"])
    def refuse(tab, status):
        tab.data["text"] = request.form["text"]
        return "no", status

    @session_route(notes, "/abort", methods=["POST"])
    def aborted(tab):
        tab.data["text"] = "half done"
        abort(422)

    @session_route(notes, "/finish", methods=["POST"])
    def finish(tab):
        tab.data["text"] = "secret"
        tab.complete("N-1")
        return tab.render_after_commit(lambda tab: f"{tab.state} {tab.result} {dict(tab.data)}")

    @session_route(notes, "/again", methods=["POST"], allow_completed=True)
    def again(tab):
        return tab.result or "none"

    notes.add_url_rule("/undecorated", "undecorated", lambda: current_tab.data["text"])
    return notes


@pytest.fixture
def session(database_url):
    engine = create_engine(database_url)
    session = scoped_session(sessionmaker(engine))
    yield session
    session.remove()


def host_app(session, *blueprints, **options) -> Flask:
    app = Flask("host")
    app.testing = True
    TabSessions(app, session, **options)
    app.teardown_appcontext(lambda _error: session.remove())
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    return app


@pytest.fixture
def app(session):
    return host_app(session, notes_blueprint())


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def new_tab(app):
    return lambda: Tab(app.test_client())


@pytest.fixture
def tab(new_tab):
    return new_tab()


@pytest.fixture
def rows(session):
    """The stored rows as they now are, newest last."""

    def read():
        session.rollback()
        found = session.execute(text("SELECT * FROM booking_tab_session ORDER BY id"))
        rows = [row._mapping for row in found]
        session.rollback()
        return rows

    return read
