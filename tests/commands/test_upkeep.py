"""`purge` and `doctor`: what is let go of, and what is found wrong."""

import os
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, event, insert, make_url, select, text, update

from booking import Sidebook, create_app
from booking.commands.database_checks import file_modes, sqlite_version, synchronous_commit
from booking.commands.fill_checks import MANY_ROWS
from booking.storage.models import (
    Booking,
    Service,
    catalogue_state,
    claim,
    hold,
    past_hold,
    spent_challenge,
    visitor_drafts,
)
from booking.storage.reads import service_by_slug, staff_by_slug
from booking.tab_sessions import read_transaction, tab_session
from tests.commands.shell import (
    LAST_WEEK,
    MORNING,
    SHOP,
    appointment,
    done,
    execute,
    in_database,
    live_tab,
    refused,
    run,
)
from tests.conftest import app_over


def held(session, expires_at):
    """The number of a hold, with a claim, of a tab that is still at work."""
    service, member = service_by_slug(session, "short"), staff_by_slug(session, "ana")
    what = {"service_id": service.id, "staff_member_id": member.id, "expires_at": expires_at}
    span = {"starts_at": MORNING, "ends_at": MORNING + timedelta(minutes=30)}
    row = insert(hold).values(tab_session_id=live_tab(session), **what, **span)
    number = session.execute(row).inserted_primary_key[0]
    place = {"resource_id": member.resource_id, "tick": 2**40 + number}
    session.execute(insert(claim).values(hold_id=number, expires_at=1, **place))
    return number


@pytest.mark.both_databases
def test_purge_erases_what_ran_out_and_leaves_the_rest(app):
    now = int(datetime.now(UTC).timestamp())
    coming = appointment(app, datetime(2037, 2, 3, 10, tzinfo=UTC))
    past = appointment(app, LAST_WEEK)
    in_database(app, lambda session: held(session, now - 7200))
    fresh = in_database(app, lambda session: held(session, now - 60))
    outlived = in_database(app, lambda session: held(session, now + 600))
    execute(
        app,
        update(tab_session)
        .where(
            tab_session.c.id
            == select(hold.c.tab_session_id).where(hold.c.id == outlived).scalar_subquery()
        )
        .values(idle_expires_at=now - 1),
    )
    assert done(app, "purge") == (
        "Erased 1 unfinished bookings that ran out and 0 traces of older ones, "
        "1 holds long over, 8 claims on days gone by and 0 letters of long ago.\n"
    )
    assert in_database(app, lambda s: s.scalars(select(hold.c.id)).all()) == [fresh]
    owners = in_database(
        app,
        lambda s: set(
            s.scalars(
                select(Booking.reference).join(claim, claim.c.booking_id == Booking.id).distinct()
            )
        ),
    )
    assert owners == {coming}
    assert past in run(app, "show", past).stdout
    assert run(app, "purge").stdout.startswith("Erased 0 unfinished bookings")


@pytest.mark.both_databases
def test_doctor_finds_a_sound_house_sound(app):
    appointment(app, datetime(2037, 2, 3, 10, tzinfo=UTC))
    answer = run(app, "doctor")
    assert answer.exit_code == 0, answer.output
    assert "WRONG" not in answer.stdout
    assert "ok     2 services can be booked" in answer.stdout
    assert "ok     no claims without owner" in answer.stdout


@pytest.mark.both_databases
def test_doctor_tells_what_no_purge_took_away_when_it_was_due(app):
    assert "ok     nothing is overdue to be purged" in run(app, "doctor").stdout
    now = int(datetime.now(UTC).timestamp())
    long_ago = datetime.now(UTC) - timedelta(days=9)
    appointment(app, LAST_WEEK, visitor=b"x" * 32, created_at=long_ago)
    in_database(app, lambda session: held(session, now - 3 * 86400))
    old = in_database(app, lambda session: held(session, now - 60))
    tab = select(hold.c.tab_session_id).where(hold.c.id == old).scalar_subquery()
    outlived = update(tab_session).where(tab_session.c.id == tab)
    execute(app, outlived.values(idle_expires_at=now - 2 * 86400))
    assert (
        "warn   a purge is overdue by more than a day (1 unfinished bookings, 1 holds, 8 claims, "
        "1 visitors' marks): "
    ) in run(app, "doctor").stdout
    ended = {"state": "ended", "absolute_expires_at": now - 99 * 86400}
    execute(app, outlived.values(ended))
    assert "(1 traces of older ones, " in run(app, "doctor").stdout
    mark, since = {"mark": b"x" * 32}, {"expires_at": now - 3 * 86400}
    for table, values in (
        (past_hold, {"resource_id": 1, "tick": 1, "end_tick": 2, "held_since": 0, **since}),
        (spent_challenge, since),
        (visitor_drafts, {"day": long_ago.date().toordinal(), "drafts": 1, "bytes": 1}),
    ):
        row = insert(table).values(mark | values)
        in_database(app, lambda session, row=row: session.execute(row))
    told = ", 1 times held before, 1 sums, 1 counts of drafts): "
    assert told in run(app, "doctor").stdout
    run(app, "purge")
    assert "ok     nothing is overdue to be purged" in run(app, "doctor").stdout


