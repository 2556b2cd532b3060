"""Settings: BOOKING_* keys from a TOML file, the environment and app.config, the last wins.

A wrong value stops the start with the key's name and what to write. A key that nearly is a setting
was meant to be one, so it is not passed over in silence; a host may have keys of its own all the
same, and says so in BOOKING_OWN_KEYS.
"""

import logging
import os
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import click
from phonenumbers import SUPPORTED_REGIONS
from werkzeug.sansio.utils import host_is_trusted

from booking import addresses, mail_settings
from booking.files import read_whole

PREFIX = "BOOKING_"
OWN_KEYS = "own_keys"
# How alike two names are: one of them misspelt, or two that may differ.
_MEANT, _PERHAPS = 0.85, 0.7
_MOST_BYTES = 100_000
_log = logging.getLogger(__name__)


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
    keys = addresses.several(
        value, "Write keys with commas, such as BOOKING_DATABASE, BOOKING_HOST."
    )
    if wrong := [key for key in keys if not key.startswith(PREFIX)]:
        raise ValueError(f"{wrong[0]} does not begin with {PREFIX}, so it need not be named.")
    return tuple(keys)


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
    for name in values.keys() - known - _own(values):
        likeness, meant = max((SequenceMatcher(None, name, each).ratio(), each) for each in known)
        if likeness >= _MEANT:
            raise ConfigurationError(
                f"{key_of(name)} is not a setting. Did you mean {key_of(meant)}? If it is a key "
                f"of your own, {key_of(OWN_KEYS)}={key_of(name)} says so."
            )
        if likeness >= _PERHAPS:
            _log.warning(
                "%s is not a setting of Sidebook. If you meant %s, write that; if it is a key of "
                "your own, BOOKING_OWN_KEYS=%s says so.",
                *map(key_of, (name, meant, name)),
            )


def _own(values: Mapping[str, Any]) -> set[str]:
    try:
        return {key.removeprefix(PREFIX).lower() for key in own_keys(values.get(OWN_KEYS) or ())}
    except ValueError:  # is refused with the other values
        return set()


@dataclass(frozen=True)
class Settings:
    """What an operator may choose. Each field is the key BOOKING_<FIELD>."""

    database_url: str | None = None
    """An SQLAlchemy URL; by default an SQLite file in the instance folder."""
    hold_minutes: int = 10
    """How long a chosen time stays held, and what "more time" adds."""
    first_hold_minutes: int = 3
    """How long it stays held until something of the details was typed; at most hold_minutes."""
    hold_extensions: int = 3
    """How many times "more time" may be asked for."""
    holds_per_visitor: int = 20
    """Live holds of one visitor (one address) at the same time."""
    bookings_per_visitor: int = 20
    """Bookings that one visitor may make in 24 hours."""
    drafts_per_visitor: int = 300
    """Bookings that one visitor may begin, or copy, in a day; never fewer than it may hold."""
    visitor_share: int = 50
    """Percent of a staff member's day that one visitor may take; two times are always allowed."""
    held_share: int = 50
    """Percent of a staff member's day that all together may hold without having booked it."""
    confirm_minutes: int = 30
    """How long a booking waits for its customer's word by mail, where a service asks for it."""
    approval_hours: int = 24
    """How long a booking waits for the shop's approval, where a service asks for it."""
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
    draft_bytes: int = 64 * 1024
    """How much the answers of an unfinished booking may take."""
    request_bytes: int = 256 * 1024
    """How much one request may bring."""
    compress: bool = True
    """Whether answers are sent compressed to browsers that take it."""
    host_policy: bool = False
    """Whether the Content-Security-Policy of the host's app is sent with the wizard's pages."""
    tabs_help: bool = True
    """Whether tabs of one browser may help each other or keep to themselves."""
    phone_region: str | None = None
    """Two letters of the country whose phone numbers need no +; default: of the shop's own."""
    mail_url: mail_settings.MailServer | None = None
    """How letters leave: smtp://, smtps://, file:// or log:; by default none are written."""
    mail_from: mail_settings.Mailbox | None = None
    """Whom letters are from: an address, or a name and an address."""
    mail_reply_to: mail_settings.Mailbox | None = None
    """Whom answers to letters go to; by default the shop, else the sender."""
    mail_seconds: int = 30
    """Seconds in which a connection to the mail server, or a letter, must be done."""
    mails_a_second: float = 5
    """How many letters leave in a second, over all processes; 0: as many as can."""
    mails_a_connection: int = 50
    """After how many letters the connection to the mail server is a new one."""
    delivery: str = "thread"
    """Who delivers: a thread of each serving process, in turn, or a command of its own."""
    letter_days: int = 30
    """Days for which a letter's row is kept once it was sent, or is not to be."""
    keep_customer_days: int | None = None
    """Days after a customer's last appointment, after which purge erases them; None: never."""
    secret_key: tuple[str, ...] | None = field(default=None, repr=False)
    """What customers' links are made with, and what was before; by default the app's SECRET_KEY."""
    letters_per_address: int = 10
    """How many letters a customer's address gets in a day, over all bookings and visitors."""
    desk_idle_minutes: int = 8 * 60
    """Minutes without a request after which somebody at the desk has to sign in again."""
    desk_absolute_hours: int = 7 * 24
    """Hours after which somebody at the desk has to sign in again in any case."""
    desk_letter_seconds: int = 60
    """For how long letters that the desk causes wait, so that what was done can be undone."""
    own_keys: tuple[str, ...] | None = None
    """Keys of the app's own that are nearly a setting of ours."""


