"""Sidebook: where the rooms meet, for one app."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import URL, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session

from .commands import booking_commands
from .config import ConfigurationError, Settings, read_settings
from .customer import create_blueprint
from .operations.holds import release
from .state import NAME, State
from .tab_sessions import TabSessions, client_script, when_ended

_PRAGMAS = (
    "busy_timeout = 15000",
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
)
MOST_THREADS = 32
"""Of one process: none of them waits for a connection, and no more than they use are opened."""


class Sidebook:
    """The Flask extension: the booking wizard in an app of your own.

        Sidebook(app)                    # the app's own Flask-SQLAlchemy, or one is made
        Sidebook(app, db, url_prefix="/appointments")

    Raises ConfigurationError when a setting cannot be used; its message names the remedy.
    """

    def __init__(self, app: Flask | None = None, db: Any = None, url_prefix: str = "/book") -> None:
        self._db, self._url_prefix = db, url_prefix
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask, db: Any = None, url_prefix: str | None = None) -> None:
        """Mount the wizard in this app: blueprint `booking`, commands `flask booking …`."""
        if NAME in app.extensions:
            raise ConfigurationError("This app has Sidebook already: make it once.")
        settings = read_settings(app.config)
        database = _database(app, settings, db or self._db)
        prefix = "/" + (url_prefix or self._url_prefix).strip("/")
        state = State(settings, database, prefix)
        app.extensions[NAME] = state
        _attach_tab_sessions(app, state)
        blueprint = create_blueprint()
        blueprint.add_url_rule("/static/js/tab-session.js", "tab_session_script", client_script)
        app.register_blueprint(blueprint, url_prefix=prefix)
        app.cli.add_command(booking_commands)


def _attach_tab_sessions(app: Flask, state: State) -> None:
    if "tab_sessions" in app.extensions:
        when_ended(app, _release_hold)
        return
    TabSessions(
        app,
        lambda: state.session,
        idle_minutes=state.settings.idle_minutes,
        absolute_minutes=state.settings.absolute_hours * 60,
        on_end=_release_hold,
    )


def _release_hold(session: Session, key: int) -> None:
    release(session, tab_key=key)


def _database(app: Flask, settings: Settings, given: Any) -> Any:
    found = given or app.extensions.get("sqlalchemy")
    if found is None:
        return _own_database(app, settings)
    if settings.database_url:
        raise ConfigurationError(
            "BOOKING_DATABASE_URL is set, but this app has a database of its own, which Sidebook "
            "uses. Remove BOOKING_DATABASE_URL."
        )
    if not hasattr(found, "session"):
        raise ConfigurationError(
            f"Sidebook was given {found!r} as its database. Write Sidebook(app, db, "
            "url_prefix='/book') with your app's Flask-SQLAlchemy as db."
        )
    if isinstance(found, SQLAlchemy) and "sqlalchemy" not in app.extensions:
        raise ConfigurationError(
            "Sidebook's database does not know this app yet. Call db.init_app(app) first."
        )
    return found


def _own_database(app: Flask, settings: Settings) -> SQLAlchemy:
    url = settings.database_url or f"sqlite:///{_instance_file(app)}"
    address = _address(url)
    lite = address.get_backend_name() == "sqlite"
    app.config["SQLALCHEMY_DATABASE_URI"] = address
    # A failed statement's values would put names and addresses into the log.
    options = {"hide_parameters": True, "pool_pre_ping": not lite, "max_overflow": MOST_THREADS}
    app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", options)
    try:
        database = SQLAlchemy(app)
    except ImportError as error:
        raise ConfigurationError(
            f"BOOKING_DATABASE_URL needs a driver that is missing ({error.name}). "
            "Run: pip install 'sidebook[postgres]'"
        ) from error
    if lite:
        with app.app_context():
            event.listen(database.engine, "connect", prepare_sqlite)
    return database


def _address(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        url = URL.create("unknown")
    if url.get_backend_name() not in ("sqlite", "postgresql", "postgres"):
        raise ConfigurationError(
            "BOOKING_DATABASE_URL is not the URL of a database that Sidebook knows. Write "
            "sqlite:////path/to/file.db or postgresql+psycopg://user@host/name."
        )
    plain = url.drivername in ("postgresql", "postgres")
    return url.set(drivername="postgresql+psycopg") if plain else url


def _instance_file(app: Flask) -> Path:
    folder = Path(app.instance_path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"The folder {folder} for the database cannot be made ({error.strerror}). Make it "
            "writable, or set BOOKING_DATABASE_URL=sqlite:////a/writable/path/booking.db."
        ) from error
    return folder / "booking.db"


def prepare_sqlite(connection: Any, _record: Any) -> None:
    """What an SQLite connection needs: `event.listen(engine, "connect", prepare_sqlite)`.

    Our own engine has it; a host's is left alone. WAL lets people read while one writes, FULL
    keeps a confirmed booking through a power cut, and a writer waits its turn for 15 seconds.
    """
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()
