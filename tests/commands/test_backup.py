"""`backup` and `restore`: a copy while people book, and what is settled before it serves again."""

import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from booking.commands.sqlite_copies import is_in_use
from booking.migrate import current, downgrade
from booking.operations.accounts import AccountPlan, add_account
from booking.operations.holds import hold as hold_time
from booking.operations.sign_ins import Limits, begin_session, make_link
from booking.storage.accounts import PASSWORD, desk_session, one_time_link
from booking.storage.models import Booking, claim, hold, letter, link_key
from booking.storage.reads import service_by_slug, staff_by_slug
from booking.tab_sessions import tab_session
from tests.commands.shell import (
    MORNING,
    appointment,
    count,
    done,
    execute,
    in_database,
    live_tab,
    refused,
    run,
)
from tests.commands.test_letters import MAIL, booked, rows
from tests.fixtures.clocks import MONDAY_MORNING

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "shop.backup"


def database(app):
    with app.app_context():
        return app.extensions["booking"].engine.url.database


def left(app):
    """Let go of all connections, as a server that was stopped."""
    with app.app_context():
        app.extensions["booking"].engine.dispose()
    return app


def _hold(session, tab):
    hold_time(
        session,
        tab_key=tab,
        service=service_by_slug(session, "short"),
        staff=[staff_by_slug(session, "ana")],
        start=MORNING + timedelta(hours=1),
        now=MORNING - timedelta(days=1),
        minutes=10,
        extensions=1,
    )


def references(app):
    return in_database(app, lambda session: [*session.scalars(select(Booking.reference))])


@ON_SQLITE
def test_a_backup_is_one_sound_file_that_only_its_owner_reads(app, file):
    appointment(app)
    said = done(app, "backup", file)
    assert "1 bookings, 1 of them to come" in said
    assert "The key that makes customers' links is not in it" in said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.iterdir() if "shop.backup" in one.name] == [file.name]
    with closing(sqlite3.connect(file)) as copy:
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert copy.execute("SELECT count(*) FROM booking_booking").fetchone() == (1,)


@ON_SQLITE
def test_what_is_in_the_log_alone_is_in_the_backup_and_nobody_waits_for_it(app, file):
    with closing(sqlite3.connect(database(app), isolation_level=None)) as writer:
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        reference = appointment(app)
        writer.execute("BEGIN IMMEDIATE")  # somebody books at this moment
        done(app, "backup", file)
        writer.execute("ROLLBACK")
    left(app)
    done(app, "restore", file, "--yes")
    assert references(app) == [reference]


@ON_SQLITE
def test_no_backup_is_written_over_another(app, file):
    file.write_bytes(b"of yesterday")
    assert "is there already" in refused(app, "backup", file)
    assert file.read_bytes() == b"of yesterday"


@ON_SQLITE
def test_a_folder_that_is_not_there_is_named(app, tmp_path):
    assert f"Nothing can be written in {tmp_path / 'none'}" in refused(
        app, "backup", tmp_path / "none" / "file"
    )


@ON_SQLITE
def test_a_broken_database_is_not_called_a_backup(app, file):
    appointment(app)
    path = database(left(app))
    assert not is_in_use(Path(path))  # now it is one file
    with closing(sqlite3.connect(path)) as broken:
        broken.execute("PRAGMA writable_schema = ON")
        broken.execute("DELETE FROM booking_service")
        broken.commit()
    assert "The copy of" in refused(app, "backup", file)
    assert not file.exists()


@ON_SQLITE
def test_what_was_booked_since_is_named_and_goes_only_with_yes(app, file):
    kept = appointment(app)
    done(app, "backup", file)
    lost = appointment(app, MORNING + timedelta(hours=1))
    left(app)
    answer = run(app, "restore", file)
    assert answer.exit_code == 1
    assert answer.stdout == f"  {lost} is not in the backup.\n"
    assert "needs --yes" in answer.stderr
    assert set(references(app)) == {kept, lost}
    said = done(left(app), "restore", file, "--yes")
    assert references(app) == [kept]
    aside = said.splitlines()[0].removeprefix("What was there before is kept: ")
    with closing(sqlite3.connect(aside)) as before:
        assert before.execute("SELECT count(*) FROM booking_booking").fetchone() == (2,)


@ON_SQLITE
def test_a_place_without_a_database_needs_no_yes(app, file, untouched):
    reference = appointment(app)
    done(app, "backup", file)
    assert "What was there before" not in done(untouched, "restore", file)
    assert references(untouched) == [reference]


@ON_SQLITE
def test_a_database_that_another_process_has_open_is_left_alone(app, file):
    appointment(app)
    done(app, "backup", file)
    path = database(left(app))
    opens = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); "
        "c.execute('SELECT 1 FROM booking_booking').fetchall(); print('open', flush=True); input()"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", opens, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout.readline() == "open\n"
        assert "is in use. Stop the server" in refused(app, "restore", file, "--yes")
    finally:
        server.communicate("\n")
    assert "Set aside: 0 letters" in done(app, "restore", file, "--yes")


