"""Sidebook: where the rooms meet, for one app."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Flask

from booking.commands import booking_commands
from booking.config import (
    ConfigurationError,
    Settings,
    key_of,
    names_of_settings,
    read_settings,
    read_sources,
)
from booking.customer.wizard.routes import create_blueprint
from booking.database import BoundDatabase, database_of, prepare_postgresql, prepare_sqlite
from booking.first_request import at_the_first_request
from booking.i18n import ask_for, load_languages
from booking.layout import refuse_a_page_without
from booking.link_key import link_key_of
from booking.listeners import Listener, Listeners
from booking.mounting import (
    Place,
    place_of,
    refuse_a_second,
    refuse_addresses_in_use,
    refuse_names_in_use,
    warn_of_later_conflicts,
)
from booking.operations.holds import release
from booking.owner.access import Person
from booking.owner.host_log_in import refuse_no_function
from booking.owner.routes import create_desk, refuse_routes_without_roles
from booking.serving import deliver_where_served
from booking.state import NAME, SidebookState, desk_name
from booking.tab_sessions import TabSessions, add_store_hook, limits_of
from booking.tab_sessions.config import add_unfinished_hook
from booking.transactions.watching import watch
from booking.web.languages import language_of_visitor
from booking.web.visitor import count_stored_drafts

__all__ = ["BoundDatabase", "Sidebook", "prepare_postgresql", "prepare_sqlite"]


class Sidebook:
    """The Flask extension: the booking wizard in an app of your own.

        sidebook = Sidebook(app)         # the app's own Flask-SQLAlchemy, or one is made
        sidebook = Sidebook(app, db, url_prefix="/appointments", name="appointments")

    `name` is that of its blueprint and of its group of commands. In an app that matches subdomains
    or hosts, `subdomain` or `host` says at which one it answers. With `desk_prefix='/desk'` there
    is a desk, where the shop runs its day; `owner` is a function of your own that says who is at
    it, called in each request there: a `booking.Person`, or None for nobody. Without it the desk
    has accounts of its own.

    Raises: ConfigurationError when a setting cannot be used; its message names the remedy.
    """

    def __init__(
        self,
        app: Flask | None = None,
        db: Any = None,
        url_prefix: str = "/book",
        name: str = NAME,
        *,
        subdomain: str | None = None,
        host: str | None = None,
        desk_prefix: str | None = None,
        owner: Callable[[], Person | None] | None = None,
    ) -> None:
        self._db, self._place = db, Place(url_prefix, name, subdomain, host, desk_prefix)
        self._owner = owner
        self._listeners = Listeners()
        if app is not None:
            self.init_app(app)

    def init_app(
        self,
        app: Flask,
        db: Any = None,
        url_prefix: str | None = None,
        name: str | None = None,
        *,
        subdomain: str | None = None,
        host: str | None = None,
        desk_prefix: str | None = None,
        owner: Callable[[], Person | None] | None = None,
    ) -> None:
        """Mount the wizard in this app; an argument goes before what the class was given."""
        given = {"prefix": url_prefix, "name": name, "subdomain": subdomain, "host": host}
        given["desk_prefix"] = desk_prefix
        place = replace(self._place, **{k: v for k, v in given.items() if v is not None})
        who = owner or self._owner
        mount(app, db or self._db, place, listeners=self._listeners, who_is_there=who)

    def on(self, event: str) -> Callable[[Listener], Listener]:
        """Return the decorator of a function that hears of "booked", "moved", "cancelled",
        "reminder" or "no_show", outside the request, at least once.

        It is called as `function(booking, manage_url)`.

        Raises: what `Listeners.on` raises.
        """
        return self._listeners.on(event)


def mount(
    app: Flask,
    db: Any,
    place: Place,
    *,
    alone: bool = False,
    listeners: Listeners | None = None,
    who_is_there: Callable[[], Person | None] | None = None,
) -> None:
    """Attach everything to this app. `alone`: it is there for nothing else."""
    refuse_a_second(app)
    refuse_no_function(who_is_there, place.desk_prefix)
    place = place_of(app, place)
    refuse_names_in_use(app, place.name)
    load_languages()  # a catalogue that cannot be read stops the start, not a page
    ask_for(language_of_visitor)
    settings = read_settings(app.config)
    if not alone:
        _refuse_what_only_our_own_app_does(settings)
    database, listeners = database_of(app, settings, db), listeners or Listeners()
    sidebook = SidebookState(
        settings,
        database,
        place.prefix,
        place.name,
        host=place.host,
        subdomain=place.subdomain,
        listeners=listeners,
        key_at_start=link_key_of(app, settings.secret_key or ()),
        desk_prefix=place.desk_prefix or "",
        who_is_there=who_is_there,
    )
    app.extensions[NAME] = sidebook
    _close_at_the_first_request(app, listeners)
    _attach_tab_sessions(app, sidebook)
    blueprint = create_blueprint(place.name, at_root=place.prefix == "/", alone=alone)
    at = {"url_prefix": place.prefix, "subdomain": place.subdomain, "host": place.host}
    app.register_blueprint(blueprint, **at)
    if place.desk_prefix:
        desk = create_desk(desk_name(place.name), alone=alone, has_accounts=who_is_there is None)
        app.register_blueprint(desk, **at | {"url_prefix": place.desk_prefix})
        refuse_routes_without_roles(app, sidebook.desk_name)
    refuse_addresses_in_use(app, place.name)
    warn_of_later_conflicts(app, place.name)
    refuse_a_page_without(app)
    app.cli.add_command(booking_commands, place.name)
    deliver_where_served(app, sidebook)


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
        _refuse_another_database(app, sidebook.db)
        _refuse_other_limits(app, sidebook.settings)
        add_unfinished_hook(app, release)
        add_store_hook(app, count_stored_drafts)
        return
    TabSessions(
        app,
        lambda: sidebook.session,
        idle_minutes=sidebook.settings.idle_minutes,
        absolute_minutes=sidebook.settings.absolute_hours * 60,
        request_seconds=sidebook.settings.request_seconds,
        draft_bytes=sidebook.settings.draft_bytes,
        request_bytes=sidebook.settings.request_bytes,
        on_store=count_stored_drafts,
    )
    add_unfinished_hook(app, release)


def _refuse_another_database(app: Flask, db: Any) -> None:
    """Raise ConfigurationError where the wizard's tabs would lie elsewhere than its bookings."""
    if isinstance(db, BoundDatabase) and app.extensions["tab_sessions"].source is not db.session:
        raise ConfigurationError(
            "This app made its TabSessions before Sidebook, in another database than the one that "
            "Sidebook is given, and both are written in one transaction. Write "
            "TabSessions(app, bookings.session, …), with the bookings of Sidebook(app, bookings)."
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
        "draft_bytes": ("draft_bytes", settings.draft_bytes, limits.draft),
        "request_bytes": ("request_bytes", settings.request_bytes, limits.request),
    }
    for name, (option, ours, theirs) in in_force.items():
        if name in written and ours != theirs:
            raise ConfigurationError(
                f"{key_of(name)} is {written[name]}, but this app made its TabSessions before "
                f"Sidebook, with {option}={theirs:g}. Write TabSessions(…, {option}={ours}), or "
                f"leave {key_of(name)} out."
            )


def _close_at_the_first_request(app: Flask, listeners: Listeners) -> None:
    """What was booked before a function came is nowhere kept for it."""

    def close(_app: Flask) -> None:
        listeners.is_closed = True

    at_the_first_request(app, close)
