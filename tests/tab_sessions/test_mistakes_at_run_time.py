"""What a view does wrong with its draft is refused with a name and a remedy, and never lost."""

import re
from dataclasses import dataclass, field
from datetime import date

import pytest
from flask import Blueprint, Flask, Response, request
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy_lite import SQLAlchemy as Lite
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import scoped_session, sessionmaker

from booking.tab_sessions import (
    MissingTables,
    ReadOnlyTab,
    Schema,
    TabSessionError,
    TabSessions,
    create_table,
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
    more = Blueprint("more", __name__)
    session_route(more, "/typed", methods=["POST"], data=typed)(note)
    app.register_blueprint(more)
    for path in ("/plain", "/typed"):
        with pytest.raises(TabSessionError, match=re.escape(place)):
            Tab(app.test_client()).post(path)
    assert rows() == []


SENT = {
    "tab.data['a'] is a text with half of a character": b'{"a": "\\ud800"}',
    "tab.data['a'][1]['b'] is a text with half of a character": b'{"a": ["", {"b": "x\\udfffy"}]}',
    "tab.data is a dict with half of a character in the key '\\ud800'": b'{"\\ud800": 1}',
    "tab.data['a'] is the number nan": b'{"a": NaN}',
    "tab.data['a'] is the number -inf": b'{"a": -1e999}',
    "tab.data is a value that holds itself, or is nested too deeply": b'{"a": %b1%b}'
    % (b"[" * 700, b"]" * 700),
    "its JSON is nested too deeply to be read": b"[" * 100_000,
}


@pytest.mark.parametrize("place", SENT, ids=ascii)
def test_what_only_a_client_can_have_sent_is_400_and_debug_names_its_place(
    session, rows, caplog, place
):
    """A view that stores what came in JSON need not look through it."""
    app = host_app(session)

    @session_route(app, "/note", methods=["POST"])
    def note(tab):
        tab.data.update(request.json)
        return "unreachable"

    def answer():
        headers = {"Tab-Session": "T" * 43, "Content-Type": "application/json"}
        return app.test_client().post("/note", data=SENT[place], headers=headers)

    quiet = answer()
    assert quiet.status_code == 400
    assert "[debug]" not in quiet.text
    app.debug = True
    assert answer().status_code == 400
    assert place in caplog.text
    assert rows() == []


@pytest.mark.parametrize("about", ["", '; filename="a.txt"'])
def test_a_part_of_a_form_without_a_name_is_400(session, rows, about):
    """`request.form` has it by None, and `request.form.to_dict()` in a draft would be no JSON."""
    app = host_app(session)

    @session_route(app, "/note", methods=["POST"])
    def note(tab):
        tab.data.update(request.form.to_dict())
        return "unreachable"

    part = f"--x\r\nContent-Disposition: form-data{about}\r\n\r\nmilk\r\n--x--\r\n"
    headers = {"Tab-Session": "T" * 43, "Content-Type": "multipart/form-data; boundary=x"}
    assert app.test_client().post("/note", data=part.encode(), headers=headers).status_code == 400
    assert rows() == []


@pytest.mark.parametrize("read", ["values", "form", "files", "stream"])
def test_what_the_host_has_looked_at_before_is_looked_through_all_the_same(session, rows, read):
    app = host_app(session)

    @app.before_request
    def look():
        getattr(request, read)

    @session_route(app, "/note", methods=["POST"])
    def note(tab):
        tab.data["sent"] = request.json if request.is_json else request.form.to_dict()
        return tab.data["sent"]

    def post(data, kind):
        headers = {"Tab-Session": "T" * 43, "Content-Type": kind}
        return app.test_client().post("/note", data=data, headers=headers)

    nameless = b"--x\r\nContent-Disposition: form-data\r\n\r\nmilk\r\n--x--\r\n"
    assert post(b"[" * 100_000, "application/json").status_code == 400
    assert post(nameless, "multipart/form-data; boundary=x").status_code == 400
    assert rows() == []
    assert post(b'{"a": 1}', "application/json").json == {"a": 1}
    assert post(b"a=1", "application/x-www-form-urlencoded").json == {"a": "1"}


def test_a_body_that_the_host_has_looked_at_is_here_whole_before_the_transaction(session):
    app, read = host_app(session), []

    @app.before_request
    def look():
        request.values.get("q")

    @session_route(app, "/note", methods=["POST"], before_transaction=lambda: read.append(1))
    def note(_tab):
        return {"rest": len(request.stream.read()), "data": len(request.get_data())}

    tab = Tab(app.test_client())
    headers = {"Tab-Session": tab.id, "Content-Type": "application/json"}
    answer = tab.client.post("/note", data=b"[1, 2]", headers=headers)
    assert (answer.json, read) == ({"rest": 6, "data": 6}, [1])


def test_a_rendering_in_a_tuple_is_told_to_take_its_status_itself(session, rows):
    app = host_app(session)

    @session_route(app, "/note", methods=["GET", "POST"])
    def note(tab):
        if tab.writable:
            tab.data["text"] = "x"
        return tab.render_after_commit(lambda _tab: "made"), 201

    tab = Tab(app.test_client())
    for ask in (tab.post, tab.get):
        with pytest.raises(TabSessionError, match=r"render_after_commit\(render, status=201"):
            ask("/note")
    assert rows() == []


@pytest.mark.parametrize("state", ["new", "active"])
def test_a_goal_is_not_reached_by_looking(session, state):
    notes = notes_blueprint()
    session_route(notes, "/goal", endpoint="goal")(lambda tab: tab.complete("N-1"))
    tab = Tab(host_app(session, notes).test_client())
    if state == "active":
        tab.post(text="x")
    with pytest.raises(ReadOnlyTab, match="Write in a POST"):
        tab.get("/goal")


def test_every_whole_character_is_kept_as_it_came(session):
    app = host_app(session, notes_blueprint())
    tab = Tab(app.test_client())
    text = "\0 \x1b \u202e \ufeff \U0001f487 e\u0301 \u05e9\u05dc\u05d5\u05dd"
    assert tab.post(text=text).text == tab.get().text == text


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


RESULTS = {
    "takes a text, and this is dict. Write": {"number": 5},
    "takes a text, and this is NoneType. Write": None,
    "takes 255 characters, and this is 256. Write a reference": "x" * 256,
    "takes what every database does: no NUL and no half of a character, as in 'a\\x00b'": "a\0b",
    "takes what every database does: no NUL and no half of a character, as in '\\ud800'": "\ud800",
}


@pytest.mark.parametrize("words", RESULTS)
def test_what_a_tab_cannot_leave_behind_is_refused_and_it_goes_on(session, rows, words):
    app = host_app(session, notes_blueprint())
    session_route(app, "/done", methods=["POST"], endpoint="done")(
        lambda tab: tab.complete(RESULTS[words]) or "done"
    )
    tab = Tab(app.test_client())
    with pytest.raises(TabSessionError, match=re.escape(f"tab.complete(result) {words}")):
        tab.post("/done")
    assert rows() == []


def test_255_characters_are_left_behind_whole(session, rows):
    app = host_app(session)
    session_route(app, "/done", methods=["POST"], endpoint="done")(
        lambda tab: tab.complete("ü" * 255) or "done"
    )
    Tab(app.test_client()).post("/done")
    assert rows()[0]["result"] == "ü" * 255


SOURCES = {
    r"was given <SQLAlchemy.*Write db.session, where that is db": SQLAlchemy,
    r"Write db.session, where that is db": Lite,
    r"was given Engine.*scoped_session\(sessionmaker\(engine\)\)": lambda: create_engine(
        "sqlite://"
    ),
    r"was given <sqlalchemy.*Connection": lambda: create_engine("sqlite://").connect(),
    r"was given 'sqlite://'.*a session or scoped_session": lambda: "sqlite://",
    r"was given <Flask 'other'>.*a session or scoped_session": lambda: Flask("other"),
    r"was given <sqlalchemy.*AsyncSession.*a session or scoped_session": AsyncSession,
}


@pytest.mark.parametrize("words", SOURCES)
def test_what_no_session_comes_from_is_refused_at_the_start(words):
    with pytest.raises(TabSessionError, match=words):
        TabSessions(Flask("notes"), SOURCES[words]())


@pytest.mark.parametrize("ask", ["get", "post", "create_table"])
@pytest.mark.parametrize(
    "words",
    [words for words, make in SOURCES.items() if make is not SQLAlchemy and "other" not in words],
)
def test_a_function_that_returns_no_session_is_named_with_the_cure(words, ask):
    app = Flask("notes")
    app.testing = True
    made = SOURCES[words]()
    TabSessions(app, lambda: made)
    app.register_blueprint(notes_blueprint())
    cure = words.replace("was given", "the function returned")
    with pytest.raises(TabSessionError, match=cure), app.app_context():
        create_table() if ask == "create_table" else getattr(Tab(app.test_client()), ask)()


def test_a_session_in_the_place_of_the_app_is_refused_at_the_start(session):
    for given in ((session, Flask("notes")), (lambda: session, None), ("notes", session)):
        with pytest.raises(TabSessionError, match=r"The Flask app comes first.*app, db.session"):
            TabSessions(*given)


FUNCTIONS = {
    "user is '', and has to be a function: user=def function()": {"user": ""},
    "user is called with (), which function does not take": {"user": lambda tab: None},
    "before_renew is called with (session, key)": {"before_renew": lambda key: None},
    "on_fork is called with (session, source, copy)": {"on_fork": lambda session, key: None},
    "on_store is called with (session, flow, rows, size)": {"on_store": lambda: None},
    "on_end is called with (session, key, reason)": {"on_end": lambda session, key: None},
}


@pytest.mark.parametrize("words", FUNCTIONS)
def test_a_function_that_could_not_be_called_is_refused_at_the_start(session, words):
    with pytest.raises(TabSessionError, match=re.escape(words)):
        host_app(session, **FUNCTIONS[words])
