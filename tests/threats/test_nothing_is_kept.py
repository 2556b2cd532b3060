"""Caches keep nothing, and a visit that only looks leaves nothing."""

import pytest

from booking.customer.wizard import zones
from booking.web import assets
from tests.customer.walks import at_done
from tests.threats.strangers import PART, STEPS

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE")
SAME_FOR_ALL = assets.ENDPOINTS | {zones.ENDPOINT}
HOSTS_OWN = {"home"}  # a redirect to the wizard, which create_app adds


def addresses(app, token: str) -> list[str]:
    """Every address of every route but what is the same for everybody."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.rpartition(".")[2] in SAME_FOR_ALL | HOSTS_OWN:
            continue
        parts = STEPS if "<any" in rule.rule else (token, "nothing")
        found += [PART.sub(part, rule.rule) for part in parts]
    return sorted(set(found))


def test_no_answer_of_any_route_may_be_kept(app):
    tab = at_done(app)
    token = tab.page.select_one("a[href*='/appointment/']")["href"].split("/appointment/")[1][:43]
    fragment = {"HX-Request": "true", "Tab-Session": tab.id}
    for path in addresses(app, token):
        for headers in ({}, fragment, fragment | {"HX-History-Restore-Request": "true"}):
            for method in METHODS:
                answer = app.test_client().open(path, method=method, headers=headers)
                told = (method, path, answer.status)
                assert answer.headers["Cache-Control"] == "no-store", told
                assert "Set-Cookie" not in answer.headers, told
                assert "ETag" not in answer.headers, told
                assert "Access-Control-Allow-Origin" not in answer.headers, told


def test_looking_at_every_address_leaves_no_row_behind(app, rows):
    for path in addresses(app, "A" * 43):
        for number in range(3):
            tab_id = str(number) * 43
            headers = {"HX-Request": "true", "Tab-Session": tab_id}
            app.test_client().get(path, headers=headers)
            app.test_client().head(path)
    assert set(rows().values()) == {0}


def test_refused_answers_of_fresh_tabs_leave_no_row_behind(app, rows):
    for number in range(20):
        headers = {"HX-Request": "true", "Tab-Session": f"{number:043}"}
        for path in ("service", "staff", "time", "review"):
            sent = {"service": "nothing", "staff": "nobody", "slot": "never"}
            app.test_client().post(f"/book/{path}/form", data=sent, headers=headers)
    assert rows()["tabs"] == 0
