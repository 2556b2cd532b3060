"""The headers of an answer: what the script is told of the tab, and that nobody keeps any of it.

What a session route answers is one tab's own. A 410 may be kept for ever by default (RFC 9111,
4.2.2), for every tab of a browser, and a 200 is somebody's draft. So `no-store` is put on whatever
goes out for such a route, also on what session_route never saw: an error page, a 404 raised in a
view, what a before_request function answered in its place.
"""

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from weakref import WeakSet

from flask import Flask, Response, current_app, request, request_finished, request_started, session
from werkzeug.exceptions import HTTPException

from .errors import TabSessionError
from .guards import HEADER, STAMP, is_live_question

LEFT = "Tab-Session-Left"
GONE = "Tab-Session-Gone"
REDIRECT = "Tab-Session-Redirect"
_SESSION, _WAS_EMPTY = "tab_sessions.session", "tab_sessions.session_was_empty"
_HIDDEN, _HELD = "tab_sessions.hidden", "tab_sessions.session_held"
_TO_A_PAGE = frozenset({301, 302, 303})
# Caches that stand between may be told otherwise by headers of their own (RFC 9213).
_FOR_CACHES_BETWEEN = {"cdn-cache-control", "surrogate-control"}
_REFUSED_FORM = (
    "The answer of %s made a session's first CSRF token. A live question leaves a session as it is "
    "that holds something, so a form with that token is refused. Have each page make one, by "
    '<meta name="csrf-token" content="{{ csrf_token() }}"> in its layout.'
)
_told: WeakSet[Flask] = WeakSet()
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DeferredResponse:
    """What a writing view answers with: a rendering that waits until the commit is done."""

    render: Callable[..., Any]
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    commit: bool = True


def answer_of(view: Callable[[], Any]) -> Any:
    """Return what a view answers: what it returned or, by `abort(redirect(…))`, raised.

    An answer below 400 keeps what the view wrote, whichever way it comes.

    Raises: what the view does, TabSessionError for a DeferredResponse in a tuple.
    """
    try:
        answer = view()
    except HTTPException as raised:
        if raised.response is None or raised.response.status_code >= 400:
            raise
        return raised.response
    if isinstance(answer, tuple) and isinstance(next(iter(answer), None), DeferredResponse):
        raise TabSessionError(
            "tab.render_after_commit(…) is an answer by itself and takes its own status and "
            "headers: return tab.render_after_commit(render, status=201, headers={…}), without a "
            "tuple."
        )
    return answer


def add_tab_headers(response: Response, *, seconds_left: int | None, event: str | None) -> Response:
    """Add what the script has to know of the tab: how long it lives, and what happened to it.

    `event` is "ended" or "renew"; None, as with `seconds_left`, adds nothing.
    """
    if seconds_left is not None:
        response.headers[LEFT] = str(seconds_left)
    if event:
        others = response.headers.get("HX-Trigger", "")
        response.headers["HX-Trigger"] = with_event(others, f"tab-session:{event}")
        _let_the_script_follow(response)
    return response


def add_time_left(response: Response, of_other_flows: Iterable[int | None]) -> Response:
    """Say of a flow without a draft when the tab's other drafts end (seconds); 0 if there are none.

    By 0 the script warns no longer of what is done. And that anything is said tells it that a
    session route was here, which has made the copy that a duplicate asked for.
    """
    response.headers.setdefault(LEFT, str(min(filter(None, of_other_flows), default=0)))
    return response


def _let_the_script_follow(response: Response) -> None:
    # fetch follows a redirect by itself, with the id that is over, and shows the script nothing of
    # it. So a script that says it can is told where to go; everybody else is sent there.
    leads = response.status_code in _TO_A_PAGE and "Location" in response.headers
    if leads and REDIRECT in request.headers:
        response.headers[REDIRECT] = response.headers.pop("Location")
        response.status_code = 204
        response.set_data(b"")


