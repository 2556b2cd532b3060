"""Keep a copy of the database, and bring it back.

A copy is taken while people book. One that is brought back says what was so when it was taken, so
nothing of it is served before it was settled: see `operations.restored`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

import click
from sqlalchemy import URL, Engine, create_engine, event, func, inspect, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from booking.operations.links import Links
from booking.operations.restored import (
    drop_holds,
    end_sign_ins,
    forget_places_of_keys,
    set_letters_aside,
)
from booking.state import VERSION_TABLE, current_sidebook
from booking.storage import reads
from booking.storage.models import Booking, Shop
from booking.tab_sessions import revoke_all, run_in_transaction, run_read_only
from booking.transactions.watching import AnySession

from .database_checks import sqlite_path
from .group import booking_commands, now, ready, say, short, when
from .sqlite_copies import be_owned_like, copied, is_in_use, put_in_place, set_aside

MOST_NAMED = 20
KEY = (
    "The key that makes customers' links is not in it: keep booking.key of the instance folder, or "
    "SECRET_KEY, in another place. Whoever has both can open every appointment."
)
POSTGRESQL_BACKUP = (
    "PostgreSQL keeps its own backups: pg_dump --format=custom --file=shop.dump NAME (see "
    "docs/operating.md). The key that makes customers' links is in none of them: keep booking.key "
    "of the instance folder, or SECRET_KEY, in another place."
)
POSTGRESQL_RESTORE = (
    "PostgreSQL restores by its own tools. Stop the server, pg_restore into an empty database, and "
    "then run: flask booking restore --copied"
)


class Settled(NamedTuple):
    """What became of what a backup had: how many letters were set aside, and so on."""

    letters: int
    holds: int
    tabs: int
    sign_ins: int


@booking_commands.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Write a copy of the SQLite database into FILE, while people book."""
    database = sqlite_path(current_sidebook().engine)
    if database is None:
        raise click.ClickException(POSTGRESQL_BACKUP)
    ready()
    if file.exists():
        raise click.ClickException(
            f"{file} is there already, and no backup is written over another. Name a new file."
        )
    with copied(database, file) as part:
        bookings, coming = _counts(part)
        put_in_place(part, file)
    say(f"{file}: {bookings} bookings, {coming} of them to come. It was read again, and is sound.")
    say("It holds customers' names in clear: keep it as you keep the bookings.", KEY)


@booking_commands.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option(
    "--copied", "is_copied", is_flag=True, help="It was restored by the database's tools."
)
@click.option("--yes", is_flag=True, help="Even in the place of a database with bookings.")
def restore(file: Path | None, *, is_copied: bool, yes: bool) -> None:
    """Bring FILE, a backup, back as the SQLite database, while nothing serves from it."""
    database = sqlite_path(current_sidebook().engine)
    if (file is None) != is_copied:
        raise click.UsageError(
            "Name the backup's file; or --copied, without one, once it is copied."
        )
    if file is None:
        _say_what_was_settled(*_settle(ready(), now()))
        return
    if database is None:
        raise click.ClickException(POSTGRESQL_RESTORE)
    if not file.is_file():
        raise click.ClickException(f"There is no backup at {file}.")
    _restore(file, database, allowed=yes)


def _restore(file: Path, database: Path, *, allowed: bool) -> None:
    current_sidebook().engine.dispose()
    at, is_there = now(), database.exists()
    if is_there and is_in_use(database):
        raise click.ClickException(
            f"{database} is in use. Stop the server, all of its workers and all timers that run "
            "flask booking, and run it again."
        )
    with copied(file, database) as part:
        _refuse_what_is_no_backup(part, file)
        if is_there and not allowed:
            _refuse_a_loss(part, database)
        settled = _settled(part, at)
        if is_there:
            be_owned_like(part, database)
            aside = set_aside(database, f"before-{at:%Y%m%dT%H%M%SZ}")
            say(f"What was there before is kept: {aside}")
        put_in_place(part, database, replace=True)
    _say_what_was_settled(*settled)
    say("Start the server once flask booking doctor finds nothing wrong.")


