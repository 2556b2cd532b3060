"""What commands are given: numbers that nothing has, and files that cannot be written."""

from collections.abc import Iterator

import click
import pytest

from booking.commands.group import booking_commands
from tests.commands.shell import ZOE, appointment, refused

WITH_NUMBERS = [
    ("letters", "show"),
    ("letters", "retry"),
    ("letters", "retry", 1),
    ("release",),
    ("revoke",),
    ("customer", "part"),
    ("customer", "merge", 1),
    ("customer", "export", ZOE.email, "x.json", "--customer"),
]
WITH_FILES = [
    ("write",),
    ("backup",),
    ("letters", "preview", "reminder", "--save"),
    ("customer", "list", "--csv"),
    ("customer", "export", ZOE.email),
]


@pytest.mark.both_databases
@pytest.mark.parametrize("words", WITH_NUMBERS)
@pytest.mark.parametrize("number", [2**63, "9" * 23])
def test_a_number_that_no_database_keeps_is_refused(app, words, number):
    assert refused(app, *words, number) == "Nothing here has a number of so many digits."


def commands(group: click.Group) -> Iterator[click.Command]:
    for each in group.commands.values():
        yield each
        if isinstance(each, click.Group):
            yield from commands(each)


def test_no_command_takes_any_whole_number():
    every = [(each.name, one) for each in commands(booking_commands) for one in each.params]
    offences = [(name, one.name) for name, one in every if one.type is click.INT]
    assert offences == [], "Take a NUMBER (booking/commands/given.py), or click.IntRange."


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the only one it backs up
@pytest.mark.parametrize("words", WITH_FILES)
@pytest.mark.parametrize("place", ["no/folder.x", "x" * 300, "folder"])
def test_a_file_that_cannot_be_written_is_named_in_a_line_that_says_what_to_do(
    app, tmp_path, words, place
):
    appointment(app)
    files = tmp_path / "files"
    (files / "folder").mkdir(parents=True)
    said = refused(app, *words, files / place)
    assert "\n" not in said
    assert str(files) in said
    assert "Name a" in said
    assert [each.name for each in files.iterdir()] == ["folder"]
