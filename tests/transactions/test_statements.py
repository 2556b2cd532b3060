"""Statements that never change, sent as texts on the session's own connection."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Column, LargeBinary, MetaData, String, Table, event, insert, select, update
from sqlalchemy import bindparam as value
from sqlalchemy.exc import IntegrityError

from booking.storage.base import UTCDateTime
from booking.transactions.sessions import write_transaction
from booking.transactions.statements import FixedStatement, connection_of

kept = Table(
    "kept_for_a_while",
    MetaData(),
    Column("name", String(20), primary_key=True),
    Column("at", UTCDateTime),
    Column("sealed", LargeBinary),
    prefixes=["TEMPORARY"],
)
KEEP = FixedStatement(insert(kept))
RENAME = FixedStatement(
    update(kept)
    .where(kept.c.name == value("old"), kept.c.sealed == b"%s ?")
    .values(name=value("new"))
)
READ = FixedStatement(select(kept))
NAMES = select(kept.c.name).order_by(kept.c.name)
ADA = {"name": "Ada", "at": datetime(2030, 5, 6, 7, tzinfo=UTC), "sealed": b"%s ?"}


@pytest.fixture
def writing(session):
    with write_transaction(session) as writing:
        kept.create(writing.connection())
        yield writing
        kept.drop(writing.connection())


def test_what_it_writes_is_what_core_reads(writing):
    KEEP.execute(writing, ADA)
    assert writing.execute(select(kept)).one()._asdict() == ADA


def test_what_it_reads_has_the_types_of_the_columns(writing):
    writing.execute(insert(kept), ADA)
    assert READ.rows(writing, {}) == [tuple(ADA.values())]


def test_what_the_driver_refuses_is_sqlalchemys_error(writing):
    KEEP.execute(writing, ADA)
    with pytest.raises(IntegrityError), writing.begin_nested():
        KEEP.execute(writing, ADA)
    assert writing.scalars(NAMES).all() == ["Ada"]


def test_it_says_how_many_rows_it_wrote(writing):
    KEEP.execute(writing, ADA)
    assert RENAME.execute(writing, {"old": "Ada", "new": "Bob"}) == 1
    assert RENAME.execute(writing, {"old": "Ada", "new": "Bob"}) == 0
    assert writing.scalars(NAMES).all() == ["Bob"]


def test_who_listens_to_the_engine_sees_it(writing):
    seen = []
    event.listen(
        writing.get_bind(), "before_cursor_execute", lambda *given: seen.append(given[2][:11])
    )
    KEEP.execute(writing, ADA)
    assert seen == ["INSERT INTO"]


def test_a_savepoint_that_is_rolled_back_takes_with_it_what_was_written_in_it(writing):
    KEEP.execute(writing, ADA)
    for name in ("Bob", "Cid"):
        savepoint = writing.begin_nested()
        KEEP.execute(writing, {**ADA, "name": name})
        savepoint.rollback()
    KEEP.execute(writing, {**ADA, "name": "Eve"})
    assert writing.scalars(NAMES).all() == ["Ada", "Eve"]


def test_each_transaction_has_its_own_connection(session):
    with write_transaction(session) as writing:
        first = connection_of(writing)
        assert connection_of(writing) is writing.connection() is first
    with write_transaction(session) as writing:
        assert connection_of(writing) is writing.connection()
        assert not connection_of(writing).closed
    assert first.closed
