"""One draft a flow: its routes say the same of what `tab.data` is, and are those of one wizard.

A flow is what is registered on one app or blueprint, by its name. Two kinds of draft would read
each other's stored text, and leave out of it what they do not know; two wizards of one name, such
as blueprints nested in different ones, would show and overwrite each other's.
"""

from typing import Any
from weakref import WeakKeyDictionary

from flask import Flask
from flask.sansio.blueprints import Blueprint
from flask.sansio.scaffold import Scaffold

from .errors import TabSessionError

_NAME = "tab_sessions_flows"
_Known = tuple[str, Any]  # a route, and what it was given as `data`
_known: WeakKeyDictionary[Scaffold, _Known] = WeakKeyDictionary()


def require_one_kind(scaffold: Scaffold, rule: str, data: Any) -> None:
    """Note what a route's draft is.

    Raises: TabSessionError where another route of the flow says otherwise; of two wizards with
    one name where the app is given the second.
    """
    _compare(scaffold.name, _known.setdefault(scaffold, (rule, data)), (rule, data))
    if isinstance(scaffold, Blueprint):
        scaffold.record(lambda state: _note_in(state.app, scaffold, (rule, data)))
    elif isinstance(scaffold, Flask):
        _note_in(scaffold, scaffold, (rule, data))


def _note_in(app: Any, scaffold: Scaffold, route: _Known) -> None:
    flows: dict[str, tuple[Scaffold, _Known]] = app.extensions.setdefault(_NAME, {})
    owner, first = flows.setdefault(scaffold.name, (scaffold, route))
    if owner is not scaffold:
        raise TabSessionError(
            f"{first[0]} and {route[0]} are routes of {_called(owner)} and {_called(scaffold)}, "
            f"which both have the name {scaffold.name!r}: a tab would have one draft for the two. "
            "Give one blueprint another name, Blueprint(name, __name__), also where it is nested."
        )


def _called(scaffold: Scaffold) -> str:
    return "the app" if isinstance(scaffold, Flask) else "a blueprint"


def _compare(flow: str, first: _Known, second: _Known) -> None:
    (rule, data), (other_rule, other) = first, second
    if data is other or data == other:
        return
    raise TabSessionError(
        f"{rule} (data={_name_of(data)}) and {other_rule} (data={_name_of(other)}) are routes of "
        f"the flow {flow!r}, and each would erase what the other keeps. Give all routes of a flow "
        "one data, such as by wizard_route = custom_session_route(data=…); or register those with "
        "another draft on a blueprint with another name."
    )


def _name_of(data: Any) -> str:
    return str(getattr(data, "__name__", None) or type(data).__name__) if data else "None"
