"""A draft gives back what was put into it, in its order, or refuses it by name."""

import copy
import json
import pickle
import re
from dataclasses import dataclass
from functools import cached_property

import pytest
from flask import request
from werkzeug.datastructures import CombinedMultiDict, MultiDict

from booking.tab_sessions import ReadOnlyTab, Schema, TabSessionError, handover, session_route
from tests.tab_sessions.conftest import Tab, host_app, notes_blueprint


@dataclass
class Note:
    text: str = ""
    day: str = ""

    def __post_init__(self):
        self.words = self.text.split()

    @cached_property
    def size(self):
        return len(self.text)


def tab_whose(view, session, **options):
    """A tab of an app with one view, which returns JSON."""
    app = host_app(session)
    session_route(app, "/note", methods=["GET", "POST"], endpoint="note", **options)(view)
    return Tab(app.test_client())


def writing(write, read=lambda tab: tab.data):
    def view(tab):
        if tab.writable:
            write(tab)
        return json.dumps(read(tab))

    return view


FORMS = {
    "a form": lambda: request.form,
    "a changeable one": lambda: MultiDict(request.form),
    "form and query": lambda: CombinedMultiDict([request.form, request.args]),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_refused_by_name_with_what_has_all_its_values(session, rows, form):
    tab = tab_whose(writing(lambda tab: tab.data.update(answers=[{"of": FORMS[form]()}])), session)
    words = r"tab.data\['answers'\]\[0\]\['of'\] is of type \w+ \(.to_dict\(flat=False\)"
    with pytest.raises(TabSessionError, match=words):
        tab.post("/note", extras=["wifi", "lunch"])
    assert rows() == []


def test_all_values_of_a_form_are_kept_as_the_remedy_says(session):
    tab = tab_whose(
        writing(lambda tab: tab.data.update(answers=request.form.to_dict(flat=False))), session
    )
    tab.post("/note", extras=["wifi", "lunch"])
    assert json.loads(tab.get("/note").text) == {"answers": {"extras": ["wifi", "lunch"]}}


def test_a_form_is_refused_in_a_type_and_in_a_hand_over(session):
    def write(tab):
        tab.data.text = request.form

    with pytest.raises(TabSessionError, match=r"tab.data\['text'\] is of type ImmutableMultiDict"):
        tab_whose(writing(write, lambda _tab: ""), session, data=Note).post("/note", text="x")
    app = host_app(session)

    @session_route(app, "/give", methods=["POST"])
    def give(tab):
        return handover.create(tab, "form", {"form": request.form})

    with pytest.raises(TabSessionError, match=r"content\['form'\] is of type ImmutableMultiDict"):
        Tab(app.test_client()).post("/give", text="x")


@pytest.mark.parametrize("draft", [[1], "text", 5, None, True, []], ids=str)
def test_a_draft_that_is_no_dict_is_refused_and_the_tab_goes_on(session, draft):
    app = host_app(session, notes_blueprint())

    @session_route(app, "/whole", methods=["POST"], endpoint="whole")
    def whole(tab):
        tab.data = draft
        return "unreachable"

    tab = Tab(app.test_client())
    tab.post(text="mine")
    kind = type(draft).__name__
    with pytest.raises(TabSessionError, match=f"tab.data is of type {kind}, and has to be a dict"):
        tab.post("/whole")
    assert tab.get().text == "mine"


def test_a_typed_draft_stays_of_its_type(session):
    def write(tab):
        tab.data = {"text": "x"}

    with pytest.raises(TabSessionError, match=r"tab.data is of type dict, .* data=Note"):
        tab_whose(writing(write), session, data=Note).post("/note")
    listing = Schema(load=lambda content: content, dump=lambda _data: ["x"])
    with pytest.raises(TabSessionError, match="dump of Schema returned list"):
        tab_whose(writing(lambda _tab: None), session, data=listing).post("/note")


def test_a_name_that_is_no_field_is_refused_and_the_fields_are_named(session, rows):
    def write(tab):
        tab.data.txet = "Ulm"

    tab = tab_whose(writing(write, lambda tab: tab.data.text), session, data=Note)
    words = re.escape("tab.data.txet is no field of Note") + ".*: text, day"
    with pytest.raises(TabSessionError, match=words):
        tab.post("/note")
    assert rows() == []


def test_what_a_class_works_out_by_itself_is_no_mistake(session):
    def write(tab):
        tab.data.text = "from Ulm"

    read = lambda tab: [tab.data.size, tab.data.words]  # noqa: E731
    tab = tab_whose(writing(write, read), session, data=Note)
    tab.post("/note")
    assert json.loads(tab.get("/note").text) == [8, ["from", "Ulm"]]


def test_a_dict_keeps_its_order(session):
    def write(tab):
        tab.data["lines"] = {"milk": 1, "apples": 2}

    def turn(tab):
        tab.data["lines"] = dict(reversed(tab.data["lines"].items()))

    app = host_app(session)
    for path, change in (("/note", write), ("/turned", turn)):
        view = writing(change, lambda tab: list(tab.data["lines"]))
        session_route(app, path, methods=["GET", "POST"], endpoint=path)(view)
    tab = Tab(app.test_client())
    assert tab.post("/note").text == tab.get("/note").text == '["milk", "apples"]'
    assert tab.post("/turned").text == tab.get("/note").text == '["apples", "milk"]'


def test_an_order_that_a_reading_view_finds_changed_is_no_change(session):
    orders = iter([["a", "b"], ["b", "a"]] * 9)
    either = Schema(load=dict, dump=lambda data: {key: data.get(key, 1) for key in next(orders)})
    assert tab_whose(writing(lambda _tab: None), session, data=either).get("/note").text == "{}"


COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda data: pickle.loads(pickle.dumps(data)),
    "its own": lambda data: data.copy(),
}


@pytest.mark.parametrize("way", COPIES)
def test_a_copy_of_a_draft_that_is_only_read_is_an_ordinary_dict(session, way):
    def read(tab):
        mine = COPIES[way](tab.data)
        mine["lines"][0]["what"] = "bread"
        mine["lines"].append({})
        assert type(mine) is type(mine["lines"][0]) is dict
        return [mine["lines"], tab.data["lines"]]

    def write(tab):
        tab.data = {"lines": [{"what": "milk"}]}

    tab = tab_whose(
        lambda tab: write(tab) or "" if tab.writable else json.dumps(read(tab)), session
    )
    tab.post("/note")
    assert json.loads(tab.get("/note").text) == [[{"what": "bread"}, {}], [{"what": "milk"}]]


@pytest.mark.parametrize("kind", [None, Note])
def test_another_draft_is_not_put_where_only_reading_is_done(session, kind):
    def write(tab):
        tab.data = Note("late") if kind else {"text": "late"}

    app = host_app(session)
    options = {"data": kind, "after_commit": write}
    session_route(app, "/note", methods=["GET", "POST"], endpoint="note", **options)(
        lambda tab: "" if tab.writable else write(tab)
    )
    tab = Tab(app.test_client())
    for ask in (tab.get, tab.post):
        with pytest.raises(ReadOnlyTab):
            ask("/note")
