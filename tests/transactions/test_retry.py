"""A whole transaction, run as often as the database asks: `run_in_transaction`, `run_read_only`."""

from contextlib import nullcontext, suppress

import pytest
from flask import Blueprint
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from booking.tab_sessions import (
    CommitOutcomeUnknown,
    Retry,
    TransactionEnded,
    is_temporarily_unavailable,
    run_in_transaction,
    run_read_only,
    session_route,
)
from booking.transactions import sessions
from tests.tab_sessions.conftest import Tab, host_app

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
    raise Retry


def raised_by_postgresql(state):
    def failure(session):
        session.execute(text(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$"))

    return failure


@pytest.mark.parametrize("failure", [lost, again])
def test_work_is_run_again_whole_and_committed_once(session, failure):
    work, tries = failing(3, failure)
    assert run_in_transaction(session, work) == 4
    assert len(tries) == 4
    assert session.execute(COUNT).scalar() == 1


@pytest.mark.parametrize("failure", [lost, again])
def test_the_last_try_says_what_was_the_matter(session, failure):
    work, tries = failing(99, failure)
    with pytest.raises((DBAPIError, Retry)):
        run_in_transaction(session, work)
    assert len(tries) == sessions.ATTEMPTS
    assert session.execute(COUNT).scalar() == 0


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("state", "runs"), [("40001", 2), ("40P01", 2), ("25006", 2), ("53100", 1), ("23505", 1)]
)
def test_what_postgresql_says_decides_whether_it_is_run_again(session, state, runs):
    work, tries = failing(1, raised_by_postgresql(state))
    if runs == 1:
        with pytest.raises(DBAPIError) as told:
            run_in_transaction(session, work)
        assert is_temporarily_unavailable(told.value) == (state == "53100")
    else:
        assert run_in_transaction(session, work) == runs
    assert len(tries) == runs
    session.rollback()
    assert session.execute(COUNT).scalar() == runs - 1


PASSES = ("57014", "57P05", "25P03", "25P04", "55P03", "55006", "53200", "53300", "53400", "08006",
          "08P01", "40003", "57000", "58030")  # fmt: skip
STAYS = ("23505", "40002", "22001", "42P01", "42601", "0A000", "XX001")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_passes_by_itself_is_asked_again_and_what_stays_is_a_mistake(session):
    def told(state):
        with pytest.raises(DBAPIError) as told, session.begin():
            raised_by_postgresql(state)(session)
        return is_temporarily_unavailable(told.value)

    assert {state: told(state) for state in PASSES} == dict.fromkeys(PASSES, True)
    assert {state: told(state) for state in STAYS} == dict.fromkeys(STAYS, False)


def out_of_patience(session):
    """What a database does that is told how long a statement may take."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL statement_timeout = 5"))
        session.execute(text("SELECT pg_sleep(30)"))
    driver = session.connection().connection.dbapi_connection
    driver.set_progress_handler(lambda: True, 100)
    try:
        session.execute(text("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                             " LIMIT 1000000) SELECT max(i) FROM n"))  # fmt: skip
    finally:
        driver.set_progress_handler(None, 0)


def test_a_statement_that_took_too_long_is_503_and_asked_again(session):
    notes = Blueprint("notes", __name__)
    session_route(notes, "/slow", methods=["GET", "POST"])(lambda tab: out_of_patience(tab.session))
    app = host_app(session, notes)
    app.testing = False  # else an error of ours is raised here
    for answer in (Tab(app.test_client()).get("/slow"), Tab(app.test_client()).post("/slow")):
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_server_that_only_reads_is_not_asked_twice_by_the_same_connection(session):
    """After a failover a pooled connection may lead to what is a standby now."""
    backends = []

    def work(session):
        backends.append(session.execute(text("SELECT pg_backend_pid()")).scalar())
        if len(backends) == 1:
            session.execute(text("SET LOCAL transaction_read_only = on"))
        session.execute(ADD, {"name": "x"})

    run_in_transaction(session, work)
    assert len(set(backends)) == 2
    assert session.execute(COUNT).scalar() == 1


def test_a_mistake_is_not_run_again(session):
    def twice(session):
        for _ in range(2):
            session.execute(text("INSERT INTO booking_resource VALUES (7, 'staff', 'x')"))

    with pytest.raises(IntegrityError):
        run_in_transaction(session, twice)
    assert session.execute(COUNT).scalar() == 0


@pytest.mark.parametrize(("arrived", "rows"), [(True, 2), (False, 1)])
def test_a_commit_in_doubt_is_run_again_only_where_twice_is_once(
    session, monkeypatch, arrived, rows
):
    """The connection goes during the commit: before it arrived, or after."""
    commit, commits = sessions._commit, []

    def doubtful(session):
        commits.append(1)
        if len(commits) > 1:
            return commit(session)
        if arrived:
            commit(session)
        raise CommitOutcomeUnknown

    monkeypatch.setattr(sessions, "_commit", doubtful)
    work, tries = failing(0, lost)
    with pytest.raises(CommitOutcomeUnknown) as told:
        run_in_transaction(session, work)
    assert is_temporarily_unavailable(told.value)
    assert len(tries) == 1
    commits.clear()
    assert run_in_transaction(session, work, idempotent=True) == 3
    assert session.execute(COUNT).scalar() == rows + arrived


def test_a_look_is_taken_once_more_when_the_connection_was_lost(session):
    looks = []

    def work(session):
        looks.append(1)
        if len(looks) == 1:
            lost()
        return session.execute(COUNT).scalar()

    assert run_read_only(session, work) == 0
    with pytest.raises(OperationalError):
        run_read_only(session, lost)


@pytest.mark.parametrize(("keep", "stored"), [(None, 1), (bool, 1), (lambda tries: tries > 1, 0)])
def test_what_is_not_to_be_kept_is_rolled_back_and_its_result_returned(session, keep, stored):
    work, tries = failing(0, again)
    assert run_in_transaction(session, work, keep=keep) == 1
    assert len(tries) == 1
    assert session.execute(COUNT).scalar() == stored


def test_who_keeps_nothing_may_have_rolled_back_before(session):
    def work(inner):
        inner.execute(ADD, {"name": "nobody"})
        inner.rollback()

    run_in_transaction(session, work, keep=lambda _result: False)
    assert session.execute(COUNT).scalar() == 0


@pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_a_failed_statement_whose_error_was_caught_is_told_where_nothing_would_be_committed(
    app, session
):
    def hide(actual, around):
        actual.execute(ADD, {"name": "Ada"})
        with suppress(DBAPIError), around(actual):
            actual.execute(text("SELECT 1 / 0"))
        return "done"

    with pytest.raises(TransactionEnded, match="its error was caught"):
        run_in_transaction(session, lambda actual: hide(actual, nullcontext))
    assert run_read_only(session, lambda actual: actual.execute(COUNT).scalar()) == 0
    assert run_in_transaction(session, lambda actual: hide(actual, Session.begin_nested)) == "done"
    assert run_read_only(session, lambda actual: actual.execute(COUNT).scalar()) == 1
