"""Sidebook: where the rooms meet, for one app."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from .commands import booking_commands
from .config import ConfigurationError, read_settings
from .customer import create_blueprint
from .database import database_of, prepare_sqlite
from .operations.holds import release
from .state import NAME, State
from .tab_sessions import TabSessions, client_script, when_ended

__all__ = ["Sidebook", "prepare_sqlite"]


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
        database = database_of(app, settings, db or self._db)
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
        request_seconds=state.settings.request_seconds,
        on_end=_release_hold,
    )


def _release_hold(session: Session, key: int) -> None:
    release(session, tab_key=key)
