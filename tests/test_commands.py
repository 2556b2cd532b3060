"""`flask booking …` at the shell: what is told, what is changed, and that mistakes are one line."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.cli import FlaskGroup
from sqlalchemy import func, insert, select, text, update

from booking import create_app
from booking.commands import booking_commands
from booking.commands.doctor import _sqlite_version
from booking.operations.bookings import Customer, book
from booking.storage.models import Booking, Service, claim, hold
from booking.storage.reads import service_by_slug, staff_by_slug
from booking.tab_sessions import tab_session, writing

ROOT = Path(__file__).parents[1]
SHOP = ROOT / "tests" / "shop.toml"
LAST_WEEK = datetime.now(UTC).replace(hour=10, minute=0, second=0, microsecond=0) - timedelta(
    days=9
)
MORNING = datetime(2027, 2, 3, 10, tzinfo=UTC)  # Ana works in Lisbon, where it is 10:00 too


@pytest.fixture
def bare(sqlite_url):
    """An app over a database that was set up but holds no business."""
    yield from _open(create_app({"BOOKING_DATABASE_URL": sqlite_url}))


@pytest.fixture
def untouched(tmp_path):
    """An app over a database that nothing was ever done to."""
    yield from _open(create_app({"BOOKING_DATABASE_URL": f"sqlite:///{tmp_path / 'new.db'}"}))


def _open(app):
    yield app
    with app.app_context():
        app.extensions["booking"].engine.dispose()


def run(app, *words):
    return app.test_cli_runner().invoke(args=["booking", *map(str, words)])


def refused(app, *words):
    """What a command says on stderr when it refuses; it says nothing else and shows no trace."""
    answer = run(app, *words)
    assert answer.exit_code == 1, answer.output
    assert isinstance(answer.exception, SystemExit)
    assert answer.stdout == ""
    assert "Traceback" not in answer.stderr
    return answer.stderr.removeprefix("Error: ").rstrip("\n")


def in_database(app, change):
    with app.app_context(), writing(app.extensions["booking"].session) as session:
        return change(session)


def appointment(app, start=MORNING, name="Zoë Ω", **more):
    """The reference of a real booking, made by the operation the wizard uses."""

    def make(session):
        booking = book(
            session,
            tab_key=None,
            draft=f"draft at {start}",
            fingerprint="x",
            service=service_by_slug(session, "short"),
            staff_member=staff_by_slug(session, "ana"),
            start=start,
            customer=Customer(
                name=name,
                email="zoe@example.com",
                phone="+351 912 345 678",
                note="second floor\nring twice",
                zone="Asia/Tokyo",
            ),
            answers=[{"key": "wishes", "label": "Anything we should prepare?", "value": "Tea"}],
            manage_token_hash=str(start).encode().ljust(32)[:32],
            now=start - timedelta(days=2),
        )
        for key, value in more.items():
            setattr(booking, key, value)
        return booking.reference

    return in_database(app, make)


def count(app, table):
    return in_database(app, lambda s: s.scalar(select(func.count()).select_from(table)))


def shop_file(folder, *replacements):
    """The file of the shop, with something in it written otherwise."""
    text = SHOP.read_text(encoding="utf-8")
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    file = folder / "shop.toml"
    file.write_text(text, encoding="utf-8")
    return file


# -- init and load ---------------------------------------------------------------------------------


def test_init_makes_the_tables_and_may_be_repeated(untouched):
    for _ in range(2):
        answer = run(untouched, "init")
        assert answer.exit_code == 0
        assert answer.stdout.startswith("The database is ready (version 0")
    assert run(untouched, "load", SHOP).exit_code == 0


def test_load_tells_what_it_changed_and_then_that_nothing_did(bare):
    first, second = run(bare, "load", SHOP), run(bare, "load", SHOP)
    assert first.exit_code == second.exit_code == 0
    assert first.stdout.splitlines() == [
        "shop: added",
        "service short: added",
        "service long: added",
        "staff ana: added",
        "staff ben: added",
    ]
    assert second.stdout == "Nothing changed.\n"


def test_load_tells_what_counted_dates_have_come_to(bare):
    answer = run(bare, "load", ROOT / "demo.toml")
    assert answer.exit_code == 0
    assert '"second wednesday of next month" is Wednesday 2' in answer.stdout


def test_load_if_empty_keeps_the_business_that_is_there(bare):
    assert "shop: added" in run(bare, "load", "--if-empty", SHOP).stdout
    answer = run(bare, "load", "--if-empty", ROOT / "demo.toml")
    assert answer.exit_code == 0
    assert answer.stdout == "A business is loaded already: nothing was changed.\n"
    assert count(bare, Service) == 2


def test_a_dry_run_tells_what_a_load_would_tell_and_changes_nothing(app, tmp_path):
    file = shop_file(tmp_path, ("60 min", "65 min"), ('"Test Shop"', '"New name"'))
    changes = "shop: name\nservice long: duration 60 → 65\n"
    for _ in range(2):
        answer = run(app, "load", "--dry-run", file)
        assert answer.exit_code == 0
        assert answer.stdout == (
            "This is a dry run: nothing is changed. Loading the file would tell:\n" + changes
        )
    assert run(app, "load", SHOP).stdout == "Nothing changed.\n"
    assert run(app, "load", file).stdout == changes


def test_a_dry_run_finds_what_is_wrong_too(app, tmp_path):
    file = shop_file(tmp_path, ("60 min", "61 min"))
    assert "61 minutes is not on the five-minute grid" in refused(app, "load", "--dry-run", file)


def test_a_dry_run_over_an_empty_database_leaves_it_empty(bare):
    assert "service short: added" in run(bare, "load", "--dry-run", SHOP).stdout
    assert count(bare, Service) == 0


DEMO_TAKES_OUT = (
    f"{ROOT / 'demo.toml'} takes out 2 of 2 services (short, long) and 2 of 2 staff members "
    "(ana, ben), so loading it needs --yes."
)


def test_the_file_of_another_shop_is_not_loaded_by_mistake(app):
    told = refused(app, "load", ROOT / "demo.toml")
    assert told.startswith(f"{DEMO_TAKES_OUT} Nothing was changed")
    assert run(app, "load", SHOP).stdout == "Nothing changed.\n"
    answer = run(app, "load", "--yes", ROOT / "demo.toml")
    assert answer.exit_code == 0
    assert "service long: deleted" in answer.stdout


def test_a_dry_run_tells_that_much_would_go_and_needs_no_yes(app):
    answer = run(app, "load", "--dry-run", ROOT / "demo.toml")
    assert answer.exit_code == 0
    assert answer.stdout.splitlines()[-1] == DEMO_TAKES_OUT
    assert run(app, "load", SHOP).stdout == "Nothing changed.\n"


def test_half_of_the_staff_may_go_unasked_and_the_rest_may_not(app, tmp_path):
    text = SHOP.read_text(encoding="utf-8")
    ana, ben = text.index("[[staff]]"), text.rindex("[[staff]]")
    file = tmp_path / "shop.toml"
    file.write_text(text[:ben], encoding="utf-8")
    assert run(app, "load", file).stdout == "staff ben: deleted\n"
    file.write_text(text[:ana] + text[ben:], encoding="utf-8")
    assert "takes out 1 of 1 staff members (ana), so" in refused(app, "load", file)


def test_what_is_retired_already_does_not_count_as_lost_again(app, tmp_path):
    appointment(app)
    renamed = shop_file(tmp_path, ('slug = "short"', 'slug = "brief"'), ('"short", ', '"brief", '))
    changes = run(app, "load", renamed).stdout
    assert "service short: retired, because there are bookings of it" in changes
    again = shop_file(tmp_path, ('slug = "short"', 'slug = "quick"'), ('"short", ', '"quick", '))
    assert "service brief: deleted" in run(app, "load", again).stdout


def test_load_changes_nothing_when_anything_is_wrong(app, tmp_path):
    file = tmp_path / "shop.toml"
    right = SHOP.read_text(encoding="utf-8")
    file.write_text(
        right.replace('"Test Shop"', '"New name"').replace("60 min", "61 min") + "hourss.mon = 5\n",
        encoding="utf-8",
    )
    lines = refused(app, "load", file).splitlines()
    assert lines[0] == "the file was not loaded, and nothing was changed."
    assert [line.removeprefix(str(file)) for line in lines[1:]] == [
        ":20: duration: 61 minutes is not on the five-minute grid; write 60 or 65",
        ":50: hourss is not known here; did you mean hours? write hours",
    ]
    assert run(app, "load", SHOP).stdout == "Nothing changed.\n"


def test_load_of_what_cannot_be_read_says_so(app, tmp_path):
    assert refused(app, "load", tmp_path / "no.toml").endswith("No such file or directory.")
    assert refused(app, "load", tmp_path).endswith("cannot be read: Is a directory.")
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'[shop]\nname = "Caf\xe9"\n')
    assert refused(app, "load", latin).endswith(
        "latin.toml:2: this is not UTF-8 text; write (save) the file as UTF-8"
    )


# -- the day ---------------------------------------------------------------------------------------


def test_list_shows_the_days_in_the_zone_of_the_shop(app):
    one = appointment(app, datetime(2027, 7, 1, 9, tzinfo=UTC))
    two = appointment(app, datetime(2027, 7, 2, 8, tzinfo=UTC), name="Al")
    appointment(app, datetime(2027, 7, 4, 9, tzinfo=UTC))
    run(app, "cancel", two)
    answer = run(app, "list", "--from", "2027-07-01", "--to", "2027-07-03")
    assert answer.exit_code == 0
    assert answer.stdout.splitlines() == [
        f"2027-07-01 10:00-10:30  Ana  Short visit  Zoë Ω  {one}  confirmed",
        f"2027-07-02 09:00-09:30  Ana  Short visit  Al     {two}  cancelled",
    ]


def test_list_shows_today_unless_told_otherwise(app):
    reference, now = appointment(app), datetime.now(UTC)
    assert reference not in run(app, "list").stdout
    today = update(Booking).values(starts_at=now, ends_at=now + timedelta(minutes=30))
    in_database(app, lambda session: session.execute(today))
    assert reference in run(app, "list").stdout


def test_list_of_an_empty_day_says_so(app):
    assert run(app, "list", "--from", "2027-07-01").stdout == "No appointments on 2027-07-01.\n"
    answer = run(app, "list", "--from", "2027-07-01", "--to", "2027-07-02")
    assert answer.stdout == "No appointments from 2027-07-01 to 2027-07-02.\n"


def test_list_of_days_that_run_backwards_is_refused(app):
    words = refused(app, "list", "--from", "2027-07-02", "--to", "2027-07-01")
    assert words == "--to is before --from: swap them."


@pytest.mark.parametrize(
    ("written", "remedy"),
    [
        ("30.11.2026", "write 2026-11-30"),
        ("11/30/2026", "write 2026-11-30"),
        ("20261130", "write 2026-11-30"),
        ("03/04/2026", "write 2026-04-03 or 2026-03-04"),
        ("03/03/2026", "write 2026-03-03"),
        ("2026-02-30", "write one such as 2026-12-24"),
        ("monday", "write one such as 2026-12-24"),
    ],
)
@pytest.mark.parametrize("option", ["--from", "--to"])
def test_a_day_that_is_written_otherwise_is_told_how_to_write_it(
    untouched, option, written, remedy
):
    answer = run(untouched, "list", option, written)
    assert answer.exit_code == 2
    assert answer.stdout == ""
    assert answer.stderr.splitlines()[-1] == (
        f"Error: Invalid value for '{option}': \"{written}\" is not a day as it is written here; "
        f"{remedy}"
    )


@pytest.mark.parametrize("written", ["0001-01-01", "9999-12-31"])
def test_a_day_beyond_any_calendar_is_refused(app, written):
    answer = run(app, "list", "--from", written)
    assert answer.exit_code == 2
    assert answer.stderr.endswith(f"{written} is too far away; write a year from 2000 to 2199\n")


def test_what_a_customer_typed_cannot_drive_the_terminal(app):
    appointment(app, name="Zo\x1b[2Jë\nX")
    listed = run(app, "list", "--from", MORNING.date()).stdout
    assert "\x1b" not in listed
    assert listed.count("\n") == 1


def test_show_tells_all_about_an_appointment(app):
    reference = appointment(app)
    answer = run(app, "show", reference.lower())
    assert answer.exit_code == 0
    shown = [line.split("  ", 1) for line in answer.stdout.splitlines()]
    assert {label: value.strip() for label, value in shown} == {
        "reference": reference,
        "state": "confirmed",
        "when": "2027-02-03 10:00-10:30 (Europe/Lisbon)",
        "service": "Short visit",
        "staff": "Ana",
        "customer": "Zoë Ω",
        "e-mail": "zoe@example.com",
        "phone": "+351 912 345 678",
        "their zone": "Asia/Tokyo",
        "note": "second floor ring twice",
        "Anything we should prepare?": "Tea",
    }


def test_cancel_frees_the_time_and_may_be_repeated(app):
    reference = appointment(app)
    assert count(app, claim) > 0
    answer = run(app, "cancel", reference)
    assert answer.exit_code == 0
    assert answer.stdout.startswith(f"{reference} on 2027-02-03 10:00-10:30 is cancelled.")
    assert count(app, claim) == 0
    assert "is already cancelled" in run(app, "cancel", reference).stdout
    assert "cancelled by the owner" in run(app, "show", reference).stdout


def test_an_appointment_that_has_begun_is_not_cancelled(app):
    reference = appointment(app, LAST_WEEK)
    assert refused(app, "cancel", reference) == (
        f"{reference} has begun, so it can no longer be cancelled."
    )


@pytest.mark.parametrize("command", ["show", "cancel"])
def test_an_unknown_reference_is_refused(app, command):
    assert refused(app, command, "NOSUCH").startswith("No appointment has that reference.")


# -- keeping house ---------------------------------------------------------------------------------


def held(session, expires_at):
    """The number of a hold, with a claim, of a tab that is still at work."""
    live = int(datetime.now(UTC).timestamp()) + 600
    service, member = service_by_slug(session, "short"), staff_by_slug(session, "ana")
    tab = session.execute(
        insert(tab_session).values(
            flow="booking",
            token_hash=str(expires_at).encode().ljust(32),
            state="active",
            version=1,
            created_at=0,
            seen_at=0,
            idle_expires_at=live,
            absolute_expires_at=live,
        )
    ).inserted_primary_key[0]
    number = session.execute(
        insert(hold).values(
            tab_session_id=tab,
            service_id=service.id,
            staff_member_id=member.id,
            starts_at=MORNING,
            ends_at=MORNING + timedelta(minutes=30),
            expires_at=expires_at,
        )
    ).inserted_primary_key[0]
    session.execute(
        insert(claim).values(
            resource_id=member.resource_id, tick=2**40 + number, hold_id=number, expires_at=1
        )
    )
    return number


def test_purge_erases_what_ran_out_and_leaves_the_rest(app):
    now = int(datetime.now(UTC).timestamp())
    past = appointment(app, LAST_WEEK)
    coming = appointment(app, datetime(2037, 2, 3, 10, tzinfo=UTC))
    in_database(app, lambda session: held(session, now - 7200))
    fresh = in_database(app, lambda session: held(session, now - 60))
    outlived = in_database(app, lambda session: held(session, now + 600))
    in_database(
        app,
        lambda session: session.execute(
            update(tab_session)
            .where(
                tab_session.c.id
                == select(hold.c.tab_session_id).where(hold.c.id == outlived).scalar_subquery()
            )
            .values(idle_expires_at=now - 1)
        ),
    )
    answer = run(app, "purge")
    assert answer.exit_code == 0
    assert answer.stdout == (
        "Erased 1 unfinished bookings that ran out and 0 traces of older ones, "
        "1 holds long over and 8 claims on days gone by.\n"
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


def test_doctor_finds_a_sound_house_sound(app):
    appointment(app, datetime(2037, 2, 3, 10, tzinfo=UTC))
    answer = run(app, "doctor")
    assert answer.exit_code == 0, answer.output
    assert "WRONG" not in answer.stdout
    assert "ok     2 services can be booked" in answer.stdout
    assert "ok     no claims without owner" in answer.stdout


def test_doctor_finds_claims_that_nobody_owns_and_bookings_that_nothing_guards(app):
    appointment(app, datetime(2037, 2, 3, 10, tzinfo=UTC))
    in_database(app, lambda session: session.execute(claim.delete()))
    answer = run(app, "doctor")
    assert answer.exit_code == 1
    assert "WRONG  1 appointments without claims" in answer.stdout


def test_doctor_finds_orphaned_claims(bare, sqlite_url):
    assert run(bare, "load", SHOP).exit_code == 0
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as raw:
        raw.execute("INSERT INTO booking_claim VALUES (1, 1, 77, NULL, 5)")
    raw.close()
    answer = run(bare, "doctor")
    assert answer.exit_code == 1
    assert "WRONG  1 claims without owner" in answer.stdout


def test_doctor_sends_an_empty_house_to_the_next_command(untouched):
    answer = run(untouched, "doctor")
    assert answer.exit_code == 1
    assert "run flask booking init" in answer.stdout
    assert run(untouched, "init").exit_code == 0
    answer = run(untouched, "doctor")
    assert answer.exit_code == 0
    assert "warn   no business yet: run flask booking load shop.toml" in answer.stdout


def test_doctor_says_how_sqlite_is_set(bare):
    shown = run(bare, "doctor").stdout
    assert "ok     journal_mode = wal" in shown
    assert "ok     foreign_keys = 1" in shown


@pytest.mark.parametrize(
    ("version", "grade"), [((3, 40, 1), "warn"), ((3, 51, 2), "warn"), ((3, 51, 3), "ok")]
)
def test_doctor_warns_of_a_sqlite_that_can_damage_a_file(version, grade):
    assert _sqlite_version(version).grade == grade


# -- when nothing works ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", [("load", SHOP), ("list",), ("show", "X"), ("cancel", "X"), ("purge",)]
)
def test_every_command_sends_to_init_first(untouched, words):
    assert refused(untouched, *words) == (
        "The database is not set up yet. Run flask booking init first."
    )


@pytest.mark.parametrize("words", [("init",), ("load", SHOP), ("list",), ("doctor",)])
def test_a_database_of_a_newer_version_is_left_alone(bare, words):
    in_database(
        bare,
        lambda session: session.execute(
            text("UPDATE booking_alembic_version SET version_num = '9999'")
        ),
    )
    told = refused(bare, *words)
    assert told.startswith("The database is at version 9999")
    assert "\n" not in told


@pytest.mark.parametrize("words", [("init",), ("load", SHOP), ("list",), ("doctor",)])
def test_a_database_that_cannot_be_opened_is_told(tmp_path, words):
    (tmp_path / "file").touch()
    told = refused(
        create_app({"BOOKING_DATABASE_URL": f"sqlite:///{tmp_path}/file/booking.db"}), *words
    )
    assert told.startswith("The database cannot be opened for writing (unable to open database")
    assert "\n" not in told


def test_a_database_that_may_only_be_read_is_told(sqlite_url):
    read_only = sqlite_url.replace("sqlite:///", "sqlite:///file:") + "?mode=ro&uri=true"
    app = create_app({"BOOKING_DATABASE_URL": read_only})
    assert refused(app, "load", SHOP).startswith("The database cannot be opened for writing")
    with app.app_context():
        app.extensions["booking"].engine.dispose()


def test_a_database_that_does_not_answer_is_told_without_its_password():
    app = create_app(
        {"BOOKING_DATABASE_URL": "postgresql+psycopg://u:secret@127.0.0.1:1/x?connect_timeout=1"}
    )
    told = refused(app, "list")
    assert told == "The database does not answer. Start it, or look at BOOKING_DATABASE_URL."


def test_an_app_without_sidebook_is_told():
    app = Flask("host")
    app.cli.add_command(booking_commands)
    assert refused(app, "list").startswith("This app has no Sidebook.")


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"BOOKING_HOLD_MINUTES": "soon"}, "Error: BOOKING_HOLD_MINUTES is 'soon'."),
        ({"BOOKING_DATABASE_URL": "foo://x"}, "Error: BOOKING_DATABASE_URL is not the URL of a "),
        (
            {"BOOKING_DATABASE_URL": "sqlite+foo:///x"},
            "Error: The database URL cannot be used: Can't load plugin",
        ),
    ],
)
def test_a_wrong_setting_is_told_at_the_shell(setting, told):
    shell = FlaskGroup(create_app=lambda: create_app(setting))
    shell.add_command(booking_commands)  # as the entry point of the installed package does
    answer = CliRunner().invoke(shell, ["booking", "list"])
    assert answer.exit_code == 1
    assert answer.stderr.startswith(told)
