"""The library without the booking: the app of docs/tab-sessions.md, and what importing it costs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tab_sessions.conftest import Tab

DOCS = Path(__file__).parents[2] / "docs" / "tab-sessions.md"


@pytest.fixture
def notes_app(tmp_path, monkeypatch):
    (code,) = re.findall(r"```python\n(# app\.py\n.*?)```", DOCS.read_text(), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "app"}
    exec(
        compile(
            code.replace("sqlite:///notes.db", f"sqlite:///{tmp_path}/notes.db"), "app.py", "exec"
        ),
        names,
    )
    yield names["app"]
    with names["app"].app_context():
        names["db"].engine.dispose()


def test_the_app_in_the_documentation_keeps_two_tabs_apart(notes_app):
    one, two = Tab(notes_app.test_client()), Tab(notes_app.test_client())
    one.post("/", text="milk")
    two.post("/", text="bread")
    assert "milk" in one.get("/").text
    assert "bread" in two.get("/").text
    assert "milk" not in two.get("/").text


def test_the_app_in_the_documentation_serves_the_script(notes_app):
    script = notes_app.test_client().get("/tab-session.js")
    assert script.status_code == 200
    assert "javascript" in script.content_type
    script.close()


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
