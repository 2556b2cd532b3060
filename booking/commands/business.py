"""Set up the tables, and look after the database; and what changed of the business, in words.

A line for each change, which names services and staff by their slugs. A text that was written is
named, never repeated: what is printed may end up in a log.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import click
from flask import current_app

from booking.business_file.lengths import format_length
from booking.business_file.values import format_range, format_time
from booking.i18n.date_input import WEEKDAYS
from booking.operations.bookings import keep_calendar_uids
from booking.operations.customers import group_bookings
from booking.operations.plan import MAIL
from booking.operations.shop import Action, Change, Difference, Thing
from booking.state import current_sidebook
from booking.tab_sessions import read_transaction, run_in_transaction

from .accounts import first_owner_lines
from .database_checks import Grade, file_modes, sqlite_path, write_check
from .group import as_called, booking_commands, now, say
from .purge import batch, until_done


@booking_commands.command()
@click.option("--without-link", is_flag=True, hidden=True)
def init(*, without_link: bool) -> None:
    """Create the tables, or bring them to this version; print a way to the desk's first account."""
    from booking.migrate import current, upgrade  # noqa: PLC0415 - Alembic is slow to load, see ready

    engine = current_sidebook().engine
    # Only here: anywhere else a mistyped address would silently become an empty database.
    with suppress(OSError):  # opening it will say why
        if file := sqlite_path(engine):
            file.touch(0o600)  # and so SQLite makes -wal and -shm: names stand in them
    upgrade(engine)
    if public := current_sidebook().settings.public_url:
        host = str(urlsplit(public).hostname)
        db_session = current_sidebook().session
        run_in_transaction(db_session, lambda session: keep_calendar_uids(session, host))
    until_done(partial(batch, current_sidebook().session, group_bookings, now()))
    say(f"The database is ready (version {current(engine)}).")
    if not without_link:
        say(*run_in_transaction(current_sidebook().session, first_owner_lines))


MINUTES = frozenset(
    {"duration", "buffer_before", "buffer_after", "minimum_notice", "slot_step"}
    | {"cancel_until", "move_until"}
)
TOLD_WITH_VALUE = frozenset(
    {"zone", "slug", "kind", "required", "daily_limit", "confirm_by_mail", "approval"}
)
NAMES = {"position": "its place in the order", "is_online": "online"}
ENDINGS = {
    Action.ADDED: "added",
    Action.DELETED: "deleted",
    Action.RETIRED: "retired, because there are bookings of it",
    Action.RETURNED: "back, no longer retired",
}


def sentence(change: Change) -> str:
    """Write one change as a line, such as "service cut: duration 30 min → 1 h"."""
    thing, action = change.thing, change.action
    what = _name(thing, with_end=action is Action.ADDED)
    if thing.kind == "offer" and thing.owner:
        verb = "offers" if action is Action.ADDED else "no longer offers"
        return f"{_name(thing.owner)}: {verb} {thing.key}"
    if thing.kind in ("hours", "breaks", "override") and action is Action.CHANGED:
        return f"{what} {_ranges(change)}"
    if action is Action.CHANGED:
        return f"{what}: {', '.join(map(_difference, change.differences))}"
    return f"{what}{' ' if thing.owner else ': '}{ENDINGS[action]}"


def _name(thing: Thing, *, with_end: bool = False) -> str:
    own = _own_name(thing, with_end=with_end)
    return f"{_name(thing.owner)}: {own}" if thing.owner else own


def _own_name(thing: Thing, *, with_end: bool) -> str:
    match thing.kind:
        case "hours" | "breaks":
            return f"{thing.kind} on {WEEKDAYS[thing.key]}"
        case "override":
            return f"override on {thing.key}"
        case "time_off":
            first, end = map(_local, thing.key)
            return f"time off from {first}{f' to {end}' if with_end else ''}"
        case "closure":
            return f"closure {_days(*thing.key)}"
        case _:
            return f"{thing.kind} {thing.key}" if thing.key else thing.kind


def _ranges(change: Change) -> str:
    [ranges] = change.differences
    written = ", ".join(format_range((one.starts, one.ends)) for one in ranges.after)
    return written or ("closed" if change.thing.kind == "override" else "none")


def _difference(difference: Difference) -> str:
    name = difference.name
    if name == "mail":
        return ", ".join(_mail(difference.before, difference.after))
    shown = [_value(name, difference.before), _value(name, difference.after)]
    if None in shown:
        return NAMES.get(name, name)
    return f"{name} {' → '.join(map(str, shown))}"


def _mail(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """What changed of letters, by the names that it has in the file."""
    old, new = {**MAIL, **before}, {**MAIL, **after}
    shown: dict[str, Callable[[Any], str]] = {
        "off": lambda names: ", ".join(names) or "none",
        "invitation": str,
        "link_in_invitation": lambda flag: str(flag).lower(),
        "reminders": lambda lengths: ", ".join(map(format_length, lengths)) or "none",
        "lists_at": format_time,
    }
    for name, write in shown.items():
        if old[name] != new[name]:
            yield f"mail.{name} {write(old[name])} → {write(new[name])}"
    texts = [
        {(tag, name): text for tag, named in mail["texts"].items() for name, text in named.items()}
        for mail in (old, new)
    ]
    for tag, name in sorted(texts[0].keys() | texts[1].keys()):
        if texts[0].get((tag, name)) != texts[1].get((tag, name)):
            yield f"mail.texts.{tag}.{name}"


def _value(name: str, value: object) -> str | None:
    """Write the value as in a business file; None where only its name is told."""
    if isinstance(value, int) and name in MINUTES:
        return format_length(value)
    if isinstance(value, int) and name == "booking_window":
        return f"{value} days" if value != 1 else "1 day"
    if name == "letters":
        return str(value).replace("_", " ")
    if name in TOLD_WITH_VALUE:
        return "none" if value is None else str(value)
    return None


def _days(first: date, last: date) -> str:
    return f"on {first}" if first == last else f"from {first} to {last}"


def _local(local: datetime) -> str:
    is_repeated = local.utcoffset() != local.replace(fold=not local.fold).utcoffset()
    return f"{local:%Y-%m-%d %H:%M%z}" if is_repeated else f"{local:%Y-%m-%d %H:%M}"


@booking_commands.command()
def doctor() -> None:
    """Look for what could cost a booking. Exit status 1 when something is wrong."""
    from .doctor import examine  # noqa: PLC0415 - Alembic is slow to load, see ready

    settings = current_sidebook().settings
    with read_transaction(current_sidebook().session) as session:
        findings = list(examine(session, now(), settings.held_share))
    file = current_app.config.get("BOOKING_SETTINGS") or os.environ.get("BOOKING_SETTINGS")
    has_secrets = bool(settings.secret_key or settings.mail_url)
    findings += file_modes(current_sidebook().engine, file, has_secrets=has_secrets)
    findings += write_check(current_sidebook().session)
    say(*(f"{grade:<5}  {as_called(text)}" for grade, text in findings))
    if any(grade is Grade.WRONG for grade, _ in findings):
        raise click.exceptions.Exit(1)
