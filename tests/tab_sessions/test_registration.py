"""A mistake of a registration is told where it is written, with the remedy."""

from dataclasses import MISSING, dataclass, field, make_dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache, wraps
from typing import Annotated, Any, Literal, NewType, TypedDict

import pytest
from flask import Blueprint, Flask
from flask_caching import Cache

from booking.tab_sessions import (
    Schema,
    TabSessionError,
    custom_session_route,
    session_lifecycle,
    session_route,
)


@dataclass
class Line:
    text: str = ""


class Colour(StrEnum):
    RED = "red"


class Place(TypedDict):
    name: str


def view(tab, **_):
    return "ok"


async def asynchronous(tab):
    return "ok"


def yielding(tab):
    yield "ok"


def new():
    return Blueprint("notes", __name__)


def twice(scaffold):
    return session_route(scaffold, "/a")(session_route(scaffold, "/b")(view))


def kept(around):
    """A view below @cache.cached of Flask-Caching, and below another decorator."""

    @wraps(Cache().cached(timeout=60)(around))
    def cached(*args):
        return around(*args)

    return cached


def of(hint, **options):
    """A dataclass with one field of that type."""
    return make_dataclass("Note", [("what", hint, field(**{"default": None, **options}))])


WRONG = {
    'methods="POST" is one text': lambda: session_route(new(), "/n", methods="POST"),
    "PSOT is no method": lambda: session_route(new(), "/n", methods=["GET", "PSOT"]),
    "methods is empty": lambda: session_route(new(), "/n", methods=[]),
    "mode='raed' is none of": lambda: session_route(new(), "/n", mode="raed"),
    "GET only reads": lambda: session_route(new(), "/n", methods=["GET", "POST"], mode="write"),
    "has to begin with a slash": lambda: session_route(new(), "n"),
    "malformed url rule": lambda: session_route(new(), "/n/<int:x"),
    "duplicate argument": lambda: session_route(new(), "/n/<x>/<x>"),
    "unexpected keyword argument 'method'": lambda: session_route(new(), "/n", method=["POST"]),
    "an app or a blueprint first": lambda: session_route("/n", "/n"),
    "64 characters at most": lambda: session_route(Blueprint("n" * 65, __name__), "/n"),
    "takes no tab": lambda: session_route(new(), "/n")(lambda: "ok"),
    "takes no tab. It is": lambda: session_route(new(), "/n/<int:number>")(lambda number: "ok"),
    "takes no tab. ": lambda: custom_session_route()(new(), "/n")(lambda **given: "ok"),
    "is async": lambda: session_route(new(), "/n")(asynchronous),
    "yields": lambda: session_route(new(), "/n")(yielding),
    "<lambda> is cached": lambda: session_route(new(), "/n")(kept(lambda tab: "ok")),
    "view is cached": lambda: custom_session_route()(new(), "/n")(lru_cache(view)),
    "is a session_route already": lambda: twice(new()),
    "neither a dataclass": lambda: session_route(new(), "/n", data=int),
    "give the class itself": lambda: session_route(new(), "/n", data=Line()),
    "init=False": lambda: session_route(new(), "/n", data=of(str, init=False)),
    "Note.what needs a default": lambda: session_route(new(), "/n", data=of(str, default=MISSING)),
    r"/n: live is 5, .*: live=def function\(session, tab, view_args\)": lambda: session_route(
        new(), "/n", live=5
    ),
    r"live is called with \(session, tab, view_args\), which": lambda: session_route(
        new(), "/n", live=lambda session, tab: None
    ),
    r"on_success is called with \(tab\), which function does not": lambda: session_route(
        new(), "/n", on_success=lambda: None
    ),
    r"after_commit is called with \(tab\)": lambda: session_route(
        new(), "/n", after_commit=lambda: None
    ),
    r"before_transaction is called with \(\)": lambda: session_route(
        new(), "/n", before_transaction=view
    ),
    r"prepare is called with \(tab\)": lambda: custom_session_route(prepare=lambda: "none"),
    r"load is \{\}, and has to be a function": lambda: Schema(load={}, dump=dict),
    r"dump is called with \(data\)": lambda: Schema(load=dict, dump=lambda: "none"),
    "a function for version 2": lambda: Schema(dict, dict, version=3, upgrades={1: dict}),
}  # fmt: skip


@pytest.mark.parametrize("words", WRONG)
def test_a_route_that_cannot_work_is_refused(words):
    with pytest.raises(TabSessionError, match=words):
        WRONG[words]()


