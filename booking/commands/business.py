"""Set up the tables and the business that its file describes; and look after the database.

What loading the file changed is said in a line for each change, which names services and staff by
their slugs. A text that was written is named, never repeated: what is printed may end up in a log.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from flask import current_app
from sqlalchemy.orm import Session

from booking import tab_sessions
from booking.business_file.load import MOST_BYTES, read_business
from booking.business_file.values import format_length, format_range
from booking.files import read_whole
from booking.i18n.date_input import WEEKDAYS
from booking.notifications.words import check_text
from booking.operations.bookings import keep_calendar_uids
from booking.operations.owners import Removal, bookings_outside_hours, large_removals
from booking.operations.plan import MAIL, BusinessPlan
from booking.operations.purge import (
    purge_claims,
    purge_holds,
    purge_letters,
    purge_marks,
    purge_pending,
)
from booking.operations.shop import Action, Change, Difference, Thing, apply_business
from booking.state import current_sidebook
from booking.storage import reads
from booking.storage.holds import delete_past_holds
from booking.storage.visitors import delete_draft_counts, delete_spent_challenges
from booking.tab_sessions import read_transaction, run_in_transaction, run_read_only
from booking.transactions.watching import AnySession

from .database_checks import Grade, OnlyTried, file_modes, sqlite_path, write_check
from .group import as_called, booking_commands, now, ready, say, when


@booking_commands.command()
def init() -> None:
    """Create the tables, or bring them to this version."""
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
    say(f"The database is ready (version {current(engine)}).")


@booking_commands.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--if-empty", is_flag=True, help="Only when no business was loaded before.")
@click.option("--dry-run", is_flag=True, help="Tell what would change, and change nothing.")
@click.option("--yes", is_flag=True, help="Even if more than half of the services or staff go.")
def load(file: Path, *, if_empty: bool, dry_run: bool, yes: bool) -> None:
    """Make the business what FILE says (docs/business-file.md describes it)."""
    plan = read_business(_bytes_of(file), name=str(file), now=now(), check_text=check_text)
    _refuse_without_mail(plan)
    session = ready()
    # Read before and after, not in between: a year of appointments would keep customers waiting.
    before = run_read_only(session, _outside_hours)
    lines: list[str] = []

    def work(session: Session) -> None:
        if if_empty and reads.shop(session):
            lines[:] = ["A business is loaded already: nothing was changed."]
            return
        warnings = _large_removals(session, plan, file, allowed=yes, only_tried=dry_run)
        changes = list(map(sentence, apply_business(session, plan))) or ["Nothing changed."]
        lines[:] = [*plan.notes, *_unasked(plan), *changes, *warnings]
        if dry_run:
            announced = "This is a dry run: nothing is changed. Loading the file would tell:"
            lines[:] = [announced, *lines, *_to_call(session, before)]
            raise OnlyTried

    with suppress(OnlyTried):
        run_in_transaction(session, work, idempotent=True)
    if not dry_run:
        lines += run_read_only(session, lambda reading: list(_to_call(reading, before)))
    say(*lines)


def _outside_hours(session: Session) -> set[int]:
    return {booking.id for booking in bookings_outside_hours(session, now())}


def _to_call(session: Session, before: set[int]) -> Iterator[str]:
    """The appointments that this file leaves without anybody who works then."""
    outside = [one for one in bookings_outside_hours(session, now()) if one.id not in before]
    if not outside:
        return
    yield "These appointments stay, but nobody works then any more. Call, move or cancel them:"
    zone = reads.shop_zone(session)
    for booking in outside:
        yield f"  {booking.reference}  {when(booking, zone)}  {booking.staff_member.name}"


def _large_removals(
    session: Session, plan: BusinessPlan, file: Path, *, allowed: bool, only_tried: bool
) -> list[str]:
    taken_out = large_removals(session, plan)
    if not taken_out or allowed:
        return []
    warning = f"{file} takes out {removals(taken_out)}, so loading it needs --yes."
    if only_tried:
        return [warning]
    raise click.ClickException(
        f"{warning} Nothing was changed: make sure that this is the file of this shop (--dry-run)."
    )


def _refuse_without_mail(plan: BusinessPlan) -> None:
    asking = [one.slug for one in plan.services if one.confirm_by_mail]
    if asking and not current_sidebook().settings.mail_url:
        raise click.ClickException(
            f"{asking[0]} has confirm_by_mail, but no letters are sent. Set BOOKING_MAIL_URL, or "
            "leave confirm_by_mail out. Nothing was changed."
        )


def _unasked(plan: BusinessPlan) -> Iterator[str]:
    """Of what somebody has to decide nobody is told: neither by a letter nor by a host's event."""
    deciding = [one.slug for one in plan.services if one.approval]
    if deciding and not current_sidebook().settings.mail_url:
        yield as_called(
            f"{', '.join(deciding)}: you decide about what is booked (approval), and no letters "
            "are sent that tell you so. Set BOOKING_MAIL_URL, or look with "
            "flask booking list --all."
        )


def _bytes_of(file: Path) -> bytes:
    try:
        return read_whole(file, MOST_BYTES)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be read: {error.strerror}.") from error


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


def removals(taken_out: list[Removal]) -> str:
    """Say what would go, such as "2 of 3 services (cut, shave)"."""
    kinds = {"services": "services", "staff": "staff members"}
    return " and ".join(
        f"{len(one.slugs)} of {one.total} {kinds[one.kind]} ({', '.join(one.slugs)})"
        for one in taken_out
    )


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


PARTS: tuple[Callable[..., int], ...] = (
    purge_holds,
    purge_claims,
    purge_pending,
    purge_marks,
    delete_past_holds,
    delete_spent_challenges,
    delete_draft_counts,
)


@booking_commands.command()
def purge() -> None:
    """Erase unfinished bookings that ran out, holds long over, old claims and old letters."""
    session, today = ready(), now()
    drafts, traces = _until_done(tab_sessions.purge)
    # Each by itself: whoever books waits for one of them at a time.
    letters = partial(purge_letters, days=current_sidebook().settings.letter_days)
    parts: tuple[Callable[..., int], ...] = (*PARTS, letters)
    holds, claims, *_, old = (
        _until_done(partial(_batch, session, part, today))[0] for part in parts
    )
    say(
        f"Erased {drafts} unfinished bookings that ran out and {traces} traces of older ones, "
        f"{holds} holds long over, {claims} claims on days gone by and {old} letters of long ago."
    )


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


def _batch(session: AnySession, part: Callable[..., int], today: datetime) -> tuple[int]:
    return (run_in_transaction(session, lambda writing: part(writing, now=today)),)


def _until_done(batch: Callable[[], tuple[int, ...]]) -> tuple[int, ...]:
    """Run batches until one finds nothing; what they did in all."""
    started, done = time.monotonic(), batch()
    total = done
    while any(done):
        # As long a rest as the work took: whoever waits for SQLite's one writer gets a turn.
        time.sleep(time.monotonic() - started)
        started, done = time.monotonic(), batch()
        total = tuple(map(sum, zip(total, done, strict=True)))
    return total
