"""In debug mode a request that names no tab is told what its developer most likely forgot."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from .ids import HEADER
from .refusals import MissingTabSession

if TYPE_CHECKING:
    from flask import Request

_log = logging.getLogger(__name__)


def explain(refusal: MissingTabSession, request: Request) -> None:
    """Put the likely causes into the refusal's words and into the log; never what was sent."""
    hint = f"{request.method} {request.path}: {_cause(request)}"
    refusal.description = f"{refusal.description} [debug] {hint}"
    _log.warning("400, no tab session: %s", hint)


def _cause(request: Request) -> str:
    if HEADER in request.headers:
        return f"its {HEADER} is not one id of 43 characters of base64url."
    if "HX-Request" not in request.headers:
        return (
            "it did not come from htmx. Such an address is loaded by a page (hx-get, hx-post) and "
            "not typed or submitted; a script of yours asks with TabSession.fetch()."
        )
    if "HX-Request-Type" not in request.headers:
        return "it came from an htmx older than 4, in which tab-session.js cannot add its header."
    return (
        "tab-session.js gave it no header. Is its script tag on the page, before that of htmx, and "
        "does its data-prefix cover this path?"
    )
