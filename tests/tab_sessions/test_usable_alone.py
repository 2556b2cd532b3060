"""The library without the booking: the app of docs/tab-sessions.md, and what importing it costs."""

import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy_lite import SQLAlchemy as Lite
from playwright.sync_api import expect

from booking.files import STATIC
from booking.tab_sessions import TabSessions
from booking.testing import TabClient
from tests.conftest import served
from tests.tab_sessions.conftest import Tab, notes_blueprint

HTMX = STATIC / "vendor" / "htmx-4.0.1.min.js"
DOCS = Path(__file__).parents[2] / "docs" / "tab-sessions.md"


@pytest.fixture
def live_server(request, tmp_path, monkeypatch):
    """An app of the documentation, as it is printed there."""
    name = request.param
    (code,) = re.findall(rf"```python\n(# {name}\.py\n.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "static").mkdir()
    shutil.copy(HTMX, tmp_path / "static")
    names = {"__name__": "an_app_of_the_documentation"}  # of no module: its root is this folder
    code = code.replace("sqlite:///", f"sqlite:///{tmp_path}/")
    exec(compile(code, f"{name}.py", "exec"), names)
    with served(names["app"]) as server:
        yield server


def test_the_command_that_copies_htmx_is_good_as_printed(tmp_path):
    (commands,) = re.findall(
        r"```sh\n(mkdir -p static\n.*?)```", DOCS.read_text("utf-8"), re.DOTALL
    )
    commands = commands.replace("python -c", f"{sys.executable} -c")
    there = {"PYTHONPATH": str(DOCS.parents[1]), "PATH": "/usr/bin:/bin"}
    subprocess.run(commands, shell=True, cwd=tmp_path, env=there, check=True)
    assert (tmp_path / "static" / HTMX.name).read_bytes() == HTMX.read_bytes()


@pytest.mark.browser
@pytest.mark.parametrize("live_server", ["app"], indirect=True)
def test_the_app_in_the_documentation_keeps_two_tabs_apart(page_of):
    tabs = {"milk": page_of("/"), "bread": page_of("/")}
    for word, tab in tabs.items():
        tab.fill("input", word)
        with tab.expect_response("**/note"):
            tab.click("button")
    for word, tab in tabs.items():
        tab.reload()
        tab.wait_for_selector(f"input[value={word}]")


def say(page, text, button="Go on"):
    page.fill("input", text)
    page.click(f"text={button}")


def asks(page, question):
    expect(page.locator("#step label")).to_have_text(question)


def walk(page):
    """Say everything and log in."""
    for question, text in (("From where?", "Ulm"), ("To where?", "Bern"), ("On which day?", "May")):
        asks(page, question)
        say(page, text)
    asks(page, "Your name")
    say(page, "ada", "Log in to keep it")
    expect(page.get_by_role("button")).to_have_text("Log out, ada")
    expect(page.locator("#step p")).to_have_text("Ulm to Bern, May")


@pytest.mark.extra
@pytest.mark.browser
@pytest.mark.parametrize("live_server", ["trips"], indirect=True)
def test_the_steps_in_the_documentation_come_to_no_dead_end(page_of):
    page = page_of("/")
    walk(page)
    page.reload()
    expect(page.locator("#step p")).to_have_text("Ulm to Bern, May")

    before = page.evaluate("TabSession.id")
    page.click("text=Log out, ada")  # a POST that redirects
    asks(page, "From where?")
    assert page.evaluate("TabSession.id") != before
    page.reload()
    walk(page)

    page.click("text=Log out everywhere")  # an ordinary link
    expect(page.get_by_role("alert")).to_have_text("You are logged out.")
    page.reload()
    walk(page)

    page.click("text=Log out everywhere")
    page.click("text=Begin anew")
    asks(page, "From where?")
    say(page, "Ulm")
    asks(page, "To where?")
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2)):
        say(page, "Bern")
        expect(page.get_by_role("alert")).to_have_text("This was left for too long.")
        expect(page.locator("input[name=goal]")).to_have_value("Bern")
        page.click("text=Begin anew")
        asks(page, "From where?")
        say(page, "Ulm")
        asks(page, "On which day?")