def test_doctor_tells_a_table_that_has_grown_beyond_reason(app, monkeypatch):
    monkeypatch.setitem(MANY_ROWS, claim, 7)
    appointment(app, datetime(2037, 2, 3, 10, tzinfo=UTC))
    answer = run(app, "doctor")
    assert answer.exit_code == 0
    assert "warn   booking_claim has 8 rows: let flask booking purge run" in answer.stdout


@pytest.fixture
def usual_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.usefixtures("usual_umask")
def test_only_its_own_user_can_read_a_database_that_init_makes(untouched, tmp_path):
    done(untouched, "init")
    with (
        untouched.app_context(),
        read_transaction(untouched.extensions["booking"].session) as session,
    ):
        session.execute(text("SELECT 1"))
        run(untouched, "load", SHOP)
        made = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob("new.db*")}
        assert made == dict.fromkeys(("new.db", "new.db-wal", "new.db-shm"), 0o600)
    shown = run(untouched, "doctor").stdout
    assert "ok     the database file is closed to others on this machine" in shown


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_doctor_warns_where_others_can_read_names_or_the_password(bare, tmp_path):
    file = tmp_path / "booking.db"
    file.chmod(0o640)
    assert "can read" not in run(bare, "doctor").stdout, "a group may be meant"
    file.chmod(0o644)
    tmp_path.chmod(0o777)
    shown = run(bare, "doctor")
    assert shown.exit_code == 0
    assert f"warn   others on this machine can read customers' names in {file}" in shown.stdout
    assert f"run chmod o= {file}" in shown.stdout
    assert f"can put another file into {tmp_path}: run chmod o-w {tmp_path}" in shown.stdout
    settings = tmp_path / "settings.toml"
    settings.touch(0o600)
    engine = create_engine("postgresql+psycopg://u:secret@127.0.0.1/x")
    assert list(file_modes(engine, str(settings))) == []
    settings.chmod(0o644)
    (found,) = file_modes(engine, str(settings))
    assert f"others on this machine can read {settings}, where passwords and keys" in found.text
    of_no_server = create_engine("sqlite://"), str(settings)
    assert list(file_modes(*of_no_server)) == []
    assert list(file_modes(*of_no_server, has_secrets=True)) == [found]


@pytest.mark.both_databases
def test_doctor_finds_an_appointment_that_was_moved_by_hand(app):
    """As many ticks as before, and none of them its own."""
    reference = appointment(app)
    execute(app, MOVED_BY_HAND)
    assert f"WRONG  1 appointments not wholly claimed ({reference})" in wrong(app)
    done(app, "reschedule", reference, "2027-02-03 14:00")
    assert "WRONG" not in run(app, "doctor").stdout, "moved to where it is, it is claimed again"


MOVED_BY_HAND = update(Booking).values(
    starts_at=MORNING + timedelta(hours=4), ends_at=MORNING + timedelta(hours=4, minutes=30)
)


def test_doctor_finds_the_token_of_the_business_gone_and_says_how_to_make_it(app):
    done(app, "doctor")
    execute(app, catalogue_state.delete())
    found = wrong(app)
    assert "WRONG  the token of the business is missing" in found
    remedy = found.partition(": run ")[2].partition("\n")[0]
    execute(app, text(remedy))
    assert "WRONG" not in run(app, "doctor").stdout


FIRST_TICK = select(claim.c.tick).order_by(claim.c.tick).limit(1)
SPOILT = {
    "WRONG  1 appointments not wholly claimed": claim.delete().where(claim.c.tick.in_(FIRST_TICK)),
    "WRONG  2 appointments not wholly claimed": claim.delete(),
    "WRONG  16 claims of cancelled appointments": update(Booking).values(state="cancelled"),
    "warn   1 days have more appointments of a service than its daily limit": (
        update(Service).values(daily_limit=1)
    ),
}


@pytest.mark.parametrize("told", SPOILT)
def test_doctor_finds_what_does_not_fit_together(app, told):
    for hour in (10, 14):
        appointment(app, datetime(2037, 2, 3, hour, tzinfo=UTC))
    assert "ok     no day with more appointments than a daily limit" in done(app, "doctor")
    execute(app, SPOILT[told])
    answer = run(app, "doctor")
    assert told in answer.stdout
    assert answer.exit_code == told.startswith("WRONG")


def wrong(app):
    answer = run(app, "doctor")
    assert answer.exit_code == 1
    return answer.stdout


NO_GUARD = """
ALTER TABLE booking_claim RENAME TO old;
CREATE TABLE booking_claim AS SELECT * FROM old;
INSERT INTO booking_claim VALUES (1, 1, 77, NULL, 5);
DROP TRIGGER booking_offer_changed_by_delete;
"""


