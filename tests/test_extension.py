"""Sidebook in an app: alone, in a host, several times in one process."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy_lite import SQLAlchemy as Lite
from sqlalchemy import event

from booking import Sidebook, TabSessions, create_app
from booking.config import ConfigurationError
from booking.tab_sessions import Limits, limits_of
from booking.testing import TabClient
from tests.conftest import SHOP, app_over
from tests.customer.walks import at_details
from tests.fixtures.hosts import loaded


@pytest.fixture
def host(tmp_path):
    app = Flask("host")
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{tmp_path}/host.db"
    return app


@pytest.mark.parametrize("given", [True, False])
def test_flask_sqlalchemy_lite_serves_as_well(sqlite_url, given):
    app = Flask("host")
    app.config.update(SQLALCHEMY_ENGINES={"default": sqlite_url}, TESTING=True)

    def walk():
        db = Lite(app)
        Sidebook(app, db if given else None)
        return TabClient(loaded(app), "/book/").submit(service="short").step

    # It closes sessions by asgiref, which a thread with the browser tests' event loop refuses.
    with ThreadPoolExecutor(1) as apart:
        assert apart.submit(walk).result() == "staff"


@pytest.mark.usefixtures("monday_morning")
def test_a_hosts_hook_after_commits_has_a_transaction_of_its_own(sqlite_url):
    app = Flask("host")
    app.config.update(SQLALCHEMY_DATABASE_URI=sqlite_url, TESTING=True)
    db = SQLAlchemy(app)

    @event.listens_for(db.session, "after_commit")
    def write_beside(session):
        if session.in_nested_transaction():  # docs/host.md
            return
        with db.engine.begin() as beside:
            beside.exec_driver_sql("UPDATE booking_shop SET name = name")

    Sidebook(app, db)
    assert at_details(loaded(app)).step == "details"


ELSEWHERE = {"BOOKING_DATABASE_URL": "sqlite:///elsewhere.db"}
BINDS = {"SQLALCHEMY_BINDS": {"shop": "sqlite:///shop.db"}}
ONLY_OURS = ".*create_app.* leave the setting"


@pytest.mark.parametrize(
    ("extension", "config", "told"),
    [
        (None, ELSEWHERE, "name two databases"),
        (None, {"SQLALCHEMY_DATABASE_URI": "sqlite://"}, "_DATABASE_URI names .* in memory"),
        (None, {"SQLALCHEMY_DATABASE_URI": "mysql://x@y/z"}, "_DATABASE_URI is not the URL"),
        (None, BINDS, "SQLALCHEMY_BINDS is set, but"),
        (SQLAlchemy, ELSEWHERE, "Remove BOOKING_DATABASE_URL"),
        (
            SQLAlchemy,
            BINDS | {"SQLALCHEMY_DATABASE_URI": None},
            r"no default database.*SQLALCHEMY_DATABASE_URI",
        ),
        (
            SQLAlchemy,
            {"BOOKING_TRUSTED_PROXIES": 1},
            f"BOOKING_TRUSTED_PROXIES is for {ONLY_OURS}",
        ),
        (SQLAlchemy, {"BOOKING_HSTS_SECONDS": 1}, f"BOOKING_HSTS_SECONDS is for {ONLY_OURS}"),
        (Sidebook, {}, "already"),
    ],
)
def test_what_would_not_be_used_in_a_host_is_told(host, extension, config, told):
    host.config.update(config)
    if extension:
        extension(host)
    with pytest.raises(ConfigurationError, match=told):
        Sidebook(host)


@pytest.mark.parametrize(
    ("given", "told"), [("/appointments", "url_prefix"), (SQLAlchemy(), r"db\.init_app\(app\)")]
)
def test_what_is_no_database_of_the_apps_is_told(host, given, told):
    with pytest.raises(ConfigurationError, match=told):
        Sidebook(host, given)


def test_an_operators_database_and_options_are_taken_beside_ours(host, tmp_path):
    host.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_recycle": 100}
    Sidebook(host)
    with host.app_context():
        engine = host.extensions["booking"].engine
        assert engine.hide_parameters
        assert engine.pool._recycle == 100
        assert engine.url.database == f"{tmp_path}/host.db"


@pytest.mark.parametrize(
    ("setting", "value", "option"),
    [
        ("BOOKING_IDLE_MINUTES", 5, "idle_minutes=5"),
        ("BOOKING_ABSOLUTE_HOURS", 2, "absolute_minutes=120"),
        ("BOOKING_REQUEST_SECONDS", 7, "request_seconds=7"),
        ("BOOKING_REQUEST_BYTES", 100_000, "request_bytes=100000"),
        ("BOOKING_DRAFT_BYTES", 20_000, "draft_bytes=20000"),
    ],
)
def test_limits_that_the_hosts_tab_sessions_have_otherwise_are_told(host, setting, value, option):
    db = SQLAlchemy(host)
    host.config[setting] = value
    TabSessions(host, db.session)
    with pytest.raises(ConfigurationError, match=rf"{setting} is {value}.*{option}"):
        Sidebook(host, db)


def test_how_long_a_tab_lives_and_how_much_it_may_bring_are_settings(host):
    host.config |= {
        "BOOKING_IDLE_MINUTES": 5,
        "BOOKING_ABSOLUTE_HOURS": "2",
        "BOOKING_DRAFT_BYTES": 20_000,
        "BOOKING_REQUEST_BYTES": "100000",
        "BOOKING_REQUEST_SECONDS": 7,
    }
    Sidebook(host)
    assert limits_of(host) == Limits(5 * 60, 2 * 3600, 20_000, 100_000, 7)


def test_limits_that_are_the_same_in_both_are_no_mistake(host):
    db = SQLAlchemy(host)
    host.config["BOOKING_IDLE_MINUTES"] = "5"
    TabSessions(host, db.session, idle_minutes=5)
    Sidebook(host, db)


IN_MEMORY = "in memory, where each connection finds an empty"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        *((url, "BOOKING_DATABASE_URL") for url in ("nonsense", "mysql://x@y/z", "foo://")),
        *((f"sqlite://{file}", IN_MEMORY) for file in ("", "/:memory:")),
        ("sqlite:///file:x?mode=memory&uri=true", IN_MEMORY),
        ("postgresql+psycopg2://shop@localhost/shop", r"Write postgresql\+psycopg://"),
    ],
)
def test_a_url_that_cannot_be_ours_names_the_setting_or_the_reason(url, told):
    with pytest.raises(ConfigurationError, match=told):
        create_app({"BOOKING_DATABASE_URL": url})


def test_a_hosts_engine_and_session_cookie_are_left_alone(host):
    db = SQLAlchemy(host)
    Sidebook(host)
    assert host.extensions["booking"].db is db, "it is found"
    with host.app_context():
        assert not db.engine.hide_parameters
        mode = db.session.connection().exec_driver_sql("PRAGMA journal_mode").scalar()
        assert mode == "delete"
        db.session.remove()
    answer = host.test_client().get("/book/static/css/base.css")
    assert "Set-Cookie" not in answer.headers
    answer.close()


def test_our_own_engine_keeps_what_was_confirmed_and_says_nothing_personal(sqlite_url):
    with app_over(sqlite_url) as app, app.app_context():
        engine = app.extensions["booking"].engine
        assert engine.hide_parameters
        with engine.connect() as connection:
            read = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
    assert read == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 15000,
    }


def test_two_apps_in_one_process_are_two_shops(migrated_file, tmp_path):
    apps = []
    for name in ("First Shop", "Second Shop"):
        file = shutil.copy(migrated_file, tmp_path / f"{name}.db")
        shop = tmp_path / f"{name}.toml"
        shop.write_text(SHOP.read_text(encoding="utf-8").replace("Test Shop", name))
        with app_over(f"sqlite:///{file}", shop) as app:
            apps.append(app)
    tabs = [TabClient(app, "/book/").submit(service="short") for app in apps]
    assert [tab.step for tab in tabs] == ["staff", "staff"]
    first, second = (tab.page.get_text() for tab in tabs)
    assert "First Shop" in first
    assert "Second Shop" in second
    assert "First Shop" not in second


def test_a_proxy_is_believed_only_where_it_was_named(sqlite_url):
    forwarded = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    schemes = []
    for count in (0, 1):
        app = create_app({"BOOKING_DATABASE_URL": sqlite_url, "BOOKING_TRUSTED_PROXIES": count})
        app.add_url_rule("/scheme", "scheme", lambda: f"{request.scheme} {request.remote_addr}")
        schemes.append(app.test_client().get("/scheme", headers=forwarded).text)
    assert schemes == ["http 127.0.0.1", "https 203.0.113.9"]
