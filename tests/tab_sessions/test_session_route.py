"""What a tab may rely on."""

import pytest
from flask import Response, abort, request
from sqlalchemy import create_engine, text

from booking.tab_sessions import (
    NoTabHere,
    PendingChanges,
    ReadOnlyTab,
    TabSessionError,
    session_route,
)
from tests.tab_sessions.conftest import Tab, host_app, notes_blueprint


def test_two_tabs_of_one_browser_keep_their_own_text(new_tab):
    one, two = new_tab(), new_tab()
    two.client = one.client
    one.post(text="first")
    two.post(text="second")
    one.post(text="first, longer")
    assert (one.get().text, two.get().text) == ("first, longer", "second")


@pytest.mark.parametrize("path", ["/refuse/400", "/refuse/409", "/refuse/503", "/abort"])
def test_a_refused_write_leaves_nothing_and_a_draft_as_it_was(tab, rows, path):
    assert tab.post(path, text="typed").status_code >= 400
    assert rows() == []
    tab.post(text="kept")
    before = rows()
    tab.post(path, text="dropped")
    assert tab.get().text == "kept"
    assert rows() == before


@pytest.mark.both_databases
def test_a_get_makes_no_row_the_first_write_does_and_what_did_not_change_is_not_written(tab, rows):
    assert tab.get().text == "(nothing)"
    assert rows() == []
    tab.post(text="same")
    assert [(row["state"], row["flow"]) for row in rows()] == [("active", "notes")]
    version = rows()[0]["version"]
    tab.post(text="same")
    assert rows()[0]["version"] == version
    tab.post(text="other")
    assert rows()[0]["version"] == version + 1


def test_a_change_deep_inside_is_noticed(tab):
    tab.post("/lines", line="a")
    tab.post("/lines", line="b")
    assert tab.get("/lines").text == "a b"


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.update(text="x"),
        lambda data: data.__setitem__("text", "x"),
        lambda data: data["lines"].pop("a"),
        lambda data: data["lines"].clear(),
        lambda data: data.setdefault("new", 1),
    ],
    ids=["update", "assign", "pop inside", "clear inside", "setdefault"],
)
def test_a_get_that_writes_is_told_to_be_a_post(session, change):
    app = host_app(session)

    @session_route(app, "/lines", methods=["POST"])
    def lines(tab):
        tab.data["lines"] = {"a": True}
        return "ok"

    @session_route(app, "/changing")
    def changing(tab):
        change(tab.data)
        return "unreachable"

    tab = Tab(app.test_client())
    tab.post("/lines")
    with pytest.raises(ReadOnlyTab, match="POST"):
        tab.get("/changing")


@pytest.mark.both_databases
@pytest.mark.parametrize("commits", [False, True])
def test_a_get_cannot_write_to_the_database_either(session, rows, commits):
    app = host_app(session, notes_blueprint())

    @session_route(app, "/sly")
    def sly(tab):
        tab.session.execute(text("DELETE FROM booking_tab_session"))
        if commits:
            tab.session.commit()
        return "unreachable"

    tab = Tab(app.test_client())
    tab.post(text="kept")
    with pytest.raises(ReadOnlyTab):
        tab.get("/sly")
    assert len(rows()) == 1
    assert tab.post(text="and written").status_code == 200


@pytest.mark.parametrize("status", [303, 422])
def test_what_is_answered_by_abort_is_kept_below_400_like_any_answer(session, rows, status):
    app = host_app(session)

    @session_route(app, "/sent-on", methods=["GET", "POST"])
    def sent_on(tab):
        if tab.writable:
            tab.data["text"] = "kept"
        abort(Response(tab.data.get("text", "(nothing)"), status, {"Location": "/elsewhere"}))

    tab = Tab(app.test_client())
    answer = tab.post("/sent-on")
    assert (answer.status_code, answer.headers["Location"]) == (status, "/elsewhere")
    assert tab.get("/sent-on").text == ("kept" if status == 303 else "(nothing)")


def test_a_view_without_the_decorator_gets_an_error_that_names_the_cure(tab):
    with pytest.raises(NoTabHere, match=r"'notes\.undecorated'.*@session_route"):
        tab.get("/undecorated")


def test_an_app_without_tab_sessions_is_told_the_missing_line():
    from flask import Flask

    app = Flask("bare")
    app.testing = True

    @session_route(app, "/note")
    def note(tab):
        return "unreachable"

    with pytest.raises(TabSessionError, match=r"TabSessions\(app, db\.session\)"):
        Tab(app.test_client()).get()


