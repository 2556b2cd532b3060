"""Where in a host's app the wizard is mounted, and that nothing of the host's is there already."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Flask
from werkzeug.routing import RequestRedirect

from .config import ConfigurationError

_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*")
_LISTED, _PART = re.compile(r"<any\((.*?)\):\w+>"), re.compile(r"<[^>]+>")
_NAME = re.compile(r"[a-z][a-z0-9_-]*")


def prefix_of(text: Any) -> str:
    """The prefix as it is used: '/book' for 'book' and '/book/', '/' for '' and '/'.

    Raises ConfigurationError for what cannot stand at the beginning of every address.
    """
    prefix = f"/{text.strip('/')}" if isinstance(text, str) else ""
    path = "" if prefix == "/" else prefix
    if not prefix or not _PREFIX.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise ConfigurationError(
            f"url_prefix is {text!r}. Write a path of letters, digits, dots, dashes and slashes, "
            "such as url_prefix='/book'; url_prefix='/' is the root of the app."
        )
    return prefix


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
    for address, endpoint, found in _asked(app, name):
        if found != endpoint:
            raise ConfigurationError(
                f"This app has a page of its own at {address} ({found}), where Sidebook needs one "
                f"({endpoint}). Mount Sidebook elsewhere: "
                "Sidebook(app, db, url_prefix='/appointments')."
            )


def _asked(app: Flask, name: str) -> Iterator[tuple[str, str, str]]:
    """Addresses of ours, each with its endpoint and with the one that answers there."""
    answering = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        method = min((rule.methods or set()) - {"HEAD", "OPTIONS"}, default="GET")
        if not rule.endpoint.startswith(f"{name}.") or rule.rule.endswith("<path:unknown>"):
            continue
        for address in _examples(rule.rule):
            try:
                yield address, rule.endpoint, answering.match(address, method)[0]
            except RequestRedirect as elsewhere:
                yield address, rule.endpoint, f"a redirect to {elsewhere.new_url}"


def _examples(rule: str) -> list[str]:
    """Addresses that the rule fits: one with each of the words that it lists."""
    listed = _LISTED.search(rule)
    if not listed:
        return [_PART.sub("x", rule)]
    words = listed[1].replace('"', "").split(",")
    return [_PART.sub("x", rule.replace(listed[0], word)) for word in words]
