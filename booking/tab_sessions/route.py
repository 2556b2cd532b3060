"""session_route: the one decorator that gives a view the progress of the tab that asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, Concatenate, Literal, ParamSpec, cast

from flask import Response, g, has_request_context, request
from flask.sansio.scaffold import Scaffold
from werkzeug.local import LocalProxy

from .door import Door, Hook
from .refusals import NoTabHere
from .registration import check_route, check_view
from .schema import Data, Schema, schema_of
from .session import TabSession

Params = ParamSpec("Params")
Mode = Literal["auto", "read", "write"]


def session_route(  # noqa: PLR0913 - each an option of a registration
    scaffold: Scaffold,
    rule: str,
    *,
    methods: Sequence[str] = ("GET",),
    endpoint: str | None = None,
    data: Schema[Data] | type[Data] | None = None,
    mode: Mode = "auto",
    optional: bool = False,
    required: bool = False,
    allow_completed: bool = False,
    idempotent: bool = False,
    in_background: bool = False,
    before_transaction: Callable[[], None] | None = None,
    on_success: Hook | None = None,
    after_commit: Hook | None = None,
    **options: Any,
) -> Callable[[Callable[Concatenate[TabSession[Data], Params], Any]], Callable[Params, Response]]:
    """Register a view on an app or blueprint; it is handed its TabSession as first argument.

    GET and HEAD only read. Other methods write: `tab.data` and whatever the view wrote through
    `tab.session` are committed together if the answer's status is below 400, and rolled back
    otherwise. On a serialization failure, a deadlock or a lost connection the view is run
    again, so it does nothing outside the database; `on_success(tab)` runs inside each such
    try, `after_commit(tab)` once. The request is read whole before all that, and then
    `before_transaction()` is called: the place for work on what was sent that needs no database,
    because on SQLite everybody waits for a view. A connection lost *during* the commit leaves in
    doubt what arrived: only a `idempotent` view, of which twice comes to the same as once, is run
    again then.

    `data` is a dataclass or a Schema, and then what `tab.data` is; give all routes of a flow the
    same. `mode="read"` lets no method write, `mode="write"` refuses to be registered for one that
    reads. `optional` also answers a reading request that names no tab, with an empty one;
    `required` answers 409 to a tab in which nothing was begun. `allow_completed` lets writes
    reach a completed tab. `in_background` is for what a page asks by itself: it is no sign that
    somebody is there, so it keeps no tab alive. Everything else goes to Flask's add_url_rule.

    The door answers 403, 413, 400, 408, 410, 409, 429 and 503 by itself, as the exceptions of
    refusals.py, which the blueprint's error handlers may give words. Raises TabSessionError for a
    registration that makes no sense.
    """
    wanted = check_route(scaffold, rule, methods, mode, options)
    schema = schema_of(data)

    def register(
        view: Callable[Concatenate[TabSession[Data], Params], Any],
    ) -> Callable[Params, Response]:
        name = check_view(scaffold, rule, endpoint, view)
        door = Door(
            view=view,
            flow=scaffold.name,
            schema=schema,
            only_reads=mode == "read",
            optional=optional,
            required=required,
            allow_completed=allow_completed,
            idempotent=idempotent,
            in_background=in_background,
            before_transaction=before_transaction,
            on_success=on_success,
            after_commit=after_commit,
        )

        @wraps(view)
        def session_view(*args: Params.args, **kwargs: Params.kwargs) -> Response:
            return door.open(args, kwargs)

        session_view.is_session_route = True  # type: ignore[attr-defined]
        scaffold.add_url_rule(rule, name, session_view, methods=wanted, **options)
        return session_view

    return register


def custom_session_route(
    *, prepare: Callable[[TabSession[Any]], Mapping[str, Any]] | None = None, **defaults: Any
) -> Callable[..., Callable[[Callable[..., Any]], Callable[..., Response]]]:
    """A project's own decorator: session_route with other defaults and more for its views.

        wizard_route = custom_session_route(data=Draft, prepare=lambda tab: {"shop": shop(tab)})

    What `prepare(tab)` returns reaches the view as keyword arguments, beside those of the rule. It
    runs where the view runs: in its transaction, again when that is tried again.
    """

    def own_route(
        scaffold: Scaffold, rule: str, **options: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
        register = session_route(scaffold, rule, **{**defaults, **options})
        return lambda view: register(_prepared(view, prepare) if prepare else view)

    return own_route


def _prepared(
    view: Callable[..., Any], prepare: Callable[[TabSession[Any]], Mapping[str, Any]]
) -> Callable[..., Any]:
    @wraps(view)
    def prepared(tab: TabSession[Any], /, *args: Any, **kwargs: Any) -> Any:
        return view(tab, *args, **prepare(tab), **kwargs)

    return prepared


def _current_tab() -> TabSession[Any]:
    tab = g.get("tab_session") if has_request_context() else None
    if tab is None:
        raise NoTabHere(request.endpoint if has_request_context() else None)
    return cast("TabSession[Any]", tab)


current_tab = cast("TabSession[Any]", LocalProxy(_current_tab))
"""The tab of the session_route that is running; anywhere else it raises NoTabHere."""
