"""A host's own functions are told what happened to a booking, as reliably as letters are sent."""

import logging
import traceback
from collections.abc import Callable
from functools import partial
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
_log = logging.getLogger(__name__)


def tell_host(app: Flask, letter: Letter) -> Answer:
    """Call the handler that the letter names, with the booking and its manage link.

    Outside any transaction of ours: what it reads and writes by the app's session is its own, and
    commits by itself. It is told again later where it fails, or where this app has none of that
    name, as while a new version is rolled out.

    Raises: what the database fails with before the handler is called.
    """
    with app.app_context():
        sidebook = current_sidebook()
        handler = sidebook.handlers.get(letter.kind, {}).get(letter.recipient)
        if handler is None:
            return Answer("temporary", "this app has no such handler")
        booking, link = read_with_link(sidebook, partial(_told, sidebook.links, letter))
        try:
            handler(booking, link)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - nor what would end the deliverer's thread
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
