"""Look after the database: let go of what nobody needs, and see whether it can be trusted."""

import os
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

import click
from flask import current_app

from booking import tab_sessions
from booking.operations.purge import purge_claims, purge_holds, purge_marks
from booking.state import current_sidebook
from booking.storage.holds import delete_past_holds
from booking.storage.rate_limits import delete_draft_counts, delete_spent_challenges
from booking.tab_sessions import read_transaction, run_in_transaction
from booking.transactions.watching import AnySession

from .database_checks import Grade, file_modes, write_check
from .group import as_called, booking_commands, now, ready
from .output import say

PARTS: tuple[Callable[..., int], ...] = (
    purge_holds,
    purge_claims,
    purge_marks,
    delete_past_holds,
    delete_spent_challenges,
    delete_draft_counts,
)


@booking_commands.command()
def purge() -> None:
    """Erase unfinished bookings that ran out, holds long over, and claims on days gone by."""
    session, today = ready(), now()
    drafts, traces = _until_done(tab_sessions.purge)
    # Each by itself: whoever books waits for one of them at a time.
    holds, claims, *_ = (_until_done(partial(_batch, session, part, today))[0] for part in PARTS)
    say(
        f"Erased {drafts} unfinished bookings that ran out and {traces} traces of older ones, "
        f"{holds} holds long over and {claims} claims on days gone by."
    )


@booking_commands.command()
def doctor() -> None:
    """Look for what could cost a booking. Exit status 1 when something is wrong."""
    from .doctor import examine  # noqa: PLC0415 - Alembic is slow to load, see ready

    with read_transaction(current_sidebook().session) as session:
        findings = list(examine(session, now(), current_sidebook().settings.held_share))
    file = current_app.config.get("BOOKING_SETTINGS") or os.environ.get("BOOKING_SETTINGS")
    findings += file_modes(current_sidebook().engine, file)
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
