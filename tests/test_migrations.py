"""The migrations build what the models describe, whole or not at all, and both ways."""

import re
import shutil
import subprocess
import sys
from itertools import chain, pairwise
from pathlib import Path

import pytest
from sqlalchemy import Engine, MetaData, create_engine, event, inspect, text

from booking import migrate
from booking.files import MIGRATIONS, ROOT
from booking.storage.search_keys import keys_of
from tests.fixtures.databases import database_at

REVISIONS = sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("0*.py"))
HEAD = REVISIONS[-1]
BEFORE_CUSTOMERS = "0026"
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


pytestmark = [
    pytest.mark.fresh_database,
    # SQLAlchemy does not read it; `described` compares its words.
    pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index"),
]


@pytest.fixture
def empty_file(tmp_path):
    return f"sqlite:///{tmp_path / 'empty.db'}"


@pytest.fixture
def empty_server(postgres_url, on_postgres):
    on_postgres("CREATE DATABASE empty")
    yield database_at(postgres_url, "empty")
    on_postgres("DROP DATABASE empty WITH (FORCE)")


@pytest.fixture(params=["file", pytest.param("server", marks=pytest.mark.postgresql)])
def empty(request):
    """Over a database in which nothing was ever made."""
    return careful_engine(request.getfixturevalue(f"empty_{request.param}"))


@pytest.fixture
def engine(database_url):
    """Over a database that was migrated to this version."""
    return careful_engine(database_url)


def careful_engine(url: str) -> Engine:
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys=ON"))
    return engine


