"""The key of customers' links: where it comes from, what is refused, who notices another one."""

import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import select, text

from booking import Sidebook, create_app
from booking.config import ConfigurationError
from booking.link_key import FILE, link_key_of
from booking.storage.models import link_key
from booking.testing import TabClient
from tests.customer.walks import at_done, at_review
from tests.fixtures.clocks import MONDAY_MORNING
from tests.operations.racing import at_once
from tests.storage.conftest import counted

SECRET, EARLIER = "a secret of this test's own", "the secret before that one"
ROOT = Path(__file__).parents[2]
PUBLIC = "https://shop.example"


@pytest.fixture
def machine(request, tmp_path, loaded_url):
    """`machine("a")` is the host's app on a machine with that instance folder; one database."""

    def make(name: str = "a", **config) -> Flask:
        folder = tmp_path / name
        app = Flask("host", instance_path=str(folder))
        app.config |= {"SQLALCHEMY_DATABASE_URI": loaded_url, "BOOKING_PUBLIC_URL": PUBLIC}
        app.config |= config
        Sidebook(app, SQLAlchemy(app))
        return app

    return make


def run(app, *words):
    return app.test_cli_runner().invoke(args=["booking", *words])


def link_of(tab) -> str:
    return tab.page.select_one(".sb-keep-link")["href"].removeprefix(PUBLIC)


def said(app, reference: str) -> str:
    """The link as a letter says it."""
    answer = run(app, "show", "--link", reference)
    assert answer.exit_code == 0, answer.output
    return answer.stdout.splitlines()[-1].removeprefix(PUBLIC)


def reference_of(tab) -> str:
    return tab.page.select_one("[data-booking-reference]")["data-booking-reference"]


def opens(app, *links: str) -> bool:
    return all(app.test_client().get(link).status_code == 200 for link in links)


def known(app) -> list[tuple[str, str]]:
    """Source and place of each key that the database knows."""
    with app.app_context(), app.extensions["booking"].engine.connect() as connection:
        return list(connection.execute(select(link_key.c.source, link_key.c.place)))


# -- the file --------------------------------------------------------------------------------------


def test_the_first_start_makes_a_file_that_is_nobody_elses(machine, tmp_path):
    machine()
    file = tmp_path / "a" / FILE
    written = file.read_text()
    assert len(written.strip()) == 64
    assert file.stat().st_mode & 0o777 == 0o600
    machine()
    assert file.read_text() == written


def test_what_the_start_has_read_need_not_be_read_again(machine, tmp_path):
    """A server that gave up root may not read it any more."""
    app = machine()
    (tmp_path / "a" / FILE).unlink()
    assert opens(app, link_of(at_done(app)))
    assert not (tmp_path / "a" / FILE).exists()


def test_a_secret_that_the_host_sets_after_it_has_mounted_us_is_the_one(machine):
    app = machine()
    app.config["SECRET_KEY"] = SECRET
    done = at_done(app)
    assert known(app)[0][0] == "secret"
    assert said(machine(SECRET_KEY=SECRET), reference_of(done)) == link_of(done)


def test_a_host_with_a_secret_of_its_own_needs_no_file(machine, tmp_path):
    app = machine(SECRET_KEY=SECRET)
    assert not (tmp_path / "a" / FILE).exists()
    assert opens(app, link_of(at_done(app)))


SEVERAL = """
import sys, time
from flask import Flask
from booking.link_key import link_key_of
print("ready", flush=True)
begin = float(sys.stdin.readline())
for number in range(60):
    app = Flask("host", instance_path=f"{sys.argv[1]}/{number}")
    while time.monotonic() < begin + number / 100:
        pass
    print(link_key_of(app).fingerprints)
"""


def test_of_processes_that_make_it_at_once_one_does_and_all_use_it(tmp_path):
    start = [sys.executable, "-c", SEVERAL, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
    several = [subprocess.Popen(start, **pipes) for _ in range(2)]
    assert {process.stdout.readline() for process in several} == {"ready\n"}
    begin = time.monotonic() + 0.05  # one clock for all processes of a machine
    for process in several:
        process.stdin.write(f"{begin}\n")
        process.stdin.flush()
    told = {process.communicate(timeout=60)[0] for process in several}
    assert {process.returncode for process in several} == {0}
    assert len(told) == 1
    assert len(set(told.pop().split("\n"))) == 61


def short(file: Path) -> None:
    file.write_text("abc\n")
    file.chmod(0o600)


def empty(file: Path) -> None:
    file.touch(0o600)


def readable(file: Path) -> None:
    file.write_text("0123456789abcdef" * 4)
    file.chmod(0o644)


def folder_instead(file: Path) -> None:
    file.mkdir()


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (short, "holds no key for customers' links.* delete the file"),
        (empty, "holds no key for customers' links"),
        (readable, "Run: chmod 600 "),
        (folder_instead, "cannot be kept in .*set SECRET_KEY"),
    ],
)
def test_a_file_that_is_of_no_use_stops_the_start_with_the_remedy(machine, tmp_path, spoil, told):
    file = tmp_path / "a" / FILE
    file.parent.mkdir()
    spoil(file)
    with pytest.raises(ConfigurationError, match=told) as refused:
        machine()
    assert str(file) in refused.value.message
    assert "0123456789abcdef" not in refused.value.message


