"""A host's own functions are told what happened to a booking, as reliably as letters are sent."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import TypeVar

from flask import Flask
from sqlalchemy.orm import Session

from booking.operations.links import Links, NoLink
from booking.state import SidebookState, current_sidebook
from booking.storage.models import Booking
from booking.storage.outbox import Letter
from booking.transactions.sessions import run_in_transaction, run_read_only

from .transport import Answer

T = TypeVar("T")
PATIENCE = 60
"""Seconds for which the others wait for a handler."""
_CALLS = "booking.handler_calls"  # in app.extensions: elsewhere they would keep their app
_log = logging.getLogger(__name__)


class _Call(Thread):
    """One handler that is told of one event, in a thread of its own; it may never return."""

    def __init__(self, app: Flask, letter: Letter) -> None:
        super().__init__(name=f"sidebook-{letter.recipient}", daemon=True)
        self.letter, self._app = letter, app
        self._answer: Answer | Exception | None = None

    def run(self) -> None:
        try:
            self._answer = _tell(self._app, self.letter)
        except Exception as error:  # noqa: BLE001 - raised by whoever waits for it
            self._answer = error

    def has_answer_to(self, letter: Letter) -> bool:
        """Return whether it has been told of that event, and what came of it is still to be had."""
        return self.letter.id == letter.id and self._answer is not None

    def answer(self) -> Answer:
        """Return what came of it, once it is over.

        Raises: what was raised before the handler was called.
        """
        if isinstance(self._answer, Answer):
            return self._answer
        raise self._answer or RuntimeError(f"{self.name} ended without a word")


def tell_host(app: Flask, letter: Letter) -> Answer:
    """Call the handler that the letter names, with the booking and its manage link.

    Outside any transaction of ours: what it reads and writes by the app's session is its own, and
    commits by itself. It is told again later where it fails, or where this app has none of that
    name, as while a new version is rolled out. One that does not return in PATIENCE keeps no other
    waiting; as long as it runs this process calls it for nothing else, and what comes of it in the
    end counts.

    Raises: what the database fails with before the handler is called.
    """
    calls: dict[str, _Call] = app.extensions.setdefault(_CALLS, {})
    call = calls.get(letter.recipient)
    if call is None or not (call.is_alive() or call.has_answer_to(letter)):
        call = calls[letter.recipient] = _Call(app, letter)
        call.start()
    elif call.letter.id != letter.id:
        return Answer("temporary", f"The handler {letter.recipient} is at an event before this one")
    with app.app_context():
        patience = min(PATIENCE, 2 * current_sidebook().settings.mail_seconds)  # a lease is longer
    call.join(patience)
    if call.is_alive():
        said = f"The handler {letter.recipient} has not returned"
        _log.warning("%s after %d s: give what it waits for a time limit.", said, patience)
        return Answer("temporary", said)
    calls.pop(letter.recipient, None)  # also of one that failed: the next try calls anew
    return call.answer()


def _tell(app: Flask, letter: Letter) -> Answer:
    with app.app_context():
        sidebook = current_sidebook()
        handler = sidebook.handlers.get(letter.kind, {}).get(letter.recipient)
        if handler is None:
            return Answer("temporary", "this app has no such handler")
        booking, link = read_with_link(sidebook, partial(_told, sidebook.links, letter))
        try:
            handler(booking, link)
        except BaseException as error:  # noqa: BLE001 - also what would end its thread
            return Answer("temporary", log_failure(f"The handler {letter.recipient} failed", error))
        finally:
            sidebook.session.rollback()
    return Answer("accepted", "")


def log_failure(what: str, error: BaseException) -> str:
    """Log where it failed; return what did. What the error says may be a name or an address."""
    where = "".join(traceback.format_tb(error.__traceback__))
    _log.error("%s (%s):\n%s", what, type(error).__name__, where)
    return f"{what} ({type(error).__name__})"


def _told(links: Links, letter: Letter, session: Session) -> tuple[Booking, str]:
    booking = session.get_one(Booking, letter.booking_id)
    return booking, links.known_url(session, booking)


def read_with_link(sidebook: SidebookState, work: Callable[[Session], T]) -> T:
    """Return what the work reads; a link is added before, where it asks for one in vain (NoLink).

    Not while it reads: by a pool of one connection, or in a SQLite file without WAL, a connection
    that writes would wait for the one that reads, and that is we.
    """
    added: set[int] = set()  # a letter may have the links of several bookings
    while True:
        try:
            return run_read_only(sidebook.session, work)
        except NoLink as missing:
            if missing.booking_id in added:
                raise
            added.add(missing.booking_id)
            add = partial(_add_link, sidebook.links, missing.booking_id)
            run_in_transaction(sidebook.session, add, idempotent=True)


def _add_link(links: Links, booking_id: int, session: Session) -> None:
    links.manage_url(session, session.get_one(Booking, booking_id))
