"""What docs/with-your-stack.md says of a host's usual extensions, each tried for real."""

import re
from dataclasses import fields
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask, redirect, request, url_for
from flask_debugtoolbar import DebugToolbarExtension
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, UserMixin, current_user, login_user
from flask_sqlalchemy import SQLAlchemy
from flask_talisman import Talisman
from flask_wtf import CSRFProtect

from booking import Sidebook, TabSessions
from booking.config import Settings
from booking.testing import TabClient
from booking.web import headers
from tests.customer.walks import ADA, first_slot
from tests.fixtures.hosts import loaded
from tests.hosts.stack import STRICT

GUIDE = Path(__file__).parents[1] / "docs" / "with-your-stack.md"


FIRST = pytest.mark.parametrize("first", ["it", "Sidebook"])


def mounted(host, first, extension):
    """The extension, in a host that makes Sidebook before or after it."""
    if first == "Sidebook":
        Sidebook(host)
    made = extension(host)
    if first != "Sidebook":
        Sidebook(host)
    return made


@FIRST
def test_the_wizard_works_beside_csrfprotect_and_so_does_cancelling(host, first):
    mounted(host, first, CSRFProtect)
    host.add_url_rule("/mine", "mine", lambda: "mine", methods=["POST"])
    tab = TabClient(loaded(host), "/book/").submit(service="short")
    assert (tab.status, tab.step) == (200, "staff")
    assert tab.fetch("tab-session", "POST").status_code == 204
    answer = host.test_client().post("/book/appointment/x/cancellation")
    assert answer.status_code == 404, "asked for no token"
    assert host.test_client().post("/mine").status_code == 400