def with_event(others: str, event: str) -> str:
    """Return the value of HX-Trigger that names the view's own events and ours, each once."""
    if others.lstrip().startswith("{"):  # htmx takes JSON, or names with commas
        return json.dumps({event: None} | json.loads(others))
    if event in (name.strip() for name in others.split(",")):
        return others
    return f"{others}, {event}" if others else event


def keep_no_answer(app: Flask) -> None:
    """Send `Cache-Control: no-store` and `Vary: Tab-Session` with every session route's answer.

    A live question leaves a host's `flask.session` as it is, unless there was nothing in it.
    """
    request_started.connect(_note_the_session, app)
    # The first that is registered is called last, when nobody writes into the session any more.
    app.after_request_funcs.setdefault(None, []).insert(0, _hide_the_session)
    # The signal is the last to see an answer, after every after_request function of the host.
    request_finished.connect(_finish, app)


def _note_the_session(_app: Flask, **_: object) -> None:
    if is_live_question():
        there = session._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
        there.accessed = False  # by nobody's code yet
        request.environ[_SESSION], request.environ[_WAS_EMPTY] = there, not there
        request.environ[_HELD] = set(there)


def _hide_the_session(response: Response) -> Response:
    # Flask's own and Flask-Session's are written, or prolonged on the server, at each request. By
    # what is empty and says that nobody made it so, none of them does anything.
    there = request.environ.pop(_SESSION, None)
    if isinstance(there, dict) and not request.environ[_WAS_EMPTY]:
        # Not even a first CSRF token stays: a log-out meanwhile would be undone by this answer.
        _tell_of_a_lost_token(there.keys() - request.environ[_HELD])
        request.environ[_HIDDEN] = there, dict(there)
        dict.clear(there)  # past what notices a change
        there.modified = False  # type: ignore[attr-defined]
    return response


def _tell_of_a_lost_token(new: set[str]) -> None:
    """Log, once and in debug mode, that a form of this answer will be refused, and the cure."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001
    if not app.debug or app in _told:
        return
    own = app.config.get("WTF_CSRF_FIELD_NAME")
    if any(name == own or "csrf" in name.lower() for name in new):
        _told.add(app)
        _log.warning(_REFUSED_FORM, request.path)


def _finish(app: Flask, response: Response, **_: object) -> None:
    if hidden := request.environ.pop(_HIDDEN, None):
        there, kept = hidden
        dict.update(there, kept)
    view = app.view_functions.get(request.endpoint or "")
    marks = (("is_session_route", HEADER), ("is_live_route", STAMP))
    if asked_by := [name for mark, name in marks if getattr(view, mark, False)]:
        _leave_cookies(app, response)
        _forbid_storing(asked_by, response)


def _leave_cookies(app: Flask, response: Response) -> None:
    """Take those off that would prolong what is there for who is there; a new session's stays."""
    if not is_live_question():
        return
    own = app.session_interface.get_cookie_name(app) + "="
    new = [each for each in response.headers.getlist("Set-Cookie") if each.startswith(own)]
    del response.headers["Set-Cookie"]
    for each in new if request.environ.get(_WAS_EMPTY) else ():
        response.headers.add("Set-Cookie", each)


def _forbid_storing(asked_by: list[str], response: Response) -> None:
    sent: dict[str, str] = {}
    for written, value in response.headers:
        name = written.lower()
        sent[name] = f"{sent[name]}, {value}" if name in sent else value
    if not _is_forbidden(sent.get("cache-control", "")):
        response.headers["Cache-Control"] = "no-store"
    for name in _FOR_CACHES_BETWEEN & sent.keys():
        del response.headers[name]
    varies = sent.get("vary", "")
    if missing := [name for name in asked_by if name.lower() not in _parts(varies)]:
        response.headers["Vary"] = ", ".join(filter(None, [varies, *missing]))


def _is_forbidden(said: str) -> bool:
    # What is public, or kept by caches that understand the status, may be stored all the same.
    parts = _parts(said)
    return "no-store" in parts and parts.isdisjoint({"public", "must-understand"})


@lru_cache(maxsize=64)
def _parts(value: str) -> frozenset[str]:
    return frozenset(part.strip().lower() for part in value.split(","))