def read_settings(config: Mapping[str, Any]) -> Settings:
    """Return the settings of one app.

    Raises: ConfigurationError.
    """
    known = names_of_settings()
    values = read_sources(config, known)
    settings = Settings(**{name: _value(name, values[name]) for name in known if name in values})
    _refuse_contradictions(settings)
    return _at_most_a_whole_hold(settings, is_given="first_hold_minutes" in values)


def _at_most_a_whole_hold(settings: Settings, *, is_given: bool) -> Settings:
    """With the first hold no longer than a whole one.

    Raises: ConfigurationError.
    """
    whole, first = settings.hold_minutes, settings.first_hold_minutes
    if first <= whole:
        return settings
    if is_given:
        raise ConfigurationError(
            f"BOOKING_FIRST_HOLD_MINUTES is {first} and BOOKING_HOLD_MINUTES {whole}. "
            f"Write a whole number from 1 to {whole}, or a larger BOOKING_HOLD_MINUTES."
        )
    return replace(settings, first_hold_minutes=whole)


def names_of_settings() -> list[str]:
    """Return the names of all settings, as fields: `hold_minutes`."""
    return [field.name for field in fields(Settings)]


def _refuse_contradictions(settings: Settings) -> None:
    """Raise ConfigurationError for settings of which one would make another useless."""
    public, hours = settings.public_url or "", settings.absolute_hours
    host = addresses.host_of(public)
    told = {
        f"BOOKING_IDLE_MINUTES is {settings.idle_minutes}, but after BOOKING_ABSOLUTE_HOURS "
        f"({hours}) every unfinished booking is erased. Write at most {hours * 60}, or raise "
        "BOOKING_ABSOLUTE_HOURS.": settings.idle_minutes > hours * 60,
        "BOOKING_HSTS_SECONDS keeps browsers to https, but BOOKING_PUBLIC_URL begins with "
        "http://. Write https:// there, or leave BOOKING_HSTS_SECONDS out.": settings.hsts_seconds
        and public.startswith("http:"),
        # Links that we write must lead to a host that we answer to.
        f"BOOKING_PUBLIC_URL leads to {host}, which BOOKING_TRUSTED_HOSTS does not name. "
        "Add it there.": host
        and settings.trusted_hosts
        and not host_is_trusted(host, settings.trusted_hosts),
    }
    for message, is_so in (told | _incomplete_mail(settings)).items():
        if is_so:
            raise ConfigurationError(message)