def _refuse_what_is_no_backup(part: Path, file: Path) -> None:
    if not _has_our_tables(part):
        raise click.ClickException(f"{file} is no backup of Sidebook's: its tables are missing.")


def _refuse_a_loss(part: Path, database: Path) -> None:
    """Refuse, unless nothing is there that would be lost; say which bookings would go."""
    if not _has_our_tables(database) or _is_empty(database):
        return
    known = set(_references(part))
    lost = [one for one in _references(database) if one not in known]
    for reference in lost[:MOST_NAMED]:
        say(f"  {reference} is not in the backup.")
    raise click.ClickException(
        f"{database} has bookings of its own, {len(lost)} of which the backup does not know. "
        "Nothing was changed: to put the backup in its place needs --yes."
    )


def _settled(part: Path, at: datetime) -> tuple[Settled, list[str]]:
    from booking.migrate import upgrade  # noqa: PLC0415 - Alembic is slow to load, see ready

    with _engine(part) as engine:
        upgrade(engine)
        return _settle(Session(engine), at)


def _settle(session: AnySession, at: datetime) -> tuple[Settled, list[str]]:
    settled = run_in_transaction(session, partial(_settle_in, at=at), idempotent=True)
    return settled, run_read_only(session, partial(_without_link, at=at))


def _settle_in(session: Session, at: datetime) -> Settled:
    letters = set_letters_aside(session, now=at)
    holds = drop_holds(session)
    forget_places_of_keys(session)
    return Settled(letters, holds, revoke_all(session=session), end_sign_ins(session))


def _without_link(session: Session, at: datetime) -> list[str]:
    """The bookings to come whose links this app's key has not made."""
    links, zone = Links(current_sidebook().links.keys), reads.shop_zone(session)
    coming = [session.get_one(Booking, number) for number in reads.coming_bookings(session, now=at)]
    return [
        f"  {one.reference}  {when(one, zone)}  {short(one.customer_name)}"
        for one in coming
        if not links.token(session, one)
    ]


def _say_what_was_settled(settled: Settled, without_link: list[str]) -> None:
    say(
        f"Set aside: {settled.letters} letters that were due before now. Let go of: "
        f"{settled.holds} held times. Ended: {settled.tabs} unfinished bookings, "
        f"{settled.sign_ins} sign-ins."
    )
    if without_link:
        say(
            "The links of these appointments were made by another key. They stay good; letters "
            "will carry a new one beside them, as flask booking show REFERENCE --link does:",
            *without_link,
        )


def _counts(path: Path) -> tuple[int, int]:
    with _engine(path) as engine, Session(engine) as session:
        every = session.scalar(select(func.count()).select_from(Booking)) or 0
        return every, len(reads.coming_bookings(session, now=now()))


def _is_empty(path: Path) -> bool:
    with _engine(path) as engine, Session(engine) as session:
        counts = [select(func.count()).select_from(one) for one in (Booking, Shop)]
        return not any(map(session.scalar, counts))


def _references(path: Path) -> list[str]:
    every = select(Booking.reference).order_by(Booking.created_at, Booking.id)
    with _engine(path) as engine, Session(engine) as session:
        return [*session.scalars(every)]


@contextmanager
def _engine(path: Path) -> Iterator[Engine]:
    engine = create_engine(URL.create("sqlite", database=str(path)), poolclass=NullPool)
    event.listen(engine, "connect", lambda driver, _: driver.execute("PRAGMA foreign_keys = ON"))
    try:
        yield engine
    finally:
        engine.dispose()


def _has_our_tables(path: Path) -> bool:
    with _engine(path) as engine:
        return inspect(engine).has_table(VERSION_TABLE)
