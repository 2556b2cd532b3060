"""One line in the log for what customers read as “try again”: the reason, in the driver's words."""

from __future__ import annotations

import time
from dataclasses import dataclass

from flask import current_app

from booking.state import current_sidebook
from booking.storage.base import OlderTables

NOT_SET_UP = "The booking tables are missing, or of an older version. Run: flask {} init (%s)"
BY_HOST = (
    "The booking tables lack something that this version needs. Your own migrations made them, so "
    "bring them up to the models (%s)"
)
REFUSED = "The database could not be used, so a customer was asked to try again: %s"
_REPEATED_AFTER = 1.0  # second: a hundred customers of one outage are one line


@dataclass
class _LastLogged:
    words: str = ""
    at: float = 0.0


def log_refusal(error: BaseException | None) -> None:
    """Say why the database was of no use just now; never what a statement carried."""
    _log(REFUSED, reason(error))


def log_not_set_up(error: BaseException | None) -> None:
    """Say what the operator has to do before anybody can book."""
    by_host = isinstance(error, OlderTables) and error.by_host
    _log(BY_HOST if by_host else NOT_SET_UP.format(current_sidebook().name), reason(error))


def reason(error: BaseException | None) -> str:
    """The first line of what the driver said; on the lines after it may stand a row."""
    said = str(getattr(error, "orig", None) or error or "").strip().splitlines()
    if said:
        return said[0]
    cause = getattr(error, "__cause__", None)
    return reason(cause) if cause else type(error).__name__


def _log(message: str, why: str) -> None:
    last = current_app.extensions.setdefault("booking_outages", _LastLogged())
    now = time.monotonic()
    if why == last.words and now - last.at < _REPEATED_AFTER:
        return
    last.words, last.at = why, now
    current_app.logger.warning(message, why)
