"""A whole transaction, run as often as the database asks for it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from .errors import CommitOutcomeUnknown, is_retryable
from .sessions import AnySession, read_transaction, write_transaction

ATTEMPTS = 5
_PAUSE = 0.02  # seconds, at most, for each try so far: whoever was in the way is through by then

T = TypeVar("T")


class Retry(Exception):
    """Raised inside the work: what it stood on has changed meanwhile."""


class Conflict(Retry):
    """Another request changed the tab's row meanwhile."""


def run_in_transaction(
    session: AnySession, work: Callable[[Session], T], *, idempotent: bool = False
) -> T:
    """Run `work(session)` in a write transaction of its own, and commit it.

    It is run again, whole, on a serialization failure, a deadlock, a lost connection, or where it
    raises Retry: so it does nothing outside the database. Only `idempotent` work, of which
    twice comes to the same as once, is also run again when the connection was lost *during* the
    commit. Raises what the last of five tries failed with: Retry, or something of which
    `is_temporarily_unavailable` says whether asking later makes sense.
    """
    for attempt in range(1, ATTEMPTS):
        try:
            return _once(session, work)
        except Retry:
            continue
        except CommitOutcomeUnknown:
            if not idempotent:
                raise
        except DBAPIError as error:
            if not is_retryable(error):
                raise
        time.sleep(random.uniform(0, _PAUSE * attempt))  # noqa: S311 - no secret
    return _once(session, work)


def run_read_only(session: AnySession, work: Callable[[Session], T]) -> T:
    """Run `work(session)` where it can only read; once more if the connection was lost.

    A server that was restarted takes the pool's connections with it, and the second try has a new
    one. Raises what `read_transaction` and the last try raise.
    """
    try:
        with read_transaction(session) as here:
            return work(here)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
    with read_transaction(session) as here:
        return work(here)


def _once(session: AnySession, work: Callable[[Session], T]) -> T:
    with write_transaction(session) as here:
        return work(here)
