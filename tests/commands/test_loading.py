"""The file and the desk: neither overwrites the other unseen."""

import os
import pty
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace

import pytest

from booking.operations.plan_edits import service_of, with_service, without_service
from booking.operations.shop_changes import change_business
from tests.commands.shell import ROOT, SHOP, done, in_database, refused, shop_file


def at_the_desk(app, edit):
    return in_database(app, lambda session: change_business(session, edit))


def repriced(plan):
    return with_service(plan, replace(service_of(plan, "short"), price="€21"))


UNDOING = "These were changed at the desk since this file was made, and loading it undoes them:"


@pytest.mark.both_databases
def test_what_was_changed_at_the_desk_is_named_and_not_undone(app, tmp_path):
    at_the_desk(app, repriced)
    file = shop_file(tmp_path, ("60 min", "65 min"))
    told = refused(app, "load", file).splitlines()
    assert told[:2] == [UNDOING, "  service short: price"]
    assert told[2].startswith("Nothing was changed.")
    assert "--force" in told[2]
    would = done(app, "load", "--dry-run", file).splitlines()
    assert would[1:] == [
        "service short: price",
        "service long: duration 1 h → 1 h 5 min",
        UNDOING,
        "  service short: price",
    ]
    assert done(app, "load", "--force", file).splitlines() == would[1:3]
    assert done(app, "load", file) == "Nothing changed.\n"


def test_yes_is_no_word_for_what_the_desk_changed(app):
    at_the_desk(app, lambda plan: without_service(plan, "long"))
    assert "service long: added" in refused(app, "load", "--yes", SHOP)


@pytest.mark.both_databases
def test_a_written_file_is_loaded_without_a_change_and_knows_what_came_after_it(app, tmp_path):
    at_the_desk(app, repriced)
    file = tmp_path / "now.toml"
    assert done(app, "write", file).startswith(f"Written into {file}. Remarks")
    assert done(app, "load", file) == "Nothing changed.\n"
    at_the_desk(app, lambda plan: with_service(plan, replace(service_of(plan, "long"), price="")))
    done(app, "load", "--force", SHOP)
    changed = file.read_text(encoding="utf-8").replace("€21", "€22")
    file.write_text(changed, encoding="utf-8")
    told = refused(app, "load", file)
    assert "  service short: price" in told, "SHOP said another one since"
    assert "long" not in told, "SHOP says of it what the file was made from"


def test_there_is_no_file_of_no_business(bare, tmp_path):
    assert "There is no business yet" in refused(bare, "write", tmp_path / "none.toml")


def test_a_file_that_is_there_is_not_written_over(app, tmp_path):
    file = shop_file(tmp_path)
    assert refused(app, "write", file) == f"{file} is there already. Name another file."
    assert "cannot be written" in refused(app, "write", tmp_path / "no" / "folder.toml")


def at_a_terminal(url, answer, *words):
    """What somebody sees at a terminal who answers so."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "BOOKING_DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "flask", "--app", "booking:create_app", "booking", "load"]
    with subprocess.Popen(
        [*command, *map(str, words)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
        cwd=ROOT,
    ) as running:
        os.close(theirs)
        seen = b""
        with suppress(OSError):  # what a terminal says when nobody is at its other end
            while part := os.read(ours, 4096):
                seen += part
                if b"[y/N]" in part:
                    os.write(ours, f"{answer}\n".encode())
        os.close(ours)
    return running.returncode, seen.decode().splitlines()


def test_at_a_terminal_the_changes_are_shown_first_and_loaded_by_a_yes(app, loaded_url, tmp_path):
    at_the_desk(app, repriced)
    file = shop_file(tmp_path, ("60 min", "65 min"))
    status, seen = at_a_terminal(loaded_url, "", file)
    assert (status, seen[-1]) == (0, "Nothing was changed.")
    status, seen = at_a_terminal(loaded_url, "y", file)
    assert status == 0
    assert seen == [
        "service short: price",
        "service long: duration 1 h → 1 h 5 min",
        UNDOING,
        "  service short: price",
        "Load it? [y/N]: y",
        "Loaded.",
    ]
    assert at_a_terminal(loaded_url, "", file) == (0, ["Nothing changed."])
