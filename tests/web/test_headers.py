"""What every answer of the wizard tells the browser."""

import pytest
from flask import Flask, url_for

from booking import Sidebook
from booking.testing import TabClient
from booking.web import assets
from tests.customer.walks import at_details

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

TAB = {"Tab-Session": "A" * 43, "HX-Request": "true"}


def test_every_answer_is_strict_and_kept_nowhere(app):
    for method, path, headers in (
        ("GET", "", {}),
        ("GET", "review", {}),
        ("GET", "service/form", TAB),
        ("GET", "service/form", {}),
        ("GET", "nothing", {}),
        ("GET", "appointment/nothing", {}),
        ("POST", "service/form", TAB),
        ("POST", "service/form", {}),
        ("POST", "service/form", TAB | {"Sec-Fetch-Site": "cross-site"}),
        ("POST", "", {}),
        ("DELETE", "", {}),
        ("TRACE", "service/form", TAB),
    ):
        told = app.test_client().open(f"/book/{path}", method=method, headers=headers).headers
        policy = told["Content-Security-Policy"]
        for rule in ("default-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
            assert rule in policy, (method, path)
        assert "unsafe" not in policy
        secret = path.startswith("appointment/")
        assert told["Referrer-Policy"] == ("no-referrer" if secret else "same-origin")
        assert (told["Cache-Control"], told["X-Content-Type-Options"]) == ("no-store", "nosniff")
        assert "Set-Cookie" not in told


def test_static_files_are_kept_for_good_at_the_address_that_names_their_content(app):
    page = TabClient(app, "/book/").page
    named = [link["href"] for link in page.select("link[href]")]
    named += [script["src"] for script in page.select("script[src]")]
    with app.test_request_context():
        # Which steps bring along that keep up, and hosts' pages with htmx 2.
        named += [url_for(f"booking.{name}") for name in ("tab_live_script", "tab_htmx_2_script")]
    assert len(named) >= 6
    for address in named:
        assert cache_control(app, address) == assets.FOR_GOOD
        for other in (address.partition("?")[0], address[:-1] + "x"):
            assert "immutable" not in cache_control(app, other)


def cache_control(app, path) -> str:
    with app.test_client().get(path, headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.status_code == 200
        return answer.headers.get("Cache-Control", "")


def test_the_host_apps_own_pages_are_left_alone(database_url, sqlite_url):
    host = Flask("host")
    host.config["BOOKING_DATABASE_URL"] = sqlite_url
    Sidebook(host)
    host.add_url_rule("/host", "host", lambda: "mine")
    for path in ("/host", "/nothing"):
        assert "Content-Security-Policy" not in host.test_client().get(path).headers
    assert host.test_client().get("/host", headers={"Host": "a b"}).status_code == 200
    assert host.test_client().get("/book", headers={"Host": "a b"}).status_code == 400


def test_the_shell_carries_nothing_personal_and_loads_one_fragment(app):
    tab = at_details(app)
    tab.submit(name="Ada Lovelace", email="ada@example.com")
    shell = app.test_client().get("/book/review?service=short&day=2026-01-01&x=y").text
    assert "Ada" not in shell
    assert tab.id not in shell
    assert shell.count("hx-get") == 1
    assert 'hx-get="/book/review/form?service=short&amp;day=2026-01-01"' in shell


def test_the_redirect_to_the_slash_is_strict_too(app):
    answer = app.test_client().get("/book")
    assert answer.status_code == 308
    assert answer.headers["Content-Security-Policy"]


def test_the_front_page_takes_nothing_in_its_own_words(app):
    answer = app.test_client().post("/book/", data={"name": "Ada"})
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert "Test Shop" in answer.text
