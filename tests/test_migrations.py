"""The migrations build what the models describe, whole or not at all, and both ways."""

import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, inspect, make_url, text

from booking import migrate
from booking.files import MIGRATIONS, ROOT

REVISIONS = sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("0*.py"))
HEAD = REVISIONS[-1]
NEXT = '''
"""Written by a test."""
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"


def upgrade():
    {upgrade}


def downgrade():
    raise AssertionError
'''


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def empty_url(request, tmp_path):
    """A database in which nothing was ever made."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    execute = request.getfixturevalue("on_postgres")
    server = request.getfixturevalue("postgres_url")
    execute("CREATE DATABASE empty")
    yield make_url(server).set(database="empty").render_as_string(hide_password=False)
    execute("DROP DATABASE empty WITH (FORCE)")


@pytest.fixture
def engine(empty_url):
    engine = create_engine(empty_url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys=ON"))
    return engine


@pytest.fixture
def scripts(tmp_path) -> Path:
    """The migrations, in a folder where a test may add its own."""
    return Path(shutil.copytree(MIGRATIONS, tmp_path / "migrations"))


def add_migration(scripts: Path, upgrade: str) -> None:
    (scripts / "versions" / "9999_try.py").write_text(NEXT.format(upgrade=upgrade, head=HEAD))


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - {migrate.VERSION_TABLE}


TABLES = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
KINDS = (
    *("columns", "pk_constraint", "foreign_keys"),
    *("unique_constraints", "check_constraints", "indexes"),
)


def described(engine: Engine) -> dict[str, list[str]]:
    """All that the database itself says of every table, in an order that can be compared."""
    inspector, found = inspect(engine), {}
    for kind in KINDS:
        for (_, table), facts in getattr(inspector, f"get_multi_{kind}")().items():
            listed = [facts] if isinstance(facts, dict) else facts
            found[f"{kind} of {table}"] = sorted(map(in_words, listed))
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            for table, sql in connection.execute(text(TABLES)):
                found[f"words of {table}"] = re.findall(r"AUTOINCREMENT|WITHOUT ROWID", sql)
    return {name: facts for name, facts in found.items() if migrate.VERSION_TABLE not in name}


def in_words(one: object) -> str:
    if isinstance(one, dict):
        return str([(name, in_words(inner)) for name, inner in sorted(one.items())])
    return str(one)  # the condition of an index is text, and no text is another's equal


def test_migrations_up_down_and_up_again_build_the_same_database(engine):
    migrate.upgrade(engine)
    once = described(engine)
    migrate.downgrade(engine, "base")
    assert tables(engine) == set()
    assert migrate.current(engine) is None
    migrate.upgrade(engine)
    assert described(engine) == once
    assert migrate.current(engine) == HEAD


def test_each_migration_undoes_exactly_itself(engine):
    built = {}
    for revision in REVISIONS:
        built[revision] = described(engine)
        migrate.upgrade(engine, revision)
    for revision, below in pairwise([*reversed(REVISIONS), "base"]):
        migrate.downgrade(engine, below)
        assert described(engine) == built[revision]


def test_the_migrated_database_is_the_one_the_models_describe(engine):
    migrate.merged_metadata().create_all(engine)
    modelled = described(engine)
    migrate.merged_metadata().drop_all(engine)
    assert tables(engine) == set()
    migrate.upgrade(engine)
    assert described(engine) == modelled
    assert tables(engine) == set(migrate.merged_metadata().tables), "there was something to compare"


def test_the_comparison_would_notice_a_changed_check(engine):
    migrate.upgrade(engine)
    migrated = described(engine)
    migrate.downgrade(engine, "base")
    metadata = migrate.merged_metadata()
    claim = metadata.tables["booking_claim"]
    owner = next(one for one in claim.constraints if one.name == "ck_booking_claim_owner")
    owner.sqltext = text("hold_id IS NOT NULL")
    metadata.create_all(engine)
    assert described(engine) != migrated


def test_every_constraint_and_index_has_a_name_of_ours(engine):
    migrate.upgrade(engine)
    inspector = inspect(engine)
    for table in tables(engine):
        named = [
            *inspector.get_foreign_keys(table),
            *inspector.get_unique_constraints(table),
            *inspector.get_check_constraints(table),
            *inspector.get_indexes(table),
        ]
        for one in named:
            assert re.match(rf"(fk|uq|ck|ix)_{table}_", one["name"]), one


def test_pending_names_what_is_still_to_come(engine):
    assert migrate.pending(engine) == REVISIONS
    migrate.upgrade(engine, "0002")
    assert migrate.pending(engine) == REVISIONS[2:]
    migrate.upgrade(engine)
    assert migrate.pending(engine) == []


def test_a_service_outlives_the_column_of_its_place(engine):
    migrate.upgrade(engine, "0003")
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO booking_resource (id, kind, name) VALUES (1, 'service_day', 'Cut')")
        )
        connection.execute(
            text(
                "INSERT INTO booking_service (slug, name, description, price, duration,"
                " buffer_before, buffer_after, minimum_notice, slot_step, booking_window,"
                " position, retired, resource_id)"
                " VALUES ('cut', 'Cut', '', '', 30, 0, 0, 0, 15, 60, 1, false, 1)"
            )
        )
    migrate.upgrade(engine)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT place FROM booking_service")) == ""
    migrate.downgrade(engine, "0003")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT slug FROM booking_service")) == "cut"


OLD_ROWS = """
INSERT INTO booking_resource (id, kind, name) VALUES (1, 'service_day', 'Cut'), (2, 'staff', 'Ann');
INSERT INTO booking_service (id, slug, name, description, price, duration, buffer_before,
        buffer_after, minimum_notice, slot_step, booking_window, position, retired, resource_id)
    VALUES (1, 'cut', 'Cut', '', '', 30, 0, 0, 0, 15, 60, 1, false, 1);
