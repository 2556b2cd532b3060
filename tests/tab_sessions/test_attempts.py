"""A whole transaction, run as often as the database asks for it: `settle` and `look`."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from booking.tab_sessions import InDoubt, RunAgain, attempts, is_busy, look, settle, transactions

COUNT = text("SELECT count(*) FROM booking_resource")
ADD = text("INSERT INTO booking_resource (kind, name) VALUES ('staff', :name)")


def lost(_session=None):
    raise OperationalError("SELECT 1", None, Exception("gone"), connection_invalidated=True)


def failing(times, failure):
    """Work that adds a row and then fails so many times; and the list of its tries."""
    tries = []

    def work(session):
        tries.append(session)
        session.execute(ADD, {"name": f"try {len(tries)}"})
        if len(tries) <= times:
            failure(session)
        return len(tries)

    return work, tries


def again(_session):
    raise RunAgain


def raised_by_postgresql(state):
    def failure(session):
        session.execute(text(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$"))

    return failure


@pytest.mark.parametrize("failure", [lost, again])
def test_work_is_run_again_whole_and_committed_once(session, failure):
    work, tries = failing(3, failure)
    assert settle(session, work) == 4
    assert len(tries) == 4
    assert session.execute(COUNT).scalar() == 1


@pytest.mark.parametrize("failure", [lost, again])
def test_the_last_try_says_what_was_the_matter(session, failure):
    work, tries = failing(99, failure)
    with pytest.raises((DBAPIError, RunAgain)):
        settle(session, work)
    assert len(tries) == attempts.ATTEMPTS
    assert session.execute(COUNT).scalar() == 0


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("state", "runs"), [("40001", 2), ("40P01", 2), ("25006", 2), ("53100", 1), ("23505", 1)]
)
def test_what_postgresql_says_decides_whether_it_is_run_again(session, state, runs):
    work, tries = failing(1, raised_by_postgresql(state))
    if runs == 1:
        with pytest.raises(DBAPIError) as told:
            settle(session, work)
        assert is_busy(told.value) == (state == "53100")
    else:
        assert settle(session, work) == runs
    assert len(tries) == runs
    session.rollback()
    assert session.execute(COUNT).scalar() == runs - 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_server_that_only_reads_is_not_asked_twice_by_the_same_connection(session):
    """After a failover a pooled connection may lead to what is a standby now."""
    backends = []

    def work(session):
        backends.append(session.execute(text("SELECT pg_backend_pid()")).scalar())
        if len(backends) == 1:
            session.execute(text("SET LOCAL transaction_read_only = on"))
        session.execute(ADD, {"name": "x"})

    settle(session, work)
    assert len(set(backends)) == 2
    assert session.execute(COUNT).scalar() == 1


def test_a_mistake_is_not_run_again(session):
    def twice(session):
        for _ in range(2):
            session.execute(text("INSERT INTO booking_resource VALUES (7, 'staff', 'x')"))

    with pytest.raises(IntegrityError):
        settle(session, twice)
    assert session.execute(COUNT).scalar() == 0


@pytest.mark.parametrize(("arrived", "rows"), [(True, 2), (False, 1)])
def test_a_commit_in_doubt_is_run_again_only_where_twice_is_once(
    session, monkeypatch, arrived, rows
):
    """The connection goes during the commit: before it arrived, or after."""
    commit, commits = transactions._commit, []

    def doubtful(session):
        commits.append(1)
        if len(commits) > 1:
            return commit(session)
        if arrived:
            commit(session)
        raise InDoubt

    monkeypatch.setattr(transactions, "_commit", doubtful)
    work, tries = failing(0, lost)
    with pytest.raises(InDoubt) as told:
        settle(session, work)
    assert is_busy(told.value)
    assert len(tries) == 1
    commits.clear()
    assert settle(session, work, repeatable=True) == 3
    assert session.execute(COUNT).scalar() == rows + arrived


def test_a_look_is_taken_once_more_when_the_connection_was_lost(session):
    looks = []

    def work(session):
        looks.append(1)
        if len(looks) == 1:
            lost()
        return session.execute(COUNT).scalar()

    assert look(session, work) == 0
    with pytest.raises(OperationalError):
        look(session, lost)
