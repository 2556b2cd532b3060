"""`flask booking customer`: who they are, all that is stored about one, and how nothing is left."""

import csv
import io
import json
import sqlite3
import stat
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import inspect, make_url, select, text, update

from booking.contact.stored import TABLES
from booking.operations.personal_data import PERSONAL
from booking.spreadsheet import MARK, csv_lines
from booking.storage.customers import customer
from booking.storage.models import Booking, letter
from booking.storage.outbox import NEW
from tests.commands.shell import (
    LAST_WEEK,
    MORNING,
    ZOE,
    appointment,
    done,
    execute,
    in_database,
    refused,
)
from tests.conftest import app_over

TRACES = (b"Qwertz", b"qwertz", b"5557321", b"1237555")
MAIL = "Ada.Qwertz@example.com"

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def past(app, name="Ada Qwertz", weeks=0, email=MAIL, phone="+49 30 5557321") -> str:
    """An appointment of last week, or so many weeks before."""
    typed = replace(ZOE, email=email, phone=phone)
    return appointment(app, LAST_WEEK - timedelta(weeks=weeks), name, typed)


@pytest.fixture
def shared(app):
    """A family of two at one address, who are one customer until somebody parts them."""
    return past(app), past(app, "Berta Qwertz", weeks=1)


# -- list ------------------------------------------------------------------------------------------


def test_the_list_says_who_comes_how_often(app, shared):
    lines = done(app, "customer", "list").splitlines()
    assert lines[0].split() == ["customer", "name", "appointments", "no-shows", "last", "web"]
    assert lines[1].split()[1:] == ["Ada", "Qwertz", "2", "0", str(LAST_WEEK.date())]


def test_nobody_is_listed_before_anybody_has_booked(app):
    assert done(app, "customer", "list") == "There are no customers yet.\n"


CELLS = {
    "=HYPERLINK(1)": "'=HYPERLINK(1)",
    "+49 30 1": "'+49 30 1",
    "-1": "'-1",
    "@SUM(1)": "'@SUM(1)",
    "\t=1": "'\t=1",
    "\r=1": "'\r=1",
    "\n=1": "'\n=1",
    "  =1": "'  =1",
    "\uff1d1": "'\uff1d1",
    'a"=1"': 'a"=1"',
    "Åsa, Öberg; 1": "Åsa, Öberg; 1",
    "": "",
    None: "",
    7: "7",
}


def test_a_spreadsheet_takes_no_cell_for_a_formula():
    written = "".join(csv_lines([[cell] for cell in CELLS]))
    assert written.startswith(MARK)
    assert written.count(MARK) == 1
    read = list(csv.reader(io.StringIO(written[1:], newline="")))
    assert read == [[cell] for cell in CELLS.values()]


