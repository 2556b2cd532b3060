"""A host's own migrations: they make its key to our table, and nothing of ours."""

import ast
import re
import subprocess
import sys

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    inspect,
    text,
)
from sqlalchemy.orm import DeclarativeBase

from booking import migrate
from booking.migrate import is_not_ours, render_keys_to_ours
from booking.tab_sessions import metadata as ours
from booking.tab_sessions import tab_session
from tests.tab_sessions.own_rows.conftest import DOCS, line_of

DOTALL = re.DOTALL | re.MULTILINE
pytestmark = [
    pytest.mark.fresh_database,
    pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index"),
]
CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
NAMES = {
    "plain": "fk_line_tab_session_id",
    "convention": "fk_line_tab_session_id_booking_tab_session",
}
CHOICES = {"never": "CASCADE", "completed": "SET NULL", "always": "SET NULL"}


@pytest.fixture
def connection(database_url):
    with create_engine(database_url).connect() as connection:
        yield connection


def base_of(metadata):
    return type("Base", (DeclarativeBase,), {"metadata": metadata, "__module__": __name__})


def context_of(connection, metadata, **options):
    options = {"include_name": is_not_ours, "compare_server_default": True, **options}
    return MigrationContext.configure(connection, opts={"target_metadata": metadata, **options})


def migrate_by_what_is_proposed(connection, metadata, **options) -> str:
    """Run what autogenerate writes; return it."""
    context = context_of(connection, metadata, **options)
    written = render_python_code(
        produce_migrations(context, metadata).upgrade_ops, migration_context=context,
        render_item=options.get("render_item"),
        render_as_batch=options.get("render_as_batch", False),
    )  # fmt: skip
    body = "def upgrade(op, sa):\n" + written + "\n"
    names: dict = {}
    exec(body, names)
    with Operations.context(context) as op:
        names["upgrade"](op, sqlalchemy)
    connection.commit()
    return written


@pytest.mark.parametrize(
    ("choice", "convention"), [*((choice, "plain") for choice in CHOICES), ("never", "convention")]
)
def test_autogenerate_proposes_all_of_the_hosts_and_nothing_of_ours(connection, choice, convention):
    metadata = MetaData(naming_convention=CONVENTION if convention == "convention" else None)
    line_of(base_of(metadata), choice)
    written = migrate_by_what_is_proposed(connection, metadata)
    assert re.findall(r"op\.\w+\('?(?:op\.f\(')?(\w+)", written)[0] == "line"
    assert written.count("op.") - written.count("op.f(") == 2, "a table and its index"
    [key] = inspect(connection).get_foreign_keys("line")
    assert (key["name"], key["referred_table"]) == (NAMES[convention], "booking_tab_session")
    assert key["options"]["ondelete"] == CHOICES[choice]
    [index] = inspect(connection).get_indexes("line")
    assert index["column_names"] == ["tab_session_id"]
    assert compare_metadata(context_of(connection, metadata), metadata) == []


def test_the_documentation_shows_what_is_written(connection):
    metadata = MetaData()
    line_of(base_of(metadata))
    (shown,) = re.findall(r"^sa\.ForeignKeyConstraint.*?^\)", DOCS.read_text("utf-8"), DOTALL)
    written = "if True:\n" + migrate_by_what_is_proposed(connection, metadata)
    assert ast.dump(ast.parse(shown).body[0].value) in ast.dump(ast.parse(written))


def test_a_model_that_becomes_tab_owned_gets_its_column_by_a_migration(connection):
    before, after = (MetaData(naming_convention=CONVENTION) for _ in range(2))
    line_of(base_of(after), "always")
    columns = (Column("id", Integer, primary_key=True), Column("text", String, nullable=False))
    Table("line", before, *columns).create(connection)
    batch = connection.dialect.name == "sqlite"
    migrate_by_what_is_proposed(connection, after, render_as_batch=batch)
    [key] = inspect(connection).get_foreign_keys("line")
    assert key["referred_table"] == "booking_tab_session"
    assert compare_metadata(context_of(connection, after), after) == []


def test_create_all_makes_our_tables_first_where_they_are_missing(connection):
    with migrate_nothing(connection) as empty:
        base = base_of(MetaData())
        line_of(base)
        base.metadata.create_all(empty)
        tables = set(inspect(empty).get_table_names())
        assert tables == {"line", *ours.tables}
        base.metadata.drop_all(empty)
        empty.commit()


