"""A whole transaction, run as often as the database asks for it."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from .errors import CommitOutcomeUnknown, is_retryable
from .sessions import open_write, read_transaction
from .watching import AnySession

ATTEMPTS = 5
_PAUSE = 0.02  # maximum random pause in seconds, multiplied by the number of tries so far

T = TypeVar("T")


class Retry(Exception):
    """Raised inside the work: what it stood on has changed meanwhile, so run it again."""


def run_in_transaction(
    session: AnySession,
    work: Callable[[Session], T],
    *,
    idempotent: bool = False,
    keep: Callable[[T], bool] | None = None,
) -> T:
    """Run `work(session)` in a write transaction of its own, and commit it.

    It is run again, whole, on a serialization failure, a deadlock, a lost connection, or where it
    raises Retry: so it does nothing outside the database. After a connection is lost *during* the
    commit nobody knows whether it arrived: the work is then run again only where it is
    `idempotent`. `keep` looks at what the work returned and says whether to commit; None: always.
    Raises what the last of five tries failed with: Retry, or something of which
    `is_temporarily_unavailable` says whether asking later makes sense.
    """
    for attempt in range(1, ATTEMPTS):
        try:
            return _once(session, work, keep)
        except Retry:
            continue
        except CommitOutcomeUnknown:
            if not idempotent:
                raise
        except DBAPIError as error:
            if not is_retryable(error):
                raise
        time.sleep(random.uniform(0, _PAUSE * attempt))  # noqa: S311 - no secret
    return _once(session, work, keep)


def run_read_only(session: AnySession, work: Callable[[Session], T]) -> T:
    """Run `work(session)` where it can only read; once more if the connection was lost.

    A server that was restarted takes the pool's connections with it, and the second try has a new
    one. Raises what `read_transaction` and the last try raise.
    """
    try:
        with read_transaction(session) as actual:
            return work(actual)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
    with read_transaction(session) as actual:
        return work(actual)


def _once(session: AnySession, work: Callable[[Session], T], keep: Callable[[T], bool] | None) -> T:
    with open_write(session) as transaction:
        result = work(transaction.session)
        transaction.commit = keep is None or keep(result)
        return result
