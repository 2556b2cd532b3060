"""One request, one transaction: how it opens and how it ends.

`write_transaction` and `read_transaction` are for routes and commands without a tab; session_route
opens its transactions in the same way. None of them touches a host's engine: SQLite is told BEGIN
IMMEDIATE on the connection itself, because its default mode lets two writers both pass a check, and
a deferred one fails with "database is locked" at once instead of waiting.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from .errors import (
    READ_ONLY,
    CommitOutcomeUnknown,
    PendingChanges,
    ReadOnlyTransaction,
    TransactionEnded,
    is_read_only,
    is_retryable,
    state_of,
)
from .sqlite_file import begin_immediate
from .statements import connection_of
from .watching import (
    ONLY_READS,
    OWNED,
    AnySession,
    driver_of,
    execute_raw,
    has_written,
    is_dirty,
    refuse_what_was_aborted,
    refuse_what_was_written,
    unwrap_scoped,
)

LOCK_WAIT = "3s"
_AFTER = "booking.after_commit"  # in a session's info: what is to be done once it is committed
_LEFT_OPEN = "transactions.left_open"  # there, too: the transaction that `read_ahead` left


@dataclass
class WriteTransaction:
    """An open write transaction; `commit` says how it is to end where nothing is raised."""

    session: Session
    commit: bool = True


@contextmanager
def write_transaction(session: AnySession) -> Iterator[Session]:
    """Open a write transaction: committed at the end, rolled back by any exception.

    Raises: PendingChanges when the session holds somebody else's unsaved work, TransactionEnded
    when what runs in it commits or rolls back by itself, begins another one, or hides from us that
    PostgreSQL refused a statement.
    """
    with open_write(session) as transaction:
        yield transaction.session


@contextmanager
def open_write(session: AnySession) -> Iterator[WriteTransaction]:
    """Open what `write_transaction` does, for work that may end without a commit.

    Raises what `write_transaction` does.
    """
    actual = unwrap_scoped(session)
    if OWNED in actual.info:
        raise TransactionEnded
    _end_what_only_read(actual)
    transaction, after = WriteTransaction(actual), actual.info.setdefault(_AFTER, [])
    try:
        _begin_to_write(actual)
        with _owned(transaction):
            yield transaction
        if transaction.commit:
            actual.flush()  # what fails here was not committed; only in the commit is that unknown
            refuse_what_was_aborted(actual)
            _commit(actual)
        else:
            actual.rollback()
    except BaseException as error:
        _discard_read_only_connection(actual, error)
        actual.rollback()
        raise
    finally:
        del actual.info[_AFTER]
    if transaction.commit:
        _do(actual, after)


def after_commit(session: Session, act: Callable[[], object]) -> None:
    """Have it done once our write transaction is committed, and never where it is rolled back.

    It is lost where the process dies in between, and done at most once; outside of such a
    transaction nothing is done.
    """
    session.info.get(_AFTER, []).append(act)


def _do(session: Session, acts: list[Callable[[], object]]) -> None:
    for act in acts:
        act()
    if acts and session.in_transaction():  # nobody else is to find what it began
        session.rollback()


def _begin_to_write(session: Session) -> None:
    connection = connection_of(session)
    if connection.dialect.name == "sqlite":
        _begin_immediate(connection)
    elif connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")


@contextmanager
def _owned(transaction: WriteTransaction) -> Iterator[None]:
    """Meanwhile nobody else ends the session's transaction.

    Raises: TransactionEnded.
    """
    session = transaction.session
    ours, refused = session.get_transaction(), session.info.setdefault(OWNED, [])
    try:
        yield
        # A rollback cannot be refused beforehand, and a view may have swallowed a refused commit.
        # Where nothing is to be committed, who rolled it back is all the same.
        if transaction.commit and (refused or session.get_transaction() is not ours):
            raise TransactionEnded
    finally:
        del session.info[OWNED]


def _commit(session: Session) -> None:
    try:
        session.commit()
    except DBAPIError as lost:
        if lost.connection_invalidated:
            raise CommitOutcomeUnknown from lost
        raise


def _discard_read_only_connection(session: Session, error: BaseException) -> None:
    # After a failover a pooled connection may still lead to what is a standby now. It answers a
    # ping, so only a refused write tells; the next one is to ask for a server that takes writes.
    if isinstance(error, DBAPIError) and is_read_only(error):
        with suppress(DBAPIError):
            session.invalidate()


@contextmanager
def read_transaction(session: AnySession) -> Iterator[Session]:
    """Open a transaction that leaves nothing behind: it is always rolled back.

    On SQLite it begins with the first statement, and costs nothing where there is none. PostgreSQL
    itself refuses to write. SQLite could be told to, but each time it is, it throws away every
    statement it has prepared, which is most of what reading costs; so there the writing is noticed
    at the end, and a commit of it refused.

    Raises: ReadOnlyTransaction when something was written in it, PendingChanges as
    `write_transaction` does.
    """
    actual = unwrap_scoped(session)
    if ONLY_READS in actual.info or OWNED in actual.info:  # the outer one ends it
        yield actual
        return
    with _reading(actual):
        yield actual
        refuse_what_was_written(actual)
        # A rollback would look at length for objects, of which there are none.
        has_more = actual.identity_map or actual.in_nested_transaction()
        if not has_more and (begun := actual.get_transaction()):
            begun.close()
    actual.rollback()


@contextmanager
def read_ahead(session: AnySession) -> Iterator[Session]:
    """Open what `read_transaction` does, and leave it open: the session's next one goes on in it.

    For what is read just before a view that only reads: to end one transaction and begin another is
    most of what a small answer costs, on PostgreSQL three round trips. A write ends it as well;
    where neither comes `end_read_ahead` does, or what comes later would read what was.

    Raises what `read_transaction` does.
    """
    actual = unwrap_scoped(session)
    if ONLY_READS in actual.info or OWNED in actual.info:
        yield actual
        return
    with _reading(actual):
        yield actual
        refuse_what_was_written(actual)
    actual.info[_LEFT_OPEN] = actual.get_transaction()


def end_read_ahead(session: AnySession) -> None:
    """End what `read_ahead` left open, where nothing has gone on in it."""
    actual = unwrap_scoped(session)
    left_open = actual.info.pop(_LEFT_OPEN, None)
    if left_open is not None and left_open is actual.get_transaction():
        actual.rollback()


@contextmanager
def _reading(session: Session) -> Iterator[None]:
    """Let the session only read meanwhile, from the beginning of a transaction or of `read_ahead`.

    What was raised is all that ends it here.
    """
    left_open = session.info.pop(_LEFT_OPEN, None)
    if left_open is None or left_open is not session.get_transaction():
        _end_what_only_read(session)
        if session.get_bind().dialect.name == "postgresql":
            session.connection(execution_options={"postgresql_readonly": True})
    session.info[ONLY_READS] = True
    try:
        yield
    except BaseException as error:
        session.rollback()
        if isinstance(error, DBAPIError) and state_of(error) == READ_ONLY:
            raise ReadOnlyTransaction from error
        raise
    finally:
        del session.info[ONLY_READS]


def require_clean_session(session: AnySession) -> None:
    """End a transaction that only read, so that ours begins at its own beginning.

    Raises: PendingChanges where ending it would throw somebody's work away.
    """
    _end_what_only_read(unwrap_scoped(session))


def _end_what_only_read(session: Session) -> None:
    if session.in_transaction():  # else nothing was added, changed or deleted either
        if is_dirty(session) or has_written(session):
            raise PendingChanges
        session.rollback()


def _begin_immediate(connection: Connection) -> None:
    driver = driver_of(connection)
    if driver.in_transaction:
        if getattr(driver, "isolation_level", "") is not None:
            return  # an outer transaction that has written: it holds the lock already
        # The host's engine sends a plain BEGIN of its own (an event recipe of SQLAlchemy's
        # manual). Nothing has run in it yet.
        execute_raw("ROLLBACK", driver.execute, "ROLLBACK")
    execute_raw("BEGIN IMMEDIATE", begin_immediate, driver, connection.info)


ATTEMPTS = 5
_PAUSE = 0.02  # maximum random pause in seconds, multiplied by the number of tries so far

T = TypeVar("T")


class Retry(Exception):
    """Raised inside the work: what it stood on has changed meanwhile, so run it again."""


def run_in_transaction(
    session: AnySession,
    work: Callable[[Session], T],
    *,
    idempotent: bool = False,
    keep: Callable[[T], bool] | None = None,
) -> T:
    """Run `work(session)` in a write transaction of its own, and commit it.

    It is run again, whole, on a serialization failure, a deadlock, a lost connection, or where it
    raises Retry: so it does nothing outside the database. After a connection is lost *during* the
    commit nobody knows whether it arrived: the work is then run again only where it is
    `idempotent`. `keep` looks at what the work returned and says whether to commit; None: always.
    Raises what the last of five tries failed with: Retry, or something of which
    `is_temporarily_unavailable` says whether asking later makes sense.
    """
    for attempt in range(1, ATTEMPTS):
        try:
            return _once(session, work, keep)
        except Retry:
            continue
        except CommitOutcomeUnknown:
            if not idempotent:
                raise
        except DBAPIError as error:
            if not is_retryable(error):
                raise
        time.sleep(random.uniform(0, _PAUSE * attempt))  # noqa: S311 - no secret
    return _once(session, work, keep)


def run_read_only(session: AnySession, work: Callable[[Session], T]) -> T:
    """Run `work(session)` where it can only read; once more if the connection was lost.

    A server that was restarted takes the pool's connections with it, and the second try has a new
    one. Raises what `read_transaction` and the last try raise.
    """
    try:
        with read_transaction(session) as actual:
            return work(actual)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
    with read_transaction(session) as actual:
        return work(actual)


def _once(session: AnySession, work: Callable[[Session], T], keep: Callable[[T], bool] | None) -> T:
    with open_write(session) as transaction:
        result = work(transaction.session)
        transaction.commit = keep is None or keep(result)
        return result