@ON_SQLITE
@pytest.mark.parametrize("content", [b"", b"no database at all" * 100, None])
def test_what_is_no_backup_changes_nothing(app, file, content):
    reference = appointment(app)
    if content is None:
        with closing(sqlite3.connect(file)) as other:
            other.execute("CREATE TABLE something (id INTEGER)")
    else:
        file.write_bytes(content)
    assert "is no backup of Sidebook's" in refused(left(app), "restore", file, "--yes") or content
    assert references(app) == [reference]
    assert f"There is no backup at {file}x" in refused(left(app), "restore", f"{file}x")


@ON_SQLITE
def test_a_backup_of_a_newer_program_is_refused_and_one_of_an_older_is_brought_up(app, file):
    done(app, "backup", file)
    with app.app_context():
        engine = app.extensions["booking"].engine
        newest = current(engine)
    older = file.with_suffix(".older")
    shutil.copy(file, older)
    with closing(sqlite3.connect(file)) as newer:
        newer.execute("UPDATE booking_alembic_version SET version_num = '9999'")
        newer.commit()
    assert "newer than the program" in refused(left(app), "restore", file, "--yes")
    with app.app_context():
        downgrade(engine, "0023")
    assert current(engine) == "0023"
    done(left(app), "restore", older, "--yes")
    with app.app_context():
        assert current(engine) == newest


@ON_SQLITE
@MAIL
@pytest.mark.settings(mails_a_second=0)
def test_no_letter_goes_twice_after_a_restore(app, file):
    booked(app)
    done(app, "backup", file)
    assert done(app, "deliver") == "Letters: 2 sent.\n"
    said = done(left(app), "restore", file, "--yes")
    assert "Set aside: 2 letters that were due before now." in said
    assert done(app, "deliver") == "No letter is due.\n"
    assert sorted(set(rows(app, "kind", "state"))) == [
        ("booked", "withdrawn"),
        ("reminder", "waiting"),
    ]


@MAIL
@pytest.mark.settings(mails_a_second=0)
@pytest.mark.both_databases
def test_one_that_was_under_way_goes_no_more_either(app):
    booked(app)
    execute(
        app,
        update(letter)
        .where(letter.c.id == 1)
        .values(state="sending", lease="x", leased_until=2**33),
    )
    done(app, "restore", "--copied")
    assert rows(app, "state", "lease", "leased_until")[0] == ("withdrawn", None, None)
    assert done(app, "deliver") == "No letter is due.\n"


@pytest.mark.both_databases
def test_holds_tabs_and_sign_ins_of_then_are_over(app):
    appointment(app)

    def busy(session):
        account = add_account(
            session, AccountPlan("ola@mare.example", "Ola", "owner"), now=MONDAY_MORNING
        )
        hours = timedelta(hours=1)
        begin_session(session, account, Limits(hours, hours), now=MONDAY_MORNING, browser="Firefox")
        make_link(session, account, PASSWORD, now=MONDAY_MORNING, lasts=hours)
        return live_tab(session)

    in_database(app, lambda session: _hold(session, busy(session)))
    assert count(app, hold) == 1
    said = done(app, "restore", "--copied")
    assert "Let go of: 1 held times. Ended: 1 unfinished bookings, 1 sign-ins." in said
    assert [count(app, each) for each in (hold, desk_session, one_time_link)] == [0, 0, 0]
    assert in_database(app, lambda session: [*session.scalars(select(tab_session.c.state))]) == [
        "ended"
    ]
    assert count(app, Booking) == 1
    assert in_database(app, lambda session: {*session.scalars(select(claim.c.hold_id))}) == {None}


@ON_SQLITE
@MAIL
def test_appointments_whose_links_another_key_made_are_named(app, file):
    reference = booked(app)
    done(app, "backup", file)
    said = done(left(app), "restore", file, "--yes")
    assert "made by another key" not in said
    execute(app, update(Booking).values(link_number=b"of another key!!"))
    assert f"  {reference}  2027-02-03 10:00-10:30  Zoë" in done(app, "restore", "--copied")


@ON_SQLITE
def test_the_machine_of_before_counts_no_more(app):
    other = {"fingerprint": "f" * 32, "source": "file", "place": "another machine"}
    seconds = int(MONDAY_MORNING.timestamp())
    execute(app, insert(link_key).values(other | {"first_used_at": 1, "last_used_at": seconds}))
    done(app, "restore", "--copied")
    keys = in_database(app, lambda session: [*session.scalars(select(link_key.c.last_used_at))])
    assert keys == [0]


@pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_postgresql_has_tools_of_its_own_which_are_named(app, file):
    assert "pg_dump --format=custom" in refused(app, "backup", file)
    file.touch()
    assert "flask booking restore --copied" in refused(app, "restore", file)


@ON_SQLITE
def test_a_file_or_that_it_is_copied_has_to_be_said(app, file):
    for words in ((), (file, "--copied")):
        answer = run(app, "restore", *words)
        assert answer.exit_code == 2
        assert "Name the backup's file; or --copied" in answer.stderr
