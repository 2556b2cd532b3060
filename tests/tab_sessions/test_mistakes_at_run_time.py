"""What a view does wrong with its draft is refused with a name and a remedy, and never lost."""

import re
from dataclasses import dataclass, field
from datetime import date

import pytest
from flask import Flask, Response
from sqlalchemy import create_engine
from sqlalchemy.orm import scoped_session, sessionmaker

from booking.tab_sessions import (
    MissingTables,
    ReadOnlyTab,
    Schema,
    TabSessionError,
    TabSessions,
    session_route,
)
from tests.tab_sessions.conftest import Tab, host_app, notes_blueprint


@dataclass
class Note:
    text: str = ""
    lines: list[str] = field(default_factory=list)


LOOP: dict = {}
LOOP["itself"] = LOOP


VALUES = {
    "tab.data['when'] is of type date": {"when": date(2026, 1, 1)},
    "tab.data['a']['b'][1] is of type set": {"a": {"b": [1, {2}]}},
    "tab.data['a'] is of type float": {"a": float("nan")},
    "tab.data['a'] is of type str": {"a": "\ud800"},
    "tab.data['a'] is of type int": {"a": 10**5000},
    "tab.data['a'] is a dict with the key 1": {"a": {1: "x", "b": "y"}},
    "tab.data['b'] is a dict with the key 1": {"b": {1: "x"}},
    "tab.data['a'][0] is a dict with the key None": {"a": [{None: "x"}]},
    "tab.data is a value that holds itself": {"a": LOOP},
}


@pytest.mark.parametrize("place", VALUES)
def test_a_value_that_cannot_be_stored_is_named(session, rows, place):
    app = host_app(session)

    def note(tab):
        tab.data.update(VALUES[place])
        return "unreachable"

    session_route(app, "/plain", methods=["POST"], endpoint="plain")(note)
    typed = Schema(load=dict, dump=dict)
    session_route(app, "/typed", methods=["POST"], endpoint="typed", data=typed)(note)
    for path in ("/plain", "/typed"):
        with pytest.raises(TabSessionError, match=re.escape(place)):
            Tab(app.test_client()).post(path)
    assert rows() == []


LATE = {
    "its draft": lambda tab, _: tab.data.__setitem__("text", "late"),
    "the draft it kept": lambda _, draft: draft.__setitem__("text", "late"),
    "an end": lambda tab, _: tab.end(),
    "a user": lambda tab, _: tab.attach("ada"),
}
LATE_TYPED = {
    "its draft": lambda tab, _: setattr(tab.data, "text", "late"),
    "the draft it kept": lambda _, draft: draft.lines.append("late"),
}
CASES = {**LATE, **{f"{what} of a type": write for what, write in LATE_TYPED.items()}}


def streaming(session, kind, write):
    app = host_app(session)

    @session_route(app, "/note", methods=["GET", "POST"], data=kind)
    def note(tab):
        draft = tab.data

        def parts():
            yield "a"
            write(tab, draft)
            yield "b"

        return Response(parts())

    return Tab(app.test_client())


def read_whole(answer):
    """As a server does: all of it, and then it is closed."""
    text = answer.text
    answer.close()
    return text


@pytest.mark.parametrize("what", CASES)
def test_what_is_written_while_an_answer_streams_is_refused(session, rows, what):
    tab = streaming(session, Note if "of a type" in what else None, CASES[what])
    for ask in (tab.post, tab.get):
        with pytest.raises(ReadOnlyTab, match="streamed"):
            read_whole(ask())
    assert rows() == []


def test_an_answer_that_only_streams_is_fine(session):
    tab = streaming(session, Note, lambda tab, draft: (tab.data.text, draft.lines, tab.key))
    assert [read_whole(ask()) for ask in (tab.post, tab.get)] == ["ab", "ab"]


@pytest.mark.parametrize("what", LATE)
def test_what_is_written_after_the_commit_is_refused(session, rows, what):
    app, draft = host_app(session, notes_blueprint()), []

    def after(tab):
        assert tab.key == rows()[0]["id"]
        LATE[what](tab, draft[0])

    @session_route(app, "/late", methods=["POST"], after_commit=after)
    def late(tab):
        draft.append(tab.data)
        tab.data["text"] = "kept"
        return "ok"

    with pytest.raises(ReadOnlyTab, match="after_commit"):
        Tab(app.test_client()).post("/late")


def test_what_on_success_adds_is_saved(session):
    app = host_app(session)

    @session_route(
        app, "/note", methods=["GET", "POST"], on_success=lambda tab: tab.data.update(b=2)
    )
    def note(tab):
        if tab.writable:
            tab.data["a"] = 1
        return dict(tab.data)

    tab = Tab(app.test_client())
    tab.post()
    assert tab.get().json == {"a": 1, "b": 2}


@pytest.mark.parametrize("ask", ["get", "post"])
def test_without_tables_the_missing_line_is_named(tmp_path, ask):
    engine = create_engine(f"sqlite:///{tmp_path}/empty.db")
    app = Flask("notes")
    app.testing = True
    TabSessions(app, scoped_session(sessionmaker(engine)))
    app.register_blueprint(notes_blueprint())
    with pytest.raises(MissingTables, match=r"Call create_table\(\) once"):
        getattr(Tab(app.test_client()), ask)()
