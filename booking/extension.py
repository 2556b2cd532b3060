"""Sidebook: where the rooms meet, for one app; and that nothing of the host's is there already."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask import Flask, request_started
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, RequestRedirect, Rule

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
from booking.database import database_of, prepare_postgresql, prepare_sqlite
from booking.i18n import load_languages
from booking.link_key import link_key_of
from booking.listeners import Listener, Listeners
from booking.operations.holds import release
from booking.serving import deliver_where_served
from booking.state import NAME, SidebookState
from booking.tab_sessions import TabSessions, add_end_hook, add_store_hook, limits_of
from booking.transactions.watching import watch
from booking.web.visitor import count_stored_drafts

__all__ = ["Sidebook", "prepare_postgresql", "prepare_sqlite"]


class Sidebook:
    """The Flask extension: the booking wizard in an app of your own.

        sidebook = Sidebook(app)         # the app's own Flask-SQLAlchemy, or one is made
        sidebook = Sidebook(app, db, url_prefix="/appointments", name="appointments")

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
        self._listeners = Listeners()
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
        name = self._name if name is None else name
        mount(app, db or self._db, prefix, name, listeners=self._listeners)

    def on(self, event: str) -> Callable[[Listener], Listener]:
        """Return the decorator of a function that hears of "booked", "moved", "cancelled" or
        "reminder", outside the request, at least once: `function(booking, manage_url)`.

        Raises: what `Listeners.on` raises.
        """
        return self._listeners.on(event)


