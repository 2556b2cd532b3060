"""Whatever is sent to an app of a stranger's that uses tab sessions alone: never a 500."""

import json

import pytest
from flask import request
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlalchemy.orm import scoped_session, sessionmaker

from booking.tab_sessions import handover, live_page, session_route
from tests.tab_sessions.conftest import host_app, notes_blueprint
from tests.threats.awkward import AWKWARD, METHODS, bodies, headers, pairs, text
from tests.threats.awkward import encoded as in_a_query
from tests.threats.strangers import PART, Stranger

JSON = "application/json"
TAB_ID, COOKIE = "T" * 43, "tab-session"
# Of a request that fails; what is large in it is meant to be.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")


@pytest.fixture
def host(sqlite_url):
    """It stores what comes as it comes: in its draft, its session's cookie and a hand-over."""
    session = scoped_session(sessionmaker(create_engine(sqlite_url)))
    app = host_app(session, notes_blueprint(), binding="browser")
    app.testing, app.secret_key = False, "a test's"

    @session_route(app, "/json", methods=["GET", "POST"])
    def as_json(tab):
        if request.method == "POST":
            tab.data["all"] = request.json
        return {"all": tab.data.get("all")}

    @session_route(app, "/any/<path:where>", methods=["GET", "POST"], live=True)
    def anything(tab, where):
        if request.method == "POST":
            tab.data.update(form=request.form.to_dict(), query=request.args.to_dict(), at=where)
            tab.data["cookies"] = dict(request.cookies)
        return dict(tab.data)

    @session_route(app, "/give", methods=["POST"])
    def give(tab):
        return handover.create(tab, "gift", {"given": request.get_json()})

    @session_route(app, "/take", methods=["POST"])
    def take(tab):
        return {"taken": handover.redeem(tab, "gift", request.form.get("text", ""))}

    @app.get("/page/<what>")
    @live_page(lambda what: [what, request.args.get("x")])
    def page(what):
        return what

    yield app
    session.get_bind().dispose()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def json_bodies(draw):
    if draw(st.booleans()):
        return json.dumps(draw(VALUES)).encode(), JSON
    return draw(st.sampled_from([b'"\xff"', b"[" * 2000, b'{"a":', b"[" * 600 + b"]" * 600])), JSON


@st.composite
def requests(draw, app):
    rules = {rule.rule for rule in app.url_map.iter_rules()} - {"/undecorated"}  # a mistake's own
    rule = draw(st.sampled_from(sorted(rules)))
    cookie = draw(st.sampled_from(AWKWARD)).encode("utf-8", "surrogatepass").decode("latin-1")
    more = [("Cookie", f"{COOKIE}={cookie}")] if draw(st.booleans()) and "\n" not in cookie else []
    return Stranger(
        method=draw(st.sampled_from(["GET", "POST", "POST", *METHODS])),
        path=PART.sub(lambda _: draw(text), rule),
        query=in_a_query(draw(pairs(3))),
        headers=[*draw(headers()), *more],
        body=draw(bodies() | json_bodies()),
        with_id=draw(st.sampled_from([True, True, True, False])),
    )


def test_no_request_makes_a_host_fail_that_stores_what_comes(host):
    seen = set()

    @settings(
        max_examples=250,
        derandomize=True,
        deadline=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(requests(host))
    def one(sent):
        answer = sent.send(host, TAB_ID, "")
        assert answer.status < 500, sent
        seen.add(answer.status)

    one()
    assert seen >= {200, 400, 404, 405}, "these did not reach far"
