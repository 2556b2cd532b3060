"""Sidebook: where the rooms meet, for one app."""

from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from booking.commands import booking_commands
from booking.config import (
    ConfigurationError,
    Settings,
    key_of,
    names_of_settings,
    read_settings,
    read_sources,
)
from booking.customer import create_blueprint
from booking.database import database_of, prepare_postgresql, prepare_sqlite
from booking.i18n import load_languages
from booking.mounting import (
    prefix_of,
    refuse_a_second,
    refuse_addresses_in_use,
    refuse_names_in_use,
    warn_of_later_conflicts,
)
from booking.operations.holds import release
from booking.state import NAME, SidebookState
from booking.tab_sessions import TabSessions, add_end_hook, add_store_hook, limits_of
from booking.transactions.watching import watch
from booking.web.visitor import count_stored_drafts

__all__ = ["Sidebook", "prepare_postgresql", "prepare_sqlite"]


class Sidebook:
    """The Flask extension: the booking wizard in an app of your own.

        Sidebook(app)                    # the app's own Flask-SQLAlchemy, or one is made
        Sidebook(app, db, url_prefix="/appointments", name="appointments")

    `name` is that of its blueprint and of its group of commands.

    Raises: ConfigurationError when a setting cannot be used; its message names the remedy.
    """

    def __init__(
        self,
        app: Flask | None = None,
        db: Any = None,
        url_prefix: str = "/book",
        name: str = NAME,
    ) -> None:
        self._db, self._url_prefix, self._name = db, url_prefix, name
        if app is not None:
            self.init_app(app)

    def init_app(
        self,
        app: Flask,
        db: Any = None,
        url_prefix: str | None = None,
        name: str | None = None,
    ) -> None:
        """Mount the wizard in this app; an argument goes before what the class was given."""
        prefix = self._url_prefix if url_prefix is None else url_prefix
        mount(app, db or self._db, prefix, self._name if name is None else name)


def mount(app: Flask, db: Any, url_prefix: str, name: str, *, alone: bool = False) -> None:
    """Attach everything to this app. `alone`: it is there for nothing else."""
    refuse_a_second(app)
    prefix = prefix_of(url_prefix)
    refuse_names_in_use(app, name)
    load_languages()  # a catalogue that cannot be read stops the start, not a page
    settings = read_settings(app.config)
    if not alone:
        _refuse_what_only_our_own_app_does(settings)
    sidebook = SidebookState(settings, database_of(app, settings, db), prefix, name)
    app.extensions[NAME] = sidebook
    _attach_tab_sessions(app, sidebook)
    blueprint = create_blueprint(name, at_root=prefix == "/", alone=alone)
    app.register_blueprint(blueprint, url_prefix=prefix)
    refuse_addresses_in_use(app, name)
    warn_of_later_conflicts(app, name)
    app.cli.add_command(booking_commands, name)


def _refuse_what_only_our_own_app_does(settings: Settings) -> None:
    """Raise ConfigurationError for what would be ignored without a word in a host's app."""
    if settings.trusted_proxies:
        raise ConfigurationError(
            "BOOKING_TRUSTED_PROXIES is for the app of booking.create_app. Wrap your own app: "
            f"app.wsgi_app = ProxyFix(app.wsgi_app, x_for={settings.trusted_proxies}, "
            f"x_proto={settings.trusted_proxies}, x_host={settings.trusted_proxies}), from "
            "werkzeug.middleware.proxy_fix, and leave the setting out."
        )
    if settings.hsts_seconds:
        raise ConfigurationError(
            "BOOKING_HSTS_SECONDS is for the app of booking.create_app. What your own app serves "
            "beside the wizard, only you know: send Strict-Transport-Security yourself, and leave "
            "the setting out."
        )


def _attach_tab_sessions(app: Flask, sidebook: SidebookState) -> None:
    with app.app_context():  # a class may have it as a property, which asks for an app
        watch(sidebook.db.session)
    if "tab_sessions" in app.extensions:
        _refuse_other_limits(app, sidebook.settings)
        add_end_hook(app, _release_hold)
        add_store_hook(app, count_stored_drafts)
        return
    TabSessions(
        app,
        lambda: sidebook.session,
        idle_minutes=sidebook.settings.idle_minutes,
        absolute_minutes=sidebook.settings.absolute_hours * 60,
        request_seconds=sidebook.settings.request_seconds,
        on_end=_release_hold,
        on_store=count_stored_drafts,
    )


def _refuse_other_limits(app: Flask, settings: Settings) -> None:
    """Raise ConfigurationError for a setting that TabSessions, made before us, was given otherwise.

    They are the host's, with its routes and its users, and say how long any of its tabs lives.
    """
    limits, written = limits_of(app), read_sources(app.config, names_of_settings())
    in_force = {
        "idle_minutes": ("idle_minutes", settings.idle_minutes, limits.idle / 60),
        "absolute_hours": (
            "absolute_minutes",
            settings.absolute_hours * 60,
            limits.absolute / 60,
        ),
        "request_seconds": ("request_seconds", settings.request_seconds, limits.request_seconds),
    }
    for name, (option, ours, theirs) in in_force.items():
        if name in written and ours != theirs:
            raise ConfigurationError(
                f"{key_of(name)} is {written[name]}, but this app made its TabSessions before "
                f"Sidebook, with {option}={theirs:g}. Write TabSessions(…, {option}={ours}), or "
                f"leave {key_of(name)} out."
            )


def _release_hold(session: Session, key: int) -> None:
    release(session, tab_key=key)
