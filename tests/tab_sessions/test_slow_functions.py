"""A host's own function that takes long while it holds SQLite's lock is named to its developer."""

import pytest

from booking.tab_sessions import session_route, slow
from tests.tab_sessions.conftest import Tab, host_app, notes_blueprint


@pytest.fixture
def told(caplog):
    return lambda: [each.getMessage() for each in caplog.records if each.name == slow.__name__]


@pytest.fixture
def everything_is_long(monkeypatch):
    """As if every function took more than half a second."""
    monkeypatch.setattr(slow, "LONG", -1)
    monkeypatch.setattr(slow, "_told", set())


def host(session, *, debug):
    def slow_end(session, key, reason):
        """Sends a letter, perhaps."""

    def slow_store(session, flow, rows, size):
        """Counts in a table."""

    app = host_app(session, notes_blueprint(), on_end=slow_end, on_store=slow_store)
    app.debug = debug

    @session_route(app, "/slow", methods=["GET", "POST"], on_success=lambda tab: None)
    def slow_view(tab):
        if tab.writable:
            tab.data["kept"] = True
        return "ok"

    return app


SLOW = ("slow_view", "on_success", "slow_store", "slow_end")


@pytest.mark.usefixtures("everything_is_long")
@pytest.mark.parametrize("debug", [True, False])
def test_in_debug_mode_a_function_that_held_sqlites_lock_for_long_is_named(session, told, debug):
    tab = Tab(host(session, debug=debug).test_client())
    for _ in range(2):
        tab.post("/slow")
        tab.post("/finish")
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    for name in SLOW:
        about = [each for each in told() if name in each.partition(" took ")[0]]
        assert len(about) == (debug and is_sqlite), name
        assert all("after_commit=" in each for each in about)


def test_a_view_may_call_its_arguments_what_it_likes(session):
    app = host_app(session)
    rule = "/of/<session>/<what>/<function>/<self>"
    session_route(app, rule, methods=["GET", "POST"], endpoint="of")(
        lambda tab, **named: " ".join(sorted(named.values()))
    )
    tab = Tab(app.test_client())
    assert tab.get("/of/a/b/c/d").text == tab.post("/of/a/b/c/d").text == "a b c d"


@pytest.mark.usefixtures("everything_is_long")
def test_what_only_reads_keeps_nobody_waiting(session, told):
    Tab(host(session, debug=True).test_client()).get("/slow")
    assert told() == []


@pytest.mark.both_databases
@pytest.mark.usefixtures("everything_is_long")
def test_on_postgresql_nobody_waits_for_it(session, told):
    Tab(host(session, debug=True).test_client()).post("/slow")
    assert bool(told()) == (session.get_bind().dialect.name == "sqlite")
