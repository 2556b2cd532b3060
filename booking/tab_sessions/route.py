"""session_route: the one decorator that gives a view the progress of the tab that asks.

What is wrong with a registration is said where it is written, not at somebody's request; what a
blueprint must not forget is checked by `check_session_routes`, in a test suite.
"""

import inspect
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any, Concatenate, Literal, ParamSpec, Protocol, cast
from weakref import WeakKeyDictionary

from flask import Flask, Response, g, has_request_context, request
from flask.sansio.scaffold import Scaffold
from sqlalchemy.orm import Session
from werkzeug.local import LocalProxy
from werkzeug.routing import Map, Rule

from .checks import require_call
from .config import current_config, utc_now
from .dispatch import READING_METHODS, Hook, RouteOptions, dispatch
from .errors import NoTabHere, TabSessionError
from .flows import require_one_kind
from .live import StandsOn, live_of
from .responses import LEFT
from .schema import PLAIN, Data, Schema, schema_of
from .session import TabSession

Params = ParamSpec("Params")
Mode = Literal["auto", "read", "write"]
_METHODS = READING_METHODS | {"POST", "PUT", "PATCH", "DELETE"}
_MODES = ("auto", "read", "write")
_ARGUMENT = re.compile(r"[<:]([A-Za-z_]\w*)>")
_FIRST = {
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.VAR_POSITIONAL,
}
_MOST = 64  # characters of a flow's name: the column's
_given: WeakKeyDictionary[Scaffold, set[str]] = WeakKeyDictionary()


def session_route(  # noqa: PLR0913 - each an option of a registration
    scaffold: Scaffold,
    rule: str,
    *,
    methods: Sequence[str] = ("GET",),
    endpoint: str | None = None,
    data: Schema[Data] | type[Data] | None = None,
    mode: Mode = "auto",
    allow_missing_tab: bool = False,
    require_progress: bool = False,
    allow_completed: bool = False,
    idempotent: bool = False,
    counts_as_activity: bool = True,
    live: bool | StandsOn = False,
    before_transaction: Callable[[], None] | None = None,
    on_success: Hook | None = None,
    after_commit: Hook | None = None,
    **options: Any,
) -> Callable[[Callable[Concatenate[TabSession[Data], Params], Any]], Callable[Params, Response]]:
    """Register a view on an app or blueprint; it is handed its TabSession as first argument.

    GET and HEAD only read. Other methods write: `tab.data` and whatever the view wrote through
    `tab.session` are committed together if the answer's status is below 400, and rolled back
    otherwise. On a serialization failure, a deadlock or a lost connection the view is run again, so
    it does nothing outside the database; `on_success(tab)` runs inside each such try,
    `after_commit(tab)` once. The request is read whole before all that, and then
    `before_transaction()` is called: the place for work on what was sent that needs no database,
    because on SQLite everybody waits for a view. After a connection is lost *during* the commit
    nobody knows whether it arrived: the view is run again only if it is `idempotent`.

    `data` is a dataclass or a Schema, and then what `tab.data` is; give all routes of a flow the
    same. `mode="read"` lets no method write, `mode="write"` refuses to be registered for one that
    reads. `allow_missing_tab` also answers a reading request that names no tab, with an empty one;
    `require_progress` answers 409 to a tab in which nothing was begun. `allow_completed` lets
    writes reach a completed tab. `counts_as_activity=False`: the request is sent by a script and
    not by the user, and does not extend the idle limit. `live`: while it is looked at, the page
    asks again (tab-live.js) and is answered 204 as long as nothing has changed that it stands on:
    the tab itself and, of `live=stands_on`, what `stands_on(session, tab, view_args)` returns as
    JSON values. Everything else goes to Flask's add_url_rule.
    403, 413, 400, 408, 410, 409, 429 and 503 are answered without the view, as the exceptions of
    errors.py, to which the blueprint's error handlers may give words.

    Raises: TabSessionError for a registration that makes no sense.
    """
    wanted = _check_route(scaffold, rule, methods, mode, options)
    if live and "GET" not in wanted:
        raise TabSessionError(f"{rule}: live=… is for what a page asks for: methods with GET.")
    require_call(f"{rule}: before_transaction", before_transaction)
    require_call(f"{rule}: on_success", on_success, "tab")
    require_call(f"{rule}: after_commit", after_commit, "tab")
    schema, keeps_up = schema_of(data), live_of(live, rule)

    def register(
        view: Callable[Concatenate[TabSession[Data], Params], Any],
    ) -> Callable[Params, Response]:
        name = _check_view(scaffold, rule, endpoint, view)
        if not getattr(view, "renews_tabs", False):  # that one has nothing to do with a draft
            require_one_kind(scaffold, rule, data)
        route_options = RouteOptions(
            view=view,
            flow=scaffold.name,
            schema=schema,
            only_reads=mode == "read",
            allow_missing_tab=allow_missing_tab,
            require_progress=require_progress,
            allow_completed=allow_completed,
            idempotent=idempotent,
            counts_as_activity=counts_as_activity,
            live=keeps_up,
            before_transaction=before_transaction,
            on_success=on_success,
            after_commit=after_commit,
        )

        @wraps(view)
        def session_view(*args: Params.args, **kwargs: Params.kwargs) -> Response:
            return dispatch(route_options, args, kwargs)

        session_view.is_session_route = True  # type: ignore[attr-defined]
        session_view.is_live_route = bool(live)  # type: ignore[attr-defined]
        scaffold.add_url_rule(rule, name, session_view, methods=wanted, **options)
        return session_view

    return register


