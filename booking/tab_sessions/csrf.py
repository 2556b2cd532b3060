"""Where a host's CSRF protection by tokens need not look: behind the door, and where we say so.

Flask-WTF's CSRFProtect asks every POST of the app for a token of its own. What a session route
answers is guarded without one: another site can neither set the header `Tab-Session` nor send what
the door's look at Sec-Fetch-Site and Origin lets pass. Nor could a token come along, for our pages
belong to no session cookie.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, current_app

View = Callable[..., Any]


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
        _tell_apart(app, view, endpoint)
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


def _tell_apart(app: Flask, view: Any, endpoint: str | None) -> None:
    # CSRFProtect knows a view by its module and name, and another one may be called the same.
    if any(_called(other) == _called(view) for other in _ordinary(app)):
        view.__name__ = f"{view.__name__} at {endpoint}"


def _ordinary(app: Flask) -> list[View]:
    return [
        view for view in app.view_functions.values() if not getattr(view, "is_session_route", False)
    ]


def _called(view: Any) -> tuple[str | None, str | None]:
    return getattr(view, "__module__", None), getattr(view, "__name__", None)
