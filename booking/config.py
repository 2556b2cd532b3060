"""Settings: BOOKING_* keys from a TOML file, the environment and app.config, the last wins.

A wrong value stops the start with the key's name and what to write.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click
from phonenumbers import SUPPORTED_REGIONS
from werkzeug.sansio.utils import host_is_trusted

from . import addresses

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
    held_share: int = 50
    """Percent of a staff member's day that all together may hold without having booked it."""
    pressure_share: int = 25
    """Percent of a day held and not booked above which a hold costs a browser a sum; 0: never."""
    shared_addresses: tuple[addresses.Network, ...] | None = None
    """Addresses and networks behind which many people sit: no limit on one visitor meets them."""
    trusted_proxies: int = 0
    """How many proxies in front of us set X-Forwarded-For and are believed."""
    public_url: str | None = None
    """Scheme, host and mount path under which customers reach us, without the wizard's prefix."""
    trusted_hosts: tuple[str, ...] | None = None
    """The hosts we answer to; by default any."""
    hsts_seconds: int = 0
    """How long browsers keep to https once they came by it; 0: we do not ask them to."""
    idle_minutes: int = 60
    """Minutes without a request after which an unfinished booking is erased."""
    absolute_hours: int = 24
    """Hours after which an unfinished booking is erased in any case."""
    request_seconds: int = 20
    """Seconds in which the whole of a request must have come, where the server lets us say so."""
    compress: bool = True
    """Whether answers are sent compressed to browsers that take it."""
    tabs_help: bool = True
    """Whether tabs of one browser may help each other or keep to themselves."""
    phone_region: str | None = None
    """Two letters of the country whose phone numbers need no +; default: of the shop's own."""


_MOST = {"visitor_share": 100, "held_share": 100, "pressure_share": 100, "request_seconds": 600}
_LEAST = {
    "hold_minutes": 1,
    "hold_extensions": 0,
    "holds_per_visitor": 1,
    "bookings_per_visitor": 1,
    "visitor_share": 1,
    "held_share": 1,
    "pressure_share": 0,
    "trusted_proxies": 0,
    "hsts_seconds": 0,
    "idle_minutes": 1,
    "absolute_hours": 1,
    "request_seconds": 1,
}


def read_settings(config: Mapping[str, Any]) -> Settings:
    """The settings of one app. Raises ConfigurationError."""
    given = {**_from_file(), **_keys(os.environ), **_keys(config)}
    known = [field.name for field in fields(Settings)]
    for name in given.keys() - set(known):
        if meant := get_close_matches(name, known, n=1):
            key, right = PREFIX + name.upper(), PREFIX + meant[0].upper()
            raise ConfigurationError(f"{key} is not a setting. Did you mean {right}?")
    settings = Settings(**{name: _value(name, given[name]) for name in known if name in given})
    _refuse_a_host_of_others(settings)
    return settings


def _refuse_a_host_of_others(settings: Settings) -> None:
    """Links that we write must lead to a host that we answer to. Raises ConfigurationError."""
    if not (settings.public_url and settings.trusted_hosts):
        return
    host = addresses.host_of(settings.public_url)
    if not host_is_trusted(host, settings.trusted_hosts):
        raise ConfigurationError(
            f"BOOKING_PUBLIC_URL leads to {host}, which BOOKING_TRUSTED_HOSTS does not name. "
            "Add it there."
        )


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
    if name == "phone_region":
        return _region(value)
    if name in _ADDRESSES:
        return _address(name, value)
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


_ADDRESSES: dict[str, Callable[[Any], Any]] = {
    "public_url": lambda value: addresses.public_url(str(value)),
    "trusted_hosts": addresses.trusted_hosts,
    "shared_addresses": addresses.networks,
}


def _address(name: str, value: Any) -> Any:
    if value in (None, ""):
        return None
    try:
        return _ADDRESSES[name](value)
    except ValueError as error:
        raise ConfigurationError(f"{PREFIX}{name.upper()} is {value!r}. {error}") from error


def _region(value: Any) -> str | None:
    region = str(value).strip().upper() if value else None
    if region and region not in SUPPORTED_REGIONS:
        raise ConfigurationError(
            f"{PREFIX}PHONE_REGION is {value!r}. Write the two letters of a country, such as PT."
        )
    return region