def migrate_nothing(connection):
    """The same database, without our tables."""
    merged = migrate.merged_metadata()
    merged.drop_all(connection)
    connection.exec_driver_sql(f"DROP TABLE {migrate.VERSION_TABLE}")
    connection.commit()
    return connection


def test_a_copy_of_our_table_in_the_hosts_metadata_is_what_its_key_leads_to(connection):
    metadata = MetaData()
    copy = tab_session.to_metadata(metadata)
    line_of(base_of(metadata))
    [key] = metadata.tables["line"].foreign_keys
    assert key.column.table is copy
    migrate_nothing(connection)
    metadata.create_all(connection)
    context = context_of(connection, metadata, include_name=None)
    assert compare_metadata(context, metadata) == []
    metadata.drop_all(connection)
    connection.commit()
    options = {"include_name": is_not_ours, "include_object": is_not_ours}
    written = migrate_by_what_is_proposed_after(connection, metadata, **options)
    assert "create_table('booking" not in written
    assert "create_table('line'" in written


def migrate_by_what_is_proposed_after(connection, metadata, **options):
    ours.create_all(connection)
    return migrate_by_what_is_proposed(connection, metadata, **options)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("by", ["metadata", "table"])
def test_a_schema_of_the_hosts_is_not_ours(connection, by):
    connection.execute(text("CREATE SCHEMA shop"))
    connection.commit()
    metadata = MetaData(schema="shop" if by == "metadata" else None)
    line_of(base_of(metadata), **({} if by == "metadata" else {"__table_args__": IN_SHOP}))
    options = {
        "include_schemas": True,
        "include_name": lambda name, kind, parents: (
            name in {None, "shop"} if kind == "schema" else is_not_ours(name, kind, parents)
        ),
        "render_item": render_keys_to_ours,
    }
    written = migrate_by_what_is_proposed(connection, metadata, **options)
    assert "['booking_tab_session.id']" in written
    assert compare_metadata(context_of(connection, metadata, **options), metadata) == []


IN_SHOP = {"schema": "shop"}


def test_other_keys_are_written_as_ever():
    table = Table("a", MetaData(), Column("b", ForeignKey("a.b"), primary_key=True))
    [key] = table.foreign_key_constraints
    assert render_keys_to_ours("foreign_key", key, None) is False
    assert render_keys_to_ours("table", table, None) is False


HOST = """
import sys
import flask_migrate
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import ForeignKey, inspect
from sqlalchemy.orm import Mapped, mapped_column
from booking import Sidebook
from booking.migrate import is_not_ours
from booking.tab_sessions import TabOwned

app = Flask("host")
app.config.update(SQLALCHEMY_DATABASE_URI=sys.argv[1], SECRET_KEY="x")
db = SQLAlchemy(app)
Sidebook(app, db)
flask_migrate.Migrate(app, db, include_name=is_not_ours, directory=sys.argv[2])

class Basket(TabOwned, db.Model):
    __outlives_tab__ = "completed"
    id: Mapped[int] = mapped_column(primary_key=True)

class Line(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    basket_id: Mapped[int] = mapped_column(ForeignKey("basket.id"))

with app.app_context():
    flask_migrate.init()
    flask_migrate.migrate()
    flask_migrate.upgrade()
    flask_migrate.migrate()  # nothing is left to propose: no second file
    keys = inspect(db.engine).get_foreign_keys("basket")
    flask_migrate.downgrade()
    left = set(inspect(db.engine).get_table_names())
    print([(key["name"], key["referred_table"]) for key in keys], left & {"basket", "line"},
          "booking_tab_session" in left, file=sys.stderr)
"""


def test_flask_migrate_makes_the_hosts_tables_and_keys_up_and_down(database_url, tmp_path):
    command = [sys.executable, "-W", "ignore", "-c", HOST, database_url, str(tmp_path / "m")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    last = run.stderr.strip().splitlines()[-1]
    assert last == "[('fk_basket_tab_session_id', 'booking_tab_session')] set() True"
    (file,) = (tmp_path / "m" / "versions").glob("*.py")
    made = set(re.findall(r"op\.create_table\('(\w+)'", file.read_text("utf-8")))
    assert made == {"basket", "line"}
    assert "booking_" not in file.read_text("utf-8").replace("['booking_tab_session.id']", "")
