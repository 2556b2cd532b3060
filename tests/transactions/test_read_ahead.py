"""What is read ahead of a view, and that what comes next is as guarded as without it."""

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from booking.transactions.errors import PendingChanges, ReadOnlyTransaction
from booking.transactions.sessions import (
    end_read_ahead,
    read_ahead,
    read_transaction,
    write_transaction,
)
from tests.fixtures.checkouts import connections_taken

pytestmark = pytest.mark.both_databases
WRITES = text("INSERT INTO booking_resource (kind, name) VALUES ('staff', 'Ann')")
COUNTS = text("SELECT count(*) FROM booking_resource")


@pytest.fixture
def engine(database_url):
    engine = create_engine(database_url)
    yield engine
    engine.dispose()


def look_ahead(engine: Engine) -> Session:
    session = Session(engine)
    with read_ahead(session):
        assert session.scalar(COUNTS) == 0
    return session


def test_the_next_that_only_reads_goes_on_in_the_same_transaction(engine):
    with connections_taken(engine) as taken:
        session = look_ahead(engine)
        with read_transaction(session):
            assert session.scalar(COUNTS) == 0
        assert not session.in_transaction()
    assert len(taken) == 1


def test_the_one_after_that_begins_anew(engine):
    session = look_ahead(engine)
    for _ in range(2):
        with read_transaction(session):
            session.scalar(COUNTS)
    with write_transaction(Session(engine)) as other:
        other.execute(WRITES)
    with read_transaction(session):
        assert session.scalar(COUNTS) == 1


def write_in_a_read(session):
    with read_transaction(session):
        session.execute(WRITES)


def test_neither_of_them_may_write(engine):
    session = look_ahead(engine)
    with pytest.raises(ReadOnlyTransaction):
        write_in_a_read(session)
    with pytest.raises(ReadOnlyTransaction), read_ahead(session):
        session.execute(WRITES)
    assert not session.in_transaction()


def test_a_write_begins_at_its_own_beginning(engine):
    session = look_ahead(engine)
    with write_transaction(session):
        session.execute(WRITES)
    with read_transaction(session):
        assert session.scalar(COUNTS) == 1


def test_after_it_was_ended_by_somebody_else_the_next_one_is_its_own(engine):
    session = look_ahead(engine)
    session.rollback()
    session.execute(WRITES)
    with pytest.raises(PendingChanges), read_transaction(session):
        raise AssertionError("somebody's changes would be lost")
    session.rollback()


def test_what_nothing_has_gone_on_in_can_be_ended_and_nothing_else(engine):
    session = look_ahead(engine)
    end_read_ahead(session)
    assert not session.in_transaction()
    session.execute(COUNTS)
    end_read_ahead(session)
    assert session.in_transaction(), "it is somebody else's"
    session.rollback()


def fail_ahead(session):
    with read_ahead(session):
        session.scalar(COUNTS)
        raise LookupError


def test_what_fails_leaves_nothing_open(engine):
    session = Session(engine)
    with pytest.raises(LookupError):
        fail_ahead(session)
    assert not session.in_transaction()
