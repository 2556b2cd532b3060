"""Erase what nobody needs any more, a portion at a time: each waits for the one before."""

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

from booking import tab_sessions
from booking.operations.customers import group_bookings
from booking.operations.erasure import erase_quiet, quiet_since
from booking.operations.purge import (
    purge_claims,
    purge_holds,
    purge_letters,
    purge_marks,
    purge_pending,
    purge_pending_moves,
)
from booking.operations.sign_ins import purge_sign_ins
from booking.state import current_sidebook
from booking.storage.holds import delete_past_holds
from booking.storage.visitors import delete_draft_counts, delete_spent_challenges
from booking.tab_sessions import read_transaction, run_in_transaction
from booking.transactions.watching import AnySession

from .group import booking_commands, now, ready, say
from .wiping import BACKUPS

Portion = Callable[..., int]
"""What does a portion of some work in a transaction, and says how much that was; 0: it is done."""

_AT_ONCE = 20  # customers: each has a few bookings, and each of these some letters

SILENT: tuple[Portion, ...] = (
    purge_pending,
    purge_pending_moves,
    purge_marks,
    delete_past_holds,
    delete_spent_challenges,
    delete_draft_counts,
    purge_sign_ins,
    group_bookings,
)
"""What is done beside that, and is of no interest to anybody."""


@booking_commands.command()
def purge() -> None:
    """Erase unfinished bookings that ran out, holds long over, old claims and old letters."""
    session, today = ready(), now()
    drafts, traces = until_done(tab_sessions.purge)
    # Each by itself: whoever books waits for one of them at a time.
    letters = partial(purge_letters, days=current_sidebook().settings.letter_days)
    told: tuple[Portion, ...] = (purge_holds, purge_claims, letters)
    holds, claims, old, *_ = (
        until_done(partial(batch, session, portion, today))[0] for portion in (*told, *SILENT)
    )
    erased = erase_who_has_not_come(session, today)
    say(
        f"Erased {drafts} unfinished bookings that ran out and {traces} traces of older ones, "
        f"{holds} holds long over, {claims} claims on days gone by and {old} letters of long ago."
    )
    if erased:
        say(f"Erased {erased} customers who have not come for long. {BACKUPS}")


def erase_who_has_not_come(session: AnySession, today: datetime) -> int:
    """Erase customers as the settings say, a few at a time; return how many that were."""
    days = current_sidebook().settings.keep_customer_days
    if days is None:
        return 0
    with read_transaction(session) as reading:
        numbers = quiet_since(reading, now=today, days=days)
    portions = [numbers[first : first + _AT_ONCE] for first in range(0, len(numbers), _AT_ONCE)]
    hashed = current_sidebook().links.hashed_addresses
    return sum(
        run_in_transaction(
            session, partial(erase_quiet, numbers=portion, now=today, days=days, hashed=hashed)
        )
        for portion in portions
    )


def batch(session: AnySession, portion: Portion, today: datetime) -> tuple[int]:
    """Do one portion in a transaction of its own; how much it was."""
    return (run_in_transaction(session, lambda writing: portion(writing, now=today)),)


def until_done(portion: Callable[[], tuple[int, ...]]) -> tuple[int, ...]:
    """Run portions until one finds nothing; what they did in all."""
    started, done = time.monotonic(), portion()
    total = done
    while any(done):
        # As long a rest as the work took: whoever waits for SQLite's one writer gets a turn.
        time.sleep(time.monotonic() - started)
        started, done = time.monotonic(), portion()
        total = tuple(map(sum, zip(total, done, strict=True)))
    return total
