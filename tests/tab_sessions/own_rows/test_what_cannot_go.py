"""An expired tab that cannot be ended harms nobody: not its owner, a stranger's new tab or a purge.

WAYS is a table of all that is known to refuse. Each tab that is refused loses its draft at once, is
named in the log with a cure, and goes on another day once the cause is mended.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import ForeignKey, create_engine, event, exc, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from werkzeug.exceptions import NotFound

from booking.tab_sessions import AnonymousUsers, TabOwned, add_end_hook, purge, session_route
from booking.tab_sessions.config import add_unfinished_hook
from booking.tab_sessions.model import anonymous_user, handover
from tests.tab_sessions.own_rows.conftest import LATER, a_base, put, run

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("looks_at_keys")]
A_DAY = timedelta(days=1)


def with_items(way, **key):
    """Lines by tab, and items that point to them."""
    base = a_base()

    class Line(TabOwned, base):
        __tablename__ = "line"
        __outlives_tab__ = "never"
        id: Mapped[int] = mapped_column(primary_key=True)
        text: Mapped[str]

    class Item(base):
        __tablename__ = "item"
        id: Mapped[int] = mapped_column(primary_key=True)
        line_id: Mapped[int] = mapped_column(ForeignKey("line.id", **key), primary_key=way.blanks)

    if way.blanks:
        Line.items = relationship(Item)
    return base, Line, Item


@dataclass(frozen=True)
class Way:
    """What refuses the end of a tab: a key of the app's, or a function that is called then."""

    cure: str
    key: dict[str, Any] | None = None
    blanks: bool = False
    function: Callable[..., None] | None = None
    add: Callable[..., None] = add_end_hook


def fail(_session, _tab, *_reason):
    raise ZeroDivisionError("a function of the app's")


def commit(session, _tab, _reason):
    session.commit()


def roll_back(session, _tab, _reason):
    session.rollback()


def not_find(_session, _tab, _reason):
    raise NotFound


def write_what_is_refused(session, tab, _reason):
    session.add(handover_of(tab))


def handover_of(tab):
    base = a_base()

    class Wrong(base):
        __tablename__ = handover.name
        digest: Mapped[bytes] = mapped_column(primary_key=True)
        tab_session_id: Mapped[int]
        purpose: Mapped[str | None]  # which may not be empty

    return Wrong(digest=b"x" * 32, tab_session_id=tab)


def forget_who_is_gone(session, _user):
    session.delete(session.get(forget_who_is_gone.model, 4711))


def refuse_in_an_event(app, function):
    model = app.line

    def before_delete(_mapper, _connection, row):
        if row.tab_session_id in app.spoiled:
            function(None, row.tab_session_id)

    event.listen(model, "before_delete", before_delete)


def be_forgotten(app, function):
    forget_who_is_gone.model = app.line
    AnonymousUsers(make=lambda _session: "4711", merge=fail, forget=function).init_app(app)


WAYS = {
    "a key": Way("Give their key ON DELETE CASCADE", key={}),
    "a key that is looked at in the commit": Way(
        "Give their key ON DELETE CASCADE", key={"deferrable": True, "initially": "DEFERRED"}
    ),
    "a relationship that empties a primary key": Way(
        'cascade="all, delete-orphan"', key={}, blanks=True
    ),
    "on_end raises": Way("on_end", function=fail),
    "on_end commits": Way("on_end runs inside a transaction", function=commit),
    "on_end rolls back": Way("on_end runs inside a transaction", function=roll_back),
    "on_end answers like a view": Way("on_end", function=not_find),
    "on_end writes what is refused": Way("on_end", function=write_what_is_refused),
    "what is for unfinished tabs raises": Way("on_end", function=fail, add=add_unfinished_hook),
    "a model's event raises": Way("a model's events", function=fail, add=refuse_in_an_event),
    "forget= deletes a user who is gone": Way(
        "forget= of AnonymousUsers", function=forget_who_is_gone, add=be_forgotten
    ),
}


@pytest.fixture(params=WAYS)
def way(request):
    return WAYS[request.param]


