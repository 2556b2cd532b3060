"""What can be wrong with a registration, told where it is written and not at somebody's request."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from flask import Flask
from flask.sansio.scaffold import Scaffold
from werkzeug.routing import Map, Rule

from .refusals import TabSessionError

ONLY_READ = frozenset({"GET", "HEAD", "OPTIONS"})
_METHODS = ONLY_READ | {"POST", "PUT", "PATCH", "DELETE"}
_MODES = ("auto", "read", "write")
_ARGUMENT = re.compile(r"[<:]([A-Za-z_]\w*)>")
_FIRST = {
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.VAR_POSITIONAL,
}
_MOST = 64  # characters of a flow's name: the column's
_given: WeakKeyDictionary[Scaffold, set[str]] = WeakKeyDictionary()


def check_route(
    scaffold: Scaffold, rule: str, methods: Iterable[str], mode: str, options: Mapping[str, Any]
) -> list[str]:
    """The methods of a route that can be registered. Raises TabSessionError, with the remedy."""
    if not isinstance(scaffold, Scaffold):
        raise TabSessionError(
            f"session_route(app, rule) takes an app or a blueprint first, not {scaffold!r}."
        )
    if len(scaffold.name) > _MOST:
        raise TabSessionError(f"{scaffold.name!r} names a flow: {_MOST} characters at most.")
    wanted = _methods(rule, methods)
    if mode not in _MODES:
        raise TabSessionError(f"{rule}: mode={mode!r} is none of {', '.join(map(repr, _MODES))}.")
    if mode == "write" and (reading := ONLY_READ & set(wanted)):
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


def check_view(
    scaffold: Scaffold, rule: str, endpoint: str | None, view: Callable[..., Any]
) -> str | None:
    """The endpoint of a view that can be registered. Raises TabSessionError, with the remedy."""
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
    if not _takes_a_tab(view, set(_ARGUMENT.findall(rule))):
        raise TabSessionError(
            f"{rule}: {name} takes no tab. It is the first argument: def {name or 'view'}(tab, …)."
        )
    _refuse_twice(scaffold, rule, name)
    return name


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
