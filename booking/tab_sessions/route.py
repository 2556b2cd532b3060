"""session_route: the one decorator that gives a view the progress of the tab that asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, cast

from flask import Response, g, has_request_context, request
from flask.sansio.scaffold import Scaffold
from werkzeug.local import LocalProxy

from .door import Door, Hook, View
from .refusals import NoTabHere
from .session import TabSession


def session_route(
    scaffold: Scaffold,
    rule: str,
    *,
    methods: Sequence[str] = ("GET",),
    endpoint: str | None = None,
    after_completion: bool = False,
    repeatable: bool = False,
    on_success: Hook | None = None,
    after_commit: Hook | None = None,
    **options: Any,
) -> Callable[[View], View]:
    """Register a view on an app or blueprint; it is handed its TabSession as first argument.

    GET and HEAD only read. Other methods write: `tab.data` and whatever the view wrote through
    `tab.session` are committed together if the answer's status is below 400, and rolled back
    otherwise. On a serialization failure, a deadlock or a lost connection the view is run
    again, so it does nothing outside the database; `on_success(tab)` runs inside each such
    try, `after_commit(tab)` once. A connection lost *during* the commit leaves in doubt what
    arrived: only a `repeatable` view, of which twice comes to the same as once, is run again then.
    `after_completion` lets writes reach a completed tab.

    The door answers 403, 413, 400, 410 and 503 by itself, as the exceptions of refusals.py,
    which the blueprint's error handlers may give words.
    """

    def register(view: View) -> View:
        door = Door(view, scaffold.name, after_completion, repeatable, on_success, after_commit)

        @wraps(view)
        def session_view(*args: Any, **kwargs: Any) -> Response:
            return door.open(args, kwargs)

        session_view.is_session_route = True  # type: ignore[attr-defined]
        scaffold.add_url_rule(
            rule, endpoint or view.__name__, session_view, methods=list(methods), **options
        )
        return session_view

    return register


def _current_tab() -> TabSession:
    tab = g.get("tab_session") if has_request_context() else None
    if tab is None:
        raise NoTabHere(request.endpoint if has_request_context() else None)
    return cast("TabSession", tab)


current_tab = cast("TabSession", LocalProxy(_current_tab))
"""The tab of the session_route that is running; anywhere else it raises NoTabHere."""
