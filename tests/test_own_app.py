"""The app that create_app makes: the hosts it answers to, its place behind proxies, its headers."""

import logging

import pytest
from bs4 import BeautifulSoup

from booking import create_app
from booking.config import ConfigurationError
from booking.testing import TabClient
from tests.customer.walks import ADA, first_slot

STRICT = ("Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy")


@pytest.fixture
def made(loaded_sqlite_url):
    """Makes the app with settings, over the shop of the tests."""
    given = {"BOOKING_DATABASE_URL": loaded_sqlite_url, "TESTING": True}
    return lambda **settings: create_app(given | settings)


def links(app, **request) -> set[str]:
    page = BeautifulSoup(app.test_client().get("/book/", **request).text, "html.parser")
    found = [each[name] for name in ("href", "src") for each in page.select(f"[{name}]")]
    elsewhere = ("mailto:", "tel:", "#")  # and "", the page itself
    return {link for link in found if link and not link.startswith(elsewhere)}


def test_a_mount_path_is_before_every_address_once_whoever_cut_it_off_or_told_it(made):
    app = made(BOOKING_PUBLIC_URL="https://shop.example/termine")
    for path, told in (
        ("/book/", {}),
        ("/termine/book/", {}),
        ("/book/", {"SCRIPT_NAME": "/termine"}),
    ):
        answer = app.test_client().get(path, environ_overrides=told)
        assert answer.status_code == 200
        assert 'hx-get="/termine/book/form"' in answer.text
        assert 'data-prefix="/termine/book/"' in answer.text  # the key of the tab's id names it
    assert all(link.startswith("/termine/book/") for link in links(app))
    assert app.test_client().get("/book").headers["Location"].endswith("/termine/book/")
    door = app.test_client().get("/termine/")
    assert (door.status_code, door.location) == (302, "/termine/book/")
    assert app.test_client().get("/termineX/book/").status_code == 404


@pytest.mark.parametrize("proxies", [0, 1])
def test_a_prefix_that_a_client_wrote_is_never_believed(made, proxies):
    app = made(BOOKING_TRUSTED_PROXIES=proxies)
    found = links(app, headers={"X-Forwarded-Prefix": "/evil"})
    assert found
    assert all(link.startswith("/book/") for link in found)


def test_a_public_address_that_ends_in_the_wizards_own_prefix_is_refused(made):
    with pytest.raises(ConfigurationError, match=r"Leave it out: https://shop\.example$"):
        made(BOOKING_PUBLIC_URL="https://shop.example/book")


@pytest.mark.usefixtures("monday_morning")
def test_the_manage_link_begins_with_the_public_address(made):
    app = made(BOOKING_PUBLIC_URL="https://shop.example/termine")
    tab = TabClient(app, "/termine/book/").submit(service="short").submit(staff="any")
    tab.submit(slot=first_slot(tab)).submit(**ADA).submit()
    link = tab.page.select_one(".sb-keep-link")["href"]
    reference = tab.page.select_one("[data-booking-reference]")["data-booking-reference"]
    told = app.test_cli_runner().invoke(args=["booking", "show", reference, "--link"]).stdout
    assert told.splitlines()[-1] == link, "as a letter says it"
    assert link.startswith("https://shop.example/termine/book/appointment/")
    assert app.test_client().get(link.removeprefix("https://shop.example")).status_code == 200


@pytest.mark.parametrize("host", ["a b", "", "<x>", "shop.example:0", "x" * 3000, "a,b"])
def test_a_host_that_is_none_is_400_and_leads_nowhere(made, host):
    client = made().test_client()
    for path in ("/", "/book", "/book/", "/book/form", "/nothing"):
        answer = client.get(path, headers={"Host": host})
        assert answer.status_code == 400, path
        assert "Location" not in answer.headers, path


@pytest.mark.parametrize(
    ("host", "status"),
    [("shop.example", 200), ("www.shop.example:8443", 200), ("evil.example", 400), ("a b", 400)],
)
def test_only_trusted_hosts_are_answered(made, host, status):
    app = made(BOOKING_TRUSTED_HOSTS="shop.example, .shop.example")
    assert app.test_client().get("/book/", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    ("headers", "location"),
    [
        ({"X-Forwarded-Proto": "javascript", "X-Forwarded-Host": "evil.example"}, None),
        ({"X-Forwarded-Proto": "ftp"}, None),
        ({"X-Forwarded-Host": "a b"}, None),
        (
            {"X-Forwarded-Proto": "HTTPS", "X-Forwarded-Host": "shop.example"},
            "https://shop.example/book/",
        ),
        (
            {"X-Forwarded-Proto": "data, https", "X-Forwarded-Host": "evil, shop.example"},
            "https://shop.example/book/",
        ),
    ],
)
def test_no_proxys_word_leads_outside_the_web(made, headers, location):
    answer = made(BOOKING_TRUSTED_PROXIES=1).test_client().get("/book", headers=headers)
    assert answer.headers.get("Location") == location
    assert answer.status_code == (308 if location else 400)


def test_fewer_proxies_than_are_believed_are_said_once(made, caplog):
    app = made(BOOKING_TRUSTED_PROXIES=2)
    with caplog.at_level(logging.WARNING):
        app.test_client().get("/book/")
        app.test_client().get("/book/", headers={"X-Forwarded-For": "203.0.113.8, 10.0.0.1"})
        assert not caplog.messages
        for _ in range(2):
            app.test_client().get("/book/", headers={"X-Forwarded-For": "203.0.113.8"})
    (line,) = caplog.messages
    assert "fewer addresses in X-Forwarded-For than proxies are trusted" in line
    assert "203.0.113.8" not in line


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/", {}),
        ("GET", "/nothing", {}),
        ("POST", "/", {}),
        ("GET", "/book", {}),
        ("GET", "/book/", {"Host": "a b"}),
        ("GET", "/favicon.ico", {}),
        ("TRACE", "/", {}),
    ],
)
def test_every_answer_of_our_own_app_is_strict(made, method, path, headers):
    answer = made().test_client().open(path, method=method, headers=headers)
    assert all(answer.headers.get(name) for name in STRICT)
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_failure_of_ours_is_strict_too(made):
    app = made(TESTING=False)
    app.add_url_rule("/broken", "broken", lambda: 1 / 0)
    answer = app.test_client().get("/broken")
    assert answer.status_code == 500
    assert all(answer.headers.get(name) for name in STRICT)


@pytest.mark.parametrize("path", ["/", "/book/", "/nothing"])
def test_browsers_are_asked_to_keep_to_https_only_over_https_and_only_where_set(made, path):
    asked = made(BOOKING_HSTS_SECONDS=3600).test_client()
    over_https = asked.get(path, base_url="https://shop.example")
    assert over_https.headers["Strict-Transport-Security"] == "max-age=3600"
    assert "Strict-Transport-Security" not in asked.get(path).headers