@pytest.mark.parametrize("live_server", ["trips"], indirect=True)
def test_a_tab_client_comes_to_no_dead_end_either(live_server):
    tab = TabClient(live_server.app, "/")

    def log_in():
        for name in ("origin", "goal", "day"):
            tab.submit(**{name: "x"})
        tab.submit(user="ada")
        assert "Log out, ada" in tab.page.text

    log_in()
    before = tab.id
    tab.submit()
    assert "From where?" in tab.page.text
    assert tab.id != before
    log_in()
    assert "You are logged out." in tab.open("/log-out").page.text
    assert "From where?" in tab.refresh().page.text


@pytest.mark.parametrize("live_server", ["basket"], indirect=True)
def test_a_basket_is_there_after_the_log_in_and_gone_after_each_way_out(live_server):
    tab = TabClient(live_server.app, "/")

    def shows(*what):
        assert [each.text for each in tab.page.select("li")] == [*what]

    def log_in():
        tab.submit("#log-in", name="ada")
        assert tab.page.select_one("#log-out")

    tab.submit("#add", what="milk")
    log_in()
    shows("milk")
    tab.submit("#log-out")
    shows()
    tab.submit("#add", what="bread")
    log_in()
    shows("milk", "bread")
    assert "You are logged out." in tab.open("/leave").page.text
    tab.refresh()
    shows()


@pytest.mark.parametrize("live_server", ["basket"], indirect=True)
def test_a_basket_is_merged_where_somebody_logged_in_in_another_tab(live_server):
    tab = TabClient(live_server.app, "/").submit("#add", what="milk")
    other = tab.new_tab("/").submit("#add", what="bread")
    tab.submit("#log-in", name="ada")
    assert [each.text for each in other.refresh().page.select("li")] == ["milk", "bread"]
    assert other.page.select_one("#log-out")


def run_alone(code, *arguments):
    """What the code prints in a process of its own: an import or a patch stays in there."""
    command = [sys.executable, "-W", "ignore", "-c", code, *arguments]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


IMPORTED = """
import sys
from booking import session_route, TabSession
print([name for name in sys.modules if name.startswith('booking.')
       and not name.startswith(('booking.tab_sessions', 'booking.transactions', 'booking.now'))])
"""


def test_importing_session_route_loads_no_wizard():
    assert run_alone(IMPORTED) == "[]"


@pytest.mark.parametrize("is_given", [True, False])
@pytest.mark.parametrize("extension", [SQLAlchemy, Lite], ids=["flask-sqlalchemy", "lite"])
def test_a_hosts_session_serves_whether_or_not_it_is_named(sqlite_url, extension, is_given):
    app = Flask("host")
    app.config["SQLALCHEMY_DATABASE_URI"] = sqlite_url
    app.config["SQLALCHEMY_ENGINES"] = {"default": sqlite_url}

    def keep():
        db = extension(app)
        TabSessions(app, (lambda: db.session) if is_given else None)
        app.register_blueprint(notes_blueprint())
        tab = Tab(app.test_client())
        tab.post(text="kept")
        return tab.get().text

    # Lite closes sessions by asgiref, which a thread with the browser tests' event loop refuses.
    with ThreadPoolExecutor(1) as apart:
        assert apart.submit(keep).result() == "kept"


GREENLETS = """
from gevent import monkey, pool
monkey.patch_all()
import sys
from sqlalchemy import create_engine
from sqlalchemy.orm import scoped_session, sessionmaker
from tests.tab_sessions.conftest import Tab, host_app, notes_blueprint

for url in sys.argv[1:]:
    app = host_app(scoped_session(sessionmaker(create_engine(url, pool_size=20))),
                   notes_blueprint())
    tab = Tab(app.test_client())

    def write(number):
        return Tab(app.test_client(), tab.id).post("/lines", line=f"{number:02}").status_code

    assert set(pool.Pool(20).map(write, range(40))) == {200}
    print(len(tab.get("/lines").text.split()))
"""


@pytest.mark.postgresql
def test_forty_greenlets_keep_every_answer_on_both_databases(sqlite_url, postgresql_url):
    assert run_alone(GREENLETS, sqlite_url, postgresql_url).split() == ["40", "40"]
