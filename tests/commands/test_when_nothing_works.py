"""Mistakes are one line, and say what to do."""

import pytest
from click import ClickException
from click.testing import CliRunner
from flask import Flask
from flask.cli import FlaskGroup
from sqlalchemy import make_url, text

from booking import create_app
from booking.commands import booking_commands
from booking.commands.group import in_plain_words
from booking.migrate import downgrade
from booking.transactions.sessions import Retry
from tests.commands.shell import (
    SHOP,
    execute,
    refused,
)


@pytest.mark.parametrize(
    "words", [("load", SHOP), ("list",), ("show", "X"), ("cancel", "X"), ("purge",)]
)
def test_every_command_sends_to_init_first_and_makes_no_file(untouched, tmp_path, words):
    file = tmp_path / "new.db"
    assert refused(untouched, *words) == (
        f"There is no database at {file} yet. Make it: flask booking init. "
        "Or let BOOKING_DATABASE_URL name the right one."
    )
    assert not file.exists()


def test_a_file_without_tables_is_sent_to_init_too(untouched, tmp_path):
    (tmp_path / "new.db").touch()
    assert refused(untouched, "list") == (
        "The database is not set up yet. Run flask booking init first."
    )


def test_a_database_of_an_older_version_is_told_from_an_empty_one(bare):
    with bare.app_context():
        downgrade(bare.extensions["booking"].engine, "0007")
    told = refused(bare, "list")
    assert told.startswith("The database is at version 0007, and needs 0")
    assert told.endswith("Run flask booking init first.")


@pytest.mark.parametrize("words", [("init",), ("load", SHOP), ("list",), ("doctor",)])
def test_a_database_of_a_newer_version_is_left_alone(bare, words):
    execute(bare, text("UPDATE booking_alembic_version SET version_num = '9999'"))
    told = refused(bare, *words)
    assert told.startswith("The database is at version 9999")
    assert "\n" not in told


CANNOT_BE_OPENED = "The database cannot be opened for writing ("
NO_FILE = f"{CANNOT_BE_OPENED}unable to open database"
NO_ANSWER = "The database does not answer (connection "
REFUSED = "Connection refused). Start it, or look at BOOKING_DATABASE_URL."


@pytest.mark.parametrize(
    ("url", "words", "told", "ending"),
    [
        *(
            ("sqlite:///{folder}/booking.db/x.db", words, NO_FILE, "")
            for words in (("init",), ("load", SHOP), ("list",), ("doctor",))
        ),
        (
            "sqlite:///file:{folder}/booking.db?mode=ro&uri=true",
            ("load", SHOP),
            CANNOT_BE_OPENED,
            "",
        ),
        (
            "postgresql+psycopg://u:secret@127.0.0.1:1/x?connect_timeout=1",
            ("list",),
            NO_ANSWER,
            REFUSED,
        ),
        ("postgresql+psycopg://u:secret@/x?host={folder}", ("list",), NO_ANSWER, ""),
    ],
)
def test_a_database_that_cannot_be_had_is_told_in_a_line_without_its_password(
    sqlite_url, tmp_path, url, words, told, ending
):
    app = create_app({"BOOKING_DATABASE_URL": url.format(folder=tmp_path)})
    said = refused(app, *words)
    assert said.startswith(told)
    assert said.endswith(ending)
    assert "\n" not in said
    assert "secret" not in said


@pytest.mark.postgresql
def test_a_server_that_answers_and_refuses_is_told_apart(postgres_url):
    url = make_url(postgres_url).set(database="no_such").render_as_string(hide_password=False)
    assert refused(create_app({"BOOKING_DATABASE_URL": url}), "list") == (
        'The database server answers, but not to this (database "no_such" does not exist). Look at '
        "the user, the password and the database's name in BOOKING_DATABASE_URL."
    )


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
    answer = CliRunner().invoke(shell, ["booking", "list"])
    assert answer.exit_code == 1
    assert answer.stderr.startswith(told)


def test_who_is_in_the_way_for_too_long_is_a_busy_database():
    with pytest.raises(ClickException, match="busy"), in_plain_words():
        raise Retry
