"""Where in a host's app the wizard is mounted, and that nothing of the host's is there already."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Flask, request_started
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, RequestRedirect, Rule

from booking.config import ConfigurationError
from booking.state import NAME, SidebookState

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
