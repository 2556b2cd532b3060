"""Settings of a server, a database or a role that were made for other programs than ours."""

from threading import Timer

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event, inspect, make_url

from booking import Sidebook, create_app
from booking.extension import prepare_postgresql
from booking.migrate import _LOCK, upgrade
from tests.commands.shell import appointment, refused, run
from tests.conftest import app_over
from tests.customer.walks import ADA, at_details
from tests.fixtures.databases import database_at, engine_at, migrate

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.fresh_database,
    pytest.mark.usefixtures("monday_morning"),
]

AGAINST_US = {
    "DateStyle": "'German, DMY'",
    "IntervalStyle": "'sql_standard'",
    "TimeZone": "'<+05>-05'",
    "client_encoding": "'LATIN1'",
    "bytea_output": "'escape'",
    "standard_conforming_strings": "off",
    "default_transaction_isolation": "'serializable'",
    "default_transaction_deferrable": "on",
    "extra_float_digits": "-15",
    "plan_cache_mode": "'force_generic_plan'",
    "synchronous_commit": "off",
    "lock_timeout": "'10ms'",
}


@pytest.fixture
def setting(on_postgres, postgresql_url):
    """`setting(DateStyle="'German'")`: of the database, for every connection from now on."""

    def change(**settings: str) -> None:
        for name, value in settings.items():
            on_postgres(f"ALTER DATABASE {make_url(postgresql_url).database} SET {name} = {value}")

    return change


@pytest.fixture(params=["LATIN1", "SQL_ASCII"])
def encoding(request):
    """Another one than UTF8."""
    return request.param


@pytest.fixture
def foreign_url(encoding, on_postgres, postgres_url):
    """An empty database in it."""
    on_postgres(
        f"CREATE DATABASE elsewhere ENCODING '{encoding}' TEMPLATE template0"
        " LC_COLLATE 'C' LC_CTYPE 'C'"
    )
    yield database_at(postgres_url, "elsewhere")
    on_postgres("DROP DATABASE elsewhere WITH (FORCE)")


def test_whatever_the_database_was_told_everybody_can_book(postgresql_url, setting):
    setting(**AGAINST_US)
    with app_over(postgresql_url) as app:
        assert done_by(app, "Łucja Ω")
        assert "Łucja Ω" in run(app, "list", "--all").output
        found = run(app, "doctor")
    assert found.exit_code == 0
    for told in ("synchronous_commit = on", "transaction_isolation = read committed"):
        assert f"ok     {told}" in found.output
    host = host_over(postgresql_url)  # which may tell its connections what ours are told
    with host.app_context():
        engine = host.extensions["sqlalchemy"].engine
    event.listen(engine, "connect", prepare_postgresql, insert=True)
    assert done_by(host, "Łukasz 李")


def done_by(app, name) -> bool:
    return at_details(app).submit(**ADA | {"name": name}).submit().step == "done"


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "SJIS"])
def test_no_setting_of_a_roles_encoding_keeps_us_from_connecting(postgresql_url, setting, encoding):
    setting(client_encoding=f"'{encoding}'")
    app = create_app({"BOOKING_DATABASE_URL": postgresql_url})
    with app.app_context():
        engine = app.extensions["booking"].engine
        with engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT 'Łucja Ω 李'").scalar() == "Łucja Ω 李"


def test_init_does_not_begin_where_not_every_name_can_be_held_and_prints_how_to_make_one_that_can(
    foreign_url, encoding, on_postgres, postgres_url
):
    app = create_app({"BOOKING_DATABASE_URL": foreign_url})
    told, found = refused(app, "init"), run(app, "doctor")
    with app.app_context():
        assert not inspect(app.extensions["booking"].engine).get_table_names()
    statement = told.partition("name it: ")[2]
    assert found.exit_code == 1
    assert f"WRONG  the database's encoding = {encoding}, so a customer whose name" in found.output
    assert statement in found.output
    on_postgres(statement)
    migrate(database_at(postgres_url, "elsewhere_utf8"))
    on_postgres("DROP DATABASE elsewhere_utf8 WITH (FORCE)")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            {},
            (
                "WRONG  DateStyle = German, so",
                "WRONG  client_encoding = LATIN1, so",
                "WRONG  session_replication_role = replica, so",
                "warn   synchronous_commit = off, so",
                "warn   transaction_isolation = serializable, so",
                "warn   statement_timeout = 4000 ms,",
                "ok     no appointments not wholly claimed",
            ),
        ),
        (
            {"isolation_level": "AUTOCOMMIT"},
            ("WRONG  autocommit = on, so half of a booking can be written",),
        ),
    ],
    ids=["database", "engine"],
)
def test_doctor_says_what_keeps_people_from_booking(postgresql_url, setting, options, told):
    with app_over(postgresql_url) as app:
        appointment(app)
    setting(**AGAINST_US, statement_timeout="'4s'", session_replication_role="'replica'")
    found = run(host_over(postgresql_url, **options), "doctor")
    assert found.exit_code == 1, found.output
    assert [line for line in told if line not in found.output] == []


def host_over(url, **options):
    host = Flask("host")
    host.config.update(SQLALCHEMY_DATABASE_URI=url, SQLALCHEMY_ENGINE_OPTIONS=options)
    db = SQLAlchemy(host)
    Sidebook(host, db)
    return host


def test_who_may_not_read_the_version_is_served_and_not_asked_again(postgresql_url):
    with app_over(postgresql_url) as app:
        with app.app_context():
            engine = app.extensions["booking"].engine
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE ROLE server_only LOGIN")
            connection.exec_driver_sql("GRANT USAGE ON SCHEMA public TO server_only")
            connection.exec_driver_sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO server_only")
            connection.exec_driver_sql("REVOKE ALL ON booking_alembic_version FROM server_only")
    role = make_url(postgresql_url).set(username="server_only").render_as_string()
    app = create_app({"BOOKING_DATABASE_URL": role})
    try:
        assert app.test_client().get("/book/").status_code == 200
        assert app.extensions["booking"].tables.are_known
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP OWNED BY server_only")
            connection.exec_driver_sql("DROP ROLE server_only")


def test_init_waits_for_another_init_whatever_a_statement_may_take(postgresql_url, setting):
    setting(statement_timeout="'1s'")
    with engine_at(postgresql_url) as engine, engine.connect() as other:
        other.exec_driver_sql(f"SELECT pg_advisory_lock({_LOCK})")
        unlock = Timer(1.5, other.exec_driver_sql, [f"SELECT pg_advisory_unlock({_LOCK})"])
        unlock.start()
        upgrade(engine)
        unlock.join()


def test_a_search_path_without_a_schema_is_told_with_the_remedy(postgres_url, on_postgres):
    on_postgres("CREATE DATABASE pathless")
    on_postgres("ALTER DATABASE pathless SET search_path = 'nowhere'")
    app = create_app({"BOOKING_DATABASE_URL": database_at(postgres_url, "pathless")})
    assert "Make a schema that the search_path" in refused(app, "init")
    on_postgres("DROP DATABASE pathless WITH (FORCE)")