class OwnRoute(Protocol[Data]):
    """A project's own `session_route`: `custom_session_route` makes it."""

    def __call__(
        self, scaffold: Scaffold, rule: str, **options: Any
    ) -> Callable[[Callable[Concatenate[TabSession[Data], ...], Any]], Callable[..., Response]]:
        """Register a view that is handed a tab of that kind first."""


def custom_session_route(
    *,
    data: Schema[Data] | type[Data] | None = None,
    prepare: Callable[[TabSession[Data]], Mapping[str, Any]] | None = None,
    **defaults: Any,
) -> OwnRoute[Data]:
    """Make a project's own decorator: session_route with other defaults and more for its views.

        wizard_route = custom_session_route(data=Draft, prepare=lambda tab: {"shop": shop(tab)})

    What `prepare(tab)` returns reaches the view as keyword arguments, beside those of the rule. It
    runs where the view runs: in its transaction, again when that is tried again.

    Raises: TabSessionError where `prepare` takes something else.
    """
    require_call("prepare", prepare, "tab")

    def own_route(
        scaffold: Scaffold, rule: str, **options: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
        register = session_route(scaffold, rule, **{"data": data, **defaults, **options})
        return lambda view: register(_prepared(view, prepare) if prepare else view)

    return own_route


def _prepared(
    view: Callable[..., Any], prepare: Callable[[TabSession[Data]], Mapping[str, Any]]
) -> Callable[..., Any]:
    @wraps(view)
    def prepared(tab: TabSession[Data], /, *args: Any, **kwargs: Any) -> Any:
        return view(tab, *args, **prepare(tab), **kwargs)

    return prepared


def _current_tab() -> TabSession[Any]:
    tab = g.get("tab_session") if has_request_context() else None
    if tab is None:
        raise NoTabHere(request.endpoint if has_request_context() else None)
    return cast("TabSession[Any]", tab)


current_tab = cast("TabSession[Any]", LocalProxy(_current_tab))
"""The tab of the session_route that is running; anywhere else it raises NoTabHere."""


# -- the script's own address ----------------------------------------------------------------------


def session_lifecycle(
    scaffold: Scaffold,
    rule: str = "/tab-session",
    endpoint: str = "tab_session_lifecycle",
    **options: Any,
) -> None:
    """Register the address that the script's `data-url` names.

    POST keeps the tab alive, or renews it to the id in `Tab-Session-New`; DELETE ends it. Both
    answer 204. `options` go to Flask's add_url_rule: `host=…`, for example.
    """

    def lifecycle(tab: TabSession) -> tuple[str, int, dict[str, str]]:
        if request.method == "DELETE":
            tab.end()
            return "", 204, {}
        left = tab.keep_alive()
        return "", 204, {} if left is None else {LEFT: str(left)}

    lifecycle.renews_tabs = True  # type: ignore[attr-defined]
    session_route(
        scaffold,
        rule,
        methods=["POST", "DELETE"],
        endpoint=endpoint,
        allow_completed=True,
        idempotent=True,
        **options,
    )(lifecycle)


# -- what can be wrong with a registration ---------------------------------------------------------


def _check_route(
    scaffold: Scaffold, rule: str, methods: Iterable[str], mode: str, options: Mapping[str, Any]
) -> list[str]:
    """The methods of a route that can be registered.

    Raises: TabSessionError, with the remedy.
    """
    if not isinstance(scaffold, Scaffold):
        raise TabSessionError(
            f"session_route(app, rule) takes an app or a blueprint first, not {scaffold!r}."
        )
    if len(scaffold.name) > _MOST:
        raise TabSessionError(f"{scaffold.name!r} names a flow: {_MOST} characters at most.")
    wanted = _methods(rule, methods)
    if mode not in _MODES:
        raise TabSessionError(f"{rule}: mode={mode!r} is none of {', '.join(map(repr, _MODES))}.")
    if mode == "write" and (reading := READING_METHODS & set(wanted)):
        raise TabSessionError(f"{rule}: {min(reading)} only reads, so mode='write' cannot have it.")
    _try_rule(rule, wanted, options)
    return wanted


def _methods(rule: str, methods: Iterable[str]) -> list[str]:
    if isinstance(methods, str):
        raise TabSessionError(f'{rule}: methods="{methods}" is one text; methods=["{methods}"].')
    wanted = [str(method).upper() for method in methods]
    if not wanted:
        raise TabSessionError(f'{rule}: methods is empty; leave it out for ["GET"].')
    if unknown := sorted(set(wanted) - _METHODS):
        raise TabSessionError(
            f"{rule}: {unknown[0]} is no method here. There are {', '.join(sorted(_METHODS))}."
        )
    return wanted


def _try_rule(rule: str, methods: list[str], options: Mapping[str, Any]) -> None:
    if rule and not rule.startswith("/"):
        raise TabSessionError(f"{rule!r} has to begin with a slash: {'/' + rule!r}.")
    known = {name: value for name, value in options.items() if name != "provide_automatic_options"}
    try:
        Map([Rule(rule or "/", endpoint="tried", methods=methods, **known)])
    except LookupError:  # a converter of the app, which is not known yet
        return
    except (SyntaxError, TypeError, ValueError) as error:
        raise TabSessionError(f"{rule}: {error}.") from error


def _check_view(
    scaffold: Scaffold, rule: str, endpoint: str | None, view: Callable[..., Any]
) -> str | None:
    """The endpoint of a view that can be registered.

    Raises: TabSessionError, with the remedy.
    """
    name: str | None = endpoint or getattr(view, "__name__", None)
    if getattr(view, "is_session_route", False):
        raise TabSessionError(
            f"{rule}: {name} is a session_route already; give it the view itself."
        )
    if inspect.iscoroutinefunction(view) or inspect.isasyncgenfunction(view):
        raise TabSessionError(f"{rule}: {name} is async, and a session_route is not: write `def`.")
    if inspect.isgeneratorfunction(view):
        raise TabSessionError(
            f"{rule}: {name} yields, so it would run when its transaction is over. Return a "
            "Response of a generator that needs no tab."
        )
    if _is_cached(view):
        raise TabSessionError(
            f"{rule}: {name} is cached, so every tab would be shown what the first one was. Cache "
            "what is alike for everybody inside the view, never the view."
        )
    if not _takes_a_tab(view, set(_ARGUMENT.findall(rule))):
        raise TabSessionError(
            f"{rule}: {name} takes no tab. It is the first argument: def {name or 'view'}(tab, …)."
        )
    _refuse_twice(scaffold, rule, name)
    return name


def _is_cached(view: Callable[..., Any] | None) -> bool:
    """Whether it is what Flask-Caching or functools makes of a view, or something around that."""
    while view is not None:
        if hasattr(view, "cache_timeout") or hasattr(view, "cache_info"):
            return True
        view = getattr(view, "__wrapped__", None)
    return False


def _takes_a_tab(view: Callable[..., Any], of_the_rule: set[str]) -> bool:
    try:
        parameters = list(inspect.signature(view).parameters.values())
    except (TypeError, ValueError):  # something that does not tell
        return True
    return (
        bool(parameters) and parameters[0].kind in _FIRST and parameters[0].name not in of_the_rule
    )


def _refuse_twice(scaffold: Scaffold, rule: str, name: str | None) -> None:
    taken = _given.setdefault(scaffold, set())
    if name in taken or (isinstance(scaffold, Flask) and name in scaffold.view_functions):
        raise TabSessionError(
            f"{rule}: {scaffold.name} has an endpoint {name!r} already. Name this one: endpoint=…"
        )
    if name:
        taken.add(name)


def empty_tab(session: Session) -> TabSession[dict[str, Any]]:
    """Return a tab of which nothing is stored, to render what everybody sees who has just come."""
    config = current_config()
    return TabSession(
        session,
        None,
        flow="",
        tab_id="",
        now=utc_now(),
        limits=config.limits,
        schema=PLAIN,
        endings=config.endings,
        is_alone=True,
        writable=False,
    )


def check_session_routes(app: Flask, blueprint: str, *, besides: Collection[str] = ()) -> None:
    """Fail when a view of this blueprint has no tab session, unless its name is in `besides`.

    Names are endpoints without the blueprint's own; its static files never count.

    Raises: TabSessionError that lists them, for a name in `besides` that needs no exception, and
    where the app has no such blueprint.
    """
    if blueprint not in app.blueprints:
        there = ", ".join(map(repr, app.blueprints)) or "none"
        raise TabSessionError(
            f"The app has no blueprint {blueprint!r}, so nothing was checked. There are: {there}."
        )
    own = {
        endpoint.removeprefix(f"{blueprint}."): view
        for endpoint, view in app.view_functions.items()
        if endpoint.startswith(f"{blueprint}.") and endpoint != f"{blueprint}.static"
    }
    bare = {name for name, view in own.items() if not getattr(view, "is_session_route", False)}
    if forgotten := sorted(bare - set(besides)):
        raise TabSessionError(
            f"Not a session_route: {', '.join(forgotten)}. Register with "
            "@session_route(blueprint, rule), or name it in besides=…"
        )
    if needless := sorted(set(besides) - bare):
        raise TabSessionError(f"No exception is needed for: {', '.join(needless)}.")