INSERT INTO booking_staff_member (id, slug, name, about, zone, position, retired, resource_id)
    VALUES (1, 'ann', 'Ann', '', 'UTC', 1, false, 2);
INSERT INTO booking_tab_session (id, flow, token_hash, state, version, created_at, seen_at,
        idle_expires_at, absolute_expires_at)
    VALUES (1, 'booking', 'x', 'active', 1, 0, 0, 9, 9);
INSERT INTO booking_hold (id, tab_session_id, service_id, staff_member_id, starts_at, ends_at,
        expires_at, extensions)
    VALUES (1, 1, 1, 1, '2027-03-01 10:00', '2027-03-01 11:00', 5000, 0);
INSERT INTO booking_booking (reference, draft, state, service_id, staff_member_id, starts_at,
        ends_at, buffer_before, buffer_after, customer_name, customer_email, customer_phone,
        customer_note, customer_zone, answers, fingerprint, manage_token_hash, created_at)
    SELECT state, state, state, 1, 1, hold.starts_at, hold.ends_at, 0, 0, '', '', '', '', '', '[]',
        '', token, hold.starts_at
    FROM booking_hold AS hold
    JOIN (
        SELECT 'cancelled' AS state, token_hash AS token FROM booking_tab_session
        UNION ALL SELECT 'confirmed', token_hash || token_hash FROM booking_tab_session
    ) AS states ON hold.id = 1
