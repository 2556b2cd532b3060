"""That somebody is there, noted now and then: who only looks for an hour is not gone."""

from __future__ import annotations

from booking.transactions.errors import DATABASE_FAILURES, is_temporarily_unavailable
from booking.transactions.sessions import write_transaction

from . import store
from .extension import State

_TIMES = 12  # within an idle limit, at most


def is_due(row: store.Row, here: State, now: int) -> bool:
    """Whether it is long enough ago that this row was written to. `now` in seconds, UTC."""
    return row.state == "active" and (now - row.seen_at) * _TIMES >= here.limits.idle


def note(here: State, row: store.Row, over: str | None, now: int) -> None:
    """Write down that a tab which read was there; or, where it is `over`, that it has ended.

    The library's own bookkeeping, in a transaction after the view's: a read stays a read for the
    view. A database that is busy is left alone.
    """
    try:
        with write_transaction(here.session) as session:
            if over:
                here.end(session, [row.id], over)
            else:
                until = here.limits.over_at(now, row.absolute_expires_at)
                store.touch(session, row.id, now, until)
    except DATABASE_FAILURES as error:
        if not is_temporarily_unavailable(error):
            raise