@pytest.fixture
def spoiled(make_host, way, clock, rows):
    """A host, and two tabs that are over: of the older one the end is refused."""
    base, line, item = with_items(way, **(way.key or {}))
    host = make_host(base=base, lines={"line": line})
    host.app.spoiled, host.app.line = set(), line
    session_route(host.app, "/elsewhere", methods=["POST"])(elsewhere)
    if way.add in (be_forgotten, refuse_in_an_event):
        way.add(host.app, way.function)
    elif way.function:
        way.add(host.app, partial(only_of_the_spoiled, host.app.spoiled, way.function))
    tabs = [host.tab(), host.tab()]
    for tab, word in zip(tabs, ("milk", "bread"), strict=True):
        tab.post("/rows", line=word)
        tab.post(text="typed")
        clock.shift(timedelta(seconds=1))
    host.app.spoiled.add(rows()[0]["id"])
    if way.key is not None:
        put(host, item(id=1, line_id=1))
    if way.add is be_forgotten:
        run(host, anonymous_user.insert().values(tab_session_id=rows()[0]["id"], user="4711"))
    clock.shift(LATER["expired"])
    host.mend = partial(mend, host, item)
    return host, *tabs


def elsewhere(tab):
    tab.data["text"] = "another flow of the same tab"
    return f"{tab.keep_alive()}"


def only_of_the_spoiled(spoiled, function, session, tab, *reason):
    if tab in spoiled:
        function(session, tab, *reason)


def mend(host, item):
    host.app.spoiled.clear()
    run(host, item.__table__.delete())
    run(host, anonymous_user.delete())


def assert_that_the_first_waits_with_its_draft_erased(host, rows, caplog, way):
    first = rows()[0]
    assert (first["state"], first["sealed"], first["wrapped_key"]) == ("active", None, None)
    assert ("milk", first["id"]) in host.stored()
    assert (first["id"], "expired") not in host.told, "it is told when it ends, once"
    (said,) = (each.getMessage() for each in caplog.records if "draft is erased" in each.message)
    assert f"tab session {first['id']} is over (expired)" in said
    assert way.cure in said


def test_its_owner_is_told_that_it_is_over(spoiled, rows, caplog, way):
    host, first, second = spoiled
    for tab in (first, second):
        for asked in (tab.get(), tab.post(text="late"), tab.get("/rows")):
            assert (asked.status_code, asked.headers["Tab-Session-Gone"]) == (410, "expired")
    assert_that_the_first_waits_with_its_draft_erased(host, rows, caplog, way)
    assert rows()[1]["state"] == "ended"


def test_a_write_of_its_owners_is_told_so_too(spoiled, rows, caplog, way):
    host, first, _ = spoiled
    assert first.post(text="late").status_code == 410
    assert_that_the_first_waits_with_its_draft_erased(host, rows, caplog, way)


def test_a_strangers_tab_begins_and_takes_along_what_can_go(spoiled, rows, caplog, way):
    host, *_ = spoiled
    assert host.tab().post("/rows", line="a stranger's").status_code == 200
    assert_that_the_first_waits_with_its_draft_erased(host, rows, caplog, way)
    assert [row["state"] for row in rows()] == ["active", "ended", "active"]
    assert [word for word, _ in host.stored()] == ["milk", "a stranger's"]
    caplog.clear()
    assert host.tab().post(text="another").status_code == 200
    assert not caplog.text, "nor does each new tab try it again"


def test_a_purge_goes_on_to_the_next_says_how_many_wait_and_ends_them_once_they_can_be(
    spoiled, rows, caplog, way, clock
):
    host, *_ = spoiled
    with host.app.app_context():
        assert [purge(most=1) for _ in range(3)] == [(1, 0), (1, 0), (0, 0)]
    assert_that_the_first_waits_with_its_draft_erased(host, rows, caplog, way)
    assert "1 of 1 tab sessions that are over could not be ended" in caplog.text
    assert [word for word, _ in host.stored()] == ["milk"]

    caplog.clear()
    clock.shift(A_DAY)
    assert host.purge() == (1, 0)
    assert "could not be ended" in caplog.text

    host.mend()
    clock.shift(A_DAY)
    assert host.purge() == (1, 0)
    assert (rows()[0]["state"], rows()[0]["reason"]) == ("ended", "expired")
    assert host.told.count((rows()[0]["id"], "expired")) == 1
    assert host.stored() == []
    clock.shift(LATER["forgotten"])
    assert host.purge() == (0, 2)


