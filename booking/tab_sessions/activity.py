"""What a request leaves behind besides its view's own: that somebody was there.

A read is noted in a transaction after the view's, so that the view itself stays read-only. What a
page asks by itself, while it is looked at, leaves nothing behind.
"""

from sqlalchemy.orm import Session

from booking.transactions.errors import DATABASE_FAILURES, is_temporarily_unavailable
from booking.transactions.sessions import write_transaction

from . import store
from .config import Config

_NOTES = 12  # within an idle limit, at most


def is_due(config: Config, row: store.Row, now: int) -> bool:
    """Say whether a read is to be noted: who only looks for an hour is still there."""
    return row.state == "active" and (now - row.seen_at) * _NOTES >= config.limits.idle


def record(config: Config, session: Session, row: store.Row, now: int) -> None:
    """Note that a tab was read at `now` (seconds). A database that is busy is left alone."""
    try:
        with write_transaction(session) as writing:
            until = config.limits.over_at(now, row.absolute_expires_at)
            store.record_activity(writing, row.id, now, until)
    except DATABASE_FAILURES as error:
        if not is_temporarily_unavailable(error):
            raise
