"""Whatever is sent to whichever route, nothing breaks: what makes no sense is a 4xx."""

import secrets

import pytest

HUGE = 10**30
NESTED = b"[" * 100_000
NUL = "a\0b"
TEXTS = ["", NUL, "\ud7ff\u202e", "9" * 5000, "-1", "1e999", "NaN", "<b>", "x" * 10_000, "٣٤"]
FIELDS = [
    *("model", "built", "value", "name", "born", "cover", "excess", "then"),
    *("email", "password", "reference"),
]
JSON = ["[]", "[1, 2]", "null", "5", '"text"', '{"cover": []}', '{"cover": {}, "excess": 1e999}']
JSON += [f'{{"cover": "full", "excess": {HUGE}}}', '{"cover": "\\ud800"}', "{", "9" * 5000]
IS_JSON = {"content_type": "application/json"}
BODIES = [{"data": dict.fromkeys(FIELDS, text)} for text in TEXTS]
BODIES += [{"data": text, **IS_JSON} for text in [*JSON, NESTED, b"\xff\xfe"]]
BODIES += [{"data": b"\xff%zz&=&;&&cover", "content_type": "application/x-www-form-urlencoded"}]
BODIES += [{"data": b"--", "content_type": "multipart/form-data; boundary=x"}, {}]


def addresses(app):
    """Each method of each address, with numbers that are nobody's and that fit nowhere."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        for number in (1, HUGE) if "number" in rule.arguments else (None,):
            values = {"number": number, "step": "car"}
            path = rule.rule
            for name in rule.arguments:
                begin, end = path.index("<"), path.index(">")
                path = path[:begin] + str(values[name]) + path[end + 1 :]
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                yield method, path


@pytest.mark.parametrize("has_begun", [False, True])
def test_whatever_is_sent_nothing_breaks(tab, booking_app, has_begun):
    booking_app.testing = False  # what fails is a 500, as it would be for a stranger
    broken = []
    for method, path in addresses(booking_app):
        headers = {"Tab-Session": secrets.token_urlsafe(32)}
        if has_begun:
            tab.client.post("/quote/car", headers=headers, data=CAR)
            tab.client.post("/quote/drivers", headers=headers, data=ADA)
        bodies = BODIES if has_begun else BODIES[::6]
        for body in bodies if method != "GET" else [{}]:
            answer = tab.client.open(path, method=method, headers=headers, **body)
            if answer.status_code >= 500:
                broken.append((method, path, str(body)[:80]))
    assert broken == []


CAR = {"model": "VW Golf", "built": "2015", "value": "9000"}
ADA = {"name": "Ada", "born": "1980"}


@pytest.mark.parametrize("sent", [[], ["full"], False, 5, "full"])
def test_a_price_is_asked_for_by_an_object(tab, sent):
    tab.submit(**CAR).submit(**ADA)
    answer = tab.fetch("/quote/price", "POST", json=sent)
    assert (answer.status_code, list(answer.json["wrong"])) == (422, ["cover", "excess"])


def test_a_price_without_a_car_says_what_is_missing(tab):
    answer = tab.fetch("/quote/price", "POST", json={"cover": "full", "excess": "300"})
    assert (answer.status_code, list(answer.json["wrong"])) == (422, ["name"])


@pytest.mark.parametrize("path", ["/quote/drivers/{}/removal", "/basket/offers/{}/removal"])
def test_a_number_that_no_row_can_have_is_not_found(tab, path):
    assert tab.fetch(path.format(HUGE), "POST").status_code == 404
    assert tab.fetch(path.format(2**31 - 1), "POST").status_code == 200


def test_what_no_database_would_take_as_text_is_said_at_its_field(tab):
    assert tab.submit(**{**CAR, "model": NUL}).status == 422
    assert tab.submit(**CAR).submit(**{**ADA, "name": NUL}).status == 422
    tab.submit(**ADA).submit(cover="full")
    assert tab.submit(email=f"{NUL}@example.org", password="x").status == 422
    assert tab.page.select_one("#email-wrong").text
