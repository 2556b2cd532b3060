"""A test letter: what is said to the mail server, and what it answers, shown as it was.

A mail server may take its time. So it is asked outside any transaction, for less time than a server
lets a request take, and by one request at once in a process; and few letters go in half an hour,
whoever asks for them, for each goes to whatever address somebody types.
"""

import hashlib
from collections.abc import Sequence
from http import HTTPStatus
from threading import BoundedSemaphore
from typing import NamedTuple

from booking.characters import is_unprintable
from booking.i18n import gettext as _
from booking.i18n import gettext_noop, ngettext
from booking.mail_settings import mailbox
from booking.notifications.transport import ACCEPTED
from booking.notifications.trying_out import send_test_letter
from booking.now import utc_now
from booking.operations.sign_ins import Count, TooManyTries, count_try
from booking.owner.desk_route import desk_route
from booking.owner.forms import posted_line
from booking.state import current_sidebook
from booking.tab_sessions import run_in_transaction

from .pages import READERS, page

MOST = 10
"""Test letters of the whole shop in half an hour."""
SECONDS = 8
"""The most for connecting, for the letter, and for saying goodbye: each."""
NO_MAIL = gettext_noop("Mail is not set up, so nothing was sent. Below stands what to write.")
NO_ADDRESS = gettext_noop("Enter an e-mail address, such as name@shop.example.")
BUSY = gettext_noop("Somebody is trying mail out at this moment. Please try again in a minute.")
_MARK = hashlib.sha256(b"test letters of the desk").digest()
_turn = BoundedSemaphore(1)
Answer = str | tuple[str, int] | tuple[str, int, dict[str, str]]


class Said(NamedTuple):
    """A line of the dialogue; `who` is 'us' or 'server'."""

    who: str
    words: str


class Tried(NamedTuple):
    """What came of a test letter."""

    to: str
    is_taken: bool
    words: str
    dialogue: Sequence[Said]


def try_out() -> Answer:
    """Send a letter to the address that was typed, and show the dialogue."""
    typed = posted_line("address")
    if current_sidebook().settings.mail_url is None:
        return _refused(HTTPStatus.CONFLICT, alerts=[_(NO_MAIL)])
    try:
        address = mailbox(typed).address
    except ValueError:
        errors = {"address": _(NO_ADDRESS)}
        return _refused(HTTPStatus.UNPROCESSABLE_ENTITY, errors=errors)
    if not _turn.acquire(blocking=False):
        return _refused(HTTPStatus.SERVICE_UNAVAILABLE, wait=60, alerts=[_(BUSY)])
    try:
        return page(address=typed, tried=_tried(address))
    except TooManyTries as error:
        alerts = [_too_many(error)]
        return _refused(HTTPStatus.TOO_MANY_REQUESTS, wait=error.seconds, alerts=alerts)
    finally:
        _turn.release()


def _refused(status: int, *, wait: int = 0, **context: object) -> Answer:
    shown = page(address=posted_line("address"), **context)
    text = shown if isinstance(shown, str) else shown[0]
    return text, status, {"Retry-After": str(wait)} if wait else {}


def _tried(address: str) -> Tried:
    sidebook, lines, now = current_sidebook(), list[str](), utc_now()
    run_in_transaction(
        sidebook.session, lambda session: count_try(session, [Count(_MARK, MOST)], now=now)
    )
    answer = send_test_letter(sidebook, address, hear=lines.append, seconds=SECONDS)
    is_taken = answer is not None and answer.outcome == ACCEPTED
    return Tried(address, is_taken, answer.words if answer else "", [_said(each) for each in lines])


def _said(line: str) -> Said:
    sign, _space, words = line.partition(" ")
    plain = "".join(" " if is_unprintable(each) else each for each in words)
    return Said("us" if sign == ">" else "server", plain)


def _too_many(error: TooManyTries) -> str:
    minutes = -(-error.seconds // 60)
    wait = ngettext("Wait a minute", "Wait %(number)s minutes", minutes)
    return _(
        "Ten test letters went within half an hour, and no more do. %(wait)s; nothing was sent.",
        wait=wait,
    )


ROUTES = (desk_route("/letters/tests", try_out, roles=READERS, methods=("POST",)),)
