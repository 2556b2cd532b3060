"""Ending the tabs that merely expired: nobody asks for it, so nobody is to suffer where it fails.

Each is ended in a transaction of its own. What an app's rows or functions refuse is named in the
log, and the tab waits for another day with its draft erased: it keeps neither a stranger's new tab
from beginning nor a purge from going on to the next one.
"""

import logging
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from flask import Flask
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from booking.transactions.errors import (
    TransactionAborted,
    TransactionError,
    is_temporarily_unavailable,
    state_of,
)
from booking.transactions.sessions import Retry, run_in_transaction, run_read_only
from booking.transactions.watching import AnySession

from . import store
from .config import Config, current_config

_ALONG = 20  # expired tabs, with each new one
_KEPT = ("23503", "23001")  # PostgreSQL's: a foreign key, one with RESTRICT
A_DAY = 24 * 60 * 60
A_WHILE = 10 * 60  # seconds, until what somebody else locked is tried again
_log = logging.getLogger(__name__)


class Ended(NamedTuple):
    """How many tabs were ended, and how many only lost their drafts and wait for another try."""

    whole: int
    waiting: int


def end_if_over(config: Config, session: AnySession, tab: int, now: int) -> None:
    """End this tab, which its own request found to be over at `now` (seconds).

    The request is told 410 in any case, so nothing is raised: what fails is in the log.
    """
    try:
        _end_next(config, session, now, lambda writing: store.lock_if_over(writing, tab, now))
    except Exception as error:  # noqa: BLE001 - whatever an app's code raises
        _log_what_has_no_tab(error)


def end_some(config: Config, session: AnySession, now: int, most: int) -> Ended:
    """End up to `most` tabs that are over at `now` (seconds), those first that were so longest.

    Raises what the database fails with where it is no matter of one tab.
    """
    due = run_read_only(session, lambda reading: store.due_ids(reading, now, most))
    whole = waiting = 0
    for _ in due:  # of several who do this at once each takes others
        is_whole = _end_next(
            config, session, now, lambda writing: store.expired_ids(writing, now, 1)
        )
        if is_whole is None:
            break
        whole, waiting = whole + is_whole, waiting + (not is_whole)
    return Ended(whole, waiting)


def take_along(app: Flask, session: Session, now: int) -> None:
    """End a few tabs that are over at `now` (seconds), so that erasing needs no clockwork.

    A new tab does it once its answer is sent, so nobody waits for it and nobody is told.
    """
    with app.app_context():
        try:
            end_some(current_config(), session, now, _ALONG)
        except Exception as error:  # noqa: BLE001 - the answer is sent already
            _log_what_has_no_tab(error)


def reason_and_cure(error: Exception) -> str:
    """Return what an app's part in an end failed with, and what its developer can do about it."""
    # Of a database's error only its own words: SQLAlchemy's have the values as well.
    said = str(error.orig if isinstance(error, DBAPIError) else error).strip()
    return f"{type(error).__name__}: {said}. {_cure(error)}"


def _end_next(
    config: Config, session: AnySession, now: int, lock: Callable[[Session], list[int]]
) -> bool | None:
    """End the tab that `lock` locks. None: there is none; False: it could not be ended.

    Raises what fails before there is one.
    """
    locked: list[int] = []

    def end(writing: Session) -> None:
        locked[:] = lock(writing)
        config.endings.expire(writing, locked)

    try:
        run_in_transaction(session, end)
    except Exception as error:
        if not locked:
            raise
        _put_off(session, locked[0], now, error)
        return False
    return True if locked else None


def _put_off(session: AnySession, tab: int, now: int, error: Exception) -> None:
    later = A_WHILE if may_pass(error) else A_DAY
    run_in_transaction(session, partial(store.put_off, row=tab, now=now, until=now + later))
    if later == A_DAY:
        _log.error(
            "tab session %s is over (expired) and its draft is erased, but what the app has done "
            "with it failed, so its rows stay. It is tried again a day later. %s",
            *(tab, reason_and_cure(error)),
            exc_info=None if isinstance(error, DBAPIError) else error,
        )


def may_pass(error: Exception) -> bool:
    """Say whether it was the database's busyness alone, and no mistake of anybody's."""
    return isinstance(error, Retry) or is_temporarily_unavailable(error)


def _log_what_has_no_tab(error: Exception) -> None:
    if not may_pass(error):
        _log.error("tab sessions that are over stay for now: %s", error, exc_info=error)


def _is_about_a_key(error: IntegrityError) -> bool:
    return state_of(error) in _KEPT or "FOREIGN KEY" in str(error.orig)


def _cure(error: Exception) -> str:
    if isinstance(error, IntegrityError) and _is_about_a_key(error):
        return (
            "Other rows of the app's point to those that are to go with the tab. Give their key "
            "ON DELETE CASCADE or SET NULL, or the model a relationship with "
            'cascade="all, delete-orphan", or see to them in on_end.'
        )
    if isinstance(error, AssertionError):
        return (
            "A relationship of the model would empty a primary key: give it "
            'cascade="all, delete-orphan", or passive_deletes="all" where the database deletes.'
        )
    if isinstance(error, TransactionError) and not isinstance(error, TransactionAborted):
        return "on_end runs inside a transaction: it does not end it, nor begin another."
    return (
        "on_end, forget= of AnonymousUsers and a model's events have to pass over what is gone "
        "already, and there is no request: they may be called from a purge."
    )