def put(engine: Engine, statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements.split(";"):
            connection.execute(text(statement))


def read(engine: Engine, query: str) -> object:
    with engine.connect() as connection:
        return connection.scalar(text(query))


@pytest.fixture
def scripts(tmp_path) -> Path:
    """The migrations, in a folder where a test may add its own."""
    return Path(shutil.copytree(MIGRATIONS, tmp_path / "migrations"))


def add_migration(scripts: Path, upgrade: str) -> None:
    (scripts / "versions" / "9999_try.py").write_text(NEXT.format(upgrade=upgrade, head=HEAD))


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - {migrate.VERSION_TABLE}


TABLES = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
EXPRESSIONS = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE '%(%(%'"
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
            found |= {
                f"words of {index}": [sql] for index, sql in connection.execute(text(EXPRESSIONS))
            }
    return {name: facts for name, facts in found.items() if migrate.VERSION_TABLE not in name}


def in_words(one: object) -> str:
    if isinstance(one, dict):
        return str([(name, in_words(inner)) for name, inner in sorted(one.items())])
    return str(one)  # the condition of an index is text, and no text is another's equal


TOKEN = "SELECT token FROM booking_catalogue_state"
A_HOSTS = """
CREATE TABLE customers (id INTEGER PRIMARY KEY);
CREATE TABLE alembic_version (version_num VARCHAR(32));
INSERT INTO alembic_version VALUES ('host')
"""


def test_each_migration_undoes_exactly_itself_beside_the_tables_of_a_host(empty):
    put(empty, A_HOSTS)
    built = {}
    for number, revision in enumerate(REVISIONS):
        assert migrate.pending(empty) == REVISIONS[number:]
        built[revision] = described(empty)
        migrate.upgrade(empty, revision)
    whole, token = described(empty), read(empty, TOKEN)
    for revision, below in pairwise([*reversed(REVISIONS), "base"]):
        migrate.downgrade(empty, below)
        assert described(empty) == built[revision]
    assert tables(empty) == {"customers", "alembic_version"}
    assert migrate.current(empty) is None
    migrate.upgrade(empty)
    assert described(empty) == whole
    assert read(empty, TOKEN) != token, "who lived through it takes no new one for the old"
    assert (migrate.current(empty), migrate.pending(empty)) == (HEAD, [])
    assert read(empty, "SELECT version_num FROM alembic_version") == "host"


def test_the_migrated_database_is_the_one_the_models_describe(engine):
    metadata, migrated = migrate.merged_metadata(), described(engine)
    migrate.upgrade(engine)
    assert described(engine) == migrated, "a second time there is nothing to do"
    assert tables(engine) == set(metadata.tables), "there is something to compare"
    metadata.drop_all(engine)
    assert modelled(engine, metadata) == migrated
    claim = metadata.tables["booking_claim"]
    owner = next(one for one in claim.constraints if one.name == "ck_booking_claim_owner")
    owner.sqltext = text("hold_id IS NOT NULL")
    assert modelled(engine, metadata) != migrated, "a changed check is noticed"


def modelled(engine: Engine, metadata: MetaData) -> dict[str, list[str]]:
    metadata.create_all(engine)
    found = described(engine)
    metadata.drop_all(engine)
    return found


def test_every_constraint_and_index_has_a_name_of_ours(engine):
    inspector = inspect(engine)
    kinds = ("foreign_keys", "unique_constraints", "check_constraints", "indexes")
    for table in tables(engine):
        for one in chain(*(getattr(inspector, f"get_{kind}")(table) for kind in kinds)):
            assert re.match(rf"(fk|uq|ck|ix)_{table}_", one["name"]), one


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


def test_what_was_there_before_gets_what_it_now_needs_and_outlives_the_way_back(empty):
    migrate.upgrade(empty, "0003")
    put(empty, OLD_ROWS)
    migrate.upgrade(empty)
    with empty.connect() as connection:
        changes = text("SELECT state, changes FROM booking_booking ORDER BY state")
        assert connection.execute(changes).all() == [("cancelled", 1), ("confirmed", 0)]
    assert read(empty, "SELECT held_since FROM booking_hold") == 4400
    assert read(empty, "SELECT place FROM booking_service") == ""
    migrate.downgrade(empty, "0003")
    assert read(empty, "SELECT count(*) FROM booking_booking") == 2
    assert read(empty, "SELECT slug FROM booking_service") == "cut"


CLAIMS = """
INSERT INTO booking_claim (resource_id, tick, hold_id, booking_id, expires_at)
    SELECT 2, n, CASE WHEN n = 1 THEN 1 END, CASE n WHEN 2 THEN 1 WHEN 3 THEN 2 END,
        CASE WHEN n = 1 THEN 5000 END
    FROM (SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3) AS numbers
"""
WAITING = """
UPDATE booking_booking SET state = 'pending', pending_for = 'mail',
    pending_until = CASE id WHEN 1 THEN 5000 ELSE 4000000000 END;
UPDATE booking_claim SET expires_at = CASE booking_id WHEN 1 THEN 5000 ELSE 4000000000 END
    WHERE booking_id IS NOT NULL
"""
STATES = text("SELECT id, state, cancelled_by FROM booking_booking ORDER BY id")
OWNERS = text("SELECT tick, hold_id, booking_id, expires_at FROM booking_claim ORDER BY tick")


def test_claims_live_through_the_change_of_their_check_and_who_waits_keeps_the_time(empty):
    migrate.upgrade(empty, "0019")
    put(empty, OLD_ROWS)
    put(empty, CLAIMS)
    held, *booked = [(1, 1, None, 5000), (2, None, 1, None), (3, None, 2, None)]
    migrate.upgrade(empty, "0020")
    with empty.connect() as connection:
        assert connection.execute(OWNERS).all() == [held, *booked]
    put(empty, WAITING)
    migrate.downgrade(empty, "0019")
    with empty.connect() as connection:
        states = [(1, "cancelled", "clock"), (2, "pending", None)]
        assert connection.execute(STATES).all() == states
        assert connection.execute(OWNERS).all() == [held, booked[1]], "for good, as it was made"
    migrate.upgrade(empty)


ASKED = """
INSERT INTO booking_pending_move (booking_id, number, staff_member_id, starts_at, ends_at,
        buffer_before, buffer_after, times, asked_at, until, outcome)
    SELECT id, manage_token_hash, 1, starts_at, ends_at, 0, 0, 1, 0,
        CASE state WHEN 'confirmed' THEN 4000000000 END,
        CASE state WHEN 'confirmed' THEN '' ELSE 'declined' END
    FROM booking_booking;
INSERT INTO booking_claim (resource_id, tick, booking_id, expires_at)
    SELECT 2, 9, id, 4000000000 FROM booking_booking WHERE state = 'confirmed';
INSERT INTO booking_letter (booking_id, kind, role, recipient, language, facts, sequence,
        message_id, due_at, state, tries, answer, created_at)
    SELECT id, kind, 'customer', '', '', '{}', 0, kind, 0, 'waiting', 0, '', 0
    FROM booking_booking JOIN (
        SELECT 'move_to_decide' AS kind, 'confirmed' AS of_state
        UNION ALL SELECT 'moved', 'confirmed' UNION ALL SELECT 'booked', 'confirmed'
    ) AS kinds ON of_state = booking_booking.state
"""
LETTERS = text("SELECT kind, state FROM booking_letter ORDER BY kind")


def test_who_has_asked_for_another_time_keeps_the_old_one_on_the_way_back(empty):
    migrate.upgrade(empty, "0003")
    put(empty, OLD_ROWS)
    put(empty, CLAIMS)
    migrate.upgrade(empty, "0022")
    before = [(1, 1, None, 5000), (2, None, 1, None), (3, None, 2, None)]
    migrate.upgrade(empty)
    with empty.connect() as connection:
        assert connection.execute(OWNERS).all() == before
    put(empty, ASKED)
    migrate.downgrade(empty, "0022")
    with empty.connect() as connection:
        assert connection.execute(OWNERS).all() == before, "the other time is free"
        states = [("booked", "waiting"), ("move_to_decide", "withdrawn"), ("moved", "waiting")]
        assert connection.execute(LETTERS).all() == states
    migrate.upgrade(empty)
    assert read(empty, "SELECT count(*) FROM booking_pending_move") == 0


def test_bookings_of_before_belong_to_nobody_and_lose_their_customers_on_the_way_back(empty):
    migrate.upgrade(empty, "0003")
    put(empty, OLD_ROWS)
    migrate.upgrade(empty, BEFORE_CUSTOMERS)
    before = read(empty, "SELECT min(customer_email || draft) FROM booking_booking")
    migrate.upgrade(empty)
    assert read(empty, "SELECT count(*) FROM booking_booking WHERE customer_id IS NULL") == 2
    put(
        empty,
        """INSERT INTO booking_customer (id, name, sort_name, created_at)
            VALUES (1, 'Ada', 'ada', '2027-03-01 10:00');
        UPDATE booking_booking SET customer_id = 1""",
    )
    migrate.downgrade(empty, BEFORE_CUSTOMERS)
    assert read(empty, "SELECT min(customer_email || draft) FROM booking_booking") == before
    assert read(empty, "SELECT count(*) FROM booking_booking") == 2
    migrate.upgrade(empty)
    assert read(empty, "SELECT count(*) FROM booking_customer") == 0


ENTRY = (
    "INSERT INTO booking_history (at, actor, door, details, {0})"
    " VALUES (1, '', 'desk', '{{}}', {1})"
)


def test_the_history_of_before_is_of_appointments_and_nothing_else_is_left_on_the_way_back(empty):
    migrate.upgrade(empty, "0031")
    put(empty, ENTRY.format("what", "'moved'"))
    migrate.upgrade(empty)
    assert read(empty, "SELECT about FROM booking_history") == "booking"
    put(empty, ENTRY.format("what, about", "'blocked', 'customer'"))
    migrate.downgrade(empty, "0031")
    assert read(empty, "SELECT what FROM booking_history") == "moved"
    migrate.upgrade(empty)


def test_a_migration_that_fails_half_way_leaves_nothing_behind(engine, scripts):
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
    assert read(engine, "SELECT count(*) FROM booking_resource") == 0


ANN = """
INSERT INTO booking_resource (id, kind, name) VALUES (1, 'staff', 'Ann');
INSERT INTO booking_staff_member (id, slug, name, about, zone, position, retired, resource_id)
    VALUES (1, 'ann', 'Ann', '', 'UTC', 1, false, 1);
INSERT INTO booking_weekly_hours (id, staff_member_id, weekday, starts, ends, kind)
    VALUES (1, 1, 0, 540, 1020, 'open')
"""


def test_rebuilding_a_table_keeps_the_rows_that_point_to_it(engine, scripts):
    put(engine, ANN)
    add_migration(
        scripts,
        "with op.batch_alter_table('booking_staff_member') as batch:\n"
        "        batch.alter_column('name', type_=sa.String(300))",
    )
    migrate.upgrade(engine, scripts=scripts)
    assert read(engine, "SELECT count(*) FROM booking_weekly_hours") == 1
    if engine.dialect.name == "sqlite":
        assert read(engine, "PRAGMA foreign_keys") == 1, "switched on again"


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
    put(engine, f"UPDATE {migrate.VERSION_TABLE} SET version_num = '0999'")
    for attempt in (migrate.upgrade, migrate.pending, lambda one: migrate.downgrade(one, "base")):
        with pytest.raises(migrate.NewerDatabase, match=r"0999.*Update Sidebook"):
            attempt(engine)


PROGRAM = """
import sys
from sqlalchemy import create_engine
from booking.migrate import upgrade

for url in sys.argv[1:]:
    sys.stdin.readline()
    upgrade(create_engine(url))
    print("done", flush=True)
"""


@pytest.mark.postgresql
@pytest.mark.parametrize("programs", [2, pytest.param(4, marks=pytest.mark.extra)])
def test_programs_that_migrate_at_once_all_succeed_on_both_databases(
    empty_file, empty_server, programs
):
    urls = (empty_file, empty_server)
    piped = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = [sys.executable, "-c", PROGRAM, *urls]
    running = [subprocess.Popen(command, cwd=ROOT, text=True, **piped) for _ in range(programs)]
    for url in urls:
        for one in running:
            one.stdin.write("go\n")
            one.stdin.flush()
        done = [one.stdout.readline() for one in running]
        assert done == ["done\n"] * programs, [one.communicate(timeout=60) for one in running]
        assert migrate.current(create_engine(url)) == HEAD
    assert [one.communicate(timeout=60)[1] for one in running] == [""] * programs


def test_a_process_that_lives_through_an_update_knows_the_migrations_that_came(sqlite_url, scripts):
    engine = create_engine(sqlite_url)
    assert migrate.pending(engine, scripts=scripts) == []
    add_migration(scripts, "pass")
    assert migrate.pending(engine, scripts=scripts) == ["9999"]
    migrate.upgrade(engine, scripts=scripts)
    assert (migrate.current(engine), migrate.pending(engine, scripts=scripts)) == ("9999", [])


def test_the_alembic_command_alone_is_told_what_to_use_instead(tmp_path):
    from alembic import command
    from alembic.config import Config

    config = Config(stdout=sys.stdout)
    config.set_main_option("script_location", str(MIGRATIONS))
    with pytest.raises(RuntimeError, match="flask booking init"):
        command.upgrade(config, "head")


def test_bookings_of_before_can_be_found_as_new_ones_can(empty):
    migrate.upgrade(empty, "0003")
    put(empty, OLD_ROWS)
    names = {1: ("Zoë O'Brien-Łask", "Z@Example.com", "+49 (30) 12"), 2: ("", "", "")}
    with empty.begin() as connection:
        for number, (name, email, phone) in names.items():
            written = {"name": name, "email": email, "phone": phone, "id": number}
            connection.execute(NAMING, written)
    migrate.upgrade(empty)
    with empty.connect() as connection:
        found = connection.execute(KEYS).all()
    assert [(bytes(key), number) for key, number in found if number == 1] == [
        (key, 1) for key in keys_of(*names[1])
    ]
    assert not [number for _, number in found if number == 2]


NAMING = text(
    "UPDATE booking_booking SET customer_name = :name, customer_email = :email,"
    " customer_phone = :phone WHERE id = :id"
)
KEYS = text("SELECT key, booking_id FROM booking_search_key ORDER BY key")