"""


def test_what_was_there_before_gets_what_it_now_needs(engine):
    migrate.upgrade(engine, "0004")
    with engine.begin() as connection:
        for statement in OLD_ROWS.split(";"):
            connection.execute(text(statement))
    migrate.upgrade(engine)
    with engine.connect() as connection:
        changes = text("SELECT state, changes FROM booking_booking ORDER BY state")
        assert connection.execute(changes).all() == [("cancelled", 1), ("confirmed", 0)]
        assert connection.scalar(text("SELECT held_since FROM booking_hold")) == 4400
    migrate.downgrade(engine, "0004")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM booking_booking")) == 2


def test_a_process_that_lives_through_a_downgrade_does_not_take_the_new_token_for_the_old(engine):
    token = text("SELECT token FROM booking_catalogue_state")
    tokens = set()
    for _ in range(2):
        migrate.upgrade(engine)
        with engine.connect() as connection:
            tokens.add(connection.scalar(token))
        migrate.downgrade(engine, "0007")
    assert len(tokens) == 2


def test_migrating_twice_changes_nothing(engine):
    migrate.upgrade(engine)
    once = described(engine)
    migrate.upgrade(engine)
    assert described(engine) == once


def test_a_migration_that_fails_half_way_leaves_nothing_behind(engine, scripts):
    migrate.upgrade(engine)
    once = described(engine)
    add_migration(
        scripts,
        "op.create_table('booking_half', sa.Column('id', sa.Integer, primary_key=True));"
        " op.execute(\"INSERT INTO booking_resource (kind, name) VALUES ('staff', 'Half')\");"
        " raise RuntimeError('half-way')",
    )
    with pytest.raises(RuntimeError, match="half-way"):
        migrate.upgrade(engine, scripts=scripts)
    assert described(engine) == once
    assert migrate.current(engine) == HEAD
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM booking_resource")) == 0


def test_rebuilding_a_table_keeps_the_rows_that_point_to_it(engine, scripts):
    migrate.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO booking_resource (id, kind, name) VALUES (1, 'staff', 'Ann')")
        )
        connection.execute(
            text(
                "INSERT INTO booking_staff_member"
                " (id, slug, name, about, zone, position, retired, resource_id)"
                " VALUES (1, 'ann', 'Ann', '', 'UTC', 1, :no, 1)"
            ),
            {"no": False},
        )
        connection.execute(
            text(
                "INSERT INTO booking_weekly_hours"
                " (id, staff_member_id, weekday, starts, ends, kind)"
                " VALUES (1, 1, 0, 540, 1020, 'open')"
            )
        )
    add_migration(
        scripts,
        "with op.batch_alter_table('booking_staff_member') as batch:\n"
        "        batch.alter_column('name', type_=sa.String(300))",
    )
    migrate.upgrade(engine, scripts=scripts)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM booking_weekly_hours")) == 1
        if engine.dialect.name == "sqlite":
            assert connection.scalar(text("PRAGMA foreign_keys")) == 1, "switched on again"


def test_a_migration_that_orphans_rows_is_rolled_back(sqlite_url, scripts):
    add_migration(
        scripts,
        'op.execute("INSERT INTO booking_offer (service_id, staff_member_id) VALUES (7, 7)")',
    )
    engine = create_engine(sqlite_url)
    with pytest.raises(migrate.BrokenReferences):
        migrate.upgrade(engine, scripts=scripts)
    assert migrate.current(engine) == HEAD


def test_a_database_from_a_newer_version_is_refused_by_name(engine):
    migrate.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {migrate.VERSION_TABLE} SET version_num = '0999'"))
    for attempt in (migrate.upgrade, migrate.pending, lambda one: migrate.downgrade(one, "base")):
        with pytest.raises(migrate.NewerDatabase, match=r"0999.*Update Sidebook"):
            attempt(engine)


def test_the_tables_of_a_host_stay_as_they_are(engine):
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE customers (id INTEGER PRIMARY KEY)"))
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('host')"))
    migrate.upgrade(engine)
    migrate.downgrade(engine, "base")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "host"
    assert tables(engine) == {"customers", "alembic_version"}


@pytest.mark.parametrize("programs", [2, pytest.param(4, marks=pytest.mark.extra)])
def test_programs_that_migrate_at_once_all_succeed(engine, empty_url, programs):
    program = (
        "import sys; from sqlalchemy import create_engine; from booking.migrate import upgrade;"
        "engine = create_engine(sys.argv[1]); sys.stdin.readline(); upgrade(engine)"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, empty_url],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(programs)
    ]
    for one in running:
        one.stdin.write("go\n")
        one.stdin.flush()
    errors = [one.communicate(timeout=60)[1] for one in running]
    assert [one.returncode for one in running] == [0] * programs, errors
    assert migrate.current(engine) == HEAD


def test_the_alembic_command_alone_is_told_what_to_use_instead(tmp_path):
    from alembic import command
    from alembic.config import Config

    config = Config(stdout=sys.stdout)
    config.set_main_option("script_location", str(MIGRATIONS))
    with pytest.raises(RuntimeError, match="flask booking init"):
        command.upgrade(config, "head")
