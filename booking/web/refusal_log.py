"""One line in the log for what was refused: how often and why, and nothing of whom."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from threading import Lock

from flask import Blueprint, Response, current_app, request

from . import urls
from .headers import is_our_answer

LINE = "Refused within %d s: %s"
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
_MANAGE_LINKS = {"appointment", "cancel", "calendar"}
_REPEATED_AFTER = 1.0  # second: a flood is a line, with its number
_COUNTED = "booking.counted"


@dataclass
class _Refused:
    counts: Counter[int] = field(default_factory=Counter)
    since: float = 0.0
    told: float = float("-inf")
    lock: Lock = field(default_factory=Lock)


def log_refusals(blueprint: Blueprint) -> None:
    """Count what is refused below the prefix, and tell it in the log."""
    blueprint.after_app_request(_count_ours)


def count(response: Response) -> Response:
    """Count this answer if it refuses; at most once a second a line tells what came together."""
    refused = current_app.extensions.setdefault("booking_refused", _Refused())
    if response.status_code < 400 and not refused.counts:
        return response
    with refused.lock:
        now = time.monotonic()
        if _is_refusal(response.status_code) and not request.environ.get(_COUNTED):
            request.environ[_COUNTED] = True
            refused.since = refused.since if refused.counts else now
            refused.counts[response.status_code] += 1
        # Whoever comes next tells the last ones of a flood.
        if not refused.counts or now - refused.told < _REPEATED_AFTER:
            return response
        counts, refused.counts, refused.told = refused.counts, Counter(), now
    told = ", ".join(f"{counts[each]} x {each} ({REASONS[each]})" for each in sorted(counts))
    current_app.logger.warning(LINE, max(1, round(now - refused.since)), told)
    return response


def _count_ours(response: Response) -> Response:
    return count(response) if is_our_answer() else response


def _is_refusal(status: int) -> bool:
    if status == 404:  # any other is a mistyped address, or somebody's search for other software
        return urls.own_name(request.endpoint) in _MANAGE_LINKS
    return status in REASONS
