"""Hosts with rows by tab, on each of the ways to a session that hosts have."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy_lite import SQLAlchemy as Lite
from sqlalchemy import Column, Engine, Integer, String, Table, create_engine, event, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    Session,
    declarative_base,
    mapped_column,
    scoped_session,
    sessionmaker,
)

from booking.tab_sessions import TabOwned, TabSessions, end_user, purge, session_route
from tests.tab_sessions.conftest import Tab, notes_blueprint

LATER = {"expired": timedelta(hours=2), "forgotten": timedelta(days=32)}


DOCS = Path(__file__).parents[3] / "docs" / "own-rows.md"


def line_of(base, choice="never", name="Line", **more):
    """A model of a host's: lines of text."""
    about = {
        "__tablename__": name.lower(),
        "__outlives_tab__": choice,
        "__annotations__": {"id": Mapped[int], "text": Mapped[str]},
        "__module__": __name__,
        "id": mapped_column(
            primary_key=True, **({"init": False} if issubclass(base, MappedAsDataclass) else {})
        ),
    }
    return type(base)(name, (TabOwned, base), about | more)


@dataclass
class Host:
    """An app with lines by tab, and a table of what on_end was told."""

    app: Flask
    base: Any
    session: Any
    models: dict[str, Any]
    ends: Table = field(init=False)

    def __post_init__(self):
        columns = (Column("id", Integer, primary_key=True), Column("tab", Integer))
        self.ends = Table("told", self.base.metadata, *columns, Column("reason", String))

    def hear(self, session, key, reason):
        """on_end: remembered in the transaction that it is told in."""
        session.execute(self.ends.insert(), {"tab": key, "reason": reason})

    @property
    def told(self) -> list[tuple[int, str]]:
        with self.app.app_context():
            told = select(self.ends.c.tab, self.ends.c.reason).order_by(self.ends.c.id)
            return [tuple(row) for row in self.session().execute(told)]

    @property
    def Line(self):  # noqa: N802 - it is a class
        return self.models["line"]

    def tab(self, **same) -> Tab:
        return Tab(self.app.test_client(), **same)

    def stored(self, model=None) -> list[tuple[str, int | None]]:
        """What is stored of a model: texts and tabs."""
        model = model or self.Line
        with self.app.app_context():
            rows = self.session().execute(
                select(model.text, model.tab_session_id).order_by(model.id)
            )
            return [tuple(row) for row in rows]

    def purge(self) -> tuple[int, ...]:
        with self.app.app_context():
            return purge()


def flow_of(models):
    """Lines are written, read and lost in it."""
    notes = notes_blueprint()

    @session_route(notes, "/rows", methods=["GET", "POST"])
    def rows(tab):
        if request.method == "POST":
            for name, model in models.items():
                if text := request.form.get(name):
                    model(text=text).give_to(tab)
        return " ".join(row.text for row in models["line"].of(tab))

    @session_route(notes, "/end", methods=["POST"], allow_completed=True)
    def end(tab):
        end_user(tab)
        return "over"

    return notes


def host_with(session, base, lines, app=None, **options) -> Host:
    app = app or Flask("host")
    app.testing = True
    host = Host(app, base, session, lines)
    TabSessions(app, session, **{"on_end": host.hear, **options})
    app.register_blueprint(flow_of(lines))
    return host


def a_base(*kinds) -> Any:
    """A base for each test, for two of one test's tables would have the same names."""
    return type("Base", (*kinds, DeclarativeBase), {"__module__": __name__})


def plain(url, base=None, lines=None, models=("line",), **options) -> Host:
    base, engine = base or a_base(), create_engine(url)
    lines = lines or {
        name: line_of(base, options.pop(f"{name}_choice", "never"), name.title()) for name in models
    }
    session = scoped_session(sessionmaker(engine))
    host = host_with(session, base, lines, models=base, **options)
    host.app.teardown_appcontext(lambda _error: session.remove())
    base.metadata.create_all(engine)
    return host


def dataclasses(url) -> Host:
    return plain(url, a_base(MappedAsDataclass))


def old_base(url) -> Host:
    return plain(url, declarative_base())


def flask_sqlalchemy(url) -> Host:
    app = Flask("host")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    db = SQLAlchemy(app)
    host = host_with(lambda: db.session, db.Model, {"line": line_of(db.Model)}, app)
    with app.app_context():
        db.create_all()
    return host


def lite(url) -> Host:
    app, base = Flask("host"), a_base()
    app.config["SQLALCHEMY_ENGINES"] = {"default": url}
    db = Lite(app)
    host = host_with(lambda: db.session, base, {"line": line_of(base)}, app, models=base)
    with app.app_context():
        base.metadata.create_all(db.engine)
    return host


HOSTS = {make.__name__: make for make in (plain, dataclasses, old_base, flask_sqlalchemy, lite)}


@pytest.fixture
def make_host(database_url):
    """Makes hosts on one database; their tables are dropped afterwards."""
    made = []

    def make(kind=plain, **options):
        made.append(kind(database_url, **options))
        return made[-1]

    yield make
    engine = create_engine(database_url)
    for host in made:
        host.base.metadata.drop_all(engine)


@pytest.fixture
def looks_at_keys():
    """SQLite looks at foreign keys, which it does not by itself."""

    def look(connection, _record):
        if "sqlite" in type(connection).__module__:
            connection.execute("PRAGMA foreign_keys = ON")

    event.listen(Engine, "connect", look)
    yield
    event.remove(Engine, "connect", look)


def key_of_only(host: Host) -> int:
    with host.app.app_context():
        session: Session = host.session()
        return session.connection().exec_driver_sql("SELECT id FROM booking_tab_session").scalar()


def put(host: Host, *rows) -> None:
    with host.app.app_context():
        session = host.session()
        session.add_all(rows)
        session.commit()


def run(host: Host, statement) -> None:
    with host.app.app_context():
        session = host.session()
        session.execute(statement)
        session.commit()
