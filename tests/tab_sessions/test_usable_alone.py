"""The library without the booking: the app of docs/tab-sessions.md, and what importing it costs."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from booking.paths import STATIC
from tests.conftest import served
from tests.tab_sessions.conftest import Tab

HTMX = STATIC / "vendor" / "htmx-4.0.1.min.js"
DOCS = Path(__file__).parents[2] / "docs" / "tab-sessions.md"


@pytest.fixture
def notes_app(tmp_path, monkeypatch):
    (code,) = re.findall(r"```python\n(# app\.py\n.*?)```", DOCS.read_text(), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "static").mkdir()
    shutil.copy(HTMX, tmp_path / "static")
    names = {"__name__": "notes_of_the_documentation"}  # of no module here: its root is this folder
    code = code.replace("sqlite:///notes.db", f"sqlite:///{tmp_path}/notes.db")
    exec(compile(code, "app.py", "exec"), names)
    yield names["app"]
    with names["app"].app_context():
        names["db"].engine.dispose()


@pytest.fixture
def live_server(notes_app):
    with served(notes_app) as server:
        yield server


@pytest.mark.browser
def test_the_app_in_the_documentation_keeps_two_tabs_apart(page_of):
    tabs = {"milk": page_of("/"), "bread": page_of("/")}
    for word, tab in tabs.items():
        tab.fill("input", word)
        with tab.expect_response("**/note"):
            tab.click("button")
    for word, tab in tabs.items():
        tab.reload()
        tab.wait_for_selector(f"input[value={word}]")


def test_importing_session_route_loads_no_wizard():
    code = (
        "import sys; from booking import session_route, TabSession\n"
        "print([name for name in sys.modules if name.startswith('booking.')"
        " and not name.startswith('booking.tab_sessions')])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_flask_sqlalchemy_is_found_without_being_named(tmp_path):
    from flask import Flask
    from flask_sqlalchemy import SQLAlchemy

    from booking.tab_sessions import TabSessions, create_table
    from tests.tab_sessions.conftest import notes_blueprint

    app = Flask("host")
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{tmp_path}/host.db"
    db = SQLAlchemy(app)
    TabSessions(app)
    app.register_blueprint(notes_blueprint())
    with app.app_context():
        create_table()
    tab = Tab(app.test_client())
    tab.post(text="found")
    assert tab.get().text == "found"
    with app.app_context():
        db.engine.dispose()


def run_alone(code, *arguments):
    """What the code prints in a process of its own: an event loop or a patch stays in there."""
    command = [sys.executable, "-W", "ignore", "-c", code, *arguments]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


LITE = """
import sys
from flask import Flask
from flask_sqlalchemy_lite import SQLAlchemy
from booking.tab_sessions import TabSessions, create_table
from tests.tab_sessions.conftest import Tab, notes_blueprint

app = Flask("host", instance_path=sys.argv[1])
app.config["SQLALCHEMY_ENGINES"] = {"default": f"sqlite:///{sys.argv[1]}/host.db"}
db = SQLAlchemy(app)
TabSessions(app, (lambda: db.session) if sys.argv[2] == "given" else None)
app.register_blueprint(notes_blueprint())
with app.app_context():
    create_table()
tab = Tab(app.test_client())
tab.post(text="kept")
print(tab.get().text)
"""


@pytest.mark.parametrize("session", ["given", "found"])
def test_flask_sqlalchemy_lite_serves_as_well(tmp_path, session):
    assert run_alone(LITE, str(tmp_path), session) == "kept"


GREENLETS = """
from gevent import monkey, pool
monkey.patch_all()
import sys
from sqlalchemy import create_engine
from sqlalchemy.orm import scoped_session, sessionmaker
from booking.tab_sessions import create_table
from tests.tab_sessions.conftest import Tab, host_app, notes_blueprint

app = host_app(scoped_session(sessionmaker(create_engine(sys.argv[1], pool_size=20))),
               notes_blueprint())
with app.app_context():
    create_table()
tab = Tab(app.test_client())

def write(number):
    return Tab(app.test_client(), tab.id).post("/lines", line=f"{number:02}").status_code

assert set(pool.Pool(20).map(write, range(40))) == {200}
print(len(tab.get("/lines").text.split()))
"""


@pytest.mark.parametrize(
    "kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
)
def test_forty_greenlets_keep_every_answer(request, kind):
    assert run_alone(GREENLETS, request.getfixturevalue(f"{kind}_url")) == "40"
