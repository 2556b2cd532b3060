"""The file of an SQLite database: replaced, deleted, made read-only while we have it open."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import DBAPIError

from booking import create_app
from booking.extension import prepare_sqlite
from booking.tab_sessions import run_in_transaction
from booking.testing import TabClient
from booking.transactions.errors import NoDatabaseFile
from booking.transactions.sqlite_file import SQLiteFile
from tests.conftest import app_over
from tests.customer.walks import ADA, at_details, at_review

pytestmark = pytest.mark.usefixtures("monday_morning")


@pytest.fixture
def file(loaded_sqlite_url):
    return Path(loaded_sqlite_url.removeprefix("sqlite:///"))


@pytest.fixture
def shop(loaded_sqlite_url):
    with app_over(loaded_sqlite_url, None) as app:
        yield app


def backup(file, name="backup.db"):
    copy = file.with_name(name)
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


def fold_the_log_in(file):
    """As the last process does that closes the database: no -wal is left."""
    with closing(sqlite3.connect(file)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for end in ("-wal", "-shm"):
        file.with_name(file.name + end).unlink(missing_ok=True)


def bookings_in(file):
    with closing(sqlite3.connect(file)) as raw:
        return [row[0] for row in raw.execute("SELECT customer_name FROM booking_booking")]


def test_what_is_confirmed_after_a_restore_is_in_the_restored_file(shop, file):
    copy = backup(file)
    TabClient(shop, "/book/")
    fold_the_log_in(file)
    copy.replace(file)
    assert at_review(shop, service="short", staff="ana").submit().step == "done"
    assert bookings_in(file) == [ADA["name"]]


def test_a_restored_file_with_the_old_ones_log_beside_it_is_not_touched(shop, file, caplog):
    copy = backup(file)
    tab = at_details(shop, service="short", staff="ana")
    copy.replace(file)
    whole = file.read_bytes()
    for _ in range(2):
        assert tab.submit(**ADA).status == 503
    assert file.read_bytes() == whole
    assert "delete booking.db-wal and booking.db-shm" in caplog.text


def test_a_second_restore_is_guarded_as_the_first_was(shop, file):
    first, second = backup(file, "first.db"), backup(file, "second.db")
    TabClient(shop, "/book/")
    with file.with_name("booking.db-wal").open("rb"):  # or the next log may be given its number
        fold_the_log_in(file)
        first.replace(file)
        tab = at_details(shop, service="short", staff="ana")
        second.replace(file)
        whole = file.read_bytes()
        assert tab.submit(**ADA).status == 503
    assert file.read_bytes() == whole


def test_a_log_that_is_made_after_the_first_look_is_watched_too(tmp_path):
    file = tmp_path / "booking.db"
    for name in ("booking.db", "other.db"):
        with closing(sqlite3.connect(tmp_path / name)) as raw:
            raw.execute("CREATE TABLE word (said TEXT)")
    engine = create_engine(f"sqlite:///{file}")
    event.listen(engine, "connect", prepare_sqlite)
    SQLiteFile(file).watch(engine)
    with engine.connect():
        assert not file.with_name("booking.db-wal").exists()
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO word VALUES ('lost')"))
    (tmp_path / "other.db").replace(file)
    with pytest.raises(DBAPIError, match="was replaced"):
        engine.connect()


def test_nothing_is_confirmed_into_a_deleted_file(shop, file):
    tab = at_review(shop, service="short", staff="ana")
    kept = shutil.move(file, file.with_name("away.db"))
    assert tab.submit().status == 503
    assert not file.exists(), "and no empty one is made in its place"
    shutil.move(kept, file)
    assert tab.submit().step == "done"
    assert bookings_in(file) == [ADA["name"]]


def test_a_commit_into_a_file_that_lost_its_name_is_refused(shop, file):
    def work(session):
        session.execute(text("UPDATE booking_shop SET name = 'Lost'"))
        shutil.move(file, file.with_name("away.db"))

    with shop.app_context(), pytest.raises(DBAPIError, match="deleted or replaced"):
        run_in_transaction(shop.extensions["booking"].session, work)


def test_a_file_that_may_be_written_again_is_written_at_once(shop, file):
    def only_to_read(_dialect, _record, _words, named):
        return sqlite3.connect(f"file:{file}?mode=ro", **named | {"uri": True})

    with shop.app_context():
        engine, session = shop.extensions["booking"].engine, shop.extensions["booking"].session
        event.listen(engine, "do_connect", only_to_read)
        engine.dispose()
        several = [engine.connect() for _ in range(3)]
        for connection in several:
            connection.close()
        event.remove(engine, "do_connect", only_to_read)
        rename = text("UPDATE booking_shop SET name = 'Open'")
        run_in_transaction(session, lambda here: here.execute(rename))
        assert session.scalar(text("SELECT name FROM booking_shop")) == "Open"
        session.remove()


def test_a_mistyped_address_does_not_become_an_empty_database(tmp_path):
    app = create_app({"BOOKING_DATABASE_URL": f"sqlite:///{tmp_path}/mistyped.db"})
    assert TabClient(app, "/book/").status == 503
    with app.app_context(), pytest.raises(DBAPIError) as missing:
        app.extensions["booking"].engine.connect()
    assert isinstance(missing.value.orig, NoDatabaseFile)
    assert not (tmp_path / "mistyped.db").exists()


def test_a_file_with_a_name_that_means_something_in_an_address_is_opened(tmp_path):
    app = create_app({"BOOKING_DATABASE_URL": f"sqlite:///{tmp_path}/50%25 off #1.db"})
    assert app.test_cli_runner().invoke(args=["booking", "init"]).exit_code == 0
    assert {path.suffix for path in tmp_path.iterdir()} >= {".db"}
    assert app.test_cli_runner().invoke(args=["booking", "list"]).exit_code == 0
