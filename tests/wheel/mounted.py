"""Sidebook in a host app with a database and a template of its own."""

import sys
from pathlib import Path

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from booking import Sidebook
from booking.migrate import current
from booking.testing import TabClient

home = Path.cwd()
(home / "templates" / "booking").mkdir(parents=True)
(home / "templates" / "booking" / "_staff.html").write_text(
    '<section id="step" data-step="staff"><h1>Whom at {{ shop.name }}?</h1></section>'
)
host = Flask("host", root_path=str(home))
host.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{home / 'host.db'}"
db = SQLAlchemy(host)
Sidebook(host, db, url_prefix="/appointments")
host.add_url_rule("/", "front", lambda: "The host's own front page")
for command in (["init"], ["load", sys.argv[1]]):
    told = host.test_cli_runner().invoke(args=["booking", *command], catch_exceptions=False)
    assert told.exit_code == 0, told.output

assert host.test_client().get("/").text == "The host's own front page"
tab = TabClient(host, "/appointments/")
assert (tab.status, tab.step) == (200, "service"), tab
with host.test_client().get("/appointments/static/booking.css") as sheet:
    assert sheet.status_code == 200
assert tab.submit(service="short").page.h1.text == "Whom at Test Shop?", tab.page
with host.app_context():
    assert current(db.engine)
    db.engine.dispose()
