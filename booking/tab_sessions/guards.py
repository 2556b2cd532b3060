"""What is checked before anything is read: where a request came from, and which tab it names.

Other sites' pages are refused by what browsers say of a request, so a host's CSRF tokens are not
asked for as well: another site can neither set the header `Tab-Session` nor send what
`refuse_cross_site` lets pass. Nor could a token come along: our pages belong to no session cookie.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask, current_app, request

from .errors import (
    CrossSite,
    MissingTabSession,
    Refusal,
    TabSessionGone,
    TooLarge,
    UnusableValue,
)

if TYPE_CHECKING:
    from flask import Request

View = Callable[..., Any]

HEADER = "Tab-Session"
SOURCE = "Tab-Session-Fork-Of"
NEXT = "Tab-Session-New"
STAMP = "Tab-Live"
_IN_WSGI = {
    name: f"HTTP_{name.upper().replace('-', '_')}" for name in (HEADER, SOURCE, NEXT, STAMP)
}
_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")
FROM_ANOTHER_HOST = (
    "A request from pages of %r was refused as another site's, because this app was asked as %r. "
    "If both are yours, let the proxy in front pass Host on, or X-Forwarded-Host to a ProxyFix."
)
_OTHER_USER = (
    "user= of TabSessions says {!r:.40}, and not whom attach_user tied the tab to. After a log-out,"
    " or a log-in as somebody else, that is as it should be. Right after attach_user(tab, id):"
    " user= has to return the same id from the next request on, so keep it where user= looks "
    "(flask.session, or login_user and current_user.get_id())."
)
_LONGEST_NAME, _MOST_LOGGED = 260, 20
_logged: set[tuple[str, str]] = set()
_log = logging.getLogger(__name__)


def refuse_cross_site(request: Request) -> None:
    """Raise CrossSite for a request that another site's page made.

    Browsers say so in Sec-Fetch-Site; where that is missing, a write's Origin must be ours.
    (OWASP, Cross-Site Request Forgery Prevention: Fetch Metadata with Origin as the fallback.)
    """
    site = request.environ.get("HTTP_SEC_FETCH_SITE")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise CrossSite
        return
    origin = request.headers.get("Origin")
    if origin is not None and _host_of(origin) != request.host:
        _log_once(_host_of(origin) or "", request.host)
        raise CrossSite


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # not even an address
        return None


def _log_once(origin: str, host: str) -> None:
    """Name both hosts: where both are the operator's own, a proxy does not pass Host on.

    Each pair once, and twenty of them at most, because anybody can send any.
    """
    pair = (origin[:_LONGEST_NAME], host[:_LONGEST_NAME])
    if origin and pair not in _logged and len(_logged) < _MOST_LOGGED:
        _logged.add(pair)
        _log.warning(FROM_ANOTHER_HOST, *pair)


# -- which tab it names ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Ids:
    """The ids of one request; `source` is what it is a duplicate of, `new` what it renews to.

    Each is 43 characters of base64url, and a secret: it travels in one request header only and is
    never stored, logged or echoed.
    """

    tab: str
    source: str | None
    new: str | None


def read_ids(request: Request, secret: str = "") -> Ids:
    """Read the ids that this request carries, each bound to the browser's secret if it has one.

    The others are left out if unusable.

    Raises: MissingTabSession when the tab's own is absent, sent twice or not of the right shape;
    its value then goes nowhere, not even into the message.
    """
    tab = _one(request, HEADER)
    if tab is None:
        raise MissingTabSession
    source, new = _one(request, SOURCE), _one(request, NEXT)
    return Ids(
        tab + secret,
        source + secret if source and source != tab else None,
        new + secret if new and new != tab else None,
    )


def _one(request: Request, header: str) -> str | None:
    sent = request.environ.get(_IN_WSGI[header])  # sent twice, they come joined, and that is no id
    return sent if sent and _SHAPE.fullmatch(sent) else None


def is_live_question() -> bool:
    """Say whether the current request asks a live route if what a page shows still holds."""
    # Several ask with each request, so what most of them lack is looked for first.
    asked = request._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001
    if _IN_WSGI[STAMP] not in asked.environ or asked.method != "GET":
        return False
    view = current_app.view_functions.get(asked.endpoint or "")
    return getattr(view, "is_live_route", False)


def explain(refusal: Refusal, request: Request, user: Callable[[], object] | None) -> None:
    """Put what a developer can do about it into the refusal's words and the log.

    Where that is something: of a missing id the likely causes, of too much what would take more,
    of what cannot be kept its place, of another user's tab who is logged in as `user` (of
    TabSessions) says. Never what was sent.
    """
    if isinstance(refusal, MissingTabSession):
        cause = _cause(request)
    elif isinstance(refusal, TooLarge | UnusableValue):
        cause = refusal.remedy
    elif isinstance(refusal, TabSessionGone) and refusal.reason == "other_user" and user:
        cause = _OTHER_USER.format(user())
    else:
        return
    hint = f"{request.method} {request.path}: {cause}"
    refusal.description = f"{refusal.description} [debug] {hint}"
    _log.warning("%s %s: %s", refusal.code, type(refusal).__name__, hint)


def _cause(request: Request) -> str:
    if HEADER in request.headers:
        return f"its {HEADER} is not one id of 43 characters of base64url."
    if "HX-Request" not in request.headers:
        return (
            "it did not come from htmx. Such an address is loaded by a page (hx-get, hx-post) and "
            "not typed or submitted; a script of yours asks with TabSession.fetch()."
        )
    if "HX-Request-Type" not in request.headers:
        return (
            "it came from an htmx older than 4. With htmx 2, is the script tag of "
            "tab-session-htmx2.js on the page, after that of tab-session.js, and does its "
            "data-prefix cover this path?"
        )
    return (
        "tab-session.js gave it no header. Is its script tag on the page, before that of htmx, and "
        "does its data-prefix cover this path?"
    )


# -- a host's CSRF tokens -------------------------------------------------------------------------


def exempt_session_routes(app: Flask) -> None:
    """Keep the app's CSRFProtect, made before or after, from asking session routes for a token."""
    done: set[View] = set()

    # It runs before every before_request function, in whatever order they were registered.
    @app.url_value_preprocessor
    def exempt_route(endpoint: str | None, _values: dict[str, Any] | None) -> None:
        view: Any = app.view_functions.get(endpoint or "")
        protection = app.extensions.get("csrf")
        if not protection or not getattr(view, "is_session_route", False) or view in done:
            return
        _name_apart(app, view, endpoint)
        exempt(view)
        done.add(view)


def exempt(guarded: Any) -> None:
    """Tell the current app's CSRFProtect, if it has one, that this needs no token.

    `guarded` is a view or a blueprint. By the name under which CSRFProtect registers itself and the
    method that its documentation gives, so that Flask-WTF need not be there.
    """
    tell = getattr(current_app.extensions.get("csrf"), "exempt", None)
    if callable(tell):
        tell(guarded)


def _name_apart(app: Flask, view: Any, endpoint: str | None) -> None:
    # CSRFProtect knows a view by its module and name, and another one may be called the same.
    if any(_name_of(other) == _name_of(view) for other in _ordinary(app)):
        view.__name__ = f"{view.__name__} at {endpoint}"


def _ordinary(app: Flask) -> list[View]:
    return [
        view for view in app.view_functions.values() if not getattr(view, "is_session_route", False)
    ]


def _name_of(view: Any) -> tuple[str | None, str | None]:
    return getattr(view, "__module__", None), getattr(view, "__name__", None)
