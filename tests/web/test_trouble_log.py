"""What the log says of refusals and mistakes, and what it never says."""

import logging
import re
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text

from booking import Sidebook
from booking.application import FORMAT, WITH_ZONE, LineFormatter, without_tokens
from booking.tab_sessions import write_transaction
from booking.web import trouble_log
from tests.conftest import served
from tests.customer.walks import at_details, at_done, at_time, slots

HTMX = {"HX-Request": "true"}
TAB = "x" * 43


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


def told(caplog):
    return [line for line in caplog.messages if line.startswith("Refused within ")]


def refuse(app, address):
    """Each kind of refusal, some of them several times."""
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    for _ in range(3):
        client.post("/book/service/form", headers={"Sec-Fetch-Site": "cross-site"})
        client.post("/book/service/form", headers=HTMX)
        client.get(f"/book/appointment/{TAB}")
        client.get("/book/no/such/page")
    large = {"name": "x" * 400_000}
    client.post("/book/details/form", data=large, headers=HTMX | {"Tab-Session": TAB})
    at_details(app, service="short", staff="ana")
    tab = at_time(app, service="short", staff="ana")
    assert tab.submit(slot=slots(tab)[-1]).status == 429
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=61), tick=False):
        assert tab.submit(slot=slots(tab)[-1]).status == 410


@pytest.mark.settings(holds_per_visitor=1)
def test_refusals_are_a_line_with_numbers_and_nothing_of_whom(app, caplog, monkeypatch):
    monkeypatch.setattr(trouble_log, "REPEATED_AFTER", 3600.0)
    app.test_client().post("/book/service/form", headers=HTMX)
    assert told(caplog) == ["Refused within 1 s: 1 x 400 (no usable tab id, or another host)"]
    refuse(app, "203.0.113.77")
    assert len(told(caplog)) == 1, "a flood is no flood of lines"
    monkeypatch.setattr(trouble_log, "REPEATED_AFTER", 0.0)
    app.test_client().get("/book/")
    assert re.sub(r"within \d+ s", "", told(caplog)[1]) == (
        "Refused : 3 x 400 (no usable tab id, or another host), 3 x 403 (sent by another website), "
        "3 x 404 (a manage link that leads nowhere), 1 x 410 (the tab's booking is over), 1 x 413 "
        "(larger than it may be), 1 x 429 (more than one visitor may)"
    )
    assert "203.0.113" not in caplog.text
    assert TAB not in caplog.text


def test_a_flood_is_a_line_a_second(app, caplog):
    client, began = app.test_client(), time.monotonic()
    for _ in range(40):
        client.post("/book/service/form", headers=HTMX)
    assert 1 <= len(told(caplog)) <= time.monotonic() - began + 2


def test_a_hosts_own_answers_are_not_counted(app, sqlite_url, caplog):
    host = Flask("host")
    host.config["BOOKING_DATABASE_URL"] = sqlite_url
    Sidebook(host)
    host.test_client().get("/nothing")
    assert told(caplog) == []
    host.test_client().post("/book/service/form", headers=HTMX)
    assert len(told(caplog)) == 1


@pytest.fixture
def failing_link(app):
    """The address and token of a manage link whose page is a mistake: a row was damaged."""
    path = at_done(app, service="short").page.select_one("a[href*='/appointment/']")["href"]
    with app.app_context(), write_transaction(app.extensions["booking"].session) as session:
        session.execute(text("UPDATE booking_booking SET created_at = 'never'"))
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return path, re.search("/appointment/([^/?]+)", path)[1]


def test_no_line_of_a_mistake_has_the_token_of_a_manage_link(app, failing_link, caplog):
    path, token = failing_link
    for rest in ("", "/calendar.ics"):
        assert app.test_client().get(f"/book/appointment/{token}{rest}").status_code == 500
    caplog.handler.setFormatter(logging.Formatter("%(message)s"))
    assert "Exception on /book/appointment/<token> [GET]" in caplog.text
    assert "Exception on /book/appointment/<token>/calendar.ics [GET]" in caplog.text
    assert "Traceback" in caplog.text
    assert token not in caplog.text
    assert path


def test_the_server_for_trying_things_out_logs_no_token_either(app, failing_link, caplog):
    _, token = failing_link
    with caplog.at_level(logging.INFO, "werkzeug"), served(app) as server, suppress(HTTPError):
        urlopen(f"{server.url}/book/appointment/{token}")
    assert "/book/appointment/*** " in caplog.text
    assert token not in caplog.text


@pytest.mark.parametrize("page", ["", "/details", "/confirmation/{}", "/decision/{}?do=confirm"])
def test_no_page_of_a_link_is_logged_with_its_token(page):
    path = f"/book/appointment/{TAB}{page.format(TAB)}"
    logged = path.replace(TAB, "***")
    assert without_tokens(f'"GET {path} HTTP/1.1" 404') == f'"GET {logged} HTTP/1.1" 404'


def test_a_line_has_its_time_with_the_zone_and_no_token_even_in_a_stack_trace():
    try:
        raise LookupError(f"nothing at http://shop.example/book/appointment/{TAB}?x=1")
    except LookupError:
        caught = sys.exc_info()
    record = logging.LogRecord("booking", 40, "x.py", 1, f"at '/b/appointment/{TAB}'", (), caught)
    line = LineFormatter(FORMAT, WITH_ZONE).format(record)
    assert re.match(r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}\] ERROR in x: at '/b/app", line)
    assert line.endswith("LookupError: nothing at http://shop.example/book/appointment/***?x=1")
    assert TAB not in line