def test_a_folder_that_cannot_be_written_stops_the_start_with_the_remedy(machine, tmp_path):
    (tmp_path / "a").write_text("no folder")
    with pytest.raises(ConfigurationError, match=r"cannot be kept in .*set SECRET_KEY"):
        machine()


@pytest.mark.parametrize("wrong", [{"SECRET_KEY": 7}, {"SECRET_KEY_FALLBACKS": EARLIER}])
def test_a_secret_that_is_none_stops_the_start(machine, wrong):
    with pytest.raises(ConfigurationError, match=f"^{next(iter(wrong))} is "):
        machine(**wrong)


def test_neither_secret_nor_file_is_logged_or_shown(machine, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    app = machine(BOOKING_SECRET_KEY=SECRET.replace(" ", "-"))
    machine("b")
    TabClient(app, "/book/")
    sidebook = app.extensions["booking"]
    with app.app_context():
        shown = f"{caplog.text} {sidebook.settings!r} {sidebook.link_key!r} {sidebook.links!r}"
    assert SECRET.replace(" ", "-") not in shown
    assert (tmp_path / "b" / FILE).read_text().strip() not in shown


def test_our_own_app_takes_its_secrets_from_a_setting(loaded_sqlite_url, monkeypatch):
    monkeypatch.setenv("BOOKING_SECRET_KEY", "0123456789abcdef-new 0123456789abcdef-old")
    app = create_app({"BOOKING_DATABASE_URL": loaded_sqlite_url, "SECRET_KEY": SECRET})
    with app.app_context():
        key = app.extensions["booking"].link_key
    assert key.source == "secret"
    same = [
        link_key_of(app, [one]).fingerprints[0] for one in os.environ["BOOKING_SECRET_KEY"].split()
    ]
    assert [*key.fingerprints[:2]] == same


# -- links, whatever becomes of the key ------------------------------------------------------------


@pytest.mark.both_databases
def test_a_letter_says_the_link_that_the_customer_has_seen(machine):
    app = machine()
    done = at_done(app)
    assert said(app, reference_of(done)) == link_of(done)
    assert opens(app, link_of(done))


def test_who_confirms_once_more_is_shown_the_same_link(machine):
    tab = at_review(machine())
    sent = tab.fields
    link = link_of(tab.submit())
    assert link_of(tab.post("review/form", **sent)) == link


def test_a_booking_made_at_the_shell_has_a_link_that_works(machine):
    app = machine()
    answer = run(app, "book", "short", "tomorrow 10:00", "--name", "Ada")
    assert answer.exit_code == 0, answer.output
    reference = answer.stdout.split()[1]
    assert "appointment/" not in run(app, "show", reference).stdout, "it is a permission"
    assert opens(app, said(app, reference))


def test_without_a_public_address_the_shell_says_what_to_set(machine):
    app = machine(BOOKING_PUBLIC_URL="")
    reference = run(app, "book", "short", "tomorrow 10:00", "--name", "Ada").stdout.split()[1]
    answer = run(app, "show", reference, "--link")
    assert answer.exit_code == 1
    assert "Set BOOKING_PUBLIC_URL" in answer.stderr


@pytest.mark.both_databases
def test_a_lost_key_file_is_told_and_links_are_made_anew_beside_the_old(machine, tmp_path, caplog):
    done = at_done(machine())
    (tmp_path / "a" / FILE).unlink()
    app = machine()
    assert "not the one used before" in run(app, "doctor").stdout
    second = said(app, reference_of(done))
    assert f"({FILE}) is not the one used before" in caplog.text
    assert second != link_of(done)
    assert opens(app, second, link_of(done))
    caplog.clear()
    TabClient(machine(), "/book/")
    assert caplog.text == "", "it is said once"


def test_the_done_page_shows_no_link_that_leads_nowhere(machine, tmp_path):
    done = at_done(machine())
    reference = reference_of(done)
    (tmp_path / "a" / FILE).unlink()
    app = machine()
    again = TabClient(app)
    again.id = done.id
    again.open("/book/done")
    assert again.step == "done"
    assert not again.page.select("a[href*='/appointment/']")
    link = said(app, reference)
    assert link_of(again.refresh()) == link


@pytest.mark.both_databases
def test_a_secret_that_was_changed_says_the_same_links_by_its_fallbacks(machine, caplog):
    done = at_done(machine(SECRET_KEY=EARLIER))
    app = machine(SECRET_KEY=SECRET, SECRET_KEY_FALLBACKS=[EARLIER])
    assert said(app, reference_of(done)) == link_of(done)
    assert caplog.text == ""


def test_a_secret_that_was_changed_without_is_told(machine, caplog):
    done = at_done(machine(SECRET_KEY=EARLIER))
    app = machine(SECRET_KEY=SECRET)
    TabClient(app, "/book/")
    assert "name the one before in SECRET_KEY_FALLBACKS" in caplog.text
    assert "warn   Customers' links were made with another key" in run(app, "doctor").stdout
    assert opens(app, link_of(done), said(app, reference_of(done)))


def test_a_secret_that_comes_after_a_file_says_the_same_links(machine, caplog):
    done = at_done(machine())
    app = machine(SECRET_KEY=SECRET)
    assert said(app, reference_of(done)) == link_of(done)
    assert caplog.text == ""


def test_a_secret_that_goes_is_told(machine, caplog):
    at_done(machine(SECRET_KEY=SECRET))
    TabClient(machine(), "/book/")
    assert "which is not set here: set it" in caplog.text


# -- several machines ------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_second_machine_with_a_file_of_its_own_is_refused_with_the_remedy(machine, caplog):
    first, second = machine("a"), machine("b")
    assert TabClient(first, "/book/").status == 200
    refused = TabClient(second, "/book/")
    assert (refused.status, "is being updated" in refused.page.get_text()) == (503, True)
    remedy = "Set the same SECRET_KEY on all of them"
    assert remedy in caplog.text
    assert run(second, "doctor").exit_code == 1
    assert "WRONG  Another machine, or another folder, makes" in run(second, "doctor").stdout
    for words in (["book", "short", "tomorrow 10:00", "--name", "Ada"], ["deliver"]):
        answer = run(second, *words)
        assert (answer.exit_code, remedy in answer.stderr) == (1, True)
    assert TabClient(first, "/book/").status == 200
    assert len(known(first)) == 1


def test_several_machines_with_one_secret_say_the_same_links(machine, caplog):
    first, second = (machine(name, SECRET_KEY=SECRET) for name in ("a", "b"))
    done = at_done(first)
    assert said(second, reference_of(done)) == link_of(done)
    assert TabClient(first, "/book/").status == 200
    assert caplog.text == ""


def test_a_file_that_was_copied_is_one_key(machine, tmp_path, caplog):
    first = machine("a")
    assert TabClient(first, "/book/").status == 200
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / FILE).write_bytes((tmp_path / "a" / FILE).read_bytes())
    (tmp_path / "b" / FILE).chmod(0o600)
    assert TabClient(machine("b"), "/book/").status == 200
    assert caplog.text == ""


