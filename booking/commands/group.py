"""`flask booking …`: what owners and operators do at the shell.

Every mistake is one clear line on stderr and an exit status other than 0, never a stack trace.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from booking import tab_sessions
from booking.operations.bookings import cancel as cancel_booking
from booking.operations.business.changes import apply_business
from booking.operations.business.file import read_business
from booking.operations.business.losses import heavy_losses
from booking.operations.business.plan import BusinessPlan
from booking.operations.errors import AppointmentPast
from booking.operations.purge import purge_claims, purge_holds
from booking.scheduling.clock import day_interval, from_minute, local_day, to_minute
from booking.storage import reads
from booking.storage.models import Booking
from booking.tab_sessions import reading, writing
from booking.tab_sessions.transactions import AnySession

from .days import day
from .lines import agenda, details, when
from .troubles import in_plain_words

if TYPE_CHECKING:
    from booking.state import State


class _Plainspoken(AppGroup):
    """A group whose commands say what is the matter instead of showing where it happened."""

    def invoke(self, ctx: click.Context) -> Any:
        with in_plain_words():
            return super().invoke(ctx)


booking_commands = _Plainspoken("booking", help="Set up the business and look after its day.")


@booking_commands.command()
def init() -> None:
    """Create the tables, or bring them to this version."""
    from booking.migrate import current, upgrade  # noqa: PLC0415 - Alembic is slow to load, see _ready

    engine = _state().engine
    upgrade(engine)
    click.echo(f"The database is ready (version {current(engine)}).")


@booking_commands.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--if-empty", is_flag=True, help="Only when no business was loaded before.")
@click.option("--dry-run", is_flag=True, help="Tell what would change, and change nothing.")
@click.option("--yes", is_flag=True, help="Even if more than half of the services or staff go.")
def load(file: Path, *, if_empty: bool, dry_run: bool, yes: bool) -> None:
    """Make the business what FILE says (docs/business-file.md describes it)."""
    plan = read_business(_bytes_of(file), name=str(file), now=_now())
    with suppress(_DryRun), writing(_ready()) as session:
        if if_empty and reads.shop(session):
            click.echo("A business is loaded already: nothing was changed.")
            return
        warnings = _heavy_losses(session, plan, file, allowed=yes, only_tried=dry_run)
        changes = apply_business(session, plan)
        if dry_run:
            raise _DryRun  # so that the door rolls back
    if dry_run:
        click.echo("This is a dry run: nothing is changed. Loading the file would tell:")
    for line in (*plan.notes, *(changes or ["Nothing changed."]), *warnings):
        click.echo(line)


@booking_commands.command("list")
@click.option("--from", "first", type=day, help="First day, such as 2026-12-24. Default: today.")
@click.option("--to", "last", type=day, help="Last day. Default: the first.")
def list_bookings(first: date | None, last: date | None) -> None:
    """Show the appointments of a day or several, in the shop's zone."""
    with reading(_ready()) as session:
        zone = reads.shop_zone(session)
        start, end = _days(first, last, zone)
        span = day_interval(start, zone)[0], day_interval(end, zone)[1]
        found = reads.bookings_between(session, *map(from_minute, span))
        lines = list(agenda(found, zone))
    days = f"on {start}" if start == end else f"from {start} to {end}"
    for line in lines or [f"No appointments {days}."]:
        click.echo(line)


@booking_commands.command()
@click.argument("reference")
def show(reference: str) -> None:
    """Show all that is known about one appointment."""
    with reading(_ready()) as session:
        for line in details(_booking(session, reference), reads.shop_zone(session)):
            click.echo(line)


@booking_commands.command()
@click.argument("reference")
def cancel(reference: str) -> None:
    """Cancel an appointment; its time can be booked again."""
    with writing(_ready()) as session:
        booking = _booking(session, reference)
        before = booking.state
        _cancel(session, booking)
        what = f"{booking.reference} on {when(booking, reads.shop_zone(session))}"
    already = " already" if before == "cancelled" else ""
    click.echo(f"{what} is{already} cancelled. The customer was not told.")


@booking_commands.command()
def purge() -> None:
    """Erase unfinished bookings that ran out, holds long over, and claims on days gone by."""
    session, now = _ready(), _now()
    drafts, traces = _until_done(tab_sessions.purge)
    holds, claims = _until_done(lambda: _purge(session, now))
    click.echo(
        f"Erased {drafts} unfinished bookings that ran out and {traces} traces of older ones, "
        f"{holds} holds long over and {claims} claims on days gone by."
    )


@booking_commands.command()
def doctor() -> None:
    """Look for what could cost a booking. Exit status 1 when something is wrong."""
    from .doctor import Grade, examine  # noqa: PLC0415 - Alembic is slow to load, see _ready

    with reading(_state().session) as session:
        findings = list(examine(session, _now()))
    for grade, text in findings:
        click.echo(f"{grade:<5}  {text}")
    if any(grade is Grade.WRONG for grade, _ in findings):
        raise click.exceptions.Exit(1)


class _DryRun(Exception):
    """What was done was only tried."""


def _heavy_losses(
    session: Session, plan: BusinessPlan, file: Path, *, allowed: bool, only_tried: bool
) -> list[str]:
    losses = heavy_losses(session, plan)
    if not losses or allowed:
        return []
    asked = f"{file} takes out {' and '.join(losses)}, so loading it needs --yes."
    if only_tried:
        return [asked]
    raise click.ClickException(
        f"{asked} Nothing was changed: make sure that this is the file of this shop (--dry-run)."
    )


def _purge(session: AnySession, now: datetime) -> tuple[int, int]:
    with writing(session) as here:
        return purge_holds(here, now=now), purge_claims(here, now=now)


def _until_done(batch: Callable[[], tuple[int, int]]) -> tuple[int, int]:
    """Run batches until one finds nothing; what they did in all."""
    first = second = 0
    while any(done := batch()):
        first, second = first + done[0], second + done[1]
    return first, second


def _days(first: date | None, last: date | None, zone: ZoneInfo) -> tuple[date, date]:
    start = first or local_day(to_minute(_now()), zone)
    end = last or start
    if end < start:
        raise click.ClickException("--to is before --from: swap them.")
    return start, end


def _cancel(session: Session, booking: Booking) -> None:
    try:
        cancel_booking(session, booking, by="owner", now=_now())
    except AppointmentPast:
        raise click.ClickException(
            f"{booking.reference} has begun, so it can no longer be cancelled."
        ) from None


def _booking(session: Session, reference: str) -> Booking:
    if found := reads.booking_by_reference(session, reference):
        return found
    raise click.ClickException("No appointment has that reference. flask booking list shows them.")


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise click.ClickException(f"{file} cannot be read: {error.strerror}.") from error


def _ready() -> AnySession:
    """The database session, once every table of this version is there."""
    from booking.migrate import pending  # noqa: PLC0415 - Alembic takes 0.2 s that only commands spend

    if pending(_state().engine):
        raise click.ClickException("The database is not set up yet. Run flask booking init first.")
    return cast("AnySession", _state().session)


def _state() -> State:
    found = current_app.extensions.get("booking")
    if found is None:
        raise click.ClickException(
            "This app has no Sidebook. Write Sidebook(app) where it is made."
        )
    return cast("State", found)


def _now() -> datetime:
    return datetime.now(UTC)