def test_the_spreadsheet_is_for_the_owners_eyes_alone(app, tmp_path):
    past(app, "=cmd|' /C calc'!A0")
    file = tmp_path / "customers.csv"
    file.write_text("old")
    file.chmod(0o644)
    assert "1 customers" in done(app, "customer", "list", "--csv", file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "\"'=cmd|" in file.read_text(encoding="utf-8")


# -- who is meant ----------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [MAIL.upper(), "+49 30 5557321", "+49305557321"])
def test_whoever_shares_an_address_has_to_be_named_once_more(app, shared, who, tmp_path):
    for words in (("erase", who, "--yes"), ("export", who, tmp_path / "x.json"), ("block", who)):
        answer = app.test_cli_runner().invoke(args=["booking", "customer", *map(str, words)])
        assert answer.exit_code == 1
        assert "several people share" in answer.stderr
        assert "Ada Qwertz" in answer.stdout
        assert "Berta Qwertz" in answer.stdout
    assert not list(tmp_path.glob("x*"))
    assert in_database(app, lambda session: session.scalars(select(Booking)).all())


def test_a_reference_leads_to_everybody_who_shares_the_customer(app, shared):
    answer = app.test_cli_runner().invoke(args=["booking", "customer", "erase", shared[0], "--yes"])
    assert answer.exit_code == 1
    assert "Berta Qwertz" in answer.stdout


@pytest.mark.parametrize("who", ["nobody@example.com", "+49 30 999999", "XXXXXXXX", "?"])
def test_nobody_is_found_where_nobody_is(app, who):
    assert "Nothing is stored about" in refused(app, "customer", "erase", who, "--yes")


# -- export ----------------------------------------------------------------------------------------


def test_all_that_is_stored_is_exported_for_people_and_for_machines(app, tmp_path):
    reference = past(app)
    file = tmp_path / "ada.json"
    said = done(app, "customer", "export", MAIL.lower(), file)
    assert "1 appointments" in said
    document = json.loads(file.read_text(encoding="utf-8"))
    (found,) = document["appointments"]
    assert (found["reference"], found["name"], found["email"]) == (reference, "Ada Qwertz", MAIL)
    assert found["answers"][0]["value"] == "Tea"
    assert document["stored"].keys() == {each.table.name for each in PERSONAL}
    text_file = Path(f"{file}.txt")
    words = text_file.read_text(encoding="utf-8")
    for expected in (reference, "Ada Qwertz", MAIL, "+49 30 5557321", "second floor", "Tea"):
        assert expected in words
    assert {stat.S_IMODE(each.stat().st_mode) for each in (file, text_file)} == {0o600}


def test_only_whoever_was_named_is_exported(app, shared, tmp_path):
    file = tmp_path / "berta.json"
    done(app, "customer", "export", MAIL, file, "--name", "berta qwertz")
    written = file.read_text(encoding="utf-8")
    assert shared[1] in written
    assert shared[0] not in written
    assert {each["name"] for each in json.loads(written)["appointments"]} == {"Berta Qwertz"}


def test_every_table_with_personal_data_has_words_for_it():
    assert set(TABLES) == {each.table.name for each in PERSONAL}


# -- erase -----------------------------------------------------------------------------------------


def test_it_is_said_first_what_would_go(app):
    past(app)
    answer = app.test_cli_runner().invoke(args=["booking", "customer", "erase", MAIL])
    assert answer.exit_code == 1
    assert "Ada Qwertz" in answer.stdout
    assert "Appointments, which stay as figures of nobody: 1" in answer.stdout
    assert "needs --yes" in answer.stderr
    assert in_database(app, lambda session: session.scalars(select(Booking)).all())


def test_whoever_has_an_appointment_to_come_is_not_erased(app):
    reference = appointment(app, MORNING)
    answer = app.test_cli_runner().invoke(
        args=["booking", "customer", "erase", "zoe@example.com", "--yes"]
    )
    assert answer.exit_code == 1
    assert reference in answer.stdout
    assert f"flask booking cancel {reference}" in answer.stderr
    done(app, "cancel", reference)
    assert done(app, "customer", "erase", "zoe@example.com", "--yes").startswith("Erased: Zoë Ω.")


@pytest.mark.both_databases
def test_not_a_byte_is_left_of_whoever_was_erased(app, loaded_url):
    """The whole file on SQLite, with what lay in its gaps; every table on PostgreSQL."""
    past(app, "Ada Qwertzuiop", email="qwertz@typo.example")
    reference = past(app, weeks=2)
    kept = past(app, "Berta Byron", weeks=3, email="berta@example.com", phone="")
    letters = {"booking_id": None, "staff_member_id": None, "kind": "lost_link", "sequence": 0}
    letters |= {"role": "customer", "recipient": MAIL, "language": "", "facts": {}, **NEW}
    letters |= {"message_id": "x", "due_at": 0, "created_at": 0}
    execute(app, letter.insert().values(letters))
    mended = {"customer_name": "Ada Qwertz", "customer_email": MAIL}
    execute(app, update(Booking).where(Booking.customer_name.like("%iop")).values(mended))
    assert any(trace in everything(app, loaded_url) for trace in TRACES)
    said = done(app, "customer", "erase", MAIL, "--all", "--yes")
    assert "Backups of before still have it" in said
    left = everything(app, loaded_url)
    assert not [trace for trace in TRACES if trace in left]
    assert reference.encode() not in left
    assert kept.encode() in left
    assert b"Berta Byron" in left


def everything(app, url: str) -> bytes:
    if url.startswith("sqlite"):
        file = Path(make_url(url).database)
        return b"".join(each.read_bytes() for each in file.parent.glob(f"{file.name}*"))
    with app.app_context():
        engine = app.extensions["booking"].engine
        with engine.connect() as connection:
            rows = [
                repr(tuple(map(bytes_or_same, row)))
                for table in inspect(engine).get_table_names()
                for row in connection.execute(text(f"SELECT * FROM {table}"))
            ]
    return "\n".join(rows).encode()


def bytes_or_same(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value


@ON_SQLITE
@pytest.mark.parametrize("overwrites", [True, False])
def test_what_is_erased_is_overwritten_even_where_the_file_is_not_made_anew(
    app, loaded_url, monkeypatch, overwrites
):
    """And that this would be noticed."""
    past(app)
    monkeypatch.setattr("booking.commands.customers.wipe_what_was_deleted", lambda _: "")
    if not overwrites:
        monkeypatch.setattr("booking.operations.erasure.overwriting", leaving_it)
    done(app, "customer", "erase", MAIL, "--yes")
    with closing(sqlite3.connect(make_url(loaded_url).database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file = Path(make_url(loaded_url).database).read_bytes()
    assert any(trace in file for trace in TRACES) is not overwrites


@contextmanager
def leaving_it(session):
    session.connection().exec_driver_sql("PRAGMA secure_delete = OFF")
    yield


@ON_SQLITE
def test_a_file_that_others_are_reading_is_made_anew_another_time(app, loaded_url, monkeypatch):
    monkeypatch.setattr("booking.commands.wiping.PATIENCE", 10)
    past(app)
    with closing(sqlite3.connect(make_url(loaded_url).database)) as other:
        other.execute("BEGIN").close()
        other.execute("SELECT * FROM booking_booking").fetchall()
        said = done(app, "customer", "erase", MAIL, "--yes")
        assert "VACUUM" in said


def test_of_who_shares_an_address_one_can_be_erased(app, shared):
    done(app, "customer", "erase", MAIL, "--name", "Ada Qwertz", "--yes")
    names = in_database(app, lambda session: set(session.scalars(select(Booking.customer_name))))
    assert names == {"", "Berta Qwertz"}
    done(app, "customer", "erase", MAIL, "--yes")
    assert in_database(app, lambda session: session.scalars(select(customer.c.id)).all()) == []


# -- purge -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "is_left"), [(None, True), (30, True), (3, False)])
def test_a_purge_erases_who_has_not_come_for_as_long_as_the_setting_says(
    loaded_sqlite_url, days, is_left
):
    with app_over(loaded_sqlite_url, None, keep_customer_days=days) as app:
        past(app)
        done(app, "purge")
        said = done(app, "purge")
        names = in_database(
            app, lambda session: session.scalars(select(Booking.customer_name)).all()
        )
        assert names == ["Ada Qwertz" if is_left else ""]
        del said


# -- merge, split, block ---------------------------------------------------------------------------


def numbers(app) -> list[int]:
    query = select(customer.c.id).order_by(customer.c.id)
    return in_database(app, lambda session: list(session.scalars(query)))


def test_customers_are_merged_and_parted_by_their_numbers(app, shared):
    past(app, "Clara", weeks=3, email="clara@example.com", phone="")
    first, second = numbers(app)
    assert f"customer {first}" in done(app, "customer", "merge", first, second)
    assert len(done(app, "customer", "list").splitlines()) == 2
    done(app, "customer", "part", second)
    assert len(done(app, "customer", "list").splitlines()) == 3
    assert "no such customer" in refused(app, "customer", "part", second)
    assert "no such customer" in refused(app, "customer", "merge", first, 99)


def test_one_of_a_family_is_split_off(app, shared):
    done(app, "customer", "split", shared[1])
    assert len(numbers(app)) == 2
    assert "some, and not all" in refused(app, "customer", "split", *shared)


def test_who_is_blocked_cannot_book_by_the_web_until_unblocked(app, shared):
    assert "not to book online" in done(app, "customer", "block", MAIL, "--all")
    assert done(app, "customer", "list").splitlines()[1].endswith("blocked")
    done(app, "book", "short", "2027-02-03 11:00", "--name", "Ada", "--email", MAIL)
    assert "may book online" in done(app, "customer", "unblock", MAIL, "--all")
    assert "blocked" not in done(app, "customer", "list")
