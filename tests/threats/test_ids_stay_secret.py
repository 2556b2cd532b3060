"""A tab's id is a secret of the tab's: it is taken from one header, and told to nobody."""

import logging
import secrets

import pytest
from bs4 import BeautifulSoup

from booking.testing import TabClient
from tests.customer.walks import at_details, at_done, at_review

TAB = {"HX-Request": "true", "Sec-Fetch-Site": "same-origin"}
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FRAGMENTS = ("form", "service/form", "time/form", "details/form", "review/form", "done/form")


def asked(app, path: str, tab_id: str, method: str = "GET", **form: str):
    headers = TAB | {"Tab-Session": tab_id}
    answer = app.test_client().open(f"/book/{path}", method=method, headers=headers, data=form)
    kept = [pair for pair in answer.headers if pair[0] != "Date"]
    return answer.status, kept, answer.data


def test_an_id_that_was_guessed_opens_an_empty_booking(app):
    """And answers byte by byte the same whether other tabs are busy, done, or not there at all."""
    nobody = {path: asked(app, path, secrets.token_urlsafe(32)) for path in FRAGMENTS}
    tabs = at_details(app), at_done(app), at_review(app)
    near = [tab.id[:-1] + ("A" if tab.id[-1] != "A" else "B") for tab in tabs]
    for guess in (*near, "A" * 43, secrets.token_urlsafe(32)):
        assert {path: asked(app, path, guess) for path in FRAGMENTS} == nobody


def test_an_id_that_was_guessed_writes_to_nobodys_booking(app):
    sent = {"idempotency_key": "x", "review_version": "x"}
    before = asked(app, "review/form", secrets.token_urlsafe(32), "POST", **sent)
    at_review(app)
    assert asked(app, "review/form", secrets.token_urlsafe(32), "POST", **sent) == before
    assert before[0].startswith("409")


@on_sqlite
def test_a_known_draft_number_confirms_nothing_without_its_tab(app, bookings):
    tab = at_review(app)
    sent = {name: tab.fields[name] for name in ("idempotency_key", "review_version")}
    status, _, _ = asked(app, "review/form", secrets.token_urlsafe(32), "POST", **sent)
    assert status.startswith("409")
    assert bookings() == []


@pytest.mark.parametrize(
    "plant",
    [
        lambda client, tab_id: client.get(f"/book/review/form?Tab-Session={tab_id}", headers=TAB),
        lambda client, tab_id: client.post(
            "/book/service/form", data={"Tab-Session": tab_id, "service": "short"}, headers=TAB
        ),
        lambda client, tab_id: client.get(
            "/book/review/form", headers=TAB | {"Cookie": f"Tab-Session={tab_id}"}
        ),
        lambda client, tab_id: client.get(f"/book/{tab_id}/review/form", headers=TAB),
    ],
    ids=["in the query", "in the form", "in a cookie", "in the path"],
)
@on_sqlite
def test_an_id_can_be_planted_nowhere_but_in_the_header(app, plant):
    tab = at_review(app)
    answer = plant(app.test_client(), tab.id)
    assert answer.status_code in (400, 404)
    assert "Ada" not in answer.text


@on_sqlite
def test_no_page_fragment_header_or_address_repeats_it(app):
    """Its stored digest neither, and no link in the wizard carries a query that is personal."""
    tab, seen = TabClient(app), []
    for answers in ({}, {"service": "long"}, {"staff": "any"}):
        tab = tab.submit(**answers) if answers else tab.open("")
        seen.append(tab.response)
    for tab in (at_review(app), at_done(app)):
        for path in (*FRAGMENTS, "", "review", "nothing", "appointment/nothing"):
            headers = TAB | {"Tab-Session": tab.id, "Referer": "http://localhost/book/"}
            answer = app.test_client().get(f"/book/{path}", headers=headers)
            assert tab.id not in answer.text
            assert tab.id not in str(answer.headers)
            assert leaky_links(answer.text) == []


def leaky_links(html: str) -> list[str]:
    page = BeautifulSoup(html, "html.parser")
    names = ("href", "action", "src", "hx-get", "hx-post", "hx-push-url")
    addresses = [tag[name] for name in names for tag in page.select(f"[{name}]")]
    return [address for address in addresses if "Ada" in address or "ada@" in address]


@pytest.fixture
def everything_said(app, caplog, monkeypatch):
    """All loggers at their loudest, SQLAlchemy's statements with their values among them."""
    with app.app_context():
        engine = app.extensions["booking"].engine
    monkeypatch.setattr(engine, "echo", "debug")
    monkeypatch.setattr(engine, "hide_parameters", False)
    with caplog.at_level(logging.DEBUG):
        yield caplog


def test_no_log_names_it_however_loud(app, everything_said):
    tab = half_way_with_accidents(app)
    assert "booking_tab_session" in everything_said.text, "SQLAlchemy was to be heard"
    for secret in (tab.id, tab.id[:20], tab.id[20:]):
        assert secret not in everything_said.text


def half_way_with_accidents(app) -> TabClient:
    tab = at_review(app)
    tab.post("service/form", service="nothing")
    tab.post("hold/extension")
    tab.open("review").submit().refresh()
    tab.post("service/form", service="short")  # it is over: 410
    return tab


@on_sqlite
def test_a_failure_of_ours_logs_its_trace_and_not_the_id(app, everything_said):
    tab = at_review(app)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with app.app_context(), app.extensions["booking"].engine.begin() as connection:
        connection.exec_driver_sql("UPDATE booking_shop SET zone = 'Europe/Nowhere'")
    tab.open("details")
    assert tab.status == 500
    assert "Traceback" in everything_said.text
    for said in (everything_said.text, tab.response.text):
        assert tab.id not in said
    assert "Traceback" not in tab.response.text


@pytest.mark.parametrize("header", ["{} ", "{}, {}", "x{}", "{}!", '"{}"'])
@on_sqlite
def test_an_id_that_is_not_quite_one_is_neither_logged_nor_repeated(app, everything_said, header):
    tab_id = secrets.token_urlsafe(32)
    status, headers, body = asked(app, "service/form", header.format(tab_id, tab_id))
    assert status.startswith(("400", "200"))
    for told in (str(headers), body.decode(), everything_said.text):
        assert tab_id not in told
