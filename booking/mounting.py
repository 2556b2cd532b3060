"""Where in a host's app Sidebook lies, and that nothing of the host's is there already."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, RequestRedirect, Rule

from booking.config import ConfigurationError
from booking.first_request import at_the_first_request
from booking.state import NAME, SidebookState, desk_name


@dataclass(frozen=True)
class Place:
    """Below which prefix, at which host or subdomain (None: at every one), and under which name."""

    prefix: str = "/book"
    name: str = NAME
    subdomain: str | None = None
    host: str | None = None
    desk_prefix: str | None = None


LATER_CONFLICT = (
    "%s is wanted by two: by this app (%s) and by Sidebook (%s), and whoever came first answers "
    "there. Mount Sidebook at another url_prefix; made last, it says so at start."
)
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*")
_LISTED, _PART = re.compile(r"<any\((.*?)\):\w+>"), re.compile(r"<[^>]+>")
_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]+)?")


def place_of(app: Flask, wanted: Place) -> Place:
    """Return the place as it is used in this app.

    Raises: ConfigurationError for one that no request would ever reach.
    """
    _refuse_unreachable(app, wanted)
    for what in ("subdomain", "host"):
        text = getattr(wanted, what)
        if text is not None and not _HOST.fullmatch(text):
            raise ConfigurationError(
                f"{what} is {text!r}. Write small letters, digits, dots and dashes, without "
                "variables, such as host='book.shop.example' or subdomain='book'."
            )
    prefix = prefix_of(wanted.prefix)
    return replace(wanted, prefix=prefix, desk_prefix=_desk_prefix(prefix, wanted.desk_prefix))


def _desk_prefix(prefix: str, wanted: str | None) -> str | None:
    if wanted is None:
        return None
    desk = prefix_of(wanted, "desk_prefix")
    is_apart = prefix == "/" or not (
        f"{desk}/".startswith(f"{prefix}/") or f"{prefix}/".startswith(f"{desk}/")
    )
    if desk == "/" or not is_apart:
        raise ConfigurationError(
            f"desk_prefix is {wanted!r} and url_prefix is {prefix!r}. Write a path of the desk's "
            "own, beside the wizard's and not the root, such as desk_prefix='/desk'."
        )
    return desk


def _refuse_unreachable(app: Flask, wanted: Place) -> None:
    matches_hosts = app.url_map.host_matching
    if matches_hosts and wanted.host is None:
        raise ConfigurationError(
            "This app matches hosts (host_matching=True), so say at which one Sidebook answers: "
            "Sidebook(app, db, host='book.shop.example'), with the port where it is not 80 or 443."
        )
    if wanted.host is not None and not matches_hosts:
        raise ConfigurationError(
            f"host is {wanted.host!r}, but this app does not match hosts. Write "
            "Flask(__name__, host_matching=True, static_host=…), or leave it out."
        )
    if wanted.subdomain is None:
        return
    if matches_hosts or not (app.subdomain_matching and app.config["SERVER_NAME"]):
        raise ConfigurationError(
            f"subdomain is {wanted.subdomain!r}, but this app does not match subdomains. Write "
            "Flask(__name__, subdomain_matching=True) and set SERVER_NAME before Sidebook; with "
            "host_matching write host='book.shop.example' instead."
        )


def prefix_of(text: Any, argument: str = "url_prefix") -> str:
    """Return the prefix as it is used: '/book' for 'book' and '/book/', '/' for '' and '/'.

    Raises: ConfigurationError for what cannot stand at the beginning of every address.
    """
    prefix = f"/{text.strip('/')}" if isinstance(text, str) else ""
    path = "" if prefix == "/" else prefix
    if not prefix or not _PREFIX.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise ConfigurationError(
            f"{argument} is {text!r}. Write a path of letters, digits, dots, dashes and slashes, "
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
        if name in named or (kind == "blueprint" and desk_name(name) in named):
            raise ConfigurationError(
                f"This app has a {kind} named {name!r} of its own, which Sidebook would take the "
                "place of. Give Sidebook another name, for its blueprint and its commands: "
                "Sidebook(app, db, name='appointments')."
            )


def refuse_addresses_in_use(app: Flask, name: str) -> None:
    """Raise ConfigurationError where the host has registered an address of ours before us."""
    for address, ours, theirs in _conflicts(app, name):
        is_desk = ours.startswith(f"{desk_name(name)}.")
        elsewhere = "desk_prefix='/reception'" if is_desk else "url_prefix='/appointments'"
        raise ConfigurationError(
            f"This app has a page of its own at {address} ({theirs}), where Sidebook needs one "
            f"({ours}). Mount {'the desk' if is_desk else 'Sidebook'} elsewhere: "
            f"Sidebook(app, db, {elsewhere})."
        )


def warn_of_later_conflicts(app: Flask, name: str) -> None:
    """Warn at the first request of an address that the host has registered after us."""

    def warn(app: Flask) -> None:
        for address, ours, theirs in _conflicts(app, name):
            app.logger.warning(LATER_CONFLICT, address, theirs, ours)

    at_the_first_request(app, warn)


def _conflicts(app: Flask, name: str) -> Iterator[tuple[str, str, str]]:
    """Addresses that two want, each with our endpoint and with the host's."""
    own = (f"{name}.", f"{desk_name(name)}.")
    for rule in app.url_map.iter_rules():
        answering = _adapter(app, rule)
        is_ours, is_fixed = rule.endpoint.startswith(own), not rule.arguments
        # Of the host's only what has no variable in it: the others leave room for ours.
        if rule.rule.endswith("<path:unknown>") or not (is_ours or is_fixed):
            continue
        for address in _examples(rule.rule):
            other = _endpoint_at(answering, address, rule)
            if other and other.startswith(own) != is_ours:
                yield (
                    (address, rule.endpoint, other) if is_ours else (address, other, rule.endpoint)
                )


def _adapter(app: Flask, rule: Rule) -> MapAdapter:
    """What answers where this rule does: at its host, or at its subdomain."""
    if app.url_map.host_matching:
        return app.url_map.bind(rule.host or "localhost")
    return app.url_map.bind("localhost", subdomain=rule.subdomain)


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
