"""What a session route answers is one tab's own: no browser and no proxy keeps any of it.

A 410 may be kept for ever by default (RFC 9111, 4.2.2), for every tab of a browser, and a 200 is
somebody's draft. So this looks at whatever goes out for such a route, also at what the door never
saw: an error page, a 404 raised in a view, what a before_request function answered in its place.
"""

from __future__ import annotations

from flask import Flask, Response, current_app, request, request_finished

from .ids import HEADER

# Caches that stand between may be told otherwise by headers of their own (RFC 9213).
_FOR_CACHES_BETWEEN = {"cdn-cache-control", "surrogate-control"}


def keep_no_answer(app: Flask) -> None:
    """Send `Cache-Control: no-store` and `Vary: Tab-Session` with every session route's answer."""
    # The signal is the last to see an answer, after every after_request function of the host.
    request_finished.connect(_mark, app)


def _mark(_app: Flask, response: Response, **_: object) -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    if not getattr(view, "is_session_route", False):
        return
    said: dict[str, list[str]] = {}
    for name, value in response.headers:
        said.setdefault(name.lower(), []).append(value)
    if said.get("cache-control") != ["no-store"] and not _forbids(said.get("cache-control", [])):
        response.headers["Cache-Control"] = "no-store"
    for name in _FOR_CACHES_BETWEEN & said.keys():
        del response.headers[name]
    varies = ", ".join(said.get("vary", []))
    if HEADER.lower() not in {part.strip().lower() for part in varies.split(",")}:
        response.headers["Vary"] = f"{varies}, {HEADER}" if varies else HEADER


def _forbids(said: list[str]) -> bool:
    asked = {part.strip().lower() for part in ", ".join(said).split(",")}
    # What is public, or kept by caches that understand the status, may be stored all the same.
    return "no-store" in asked and not asked & {"public", "must-understand"}
