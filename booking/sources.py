"""Where settings come from: a TOML file, the environment, app.config; and what a wrong key means.

A key that nearly is a setting was meant to be one, so it is not passed over in silence; a host may
have keys of its own all the same, and says so in BOOKING_OWN_KEYS.
"""

import logging
import os
import tomllib
from collections.abc import Collection, Iterator, Mapping
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import click

from booking.addresses import several
from booking.files import read_whole

PREFIX = "BOOKING_"
OWN_KEYS = "own_keys"
# How alike two names are: one of them misspelt, or two that may differ.
_MEANT, _PERHAPS = 0.85, 0.7
_MOST_BYTES = 100_000
_log = logging.getLogger(__name__)
NOT_OURS = (
    "%s is not a setting of Sidebook. If you meant %s, write that; if it is a key of your own, "
    "BOOKING_OWN_KEYS=%s says so."
)


class ConfigurationError(click.ClickException):
    """Raised where a setting cannot be used; the message names it and the remedy.

    At the shell it is one line, because Flask's commands print a ClickException so.
    """


def read_sources(config: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    """Return what is set, by field name; the last source wins.

    Raises: ConfigurationError.
    """
    # BOOKING_SETTINGS is one of the keys, so the file's name may stand in app.config as well.
    path = config.get(f"{PREFIX}SETTINGS") or os.environ.get(f"{PREFIX}SETTINGS")
    values: dict[str, Any] = {}
    for source in (_file(str(path), known) if path else {}, os.environ, config):
        values |= _keys(source, known)
    _refuse_misspelt_keys(values, {*known, "settings"})
    return {name: value for name, value in values.items() if name in known}


def key_of(name: str) -> str:
    """Return BOOKING_HOLD_MINUTES for hold_minutes."""
    return f"{PREFIX}{name.upper()}"


def own_keys(value: object) -> tuple[str, ...]:
    """Return the keys of a list, or of a text with commas.

    Raises: ValueError with what to write.
    """
    remedy = "Write keys with commas, such as BOOKING_DATABASE, BOOKING_HOST."
    keys = tuple(several(value, remedy))
    if wrong := [key for key in keys if not key.startswith(PREFIX)]:
        raise ValueError(f"{wrong[0]} does not begin with {PREFIX}, so it need not be named.")
    return keys


def _keys(source: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    values = {}
    for key, value in source.items():
        if not key.upper().startswith(PREFIX):
            continue
        name = key[len(PREFIX) :].lower()
        if key == key.upper():
            values[name] = value
        elif name in known:
            raise ConfigurationError(f"{key} is not read. Write it in capitals: {key_of(name)}.")
    return values


def _file(path: str, known: Collection[str]) -> dict[str, Any]:
    try:
        content = tomllib.loads(read_whole(Path(path), _MOST_BYTES).decode())
    except OSError as error:
        raise ConfigurationError(
            f"BOOKING_SETTINGS names {path}, which cannot be read ({error.strerror}). "
            "Write the path of a TOML file."
        ) from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path} is not a TOML file: {error}.") from error
    for key in _without_prefix(content, known):
        name = key.lower().removeprefix(PREFIX.lower())
        raise ConfigurationError(
            f"{key} in {path} is not read. Write {key_of(name)} at the top of the file, outside "
            "any [table]."
        )
    return content


def _without_prefix(content: Mapping[str, Any], known: Collection[str]) -> Iterator[str]:
    """Settings of ours that stand in the file as nobody reads them: bare, or in a table."""
    for key, value in content.items():
        if key.lower() in known:
            yield key
        if isinstance(value, dict) and key.lower() in ("booking", "sidebook"):
            yield from value
        elif isinstance(value, dict):
            yield from (inner for inner in value if inner.startswith(PREFIX))


def _refuse_misspelt_keys(values: Mapping[str, Any], known: Collection[str]) -> None:
    own = _own(values)
    for name in values.keys() - known - own:
        likeness, meant = max((SequenceMatcher(None, name, each).ratio(), each) for each in known)
        if likeness >= _MEANT:
            raise ConfigurationError(
                f"{key_of(name)} is not a setting. Did you mean {key_of(meant)}? If it is a key "
                f"of your own, {key_of(OWN_KEYS)}={key_of(name)} says so."
            )
        if likeness >= _PERHAPS:
            _log.warning(NOT_OURS, key_of(name), key_of(meant), key_of(name))


def _own(values: Mapping[str, Any]) -> set[str]:
    try:
        return {key.removeprefix(PREFIX).lower() for key in own_keys(values.get(OWN_KEYS) or ())}
    except ValueError:  # is refused with the other values
        return set()
