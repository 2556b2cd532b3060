"""What a draft is in Python: a dict, a dataclass, or what a Schema makes of it."""

from dataclasses import dataclass, field

import pytest

from booking.tab_sessions import (
    ReadOnlyTab,
    Schema,
    TabSessionError,
    check_session_routes,
    custom_session_route,
    session_route,
)
from tests.tab_sessions.conftest import Tab, host_app, notes_blueprint


@dataclass
class Note:
    text: str = ""
    lines: list[str] = field(default_factory=list)


def typed_app(session, schema=Note, name="notes"):
    app = host_app(session)
    app.name = name

    @session_route(app, "/note", methods=["GET", "POST"], data=schema)
    def note(tab):
        if tab.writable:
            tab.data.text += "x"
            tab.data.lines.append(tab.data.text)
        return f"{tab.data.text} {len(tab.data.lines)}"

    @session_route(app, "/look", methods=["GET", "POST"], data=schema)
    def look(tab):
        return tab.data.text

    @session_route(app, "/spoil", data=schema)
    def spoil(tab):
        tab.data.lines.append("no")
        return "unreachable"

    return app


def test_a_dataclass_is_saved_and_read_again(session, rows):
    tab = Tab(typed_app(session).test_client())
    assert tab.get().text == " 0"
    tab.post("/look")
    assert rows() == []  # looking is no beginning
    tab.post()
    assert tab.post().text == "xx 2"
    assert tab.get().text == "xx 2"


def test_changing_a_dataclass_while_reading_is_an_error_that_teaches(session):
    tab = Tab(typed_app(session).test_client())
    tab.post()
    with pytest.raises(ReadOnlyTab):
        tab.get("/spoil")
    assert tab.get().text == "x 1"


@dataclass
class Renamed:
    text: str = ""
    lines: list[str] = field(default_factory=list)
    new: str = "default"


def upgraded(version, upgrades):
    return Schema(
        load=lambda content: Renamed(**content),
        dump=vars,
        version=version,
        upgrades=upgrades,
    )


def test_an_older_draft_is_brought_up_step_by_step(session):
    tab = Tab(typed_app(session).test_client())
    tab.post()
    steps = {
        1: lambda content: {"body": content["text"], "lines": content["lines"]},
        2: lambda content: {"text": content["body"].upper(), "lines": content["lines"]},
    }
    later = Tab(typed_app(session, upgraded(3, steps)).test_client(), tab.id)
    assert later.get().text == "X 1"
    assert later.post().text == "Xx 2"


def test_a_draft_of_a_newer_release_is_503_and_left_alone(session, rows):
    newer = Tab(typed_app(session, upgraded(2, {1: dict})).test_client())
    newer.post()
    before = rows()
    older = Tab(typed_app(session).test_client(), newer.id)
    assert older.get().status_code == older.post().status_code == 503
    assert rows() == before


def test_a_draft_from_before_there_was_a_type_is_read(session):
    tab = Tab(host_app(session, notes_blueprint()).test_client())
    tab.post(text="old")
    assert Tab(typed_app(session).test_client(), tab.id).get("/look").text == "old"


def test_a_field_that_a_release_dropped_is_left_out(session):
    @dataclass
    class Less:
        text: str = ""

    tab = Tab(typed_app(session).test_client())
    tab.post()
    later = Tab(typed_app(session, Less).test_client(), tab.id)
    assert later.get("/look").text == "x"


def test_a_reading_post_cannot_write(session):
    app = host_app(session)

    @session_route(app, "/search", methods=["POST"], mode="read")
    def search(tab):
        tab.data["text"] = "no"
        return "unreachable"

    with pytest.raises(ReadOnlyTab):
        Tab(app.test_client()).post("/search")


def test_an_optional_route_also_answers_who_names_no_tab(session):
    app = host_app(session)

    @session_route(app, "/start", methods=["GET", "POST"], allow_missing_tab=True)
    def start(tab):
        return f"{tab.state} {tab.key} {dict(tab.data)}"

    client = app.test_client()
    assert client.get("/start").text == "new None {}"
    assert client.post("/start").status_code == 400


def test_a_required_route_sends_away_who_has_begun_nothing(session, rows):
    app = host_app(session, notes_blueprint())

    @session_route(app, "/own", methods=["GET", "POST"])
    def own(tab):
        if tab.writable:
            tab.data["text"] = "begun"
        return "ok"

    @session_route(app, "/later", methods=["GET", "POST"], require_progress=True)
    def later(tab):
        return tab.data["text"]

    tab = Tab(app.test_client())
    assert tab.get("/later").status_code == tab.post("/later").status_code == 409
    assert rows() == []
    tab.post("/own")
    assert tab.get("/later").text == tab.post("/later").text == "begun"


def test_a_project_makes_a_decorator_of_its_own(session):
    app, saved = host_app(session), []
    note_route = custom_session_route(
        prepare=lambda tab: {"shout": tab.data.get("text", "").upper()},
        methods=["GET", "POST"],
        on_success=lambda tab: saved.append(tab.data["text"]),
    )

    @note_route(app, "/note/<text>")
    def note(tab, text, shout):
        if tab.writable:
            tab.data["text"] = text
        return f"{text} {shout}"

    tab = Tab(app.test_client())
    tab.post("/note/loud")
    assert tab.get("/note/x").text == "x LOUD"
    assert saved == ["loud"]


def test_a_suite_is_told_which_view_lacks_its_tab(session):
    app = host_app(session, notes_blueprint())
    with pytest.raises(TabSessionError, match="Not a session_route: undecorated"):
        check_session_routes(app, "notes")
    check_session_routes(app, "notes", besides={"undecorated"})
    with pytest.raises(TabSessionError, match="No exception is needed for: note"):
        check_session_routes(app, "notes", besides={"undecorated", "note"})


def test_a_suite_that_names_no_blueprint_of_the_app_is_told_those_there_are(session):
    app = host_app(session, notes_blueprint())
    with pytest.raises(TabSessionError, match=r"no blueprint 'note', so nothing .*: 'notes'"):
        check_session_routes(app, "note")