def mount(
    app: Flask,
    db: Any,
    url_prefix: str,
    name: str,
    *,
    alone: bool = False,
    listeners: Listeners | None = None,
) -> None:
    """Attach everything to this app. `alone`: it is there for nothing else."""
    refuse_a_second(app)
    prefix = prefix_of(url_prefix)
    refuse_names_in_use(app, name)
    load_languages()  # a catalogue that cannot be read stops the start, not a page
    settings = read_settings(app.config)
    if not alone:
        _refuse_what_only_our_own_app_does(settings)
    database, listeners = database_of(app, settings, db), listeners or Listeners()
    sidebook = SidebookState(
        settings,
        database,
        prefix,
        name,
        listeners=listeners,
        key_at_start=link_key_of(app, settings.secret_key or ()),
    )
    app.extensions[NAME] = sidebook
    _close_at_the_first_request(app, listeners)
    _attach_tab_sessions(app, sidebook)
    blueprint = create_blueprint(name, at_root=prefix == "/", alone=alone)
    app.register_blueprint(blueprint, url_prefix=prefix)
    refuse_addresses_in_use(app, name)
    warn_of_later_conflicts(app, name)
    app.cli.add_command(booking_commands, name)
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
        _refuse_other_limits(app, sidebook.settings)
        add_end_hook(app, release)
        add_store_hook(app, count_stored_drafts)
        return
    TabSessions(
        app,
        lambda: sidebook.session,
        idle_minutes=sidebook.settings.idle_minutes,
        absolute_minutes=sidebook.settings.absolute_hours * 60,
        request_seconds=sidebook.settings.request_seconds,
        on_end=release,
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


def _close_at_the_first_request(app: Flask, listeners: Listeners) -> None:
    """What was booked before a function came is nowhere kept for it."""

    def close(_app: Flask, **_: object) -> None:
        request_started.disconnect(close, app)
        listeners.is_closed = True

    request_started.connect(close, app, weak=False)


LATER_CONFLICT = (
    "%s is wanted by two: by this app (%s) and by Sidebook (%s), and whoever came first answers "
    "there. Mount Sidebook at another url_prefix; made last, it says so at start."
)
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*")
_LISTED, _PART = re.compile(r"<any\((.*?)\):\w+>"), re.compile(r"<[^>]+>")
_NAME = re.compile(r"[a-z][a-z0-9_-]*")


def prefix_of(text: Any) -> str:
    """Return the prefix as it is used: '/book' for 'book' and '/book/', '/' for '' and '/'.

    Raises: ConfigurationError for what cannot stand at the beginning of every address.
    """
    prefix = f"/{text.strip('/')}" if isinstance(text, str) else ""
    path = "" if prefix == "/" else prefix
    if not prefix or not _PREFIX.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise ConfigurationError(
            f"url_prefix is {text!r}. Write a path of letters, digits, dots, dashes and slashes, "
            "such as url_prefix='/book'; url_prefix='/' is the root of the app."
        )
    return prefix


def refuse_a_second(app: Flask) -> None:
    """Raise ConfigurationError for an app that has Sidebook, or something else in its place."""
    in_place = app.extensions.get(NAME)
    if isinstance(in_place, SidebookState):
        raise ConfigurationError("This app has Sidebook already: make it once.")
    if in_place is not None:
        raise ConfigurationError(
            f"app.extensions[{NAME!r}] is {in_place!r}, and Sidebook keeps its own there. Give it "
            "another key."
        )


def refuse_names_in_use(app: Flask, name: Any) -> None:
    """Raise ConfigurationError for a name that none can have, or that the app uses already."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"name is {name!r}. Write small letters, digits, - and _, such as name='appointments'."
        )
    kinds: dict[str, Mapping[str, Any]] = {"blueprint": app.blueprints, "command": app.cli.commands}
    for kind, named in kinds.items():
        if name in named:
            raise ConfigurationError(
                f"This app has a {kind} named {name!r} of its own, which Sidebook would take the "
                "place of. Give Sidebook another name, for its blueprint and its commands: "
                "Sidebook(app, db, name='appointments')."
            )


def refuse_addresses_in_use(app: Flask, name: str) -> None:
    """Raise ConfigurationError where the host has registered an address of ours before us."""
    if app.url_map.host_matching:
        raise ConfigurationError(
            "This app matches hosts (host_matching=True), and Sidebook's addresses have none. "
            "Give Sidebook an app of its own, create_app(), and lead its host there."
        )
    for address, ours, theirs in _conflicts(app, name):
        raise ConfigurationError(
            f"This app has a page of its own at {address} ({theirs}), where Sidebook needs one "
            f"({ours}). Mount Sidebook elsewhere: Sidebook(app, db, url_prefix='/appointments')."
        )


def warn_of_later_conflicts(app: Flask, name: str) -> None:
    """Warn at the first request of an address that the host has registered after us."""

    def warn(_app: Flask, **_: object) -> None:
        request_started.disconnect(warn, app)
        for address, ours, theirs in _conflicts(app, name):
            app.logger.warning(LATER_CONFLICT, address, theirs, ours)

    request_started.connect(warn, app, weak=False)


def _conflicts(app: Flask, name: str) -> Iterator[tuple[str, str, str]]:
    """Addresses that two want, each with our endpoint and with the host's."""
    for rule in app.url_map.iter_rules():
        answering = app.url_map.bind("localhost", subdomain=rule.subdomain)
        is_ours, is_fixed = rule.endpoint.startswith(f"{name}."), not rule.arguments
        # Of the host's only what has no variable in it: the others leave room for ours.
        if rule.rule.endswith("<path:unknown>") or not (is_ours or is_fixed):
            continue
        for address in _examples(rule.rule):
            other = _endpoint_at(answering, address, rule)
            if other and other.startswith(f"{name}.") != is_ours:
                yield (
                    (address, rule.endpoint, other) if is_ours else (address, other, rule.endpoint)
                )


def _endpoint_at(answering: MapAdapter, address: str, rule: Rule) -> str:
    method = min((rule.methods or set()) - {"HEAD", "OPTIONS"}, default="GET")
    try:
        return str(answering.match(address, method)[0])
    except RequestRedirect as elsewhere:
        return f"a redirect to {elsewhere.new_url}"
    except HTTPException:  # nothing is there: a rule that a host keeps for a subdomain
        return ""


def _examples(rule: str) -> list[str]:
    """Addresses that the rule fits: one with each of the words that it lists."""
    listed = _LISTED.search(rule)
    if not listed:
        return [_PART.sub("x", rule)]
    words = listed[1].replace('"', "").split(",")
    return [_PART.sub("x", rule.replace(listed[0], word)) for word in words]