@pytest.mark.parametrize("way", [WAYS["on_end raises"]])
def test_a_tab_that_waits_is_nobodys_any_more(spoiled, rows):
    """The same tab's other flow cannot bring it back, nor does a duplicate find anything in it."""
    host, first, _ = spoiled
    assert first.get().status_code == 410
    for _ in range(2):
        assert first.post("/tab-session").status_code == 410
        assert first.post("/elsewhere").text in {"None", "3600"}
        assert first.get().status_code == 410
    assert [row["state"] for row in rows()] == ["active", "ended", "active"]
    copy = host.tab()
    assert copy.get("/rows", **{"Tab-Session-Fork-Of": first.id}).text == ""
    assert len(rows()) == 4, "the other flow is copied"


# -- what is forgotten -----------------------------------------------------------------------------


def test_a_tombstone_that_cannot_be_forgotten_keeps_no_other_from_going(
    make_host, clock, rows, caplog
):
    host = make_host()
    spoiled = set()
    add_end_hook(host.app, partial(only_of_the_spoiled, spoiled, fail))
    for _ in range(3):
        tab = host.tab()
        tab.post(text="typed")
        tab.post("/end")
    spoiled.add(rows()[0]["id"])
    clock.shift(LATER["forgotten"])
    assert host.purge() == (0, 2)
    assert [row["id"] for row in rows()] == list(spoiled)
    assert f"tab session {rows()[0]['id']} of long ago is kept for another day" in caplog.text
    assert host.purge() == (0, 0)
    spoiled.clear()
    clock.shift(A_DAY + timedelta(seconds=1))
    assert host.purge() == (0, 1)


@pytest.mark.parametrize(  # SQLite has one writer, and the purge waits for it
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_a_purge_ends_while_somebody_else_locks_what_it_would_forget(
    make_host, clock, rows, database_url
):
    host = make_host()
    refused = set()
    add_end_hook(host.app, partial(only_of_the_spoiled, refused, fail))
    for _ in range(3):
        tab = host.tab()
        tab.post(text="typed")
        tab.post("/end")
    clock.shift(LATER["forgotten"])
    locked, refusing, _ = (row["id"] for row in rows())
    refused.add(refusing)  # so that each is tried by itself
    with create_engine(database_url).begin() as other:
        other.execute(
            text("SELECT * FROM booking_tab_session WHERE id = :id FOR UPDATE"), {"id": locked}
        )
        assert [host.purge(), host.purge()] == [(0, 1), (0, 0)]
        assert {row["id"] for row in rows()} == {locked, refusing}
    assert host.purge() == (0, 1)


@pytest.mark.parametrize(  # SQLite goes on after a statement that failed
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_a_hook_that_hides_a_failure_of_the_databases_lets_no_purge_go_on_for_ever(
    app, tab, clock, rows, caplog
):
    def hide(session, _tab, _reason):
        with suppress(exc.DBAPIError):
            session.execute(text("SELECT 1 / 0"))

    add_end_hook(app, hide)
    tab.post(text="typed")
    clock.shift(LATER["expired"])
    with app.app_context():
        assert [purge(), purge()] == [(1, 0), (0, 0)]
    assert rows()[0]["sealed"] is None
    assert "put what may fail into session.begin_nested()" in caplog.text


# -- what passes by itself -------------------------------------------------------------------------


def test_what_only_has_to_wait_is_tried_again_soon_and_nobody_is_alarmed(
    make_host, clock, rows, caplog
):
    host = make_host()
    tries = []

    def busy(session, _tab, _reason):
        tries.append(1)
        if len(tries) == 1:
            raise exc.TimeoutError("no connection is free")

    add_end_hook(host.app, busy)
    host.tab().post("/rows", line="milk")
    clock.shift(LATER["expired"])
    host.tab().post(text="a stranger")
    assert [row["state"] for row in rows()] == ["active", "active"]
    assert not caplog.text
    clock.shift(timedelta(minutes=11))
    host.tab().post(text="another")
    assert rows()[0]["state"] == "ended"
    assert host.stored() == []


def test_what_a_view_wrote_and_the_database_refuses_is_laid_to_no_other_tab(
    make_host, clock, rows, caplog
):
    host = make_host()

    @session_route(host.app, "/twice", methods=["POST"])
    def twice(tab):
        tab.session.add(host.Line(id=1, text="the same again").give_to(tab))
        return ""

    host.tab().post("/rows", line="milk")
    clock.shift(LATER["expired"])
    with pytest.raises(exc.IntegrityError):
        host.tab().post("/twice")
    assert [row["state"] for row in rows()] == ["active"]
    assert not caplog.text
    assert host.stored() == [("milk", rows()[0]["id"])]
