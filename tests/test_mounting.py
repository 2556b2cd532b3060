"""Sidebook as a guest: at any prefix, under any name, beside whatever the host has."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Blueprint, Flask
from flask.cli import AppGroup
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import inspect

from booking import Sidebook, TabSessions, create_app
from booking.config import ConfigurationError
from booking.extension import BoundDatabase
from booking.migrate import is_not_ours
from booking.mounting import prefix_of
from booking.testing import TabClient
from tests.customer.walks import ADA, at_done, first_slot
from tests.fixtures.hosts import loaded


def links_of(page) -> set[str]:
    found = page.select("script[src], link[href], a[href^='/'], form[action]")
    return {each.get("src") or each.get("href") or each["action"] for each in found}


@pytest.mark.usefixtures("monday_morning")
@pytest.mark.parametrize("prefix", ["/", "shop/appointments/"])
def test_the_whole_wizard_works_at_any_prefix(host, prefix):
    host.add_url_rule("/mine", "mine", lambda: "mine")
    Sidebook(host, url_prefix=prefix)
    root = f"/{prefix.strip('/')}/".replace("//", "/")
    tab = TabClient(loaded(host), root, base=root).submit(service="short").submit(staff="any")
    shown = tab.submit(slot=first_slot(tab)).submit(**ADA).submit()
    link = shown.page.select_one(".sb-keep-link")["href"].removeprefix("http://localhost")
    manage = TabClient(host, link, base=root)
    for address in links_of(shown.page) | links_of(manage.page) | {f"{root}zones"}:
        assert address.removeprefix("http://localhost").startswith(root)
        with host.test_client().get(address) as answer:
            taken_by_post = address.endswith(("/cancellation", "/clear"))
            assert answer.status_code == 200 or taken_by_post, address
    assert manage.submit().page.h1.text == "This appointment is cancelled"
    assert host.test_client().get("/mine").text == "mine"


@pytest.mark.parametrize(
    ("written", "used"),
    [("", "/"), ("//", "/"), ("book", "/book"), ("/book/", "/book"), ("/a/b-c.d", "/a/b-c.d")],
)
def test_a_prefix_may_be_written_with_slashes_or_without(written, used):
    assert prefix_of(written) == used


def test_a_hosts_page_on_a_subdomain_is_in_nobodys_way(sqlite_url):
    host = Flask("host", subdomain_matching=True)
    host.config.update(SQLALCHEMY_DATABASE_URI=sqlite_url, SERVER_NAME="shop.test")
    SQLAlchemy(host)
    host.add_url_rule("/book/", "theirs", lambda: "theirs", subdomain="old")
    Sidebook(host)
    ask = host.test_client().get
    assert ask("/book/", base_url="http://old.shop.test").text == "theirs"
    assert ask("/book/", base_url="http://shop.test").status_code == 200


def test_at_the_root_the_hosts_pages_and_its_404_are_its_own(host):
    host.register_error_handler(404, lambda _error: ("the host's", 404))
    Sidebook(host, url_prefix="/")
    answer = host.test_client().get("/nowhere")
    assert (answer.status_code, answer.text) == (404, "the host's")
    assert "Content-Security-Policy" not in answer.headers
    assert "There is no such page" in host.test_client().get("/appointment/x").text


def test_an_app_of_our_own_at_the_root_says_itself_what_is_not_there(sqlite_url):
    app = create_app({"BOOKING_DATABASE_URL": sqlite_url}, url_prefix="/")
    assert TabClient(loaded(app), "/").submit(service="short").step == "staff"
    answer = app.test_client().get("/nowhere")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text


@pytest.mark.parametrize("prefix", ["/a//b", "/..", "/a b", "/<lang>/book", "/réserver", None, 7])
def test_a_prefix_that_cannot_be_one_is_told(host, prefix):
    with pytest.raises(ConfigurationError, match=r"url_prefix is .* Write a path"):
        Sidebook(host, url_prefix=prefix)


@pytest.mark.parametrize(
    "address", ["/", "/service", "/<page>", "/service/", "/appointment/<token>"]
)
def test_an_address_that_the_host_has_already_is_told(host, address):
    host.add_url_rule(address, "mine", lambda **_: "mine")
    with pytest.raises(ConfigurationError, match=r"a page of its own at /.*url_prefix="):
        Sidebook(host, url_prefix="/")


HOSTS, SUBDOMAINS = (
    {"host_matching": True, "static_host": "shop.test"},
    {"subdomain_matching": True},
)


@pytest.mark.parametrize(
    ("matching", "at", "remedy"),
    [
        (HOSTS, {}, r"Sidebook\(app, db, host='book.shop.example'\)"),
        (HOSTS, {"subdomain": "book"}, "say at which one"),
        (HOSTS, {"host": "book.shop.test", "subdomain": "book"}, "instead"),
        (HOSTS, {"host": "<tenant>.shop.test"}, "without variables"),
        (SUBDOMAINS, {"subdomain": "<tenant>"}, "without variables"),
        (SUBDOMAINS, {"host": "book.shop.test"}, "Flask.*host_matching=True, static_host"),
        ({}, {"subdomain": "book"}, "Flask.*subdomain_matching=True.*set SERVER_NAME"),
    ],
)
def test_a_host_or_subdomain_that_no_request_would_reach_is_told(sqlite_url, matching, at, remedy):
    app = Flask("host", **matching)
    app.config.update(SQLALCHEMY_DATABASE_URI=sqlite_url, SERVER_NAME="shop.test")
    SQLAlchemy(app)
    with pytest.raises(ConfigurationError, match=remedy):
        Sidebook(app, **at)


def test_subdomains_without_a_name_of_the_server_are_told(sqlite_url):
    app = Flask("host", subdomain_matching=True)
    app.config["SQLALCHEMY_DATABASE_URI"] = sqlite_url
    SQLAlchemy(app)
    with pytest.raises(ConfigurationError, match="set SERVER_NAME before"):
        Sidebook(app, subdomain="book")


@pytest.mark.parametrize(
    ("matching", "at"),
    [(HOSTS, {"host": "book.shop.test"}), (SUBDOMAINS, {"subdomain": "book"})],
)
def test_at_one_host_the_others_are_left_alone(sqlite_url, matching, at):
    app = Flask("host", **matching)
    app.config.update(SQLALCHEMY_DATABASE_URI=sqlite_url, SERVER_NAME="shop.test")
    SQLAlchemy(app)
    there = {"host": "shop.test"} if "host_matching" in matching else {}
    app.add_url_rule("/book/", "theirs", lambda: "theirs", **there)
    Sidebook(app, **at)
    ask = app.test_client().get
    assert ask("/book/", base_url="http://shop.test").text == "theirs"
    assert ask("/book/", base_url="http://book.shop.test").status_code == 200
    elsewhere = ask("/book/nowhere", base_url="http://shop.test")
    assert elsewhere.status_code == 404
    assert "Content-Security-Policy" not in elsewhere.headers
    ours = ask("/book/nowhere", base_url="http://book.shop.test")
    assert "Content-Security-Policy" in ours.headers


def test_an_address_that_the_host_has_at_the_same_host_is_told(sqlite_url):
    app = Flask("host", **HOSTS)
    app.config["SQLALCHEMY_DATABASE_URI"] = sqlite_url
    SQLAlchemy(app)
    app.add_url_rule("/book/", "theirs", lambda: "theirs", host="shop.test")
    with pytest.raises(ConfigurationError, match="a page of its own at /book/"):
        Sidebook(app, host="shop.test")


@pytest.fixture
def bound(tmp_path, sqlite_url):
    """A host whose own tables lie in one database, and bookings in another of its binds."""
    app = Flask("host")
    app.config.update(
        SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path}/own.db",
        SQLALCHEMY_BINDS={"bookings": sqlite_url},
        SECRET_KEY="x",
    )
    return app, SQLAlchemy(app)


@pytest.mark.usefixtures("monday_morning")
def test_bookings_may_lie_in_one_of_the_hosts_binds(bound):
    app, db = bound
    bookings = BoundDatabase(app, db, "bookings")
    TabSessions(app, bookings.session)
    Sidebook(app, bookings)
    assert at_done(loaded(app)).step == "done"
    with app.app_context():
        assert inspect(bookings.engine).has_table("booking_booking")
        assert not inspect(db.engine).get_table_names()


def test_a_bind_that_is_not_there_is_told(bound):
    with pytest.raises(ConfigurationError, match=r"given 'booking', and.* have 'bookings'"):
        BoundDatabase(*bound, "booking")


def test_tab_sessions_in_another_database_than_the_bookings_are_told(bound):
    app, db = bound
    TabSessions(app, db.session)
    with pytest.raises(ConfigurationError, match=r"TabSessions\(app, bookings.session"):
        Sidebook(app, BoundDatabase(app, db, "bookings"))


@pytest.mark.usefixtures("monday_morning")
def test_with_a_name_a_host_keeps_its_own_blueprint_and_commands(host):
    own = AppGroup("booking")
    own.command("ours")(lambda: print("the host's"))
    host.cli.add_command(own)
    host.register_blueprint(Blueprint("booking", "elsewhere", url_prefix="/rooms"))
    Sidebook(host, name="appointments")
    shown = at_done(loaded(host, "appointments"))
    assert (
        TabClient(host, shown.page.select_one(".sb-keep-link")["href"][16:]).submit().status == 200
    )
    assert TabClient(host, "/book/").page.select_one("script[src*='tab-session']")
    with host.test_client().get("/book/static/booking.css") as sheet:
        assert sheet.headers["X-Content-Type-Options"] == "nosniff"
        assert "no-store" not in sheet.headers.get("Cache-Control", "")
    shell = host.test_cli_runner()
    assert "the host's" in shell.invoke(args=["booking", "ours"]).output
    told = shell.invoke(args=["appointments", "show", "nothing"]).output
    assert "flask appointments list --all" in told


def test_without_a_name_the_hosts_own_are_not_replaced(host):
    host.register_blueprint(Blueprint("booking", "elsewhere"))
    with pytest.raises(ConfigurationError, match=r"a blueprint named 'booking'.*name='appoint"):
        Sidebook(host)


def test_nor_its_commands(host):
    host.cli.add_command(AppGroup("booking"))
    with pytest.raises(ConfigurationError, match=r"a command named 'booking'.*name='appoint"):
        Sidebook(host)


@pytest.mark.parametrize("name", ["", "a.b", "Ä", "two words", 7])
def test_a_name_that_cannot_be_one_is_told(host, name):
    with pytest.raises(ConfigurationError, match=r"name is .* Write small letters"):
        Sidebook().init_app(host, name=name)


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_a_hosts_own_tables_are_its_own_to_make_and_migrate_and_ours_are_not(host):
    db = host.extensions["sqlalchemy"]
    Sidebook(host)
    assert not db.metadata.tables
    with host.app_context(), db.engine.connect() as connection:
        for options, proposes in (({}, True), ({"include_name": is_not_ours}, False)):
            context = MigrationContext.configure(connection, opts=options)
            assert bool(compare_metadata(context, db.metadata)) == proposes
    assert is_not_ours("booking_wish", "table", {})
    assert is_not_ours("booking_booking", "column", {})


def test_an_app_below_a_path_has_the_wizard_there(host):
    host.config["APPLICATION_ROOT"] = "/shop"
    Sidebook(host)
    tab = TabClient(loaded(host), "/book/").submit(service="short")
    assert (tab.step, tab.url, tab.base) == ("staff", "/shop/book/staff", "/shop/book/")
    assert tab.open("/shop/book/service").step == tab.refresh().step == "service"


@pytest.mark.parametrize("address", ["/", "/zones"])
def test_an_address_that_the_host_registers_later_is_told_in_the_log(host, caplog, address):
    Sidebook(host, url_prefix="/")
    host.add_url_rule(address, "mine", lambda: "mine")
    for _ in range(2):
        host.test_client().get("/nowhere")
    assert caplog.text.count(f"{address} is wanted by two: by this app (mine)") == 1


def test_something_else_in_our_place_is_told(host):
    host.extensions["booking"] = "of the host"
    with pytest.raises(ConfigurationError, match="'of the host', and Sidebook keeps its own there"):
        Sidebook(host)
