"""Settings: BOOKING_* keys from a TOML file, the environment and app.config, the last wins.

A wrong value stops the start with the key's name and what to write.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

PREFIX = "BOOKING_"


class ConfigurationError(click.ClickException):
    """A setting cannot be used; the message names it and the remedy.

    At the shell it is one line, because Flask's commands print a ClickException so.
    """


@dataclass(frozen=True)
class Settings:
    """What an operator may choose. Each field is the key BOOKING_<FIELD>."""

    database_url: str | None = None
    """An SQLAlchemy URL; by default an SQLite file in the instance folder."""
    hold_minutes: int = 10
    """How long a chosen time stays held, and what "more time" adds."""
    hold_extensions: int = 3
    """How many times "more time" may be asked for."""
    holds_per_visitor: int = 20
    """Live holds of one visitor (one address) at the same time."""
    bookings_per_visitor: int = 20
    """Bookings that one visitor may make in 24 hours."""
    visitor_share: int = 50
    """Percent of a staff member's day that one visitor may take; two times are always allowed."""
    trusted_proxies: int = 0
    """How many proxies in front of us set X-Forwarded-For and are believed."""
    idle_minutes: int = 60
    """Minutes without a request after which an unfinished booking is erased."""
    absolute_hours: int = 24
    """Hours after which an unfinished booking is erased in any case."""
    compress: bool = True
    """Whether answers are sent compressed to browsers that take it."""
    tabs_help: bool = True
    """Whether tabs of one browser may help each other or keep to themselves."""
    phone_region: str | None = None
    """Two letters of the country whose phone numbers need no +; default: of the shop's own."""


_MOST = {"visitor_share": 100}
_LEAST = {
    "hold_minutes": 1,
    "hold_extensions": 0,
    "holds_per_visitor": 1,
    "bookings_per_visitor": 1,
    "visitor_share": 1,
    "trusted_proxies": 0,
    "idle_minutes": 1,
    "absolute_hours": 1,
}


def read_settings(config: Mapping[str, Any]) -> Settings:
    """The settings of one app. Raises ConfigurationError."""
    given = {**_from_file(), **_keys(os.environ), **_keys(config)}
    known = [field.name for field in fields(Settings)]
    for name in given.keys() - set(known):
        if meant := get_close_matches(name, known, n=1):
            key, right = PREFIX + name.upper(), PREFIX + meant[0].upper()
            raise ConfigurationError(f"{key} is not a setting. Did you mean {right}?")
    return Settings(**{name: _value(name, given[name]) for name in known if name in given})


def _keys(source: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key.removeprefix(PREFIX).lower(): value
        for key, value in source.items()
        if key.startswith(PREFIX)
    }


def _from_file() -> dict[str, Any]:
    path = os.environ.get(PREFIX + "SETTINGS")
    if not path:
        return {}
    try:
        return _keys(tomllib.loads(Path(path).read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigurationError(
            f"BOOKING_SETTINGS names {path}, which cannot be read ({error.strerror}). "
            "Write the path of a TOML file."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not a TOML file: {error}.") from error


_SWITCHES = {"compress", "tabs_help"}
_WORDS = {"true": True, "1": True, "yes": True, "on": True}
_WORDS |= {"false": False, "0": False, "no": False, "off": False}


def _switch(name: str, value: Any) -> bool:
    found = _WORDS.get(str(value).strip().lower())
    if found is None:
        raise ConfigurationError(f"{PREFIX}{name.upper()} is {value!r}. Write true or false.")
    return found


def _value(name: str, value: Any) -> Any:
    if name in _SWITCHES:
        return _switch(name, value)
    if name not in _LEAST:
        return str(value) if value else None
    least, most = _LEAST[name], _MOST.get(name)
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = None
    if number is None or isinstance(value, bool | float) or not least <= number <= (most or number):
        upward = f"to {most}" if most else "up"
        raise ConfigurationError(
            f"{PREFIX}{name.upper()} is {value!r}. Write a whole number from {least} {upward}."
        )
    return number