def test_doctor_finds_what_guards_a_file_gone(loaded_sqlite_url):
    with closing(sqlite3.connect(loaded_sqlite_url.removeprefix("sqlite:///"))) as raw:
        raw.executescript(NO_GUARD)
    found = wrong(create_app({"BOOKING_DATABASE_URL": loaded_sqlite_url}))
    for told in ("the key of claims", "what watches over the business"):
        assert f"WRONG  {told} is missing" in found
    assert "WRONG  1 claims without owner" in found


@pytest.mark.postgresql
@pytest.mark.fresh_database
def test_doctor_finds_what_guards_a_server_gone_and_that_it_takes_no_writes(loaded_postgresql_url):
    app = create_app({"BOOKING_DATABASE_URL": loaded_postgresql_url})
    name = make_url(loaded_postgresql_url).database
    assert "ok     the database can be written" in done(app, "doctor")
    for change in (
        "ALTER TABLE booking_claim DROP CONSTRAINT pk_booking_claim",
        "ALTER TABLE booking_booking DROP CONSTRAINT uq_booking_booking_draft",
        "DROP TRIGGER booking_catalogue_changed ON booking_offer",
        f"ALTER DATABASE {name} SET default_transaction_read_only = on",
    ):
        execute(app, text(change))
    with app.app_context():
        app.extensions["booking"].engine.dispose()
    found = wrong(app)
    for told in ("the key of claims", "the key of drafts", "what watches over the business"):
        assert f"WRONG  {told} is missing" in found
    assert "WRONG  the database refuses to write (cannot execute UPDATE in a read-only" in found


def test_doctor_sends_an_empty_house_to_the_next_command(untouched):
    assert "Make it: flask booking init" in refused(untouched, "doctor")
    done(untouched, "init")
    answer = run(untouched, "doctor")
    assert answer.exit_code == 0
    assert "warn   no business yet: run flask booking load shop.toml" in answer.stdout


def test_doctor_says_how_sqlite_is_set(bare):
    shown = run(bare, "doctor").stdout
    for setting in ("journal_mode = wal", "foreign_keys = 1", "synchronous = full"):
        assert f"ok     {setting}" in shown
    assert "ok     busy_timeout = 15000" in shown


@pytest.mark.parametrize(
    ("pragmas", "grade", "settings"),
    [
        (
            ("busy_timeout = 20", "synchronous = OFF", "ignore_check_constraints = ON"),
            "warn ",
            (
                "foreign_keys = 0",
                "synchronous = off",
                "busy_timeout = 20",
                "ignore_check_constraints = 1",
            ),
        ),
        (("journal_mode = off",), "WRONG", ("journal_mode = off",)),
        (("journal_mode = memory",), "WRONG", ("journal_mode = memory",)),
    ],
)
def test_doctor_tells_of_a_hosts_engine_that_is_not_careful(host, pragmas, grade, settings):
    def careless(raw, _record):
        for pragma in pragmas:
            raw.execute(f"PRAGMA {pragma}").close()

    Sidebook(host)
    with host.app_context():
        event.listen(host.extensions["sqlalchemy"].engine, "connect", careless)
        answer = run(host, "doctor")
    assert answer.exit_code == (grade == "WRONG")
    for setting in settings:
        assert f"{grade}  {setting}, so " in answer.stdout


@pytest.mark.postgresql
def test_doctor_says_how_postgresql_is_set(postgresql_url):
    with app_over(postgresql_url) as app:
        answer = run(app, "doctor")
    assert answer.exit_code == 0
    assert "ok     PostgreSQL 1" in answer.stdout
    assert "warn   fsync = off, so a crash can take confirmed bookings: set it to on" in (
        answer.stdout
    ), "as the tests' own server is set"
    assert "pool_pre_ping" not in answer.stdout


@pytest.mark.parametrize(
    ("version", "grade"), [((3, 40, 1), "warn"), ((3, 51, 2), "warn"), ((3, 51, 3), "ok")]
)
def test_doctor_warns_of_a_sqlite_that_can_damage_a_file(version, grade):
    assert sqlite_version(version).grade == grade


def test_doctor_finds_a_database_that_can_only_be_read(sqlite_url):
    read_only = sqlite_url.replace("sqlite:///", "sqlite:///file:") + "?mode=ro&uri=true"
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as raw:
        raw.execute("PRAGMA journal_mode = WAL")
    app = create_app({"BOOKING_DATABASE_URL": read_only})
    assert "WRONG  the database refuses to write (attempt to write a readonly" in wrong(app)


@pytest.mark.parametrize(
    ("level", "standbys", "grade"),
    [
        ("on", True, "ok"),
        ("remote_apply", True, "ok"),
        ("local", False, "ok"),
        ("local", True, "warn"),
        ("remote_write", True, "warn"),
        ("off", False, "warn"),
    ],
)
def test_doctor_warns_where_a_standby_need_not_have_what_was_confirmed(level, standbys, grade):
    found = synchronous_commit(level, standbys=standbys)
    assert found.grade == grade
    assert ("set it to on" in found.text) == (grade == "warn")
