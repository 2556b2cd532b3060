"""Look after the database: let go of what nobody needs, and see whether it can be trusted."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import datetime

import click
from flask import current_app
from sqlalchemy.orm import Session

from booking import tab_sessions
from booking.operations.drafts import purge_drafts
from booking.operations.purge import (
    purge_claims,
    purge_holds,
    purge_marks,
    purge_past_holds,
    purge_sums,
)
from booking.tab_sessions import reading, settle

from .file_modes import file_modes
from .findings import Grade
from .group import as_called, booking_commands, now, ready, state
from .output import say
from .trial import try_to_write


@booking_commands.command()
def purge() -> None:
    """Erase unfinished bookings that ran out, holds long over, and claims on days gone by."""
    session, today = ready(), now()
    drafts, traces = _until_done(tab_sessions.purge)
    holds, claims, *_ = _until_done(lambda: settle(session, lambda here: _purge(here, today)))
    say(
        f"Erased {drafts} unfinished bookings that ran out and {traces} traces of older ones, "
        f"{holds} holds long over and {claims} claims on days gone by."
    )


@booking_commands.command()
def doctor() -> None:
    """Look for what could cost a booking. Exit status 1 when something is wrong."""
    from .doctor import examine  # noqa: PLC0415 - Alembic is slow to load, see ready

    with reading(state().session) as session:
        findings = list(examine(session, now(), state().settings.held_share))
    findings += file_modes(state().engine, _settings_file())
    findings += try_to_write(state().session)
    for grade, text in findings:
        say(f"{grade:<5}  {as_called(text)}")
    if any(grade is Grade.WRONG for grade, _ in findings):
        raise click.exceptions.Exit(1)


def _settings_file() -> str | None:
    found = current_app.config.get("BOOKING_SETTINGS") or os.environ.get("BOOKING_SETTINGS")
    return str(found) if found else None


def _purge(session: Session, today: datetime) -> tuple[int, ...]:
    return (
        purge_holds(session, now=today),
        purge_claims(session, now=today),
        purge_marks(session, now=today),
        purge_past_holds(session, now=today),
        purge_sums(session, now=today),
        purge_drafts(session, now=today),
    )


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