@pytest.mark.both_databases
def test_completing_leaves_only_the_result(tab, rows):
    tab.post(text="secret")
    assert tab.post("/finish").text == "completed N-1 {}"
    (row,) = rows()
    assert (row["state"], row["result"]) == ("completed", "N-1")
    assert row["sealed"] is None
    assert row["wrapped_key"]  # nothing is sealed by it any more; derive() rests on it
    assert tab.get().text == "(nothing)"


def test_a_completed_tab_takes_no_more_writes_but_where_a_route_asks_for_them(tab):
    tab.post("/finish")
    assert tab.post(text="late").status_code == 410
    assert tab.post("/again").text == "N-1"


def test_what_a_tab_derives_is_its_own_and_stays(session):
    app = host_app(session)

    @session_route(app, "/derive/<purpose>", methods=["GET", "POST"])
    def derive(tab, purpose):
        return tab.derive(purpose).hex()

    one, two = Tab(app.test_client()), Tab(app.test_client())
    assert one.post("/derive/a").text == one.get("/derive/a").text
    two.post("/derive/a")
    assert one.get("/derive/a").text == one.get("/derive/a").text
    assert (
        len({one.get("/derive/a").text, one.get("/derive/b").text, two.get("/derive/a").text}) == 3
    )


def test_a_draft_over_its_limit_is_413_and_the_log_says_where_lists_belong(session, rows, caplog):
    app = host_app(session, draft_bytes=1024)

    @session_route(app, "/note", methods=["POST"])
    def note(tab):
        tab.data["text"] = "x" * 2000
        return "unreachable"

    answer = Tab(app.test_client()).post()
    assert (answer.status_code, answer.headers["HX-Reswap"]) == (413, "none")
    assert answer.headers["HX-Trigger"] == "tab-session:too-large"
    assert "at most 1024 fit" in caplog.text
    assert "tab.key" in caplog.text
    assert rows() == []


@pytest.mark.both_databases
def test_the_rendering_runs_when_the_write_is_over(session, database_url):
    """Otherwise every template would run while the one writer of SQLite is waited for."""
    app = host_app(session)
    other = create_engine(database_url)

    def render(tab):
        with other.begin() as connection:
            if other.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA busy_timeout = 0")
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            seen = connection.exec_driver_sql("SELECT count(*) FROM booking_tab_session")
            return f"{tab.data['text']}, rows others see: {seen.scalar()}"

    @session_route(app, "/note", methods=["POST"])
    def note(tab):
        tab.data["text"] = "done"
        return tab.render_after_commit(render)

    assert Tab(app.test_client()).post().text == "done, rows others see: 1"


def test_a_rendering_cannot_write(session):
    app = host_app(session)

    @session_route(app, "/note", methods=["POST"])
    def note(tab):
        tab.data["text"] = "saved"
        return tab.render_after_commit(lambda tab: tab.data.update(text="sly"))

    with pytest.raises(ReadOnlyTab):
        Tab(app.test_client()).post()


def test_a_refused_answer_is_rendered_from_what_was_stored(session):
    app = host_app(session)

    @session_route(app, "/note/<int:status>", methods=["POST"])
    def note(tab, status):
        tab.data["text"] = str(status)
        return tab.render_after_commit(lambda tab: tab.data.get("text", "(nothing)"), status=status)

    tab = Tab(app.test_client())
    refused = tab.post("/note/409")
    assert (refused.status_code, refused.text) == (409, "(nothing)")
    tab.post("/note/201")
    assert tab.post("/note/422").text == "201"


@pytest.mark.both_databases
def test_work_begun_before_the_view_is_never_committed(session):
    from booking.tab_sessions import tab_session

    app = host_app(session)

    @app.before_request
    def sloppy():
        session.execute(tab_session.update().values(user="somebody"))

    @session_route(app, "/note", methods=["GET", "POST"])
    def note(tab):
        return "unreachable"

    Tab(host_app(session, notes_blueprint()).test_client()).post(text="a row")
    tab = Tab(app.test_client())
    for ask in (tab.get, tab.post):
        with pytest.raises(PendingChanges, match="before_request"):
            ask()
        session.rollback()


def test_a_refused_answer_may_be_kept_as_a_draft(session):
    app = host_app(session)

    @session_route(app, "/note", methods=["GET", "POST"])
    def note(tab):
        if request.method == "GET":
            return tab.data.get("text", "(nothing)")
        tab.data["text"] = "half right"
        return tab.render_after_commit(lambda tab: tab.data["text"], status=422, commit=True)

    tab = Tab(app.test_client())
    refused = tab.post()
    assert (refused.status_code, refused.text) == (422, "half right")
    assert tab.get().text == "half right"
