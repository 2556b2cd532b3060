"""What the log says of trouble: one line for what was refused, one for an outage of the database.

Lines come at most once a second with their numbers, and say nothing of whom.
"""

import time
from collections import Counter
from dataclasses import dataclass, field
from threading import Lock

from flask import Blueprint, Response

from booking.operations.links import TwoKeys
from booking.state import current_flask, current_request, current_sidebook
from booking.storage.base import OlderTables

from . import urls
from .headers import is_our_answer

REFUSED = "Refused within %d s: %s"
REASONS = {
    400: "no usable tab id, or another host",
    403: "sent by another website",
    404: "a manage link that leads nowhere",
    408: "it did not come to its end",
    410: "the tab's booking is over",
    413: "larger than it may be",
    428: "a sum was asked for first: much of a day is held",
    429: "more than one visitor may",
}
NOT_SET_UP = "The booking tables are missing, or of an older version. Run: flask {} init (%s)"
BY_HOST = (
    "The booking tables lack something that this version needs. Your own migrations made them, so "
    "bring them up to the models (%s)"
)
TWO_KEYS = "Nobody is served here: %s."
OUTAGE = "The database could not be used, so a customer was asked to try again: %s"
REPEATED_AFTER = 1.0
"""Seconds: a flood of refusals, or a hundred customers of one outage, are one line."""
_MANAGE_LINKS = {"appointment", "cancel", "calendar", "confirmation", "decision"}
_COUNTED = "booking.counted"


@dataclass
class _Refused:
    counts: Counter[int] = field(default_factory=Counter)
    since: float = 0.0
    logged_at: float = float("-inf")
    lock: Lock = field(default_factory=Lock)


@dataclass
class _LastLogged:
    reason: str = ""
    at: float = 0.0


def log_refusals(blueprint: Blueprint) -> None:
    """Count what is refused below the blueprint's prefix, and log it."""
    blueprint.after_app_request(_count_ours)


def count_refusal(response: Response) -> Response:
    """Count this answer if it refuses, and log what came together, at most once a second."""
    refused = current_flask().extensions.setdefault("booking_refused", _Refused())
    if response.status_code < 400 and not refused.counts:
        return response
    with refused.lock:
        now = time.monotonic()
        if _is_refusal(response.status_code) and not current_request().environ.get(_COUNTED):
            current_request().environ[_COUNTED] = True
            refused.since = refused.since if refused.counts else now
            refused.counts[response.status_code] += 1
        # The next request, whatever it is, logs the last ones of a flood.
        if not refused.counts or now - refused.logged_at < REPEATED_AFTER:
            return response
        counts, refused.counts, refused.logged_at = refused.counts, Counter(), now
    several = ", ".join(f"{counts[each]} x {each} ({REASONS[each]})" for each in sorted(counts))
    current_flask().logger.warning(REFUSED, max(1, round(now - refused.since)), several)
    return response


def log_outage(error: BaseException | None) -> None:
    """Log why the database was of no use just now; never what a statement carried."""
    _log(OUTAGE, reason(error))


def log_not_set_up(error: BaseException | None) -> None:
    """Log what the operator has to do before anybody can book."""
    by_host = isinstance(error, OlderTables) and error.by_host
    _log(BY_HOST if by_host else NOT_SET_UP.format(current_sidebook().name), reason(error))


def log_two_keys(error: TwoKeys) -> None:
    """Log how the machines come to make links with one key."""
    _log(TWO_KEYS, str(error))


def reason(error: BaseException | None) -> str:
    """Return the first line of what the driver said; on the lines after it may stand a row."""
    said = str(getattr(error, "orig", None) or error or "").strip().splitlines()
    if said:
        return said[0]
    cause = getattr(error, "__cause__", None)
    return reason(cause) if cause else type(error).__name__


def _log(message: str, why: str) -> None:
    last = current_flask().extensions.setdefault("booking_outages", _LastLogged())
    now = time.monotonic()
    if why == last.reason and now - last.at < REPEATED_AFTER:
        return
    last.reason, last.at = why, now
    current_flask().logger.warning(message, why)


def _count_ours(response: Response) -> Response:
    return count_refusal(response) if is_our_answer() else response


def _is_refusal(status: int) -> bool:
    if status == 404:  # any other is a mistyped address, or somebody's search for other software
        return urls.own_name(current_request().endpoint) in _MANAGE_LINKS
    return status in REASONS
