"""One view, five ways to remember something between two requests: what a tab session costs.

GET reads a small draft, POST changes one of its answers. The peers' Python runs this file too, so
each way imports what it needs by itself.
"""

import json
import os
from collections.abc import Callable
from typing import Any

from flask import Flask, request, session

DRAFT = {
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "phone": "+44 20 7946 0000",
    "note": "The second door on the left, please.",
}
URL = "/note"
# As Sidebook opens SQLite; the same for every way here.
PRAGMAS = ("busy_timeout = 15000", "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON")

View = Callable[[], Any]


def create_app() -> Flask:
    """The way that NOTES_KEPT names, over NOTES_DATABASE_URL."""
    app = Flask(__name__)
    app.config["SECRET_KEY"] = "only for measuring"
    WAYS[os.environ["NOTES_KEPT"]](app, os.environ["NOTES_DATABASE_URL"])
    return app


def answer(draft: Any) -> tuple[str, int, dict[str, str]]:
    """What every way shows, whatever the draft came from."""
    return json.dumps(draft), 200, {"Content-Type": "application/json"}


def change(draft: Any) -> None:
    """The answer that was posted, and how often it has been."""
    key = request.form["key"]
    draft[key] = draft.get(key, 0) + 1


def _routes(app: Flask, read: View, write: View) -> None:
    app.add_url_rule(URL, "read", read, methods=["GET"])
    app.add_url_rule(URL, "write", write, methods=["POST"])


def _engine(url: str) -> Any:
    from sqlalchemy import create_engine

    return create_engine(url, **_options(url))


def _options(url: str) -> dict[str, Any]:
    return {"pool_pre_ping": not url.startswith("sqlite"), "max_overflow": 32}


def _prepare(engine: Any) -> None:
    from sqlalchemy import event

    def pragmas(connection: Any, _record: object) -> None:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()

    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", pragmas)


def nothing(app: Flask, _url: str) -> None:
    """No session: the draft is forgotten."""

    def write() -> Any:
        draft = dict(DRAFT)
        change(draft)
        return answer(draft)

    _routes(app, lambda: answer(DRAFT), write)


def cookie(app: Flask, _url: str) -> None:
    """Flask's own session: a signed cookie."""

    def write() -> Any:
        if not session:
            session.update(DRAFT)
        change(session)
        return answer(dict(session))

    _routes(app, lambda: answer(dict(session)), write)


def flask_session(app: Flask, url: str) -> None:
    """Flask-Session on Flask-SQLAlchemy: a row per browser."""
    from flask_session import Session
    from flask_sqlalchemy import SQLAlchemy

    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _options(url)
    database = SQLAlchemy(app)
    with app.app_context():
        _prepare(database.engine)
    app.config.update(SESSION_TYPE="sqlalchemy", SESSION_SQLALCHEMY=database)
    Session(app)
    cookie(app, url)


def core(app: Flask, url: str) -> None:
    """The floor: a row found by the id, SELECT, UPDATE and commit by SQLAlchemy Core."""
    from sqlalchemy import Column, MetaData, String, Table, bindparam, insert, select, update

    engine = _engine(url)
    _prepare(engine)
    notes = Table(
        "bare_note",
        metadata := MetaData(),
        Column("id", String(43), primary_key=True),
        Column("draft", String, nullable=False),
    )
    metadata.create_all(engine)
    asked = select(notes.c.draft).where(notes.c.id == bindparam("tab"))
    changed = update(notes).where(notes.c.id == bindparam("tab")).values(draft=bindparam("new"))

    def read() -> Any:
        with engine.connect() as connection:
            found = connection.execute(asked, {"tab": request.headers["Tab-Session"]}).scalar()
        return answer(json.loads(found or "{}"))

    def write() -> Any:
        tab = request.headers["Tab-Session"]
        with engine.begin() as connection:
            found = connection.execute(asked, {"tab": tab}).scalar()
            draft = json.loads(found) if found else dict(DRAFT)
            change(draft)
            if found:
                connection.execute(changed, {"tab": tab, "new": json.dumps(draft)})
            else:
                connection.execute(insert(notes), {"id": tab, "draft": json.dumps(draft)})
        return answer(draft)

    _routes(app, read, write)


def tab_session(app: Flask, url: str) -> None:
    """session_route over a plain SQLAlchemy session."""
    from sqlalchemy.orm import scoped_session, sessionmaker

    engine = _engine(url)
    _prepare(engine)
    here = scoped_session(sessionmaker(engine))
    app.teardown_appcontext(lambda _error: here.remove())
    _tab_session(app, here)


def tab_session_in_a_host(app: Flask, url: str) -> None:
    """session_route over the app's Flask-SQLAlchemy, as the wizard uses it."""
    from flask_sqlalchemy import SQLAlchemy

    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _options(url)
    database = SQLAlchemy(app)
    with app.app_context():
        _prepare(database.engine)
    _tab_session(app, database.session)


def _tab_session(app: Flask, here: Any) -> None:
    from booking.tab_sessions import TabSession, TabSessions, create_table, session_route

    TabSessions(app, here)
    with app.app_context():
        create_table()

    @session_route(app, URL, methods=["GET", "POST"])
    def note(tab: TabSession) -> Any:
        if request.method == "POST":
            if not tab.data:
                tab.data.update(DRAFT)
            change(tab.data)
        return answer(tab.data)


WAYS = {
    "nothing": nothing,
    "cookie": cookie,
    "flask-session": flask_session,
    "core": core,
    "tab-session": tab_session,
    "tab-session-in-a-host": tab_session_in_a_host,
}


if __name__ == "__main__":
    create_app()  # makes the table, once, before several processes would at the same time
