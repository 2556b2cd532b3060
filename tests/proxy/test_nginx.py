"""The configuration of docs/proxy/nginx.conf: a real nginx before a real gunicorn."""

import contextlib
import http.client
import re
import secrets
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup

from tests.conftest import app_over
from tests.fixtures.clusters import wait_until
from tests.fixtures.gunicorns import gunicorn_over
from tests.fixtures.nginxes import nginx_before

THREADS = 2
STALLED = (
    b"POST /book/service/form HTTP/1.1\r\nHost: shop.example\r\nTab-Session: %s\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 20\r\n\r\nname="
)
TRICKLING = b"GET /book/ HTTP/1.1\r\nHost: shop.example\r\nX-Slow: "


@dataclass(frozen=True)
class Site:
    """What customers reach, and what only the proxy should."""

    port: int
    server_port: int
    log: Path

    def connection(self) -> ssl.SSLSocket:
        """As a browser connects that trusts this certificate."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        return context.wrap_socket(plain, server_hostname="shop.example")

    def ask(self, method: str, path: str, tab: str = "", body: bytes = b"", **headers: str):
        """One request over TLS: its status, headers and text."""
        connection = http.client.HTTPConnection("shop.example")
        connection.sock = self.connection()
        sent = {"Content-Type": "application/x-www-form-urlencoded", "HX-Request": "true"}
        sent |= {"Tab-Session": tab} if tab else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        with contextlib.closing(connection):
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()

    def answer(self, tab: str, step: str, fields: dict[str, str], **headers: str):
        return self.ask("POST", f"/book/{step}/form", tab, urlencode(fields).encode(), **headers)


@pytest.fixture(scope="module")
def site(migrated_file, tmp_path_factory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("nginx")
    file = folder / "booking.db"
    file.write_bytes(migrated_file.read_bytes())
    url = f"sqlite:///{file}"
    with app_over(url):
        settings = {
            "BOOKING_TRUSTED_PROXIES": "1",
            "BOOKING_TRUSTED_HOSTS": "shop.example",
            "BOOKING_HOLDS_PER_VISITOR": "1",
        }
        with gunicorn_over(url, workers=1, threads=THREADS, **settings) as server:
            address = server.url.removeprefix("http://")
            with nginx_before(address, folder) as port:
                yield Site(port, int(address.rpartition(":")[2]), folder / "sidebook.log")


@contextlib.contextmanager
def many(make, message: bytes):
    """As many connections as would take every thread several times over, each gone silent."""
    with contextlib.ExitStack() as stack:
        several = [stack.enter_context(make()) for _ in range(5 * THREADS)]
        for each in several:
            each.sendall(message)
        time.sleep(0.1)  # until they are where they can do harm
        yield several


@pytest.mark.parametrize("message", [STALLED % (b"A" * 43), TRICKLING], ids=["body", "headers"])
def test_who_stalls_keeps_nobody_from_booking(site, message):
    with many(site.connection, message) as stalled:
        for step in ("service", "staff"):
            status, _, _ = site.ask("GET", f"/book/{step}/form", secrets.token_urlsafe(32))
            assert status == 200
        for each in stalled:  # and nginx ends it: by 408, or by closing
            assert each.recv(64).partition(b"\r\n")[0] in (b"HTTP/1.1 408 Request Time-out", b"")


def test_without_the_proxy_the_same_headers_would(site):
    """The control: what the configuration is for."""
    with many(lambda: socket.create_connection(("127.0.0.1", site.server_port)), TRICKLING):
        wait_until(lambda: is_kept_waiting(site.server_port))


def is_kept_waiting(port: int) -> bool:
    probe = http.client.HTTPConnection("127.0.0.1", port, timeout=0.5)
    with contextlib.closing(probe):
        try:
            probe.request("GET", "/book/", headers={"Host": "shop.example"})
            probe.getresponse()
        except TimeoutError:
            return True
    return False


def test_what_a_client_says_of_itself_is_overwritten(site):
    said = {"X_Forwarded_Proto": "javascript", "X_Forwarded_Host": "evil.example"}
    said |= {"X_Forwarded_Prefix": "/evil", "X_Forwarded_Port": "1", "Forwarded": "host=evil"}
    status, headers, _ = site.ask("GET", "/book", **said)
    assert (status, headers["Location"]) == (308, "https://shop.example/book/")


def test_whoever_names_another_address_each_time_is_still_one_visitor(site):
    statuses = [hold(site, f"203.0.113.{number}") for number in (1, 2)]
    assert statuses == [200, 429]


def hold(site: Site, address: str) -> int:
    """The status of choosing a time in a new tab, as somebody who says to be at that address."""
    tab, said = secrets.token_urlsafe(32), {"X_Forwarded_For": address}
    site.answer(tab, "service", {"service": "short"}, **said)
    _, _, text = site.answer(tab, "staff", {"staff": "any"}, **said)
    start = BeautifulSoup(text, "html.parser").select_one("input[name=slot]:not([disabled])")
    return site.answer(tab, "time", {"slot": start["value"]}, **said)[0]


@pytest.mark.parametrize("size", [300_000, 600_000])
def test_too_much_is_413_whoever_says_so(site, size):
    status, _, text = site.ask("POST", "/book/service/form", "A" * 43, b"x" * size)
    assert status == 413
    assert ("That is too long" in text) is (size < 512 * 1024)


def test_another_host_is_not_answered_and_no_manage_token_is_in_the_log(site):
    assert site.ask("GET", "/book/", Host="evil.example")[0] == 400
    site.ask("GET", "/book/appointment/secret-token/calendar.ics?x=1")
    logged = re.compile(r'"GET /book/appointment/\.\.\./calendar\.ics\?x=1" 404')
    # nginx writes its line when the answer is gone already
    wait_until(lambda: logged.search(site.log.read_text(encoding="utf-8")))
    site.ask("GET", "/book/appointment/K7MPX3QW/confirmation/secret-token?x=1")
    logged = re.compile(r'"GET /book/appointment/\.\.\./confirmation/\.\.\.\?x=1" 404')
    wait_until(lambda: logged.search(site.log.read_text(encoding="utf-8")))
    assert "secret-token" not in site.log.read_text(encoding="utf-8")
