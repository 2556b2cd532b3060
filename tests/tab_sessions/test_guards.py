"""Who is let in, in the order of the contract, and what the others are told."""

import logging

import pytest

from booking.tab_sessions import MissingTabSession, guards
from tests.tab_sessions.conftest import Tab, host_app, notes_blueprint

GOOD = "A" * 43


@pytest.mark.parametrize(
    "header",
    [None, "", "short", "A" * 42, "A" * 44, "A" * 5000, "A" * 42 + "=", "A" * 42 + "+", "é" * 43,
     GOOD + ", " + GOOD, GOOD + "\t", "A" * 42 + "%"],
)  # fmt: skip
def test_an_unusable_id_is_400_and_goes_nowhere(app, header, caplog):
    caplog.set_level(logging.DEBUG)
    headers = {} if header is None else {"Tab-Session": header}
    answer = app.test_client().post("/note", data={"text": "x"}, headers=headers)
    assert answer.status_code == 400
    assert answer.headers["HX-Trigger"] == "tab-session:missing"
    if header:
        assert header not in answer.text + caplog.text


def test_a_header_sent_twice_is_400(app):
    headers = [("Tab-Session", GOOD), ("Tab-Session", GOOD)]
    assert app.test_client().get("/note", headers=headers).status_code == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "http://localhost"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}, 200),
    ],
)
def test_another_sites_requests_are_403(tab, headers, status):
    assert tab.post(_headers=headers, text="x").status_code == status
    assert tab.get(**headers).status_code == status


def test_a_host_that_the_proxy_did_not_pass_on_is_named_once_with_the_pages_own(tab, caplog):
    guards._logged.clear()
    strange = {"Origin": "http://shop.example\\n", "Host": "app.internal"}
    for number in range(30):
        assert tab.post(_headers=strange, text="x").status_code == 403
        other = {"Origin": f"https://{number}.example/{'x' * 3000}"}
        assert tab.post(_headers=other, text="x").status_code == 403
    first, *others = [each.getMessage() for each in caplog.records]
    assert all(part in first for part in ("shop.example", "'app.internal'", "ProxyFix"))
    assert len(others) == 19
    assert max(map(len, others)) < 900


def test_too_much_is_413_and_leaves_the_page(session, rows):
    app = host_app(session, notes_blueprint(), request_bytes=2000)
    answer = Tab(app.test_client()).post(text="x" * 3000)
    assert answer.status_code == 413
    assert answer.headers["HX-Reswap"] == "none"
    assert rows() == []


TOO_MUCH = {
    "it has 3005 bytes; at most 2000 are taken (request_bytes)": {"data": {"text": "x" * 3000}},
    "it says no Content-Length": {
        "headers": {"Transfer-Encoding": "chunked"},
        "environ_overrides": {"wsgi.input_terminated": True},
    },
    "raise MAX_FORM_PARTS or MAX_FORM_MEMORY_SIZE": {
        "data": {"text": "x", "more": "y", "most": "z"},
        "content_type": "multipart/form-data",
    },
    "at most 1024 fit (draft_bytes)": {"data": {"text": "x" * 1100}},
}


@pytest.mark.parametrize("remedy", TOO_MUCH)
@pytest.mark.parametrize("debug", [False, True])
def test_in_debug_mode_the_413_says_what_would_take_more(session, rows, caplog, remedy, debug):
    app = host_app(session, notes_blueprint(), request_bytes=2000, draft_bytes=1024)
    app.config["MAX_FORM_PARTS"] = 2
    app.debug = debug
    headers = {"Tab-Session": GOOD, **TOO_MUCH[remedy].get("headers", {})}
    answer = app.test_client().post("/note", **{**TOO_MUCH[remedy], "headers": headers})
    assert answer.status_code == 413
    assert (remedy in answer.text) is debug
    assert remedy in caplog.text or not debug
    assert rows() == []


def test_the_checks_come_in_the_order_of_the_contract(session):
    app = host_app(session, notes_blueprint(), request_bytes=2000)
    client = app.test_client()
    large, foreign = {"text": "x" * 3000}, {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/note", data=large, headers=foreign).status_code == 403
    assert client.post("/note", data=large).status_code == 413
    assert client.post("/note", data={"text": "x"}).status_code == 400


def test_a_blueprints_own_page_answers_and_the_headers_stay(session):
    notes = notes_blueprint()
    notes.errorhandler(MissingTabSession)(lambda refusal: ("our own words", 400))
    answer = host_app(session, notes).test_client().get("/note")
    assert (answer.status_code, answer.text) == (400, "our own words")
    assert answer.headers["HX-Trigger"] == "tab-session:missing"


def test_a_body_of_unknown_length_is_413_and_not_cut_off_without_a_word(tab, rows):
    from io import BytesIO

    answer = tab.client.post(
        "/note",
        input_stream=BytesIO(b"text=" + b"x" * 300_000),
        content_type="application/x-www-form-urlencoded",
        headers={"Tab-Session": tab.id, "Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert answer.status_code == 413
    assert rows() == []


@pytest.mark.parametrize(
    ("headers", "cause"),
    [
        ({}, "did not come from htmx"),
        ({"HX-Request": "true"}, "htmx older than 4"),
        ({"HX-Request": "true", "HX-Request-Type": "partial"}, "data-prefix cover"),
        ({"Tab-Session": "secret"}, "43 characters"),
    ],
)
def test_in_debug_mode_the_400_names_what_was_forgotten(session, caplog, headers, cause):
    app = host_app(session, notes_blueprint())
    assert cause not in app.test_client().get("/note", headers=headers).text
    app.debug = True
    assert cause in app.test_client().get("/note", headers=headers).text
    assert cause in caplog.text
    assert "secret" not in caplog.text
