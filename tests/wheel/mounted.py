"""Sidebook in a host app with a database, templates and migrations of its own."""

import sys
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import inspect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from booking import Sidebook
from booking.migrate import is_not_ours
from booking.testing import TabClient

home = Path.cwd()
(home / "templates" / "booking").mkdir(parents=True)
(home / "templates" / "booking" / "_staff.html").write_text(
    '<section id="step" data-step="staff"><h1>Whom at {{ shop.name }}?</h1></section>'
)


class Base(DeclarativeBase):
    pass


db = SQLAlchemy(model_class=Base)


class Guest(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)


host = Flask("host", root_path=str(home))
host.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{home / 'host.db'}"
db.init_app(host)
Sidebook(host, db, url_prefix="/appointments")
host.add_url_rule("/", "front", lambda: "The host's own front page")

with host.app_context():
    db.create_all()
    assert inspect(db.engine).get_table_names() == ["guest"], (
        "the tables are not the host's to make"
    )
for command in (["init"], ["load", sys.argv[1]]):
    told = host.test_cli_runner().invoke(args=["booking", *command], catch_exceptions=False)
    assert told.exit_code == 0, told.output

assert host.test_client().get("/").text == "The host's own front page"
tab = TabClient(host, "/appointments/")
assert (tab.status, tab.step) == (200, "service"), tab
tab.submit(service="short")
assert tab.page.h1.text == "Whom at Test Shop?", tab.page


def proposed_by_the_hosts_migrations(**options: object) -> list[object]:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, db.metadata))


with host.app_context():
    assert proposed_by_the_hosts_migrations(), "unfiltered, they drop every table of ours"
    assert proposed_by_the_hosts_migrations(include_name=is_not_ours) == []
    db.engine.dispose()
