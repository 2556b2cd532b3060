"""A host's own functions under the lock: SQLite takes one writer, so everybody else waits for them.

Nothing fails where one of them takes a second, and others are told 503 for it: so debug says whose.
"""

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, has_app_context
from sqlalchemy.orm import Session

from booking.transactions.watching import is_writing

LONG = 0.5
"""Seconds from which on it is told."""
T = TypeVar("T")
_told: set[tuple[str, str]] = set()
_log = logging.getLogger(__name__)


def called(
    session: Session, what: str, function: Callable[..., T], /, *given: Any, **more: Any
) -> T:
    """Call a host's function; in debug mode say, once, that it held SQLite's lock for long.

    `what` is what the host knows it by, such as "on_end". Raises what the function does.
    """
    began, known_as = time.perf_counter(), (what, _name_of(function))
    try:
        return function(*given, **more)
    finally:
        took = time.perf_counter() - began
        if took > LONG and known_as not in _told and _is_to_be_told(session):
            _told.add(known_as)
            _log.warning(
                "%s (%s) took %.1f s in a transaction that writes. On SQLite everybody else who "
                "writes waits for it, and is answered 503 after a while. Do what takes time before "
                "it (before_transaction=) or after it (after_commit=).",
                *(*known_as, took),
            )


def _is_to_be_told(session: Session) -> bool:
    is_debug = has_app_context() and current_app.debug
    return is_debug and is_writing(session) and session.get_bind().dialect.name == "sqlite"


def _name_of(function: Any) -> str:
    name = getattr(function, "__qualname__", type(function).__qualname__)
    return f"{getattr(function, '__module__', '?')}.{name}"