@FIRST
@pytest.mark.parametrize("with_headers", [True, False])
def test_a_limiter_of_the_hosts_says_itself_when_to_come_back(host, first, with_headers):
    limiter = Limiter(get_remote_address, headers_enabled=with_headers, storage_uri="memory://")
    mounted(host, first, limiter.init_app)
    limiter.limit("1 per minute")(host.blueprints["booking"])
    answers = [loaded(host).test_client().get("/book/") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert 0 < int(answers[1].headers.get("Retry-After", 1)) <= 60
    assert ("Retry-After" in answers[1].headers) == with_headers


@pytest.mark.parametrize("answer", ["Closed today", ("Closed today", 503)])
def test_what_a_host_answers_in_our_place_is_left_as_it_is(host, answer):
    Sidebook(host)
    host.before_request(lambda: answer)
    closed = host.test_client().get("/book/details")
    assert closed.text == "Closed today"
    assert "Content-Security-Policy" not in closed.headers
    assert "Cache-Control" not in closed.headers


@FIRST
def test_talisman_before_or_after_sidebook_leaves_the_wizard_its_own_headers(host, first):
    mounted(host, first, partial(Talisman, force_https=False))
    host.add_url_rule("/mine", "mine", lambda: "mine")
    assert TabClient(loaded(host), "/book/").submit(service="short").step == "staff"
    client = host.test_client()
    answer = client.get("/book/").headers
    assert answer["Content-Security-Policy"] == headers.POLICY
    assert answer["X-Frame-Options"] == "DENY"
    assert "form-action" not in client.get("/mine").headers["Content-Security-Policy"]


@FIRST
def test_a_hosts_policy_with_its_nonce_counts_where_it_says_so(host, first):
    host.config["BOOKING_HOST_POLICY"] = True
    options = {
        "content_security_policy": STRICT,
        "content_security_policy_nonce_in": ["script-src", "style-src"],
    }
    mounted(host, first, partial(Talisman, force_https=False, **options))
    client = loaded(host).test_client()
    for path in ("/book/", "/book/details", "/book/nowhere"):
        answer = client.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'"), path
        (nonce,) = set(re.findall("'nonce-([^']+)'", policy))
        page = BeautifulSoup(answer.text, "html.parser")
        needing = page.select("script, link[rel=stylesheet]")
        assert {each.get("nonce") for each in needing} == {nonce}
        assert answer.headers["X-Frame-Options"] == "DENY"


def test_where_a_host_that_says_so_sends_none_ours_counts(host):
    host.config["BOOKING_HOST_POLICY"] = True
    Sidebook(host)
    answer = loaded(host).test_client().get("/book/")
    assert answer.headers["Content-Security-Policy"] == headers.POLICY
    assert "nonce" not in answer.text


@pytest.fixture
def with_login(host):
    """The example of docs/with-your-stack.md, with a log-in page of the host's."""
    db, login = host.extensions["sqlalchemy"], LoginManager(host)
    login.user_loader(Person)
    TabSessions(host, db.session, user=lambda: current_user.get_id())  # noqa: PLW0108 - who is there later
    shown = re.search(r"```python\n(OPEN = .*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    names = {"app": host, "current_user": current_user, "request": request}
    exec(shown[1], names | {"redirect": redirect, "url_for": url_for})

    @host.route("/login", methods=["GET", "POST"])
    def login():
        if request.method == "GET":
            return '<form action="" method="post"><button>Log in</button></form>'
        login_user(Person("7"))
        return redirect(urlsplit(request.args["next"]).path)

    Sidebook(host)
    return loaded(host)


class Person(UserMixin):
    def __init__(self, number):
        self.id = number


@pytest.mark.usefixtures("monday_morning")
def test_a_log_in_before_the_wizard_and_one_that_ran_out_in_its_midst(with_login):
    tab = TabClient(with_login, "/book/")
    assert tab.url == "/login?next=/book/?"
    tab.submit().submit(service="short").submit(staff="ana")
    tab.client.delete_cookie("session")
    tab.submit(slot=first_slot(tab))
    assert tab.url.startswith("/login?next=")
    tab.submit()
    assert (tab.url, tab.step) == ("/book/time", "time")
    assert tab.submit(slot=first_slot(tab)).step == "details"
    done = tab.submit(**ADA).submit()
    link = done.page.select_one(".sb-keep-link")["href"].removeprefix("http://localhost")
    stranger = TabClient(with_login, link)
    assert stranger.submit().page.h1.text == "This appointment is cancelled"


# It says of each fragment that it found no page to stand in.
@pytest.mark.filterwarnings("ignore:Could not insert debug toolbar")
def test_the_debug_toolbar_stands_beside_the_wizard(host):
    host.config.update(DEBUG_TB_ENABLED=True, DEBUG_TB_INTERCEPT_REDIRECTS=False)
    Sidebook(host)
    DebugToolbarExtension(host)
    tab = TabClient(loaded(host), "/book/")
    assert "flDebug" in tab.page.decode()
    assert tab.submit(service="short").step == "staff"


SHOWN = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize(
    ("begins", "where"),
    [
        ("app = Flask(__name__, host_matching", "http://book.shop.example"),
        ("app = Flask(__name__, subdomain_matching", "http://book.shop.example"),
        ("from booking.extension import BoundDatabase", "http://localhost"),
    ],
)
def test_where_to_mount_it_is_written_as_it_works(loaded_sqlite_url, begins, where):
    (code,) = (each for each in SHOWN if each.startswith(begins))
    code = code.replace("postgresql+psycopg://shop@localhost/bookings", loaded_sqlite_url)

    def app_with_database(name="host", **options):
        app = Flask("host", **options)
        app.config.update(SQLALCHEMY_DATABASE_URI=loaded_sqlite_url, SECRET_KEY="x")
        if name != "host":  # the shown lines make one themselves, or have made it before
            SQLAlchemy(app)
        return app

    names = {"__name__": "shown", "Flask": app_with_database, "db": None}
    names |= {"SQLAlchemy": SQLAlchemy, "Sidebook": Sidebook, "app": app_with_database()}
    exec(code, names)
    assert names["app"].test_client().get("/book/", base_url=where).status_code == 200


def test_every_line_of_the_settings_it_names_is_one_that_exists():
    told = GUIDE.read_text(encoding="utf-8")
    names = {f"BOOKING_{field.name.upper()}" for field in fields(Settings)}
    assert set(re.findall(r"BOOKING_\w+", told)) <= names
