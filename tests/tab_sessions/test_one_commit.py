"""A writing view does not end the transaction itself: draft and rows are saved together or not."""

from contextlib import suppress

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select
from sqlalchemy.exc import IntegrityError

from booking.tab_sessions import (
    TransactionEnded,
    custom_session_route,
    revoke,
    run_in_transaction,
    run_read_only,
    session_route,
    write_transaction,
)
from tests.tab_sessions.conftest import Tab, host_app, notes_blueprint

ORDERS = Table(
    "orders", MetaData(), Column("id", Integer, primary_key=True), Column("what", String)
)


@pytest.fixture
def database_url(sqlite_url):
    """One database is enough: it is the session that refuses."""
    return sqlite_url


@pytest.fixture
def orders(session):
    """What is stored of the host's own."""
    ORDERS.metadata.create_all(session.get_bind())

    def read():
        session.rollback()
        found = list(session.execute(select(ORDERS.c.what).order_by(ORDERS.c.id)).scalars())
        session.rollback()
        return found

    return read


def write(session, what="an order"):
    session.execute(insert(ORDERS).values(what=what))


def swallowed(session):
    with suppress(TransactionEnded):
        session.commit()


def again(session):
    with write_transaction(session):
        write(session)


ENDINGS = {
    "commit": lambda session: session.commit(),
    "a commit whose refusal is swallowed": swallowed,
    "a commit from within a savepoint": lambda session: session.begin_nested() and session.commit(),
    "a rollback": lambda session: session.rollback(),
    "a close": lambda session: session.close(),
    "a reset": lambda session: session.reset(),
    "another transaction": again,
    "a settled one": lambda session: run_in_transaction(session, write),
}


@pytest.mark.parametrize("written", [True, False])
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_view_that_ends_its_transaction_has_saved_nothing(session, rows, orders, ending, written):
    app = host_app(session, notes_blueprint())

    @session_route(app, "/order", methods=["POST"])
    def order(tab):
        tab.data["text"] = "kept?"
        if written:
            write(tab.session)
        ENDINGS[ending](tab.session)
        write(tab.session, "a second one")
        return "done"

    with pytest.raises(TransactionEnded, match="begin_nested"):
        Tab(app.test_client()).post("/order")
    assert (rows(), orders()) == ([], [])
    tab = Tab(app.test_client())
    assert tab.post(text="afterwards").status_code == 200
    assert tab.get().text == "afterwards"


def test_hooks_and_decorators_are_part_of_the_view(session, rows, orders):
    def commits(tab):
        tab.session.commit()
        return {}

    app = host_app(session)
    own_route = custom_session_route(prepare=commits, methods=["POST"])
    own_route(app, "/before", endpoint="before")(lambda tab: "ok")
    late: dict = {"methods": ["POST"], "endpoint": "after", "on_success": commits}
    session_route(app, "/after", **late)(lambda tab: "ok")
    for path in ("/after", "/before"):
        with pytest.raises(TransactionEnded):
            Tab(app.test_client()).post(path)
    assert rows() == []


def test_without_a_tab_it_is_the_same(app, session, orders):
    def work(here, end):
        write(here)
        end()
        write(here)

    for end in (session.commit, session.rollback):
        with pytest.raises(TransactionEnded):
            run_in_transaction(session, lambda here, end=end: work(here, end))
    Tab(app.test_client()).post(text="kept")
    with app.app_context(), pytest.raises(TransactionEnded):
        run_in_transaction(session, lambda _: revoke(1))
    assert orders() == []


def test_savepoints_looks_and_refused_answers_are_fine(session, rows, orders):
    notes = notes_blueprint()

    @session_route(notes, "/order", methods=["POST"])
    def order(tab):
        with tab.session.begin_nested():
            write(tab.session)
        run_read_only(session, lambda inner: inner.execute(select(ORDERS)).all())
        with pytest.raises(IntegrityError), tab.session.begin_nested():
            tab.session.execute(insert(ORDERS).values(id=1, what="taken"))
        tab.data["text"] = "kept"
        return "done"

    @session_route(notes, "/fail", methods=["POST"])
    def fail(tab):
        write(tab.session, "refused")
        tab.session.rollback()
        return "no", 422

    tab = Tab(host_app(session, notes).test_client())
    assert (tab.post("/order").status_code, orders(), tab.get().text) == (200, ["an order"], "kept")
    assert (tab.post("/fail").status_code, orders()) == (422, ["an order"])
