"""A page of another site, in the customer's own browser, changes nothing and reads nothing."""

import re

import pytest
from flask import Flask, request
from sqlalchemy import func, select

from booking.storage.models import Booking, claim
from booking.tab_sessions import tab_session
from tests.conftest import served
from tests.fixtures.browsers import until

pytestmark = pytest.mark.browser

# What a browser says when it keeps the other site out.
BLOCKED = re.compile(r"BLOCKED_BY_RESPONSE|CORS policy|frame-ancestors|X-Frame-Options|ERR_FAILED")
FORM = """<!doctype html><title>Another site</title>
<form method="post" action="{target}" enctype="{enctype}">
<input name="service" value="short"><button>Win a prize</button></form>"""
FETCH = """async ([url, headers]) => {
    try {
        const options = {method: "POST", body: new URLSearchParams({service: "short"}), headers};
        const answer = await fetch(url, {...options, credentials: "include"});
        return [answer.status, await answer.text()];
    } catch (error) { return String(error); }
}"""
BLIND = """async (url) => {
    const options = {method: "POST", mode: "no-cors", credentials: "include"};
    const body = new URLSearchParams({service: "short"});
    return fetch(url, {...options, body}).then((answer) => answer.type, String);
}"""
BEACON = "(url) => navigator.sendBeacon(url, new URLSearchParams({service: 'short'}))"
FRAME = """async (url) => {
    const frame = document.createElement("iframe");
    const loaded = new Promise((resolve) => { frame.onload = resolve; });
    frame.src = url;
    document.body.append(frame);
    await loaded;
    try { return frame.contentDocument === null; } catch { return true; }
}"""


@pytest.fixture
def another_site(live_server, context, complaints):
    """A tab that shows another site. localhost and 127.0.0.1 are two sites to a browser."""
    app = Flask("another_site")

    app.add_url_rule("/", "page", lambda: FORM)
    app.add_url_rule(
        "/<path:kind>",
        "form",
        lambda kind: FORM.format(target=f"{live_server.url}/book/service/form", enctype=kind),
    )
    app.add_url_rule("/favicon.ico", "icon", lambda: ("", 204))
    with served(app) as server:
        tab = context.new_page()
        yield tab, server.url.replace("127.0.0.1", "localhost")
        tab.close()
        complaints[:] = [said for said in complaints if not BLOCKED.search(said)]


@pytest.fixture
def answers(live_server):
    """What our server was asked and answered: a browser tells nobody what became of a beacon."""
    heard = []

    @live_server.app.after_request
    def note(response):
        heard.append((request.method, response.status_code))
        return response

    return heard


def written(app) -> int:
    with app.app_context():
        session = app.extensions["booking"].session
        tables = (tab_session, claim, Booking.__table__)
        found = [session.scalar(select(func.count()).select_from(table)) for table in tables]
        session.rollback()
        return sum(found)


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"]
)
def test_a_form_of_another_site_is_refused(another_site, answers, live_server, kind):
    tab, url = another_site
    tab.goto(f"{url}/{kind}")
    tab.get_by_role("button").click()
    tab.wait_for_url(f"{live_server.url}/**")
    assert ("POST", 403) in answers
    assert written(live_server.app) == 0


def test_a_fetch_with_a_tabs_header_is_stopped_by_the_browser(
    another_site, answers, live_server, complaints
):
    tab, url = another_site
    tab.goto(url)
    headers = {"Tab-Session": "A" * 43, "HX-Request": "true"}
    result = tab.evaluate(FETCH, [f"{live_server.url}/book/service/form", headers])
    assert "Failed to fetch" in result
    assert "POST" not in [method for method, _ in answers], "not even sent: no preflight passed"
    assert written(live_server.app) == 0
    assert any("CORS policy" in said for said in complaints)


@pytest.mark.parametrize(
    "path",
    [
        "service/form",
        pytest.param("hold/extension", marks=pytest.mark.extra),
        pytest.param("new/form", marks=pytest.mark.extra),
    ],
)
def test_a_blind_fetch_and_a_beacon_are_refused(another_site, answers, live_server, path):
    tab, url = another_site
    tab.goto(url)
    target = f"{live_server.url}/book/{path}"
    said = tab.evaluate(BLIND, target)
    assert "Failed to fetch" in said, "not even that there was an answer may be seen"
    assert tab.evaluate(BEACON, target)
    until(tab, lambda: len(answers) >= 2)
    assert answers == [("POST", 403), ("POST", 403)]
    assert written(live_server.app) == 0


def test_another_site_can_put_no_page_of_ours_into_a_frame(another_site, live_server, complaints):
    tab, url = another_site
    tab.goto(url)
    assert tab.evaluate(FRAME, f"{live_server.url}/book/")
    assert "Test Shop" not in [frame.title() for frame in tab.frames]
    assert any("frame-ancestors" in said or "X-Frame-Options" in said for said in complaints)
