"""Which sessions of a process are watched: those we were handed, and nobody else's."""

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from booking.tab_sessions import PendingChanges, TabSessions, read_transaction, write_transaction
from booking.transactions.errors import ReadOnlyTransaction, RollbackOnly
from booking.transactions.watching import mark_rollback_only, watch

WRITES = text("INSERT INTO booking_resource (kind, name) VALUES ('staff', 'Ann')")


@pytest.fixture
def engine(sqlite_url):
    """One database is enough: it is Python that listens."""
    return create_engine(sqlite_url)


def listeners(session):
    return [
        listener
        for name in ("after_begin", "before_commit")
        for listener in getattr(session.dispatch, name)
        if listener.__module__.startswith("booking.")
    ]


def test_a_session_of_the_hosts_own_is_not_listened_to(engine):
    ours, theirs = sessionmaker(engine), sessionmaker(engine)
    app = Flask("host")
    TabSessions(app, scoped_session(ours))
    with write_transaction(ours()), read_transaction(Session(engine)):
        pass
    assert listeners(ours())
    assert listeners(theirs()) == []
    assert listeners(Session(engine)) == []


@pytest.mark.parametrize("source", ["scoped_session", "sessionmaker", "session"])
def test_what_is_configured_is_watched_from_its_first_statement_on(engine, source):
    maker = sessionmaker(engine)
    scoped = scoped_session(maker)
    watch({"scoped_session": scoped, "sessionmaker": maker, "session": scoped()}[source])
    session = scoped()
    session.execute(WRITES)
    session.execute(text("SELECT 1"))
    with pytest.raises(PendingChanges):
        write_transaction(session).__enter__()
    session.rollback()
    session.execute(text("SELECT 1"))
    with write_transaction(session):
        pass
    session.close()


def test_what_a_function_returns_is_watched_when_it_is_handed_to_us(engine):
    session = Session(engine)
    session.execute(WRITES)
    with pytest.raises(PendingChanges):
        write_transaction(session).__enter__()
    session.rollback()
    with pytest.raises(ReadOnlyTransaction), read_transaction(session):
        session.execute(WRITES)
    session.execute(text("SELECT 1"))
    with write_transaction(session):
        session.execute(WRITES)
    session.close()


def test_watching_twice_listens_once(engine):
    maker = sessionmaker(engine)
    for _ in range(3):
        watch(maker)
        watch(maker())
    assert len(listeners(maker())) == 3


def write_and_mark(session):
    with write_transaction(session):
        session.execute(WRITES)
        mark_rollback_only(session)
        with session.begin_nested():  # its end is no commit
            session.execute(WRITES)


def test_what_can_only_be_rolled_back_is_not_committed_and_the_session_goes_on_after_it(engine):
    session = Session(engine)
    with pytest.raises(RollbackOnly):
        write_and_mark(session)
    with write_transaction(session):
        assert session.scalar(text("SELECT count(*) FROM booking_resource")) == 0
        session.execute(WRITES)
    session.close()