def test_a_machine_that_has_not_been_there_for_a_week_keeps_nobody_out(machine):
    assert TabClient(machine("a"), "/book/").status == 200
    with time_machine.travel(MONDAY_MORNING.replace(day=10)):
        assert TabClient(machine("b"), "/book/").status == 200


def test_a_process_that_runs_for_weeks_is_still_known_to_be_there(machine):
    first = machine("a")
    for day in (2, 6, 10):
        with time_machine.travel(MONDAY_MORNING.replace(day=day)):
            assert TabClient(first, "/book/").status == 200
    with time_machine.travel(MONDAY_MORNING.replace(day=12)):
        assert TabClient(machine("b"), "/book/").status == 503


@pytest.mark.both_databases
def test_processes_that_start_at_once_note_one_key_and_all_serve(machine):
    apps = [machine() for _ in range(4)]
    started = at_once(*[lambda app=app: TabClient(app, "/book/").status for app in apps])
    assert started == [200] * 4
    assert len(known(apps[0])) == 1


def test_no_request_asks_for_it_again(machine):
    app = machine()
    TabClient(app, "/book/")
    with app.app_context():
        engine = app.extensions["booking"].engine
    with counted(engine) as statements:
        TabClient(app, "/book/").open("service")
    assert not [one for one in statements if "link_key" in one]


# -- brought to this version -----------------------------------------------------------------------


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_tables_that_a_host_migrated_without_init_are_enough(machine, tmp_path):
    app = machine()
    with app.app_context(), app.extensions["booking"].engine.begin() as connection:
        connection.execute(text("DROP TABLE booking_alembic_version"))
    assert opens(app, link_of(at_done(app)))
    assert (tmp_path / "a" / FILE).exists()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_finds_no_table_for_keys_books_all_the_same(machine):
    app = machine()
    with app.app_context(), app.extensions["booking"].engine.begin() as connection:
        connection.execute(text("ALTER TABLE booking_link_key RENAME TO another"))
    assert opens(app, link_of(at_done(app)))