def _incomplete_mail(settings: Settings) -> dict[str, bool]:
    """What letters cannot do without, each with whether it is missing."""
    mail = settings.mail_url is not None
    return {
        "BOOKING_MAIL_URL is set, and links in letters must lead to you. Write "
        "BOOKING_PUBLIC_URL, such as https://shop.example.": mail and not settings.public_url,
        "BOOKING_MAIL_URL is set, and letters must be from somebody. Write BOOKING_MAIL_FROM, "
        "such as shop@shop.example.": mail and not settings.mail_from,
    }


def _value(name: str, value: Any) -> Any:
    if isinstance(value, int) and abs(value) > 10**18:  # Python writes none of thousands of digits
        raise ConfigurationError(f"{key_of(name)} has too many digits. Write a small number.")
    try:
        if name in _NUMBERS:
            return _number(value, *_NUMBERS[name])
        if name in _WRITTEN_OUT:
            return _WRITTEN_OUT[name](value)
        return None if value in (None, "") else _OTHERS[name](value)
    except ValueError as error:
        shown = mail_settings.without_password(str(value)) if name == "mail_url" else value
        raise ConfigurationError(f"{key_of(name)} is {shown!r}. {error}") from error


_NUMBERS: dict[str, tuple[int, int | None]] = {
    "hold_minutes": (1, None),
    "first_hold_minutes": (1, None),
    "hold_extensions": (0, None),
    "confirm_minutes": (5, None),
    "approval_hours": (1, None),
    "holds_per_visitor": (1, None),
    "bookings_per_visitor": (1, None),
    "drafts_per_visitor": (1, None),
    "visitor_share": (1, 100),
    "held_share": (1, 100),
    "pressure_share": (0, 100),
    "trusted_proxies": (0, None),
    "hsts_seconds": (0, None),
    "idle_minutes": (1, None),
    "absolute_hours": (1, None),
    "request_seconds": (1, 600),
    # The longest note, and some answers, in a script that takes four bytes a character.
    "draft_bytes": (16 * 1024, None),
    "request_bytes": (64 * 1024, None),
    "mail_seconds": (1, 600),
    "mails_a_connection": (1, None),
    "letter_days": (1, None),
    "letters_per_address": (1, None),
    "desk_idle_minutes": (5, None),
    "desk_absolute_hours": (1, 30 * 24),
    "desk_letter_seconds": (0, 3600),
}
"""Of each the least that may be written, and the most."""


def _number(value: Any, least: int, most: int | None) -> int:
    with suppress(TypeError, ValueError):
        number = int(value)
        if not isinstance(value, bool | float) and least <= number <= (most or number):
            return number
    raise ValueError(f"Write a whole number from {least} {f'to {most}' if most else 'up'}.")


_WORDS = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}


def _switch(value: Any) -> bool:
    word = str(value).strip().lower()
    if word not in _WORDS:
        raise ValueError("Write true or false.")
    return _WORDS[word]


def _text(value: Any) -> str:
    # SQLAlchemy's URL object prints its password as ***.
    whole = getattr(value, "render_as_string", None)
    return str(whole(hide_password=False) if whole else value)


def _region(value: Any) -> str:
    region = str(value).strip().upper()
    if region not in SUPPORTED_REGIONS:
        raise ValueError("Write the two letters of a country, such as PT.")
    return region


_WRITTEN_OUT: dict[str, Callable[[Any], Any]] = {
    "compress": _switch,
    "tabs_help": _switch,
    "host_policy": _switch,
    "delivery": mail_settings.delivery,
    "mails_a_second": mail_settings.rate,
}
"""What has to say something where it stands; the others may stand there empty."""


def _secrets(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list | tuple) else tuple(str(value).split())


_OTHERS: dict[str, Callable[[Any], Any]] = {
    "secret_key": _secrets,
    "database_url": _text,
    "mail_url": lambda value: mail_settings.mail_server(str(value)),
    "mail_from": lambda value: mail_settings.mailbox(str(value)),
    "mail_reply_to": lambda value: mail_settings.mailbox(str(value)),
    "phone_region": _region,
    "public_url": lambda value: addresses.public_url(str(value)),
    "trusted_hosts": addresses.trusted_hosts,
    "shared_addresses": addresses.networks,
    "own_keys": own_keys,
    "keep_customer_days": lambda value: _number(value, 1, None),
}