@pytest.mark.parametrize("scaffold", [new(), Flask("notes")])
def test_an_endpoint_is_given_once(scaffold):
    session_route(scaffold, "/one")(view)
    with pytest.raises(TabSessionError, match="endpoint 'view' already"):
        session_route(scaffold, "/two")(view)
    session_route(scaffold, "/two", endpoint="two")(view)


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (Line, "holds the dataclass Line"),
        (list[Line], "holds the dataclass Line"),
        (dict[str, Line], "holds the dataclass Line"),
        (Line | None, "holds the dataclass Line"),
        (list[dict[str, Line | None]], "holds the dataclass Line"),
        (Annotated[list[Line], "said"], "holds the dataclass Line"),
        (tuple[Line, ...], "is a tuple"),
        (tuple, "is a tuple"),
        (dict[int, str], "has keys of int"),
        (date, "holds date, which is no JSON value"),
        (list[Decimal], "holds Decimal"),
        (Colour, "holds Colour"),
        (set[str], "holds set"),
        (bytes | None, "holds bytes"),
    ],
    ids=str,
)
def test_a_field_that_would_not_come_back_as_it_was_is_refused(hint, words):
    with pytest.raises(TabSessionError, match=rf"Note\.what {words}.*Write a Schema\(load, dump\)"):
        session_route(new(), "/n", data=of(hint))


@pytest.mark.parametrize(
    "hint",
    [str, int | None, float, bool, Any, list, dict, list[str], dict[str, list[int]], Place,
     Literal["a", "b"], NewType("Name", str), Annotated[str, "said"], list[Place]],
    ids=str,
)  # fmt: skip
def test_what_comes_back_as_it_was_is_taken(hint):
    assert session_route(new(), "/n", data=of(hint))(view)


@dataclass
class Other:
    number: int = 0


OTHERS = {
    "Other": lambda: Other,
    "None": lambda: None,
    "Schema": lambda: Schema(load=dict, dump=dict),
}


@pytest.mark.parametrize("name", OTHERS)
def test_two_routes_of_one_flow_have_one_kind_of_draft(name):
    """Either would read the other's text, and keep of it only what it knows."""
    notes = new()
    session_route(notes, "/one", data=Line)(view)
    words = rf"/one \(data=Line\) and /two \(data={name}\) are routes of the flow 'notes'.*one data"
    with pytest.raises(TabSessionError, match=words):
        session_route(notes, "/two", data=OTHERS[name](), endpoint="two")(view)
    session_route(notes, "/two", data=Line, endpoint="three")(view)
    session_lifecycle(notes)  # it has nothing to do with a draft


def test_two_wizards_of_one_name_are_refused_and_one_blueprint_may_be_there_twice():
    """A tab would have one draft for the two of them."""
    app, one, two = Flask("host"), new(), new()
    session_route(one, "/one", data=Line)(view)
    session_route(two, "/two", data=Line)(view)
    app.register_blueprint(one)
    words = "/one and /two are routes of a blueprint and a blueprint, which both have the name 'no"
    with pytest.raises(TabSessionError, match=words):
        app.register_blueprint(two, name="more")
    app.register_blueprint(one, name="again")
    Flask("another").register_blueprint(two)


def test_wizards_that_are_nested_under_one_name_are_refused():
    app = Flask("host")
    for name in ("car", "house"):
        parent, steps = Blueprint(name, __name__, url_prefix=f"/{name}"), new()
        session_route(steps, "/one")(view)
        parent.register_blueprint(steps)
        if name == "car":
            app.register_blueprint(parent)
    with pytest.raises(TabSessionError, match="also where it is nested"):
        app.register_blueprint(parent)


@pytest.mark.parametrize("first", ["the app", "a blueprint"])
def test_a_wizard_on_the_app_and_one_on_a_blueprint_of_its_name_are_refused(first):
    app, notes = Flask("notes"), new()
    session_lifecycle(app)  # it has nothing to do with a draft
    session_route(notes, "/one")(view)
    asked = [lambda: session_route(app, "/own")(view), lambda: app.register_blueprint(notes)]
    if first == "a blueprint":
        asked.reverse()
    asked[0]()
    with pytest.raises(TabSessionError, match=f"are routes of {first} and "):
        asked[1]()


def test_rules_with_the_apps_own_converters_and_options_are_taken():
    session_route(new(), "/n/<own:part>", defaults={"x": 1}, strict_slashes=False)(view)
    session_route(new(), "", provide_automatic_options=False)(view)
