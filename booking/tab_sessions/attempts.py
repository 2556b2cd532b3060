"""A whole transaction, run as often as the database asks for it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from .failures import InDoubt, is_conflict
from .transactions import AnySession, reading, writing

ATTEMPTS = 5
_PAUSE = 0.02  # seconds, at most, for each try so far: whoever was in the way is through by then

T = TypeVar("T")


class RunAgain(Exception):
    """Raised inside the work: what it stood on has changed meanwhile."""


class Conflict(RunAgain):
    """Another request changed the tab's row meanwhile."""


def settle(session: AnySession, work: Callable[[Session], T], *, repeatable: bool = False) -> T:
    """Run `work(session)` in a write transaction of its own, and commit it.

    It is run again, whole, on a serialization failure, a deadlock, a lost connection, or where it
    raises RunAgain: so it does nothing outside the database. Only `repeatable` work, of which
    twice comes to the same as once, is also run again when the connection was lost *during* the
    commit. Raises what the last of five tries failed with: RunAgain, or something of which
    `is_busy` says whether asking later makes sense.
    """
    for attempt in range(1, ATTEMPTS):
        try:
            return _once(session, work)
        except RunAgain:
            continue
        except InDoubt:
            if not repeatable:
                raise
        except DBAPIError as error:
            if not is_conflict(error):
                raise
        time.sleep(random.uniform(0, _PAUSE * attempt))  # noqa: S311 - no secret
    return _once(session, work)


def look(session: AnySession, work: Callable[[Session], T]) -> T:
    """Run `work(session)` where it can only read; once more if the connection was lost.

    A server that was restarted takes the pool's connections with it, and the second try has a new
    one. Raises what `reading` and the last try raise.
    """
    try:
        with reading(session) as here:
            return work(here)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
    with reading(session) as here:
        return work(here)


def _once(session: AnySession, work: Callable[[Session], T]) -> T:
    with writing(session) as here:
        return work(here)
