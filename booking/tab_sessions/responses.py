"""The headers of an answer: what the script is told of the tab, and that nobody keeps any of it.

What a session route answers is one tab's own. A 410 may be kept for ever by default (RFC 9111,
4.2.2), for every tab of a browser, and a 200 is somebody's draft. So `no-store` is put on whatever
goes out for such a route, also on what session_route never saw: an error page, a 404 raised in a
view, what a before_request function answered in its place.
"""

import json
from functools import lru_cache

from flask import Flask, Response, request, request_finished

from .guards import HEADER

LEFT = "Tab-Session-Left"
GONE = "Tab-Session-Gone"
REDIRECT = "Tab-Session-Redirect"
_TO_A_PAGE = frozenset({301, 302, 303})
# Caches that stand between may be told otherwise by headers of their own (RFC 9213).
_FOR_CACHES_BETWEEN = {"cdn-cache-control", "surrogate-control"}


def add_tab_headers(response: Response, *, seconds_left: int | None, event: str | None) -> Response:
    """Add what the script has to know of the tab: how long it lives, and what happened to it.

    `event` is "ended" or "renew"; None, as with `seconds_left`, adds nothing.
    """
    if seconds_left is not None:
        response.headers[LEFT] = str(seconds_left)
    if event:
        others = response.headers.get("HX-Trigger", "")
        response.headers["HX-Trigger"] = _with_event(others, f"tab-session:{event}")
        _let_the_script_follow(response)
    return response


def _let_the_script_follow(response: Response) -> None:
    # fetch follows a redirect by itself, with the id that is over, and shows the script nothing of
    # it. So a script that says it can is told where to go; everybody else is sent there.
    leads = response.status_code in _TO_A_PAGE and "Location" in response.headers
    if leads and REDIRECT in request.headers:
        response.headers[REDIRECT] = response.headers.pop("Location")
        response.status_code = 204
        response.set_data(b"")


def _with_event(others: str, event: str) -> str:
    """The view's own events and ours: htmx takes names with commas, or JSON."""
    if others.lstrip().startswith("{"):
        return json.dumps({**json.loads(others), event: None})
    return f"{others}, {event}" if others else event


def keep_no_answer(app: Flask) -> None:
    """Send `Cache-Control: no-store` and `Vary: Tab-Session` with every session route's answer."""
    # The signal is the last to see an answer, after every after_request function of the host.
    request_finished.connect(_forbid_storing, app)


def _forbid_storing(app: Flask, response: Response, **_: object) -> None:
    if not getattr(app.view_functions.get(request.endpoint or ""), "is_session_route", False):
        return
    sent: dict[str, str] = {}
    for written, value in response.headers:
        name = written.lower()
        sent[name] = f"{sent[name]}, {value}" if name in sent else value
    if not _is_forbidden(sent.get("cache-control", "")):
        response.headers["Cache-Control"] = "no-store"
    for name in _FOR_CACHES_BETWEEN & sent.keys():
        del response.headers[name]
    varies = sent.get("vary")
    if varies is None:
        response.headers.add("Vary", HEADER)
    elif HEADER.lower() not in _parts(varies):
        response.headers["Vary"] = f"{varies}, {HEADER}"


def _is_forbidden(said: str) -> bool:
    # What is public, or kept by caches that understand the status, may be stored all the same.
    parts = _parts(said)
    return "no-store" in parts and parts.isdisjoint({"public", "must-understand"})


@lru_cache(maxsize=64)
def _parts(value: str) -> frozenset[str]:
    return frozenset(part.strip().lower() for part in value.split(","))
