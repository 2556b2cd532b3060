"""CSRFProtect of Flask-WTF asks for tokens only where `session_route` does not guard already."""

import pytest
from flask import Blueprint
from flask_wtf import CSRFProtect

from booking.tab_sessions import session_lifecycle, session_route
from tests.tab_sessions.conftest import Tab, host_app

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CROSS_SITE = {"Sec-Fetch-Site": "cross-site"}


def notes():
    """Session routes and an ordinary one that is called the same as one of them."""
    blueprint, others = Blueprint("notes", __name__), Blueprint("others", __name__)

    @session_route(blueprint, "/note", methods=["POST"])
    def note(tab):
        return "kept"

    session_lifecycle(blueprint)

    def ordinary():
        return "kept without a token"

    ordinary.__name__ = note.__name__  # CSRFProtect knows views by module and name
    others.add_url_rule("/other", "other", ordinary, methods=["POST"])
    return blueprint, others


@pytest.fixture(params=["before", "after"])
def app(request, session):
    app = host_app(session)
    app.secret_key = "x"
    if request.param == "before":
        CSRFProtect(app)
    for blueprint in notes():
        app.register_blueprint(blueprint)
    session_route(app, "/of-the-app", methods=["POST"])(lambda tab: "kept")
    if request.param == "after":
        CSRFProtect().init_app(app)
    return app


@pytest.mark.parametrize("path", ["/note", "/of-the-app", "/tab-session"])
def test_a_session_route_is_asked_for_no_token_in_whatever_order(app, path):
    assert Tab(app.test_client()).post(path).status_code in (200, 204)
    assert Tab(app.test_client()).post(path, CROSS_SITE).status_code == 403
    assert app.test_client().post(path).status_code == 400, "only with the header of a tab"


def test_an_ordinary_route_of_the_host_is_still_asked_for_one(app):
    Tab(app.test_client()).post("/note")
    answer = app.test_client().post("/other")
    assert answer.status_code == 400
    assert "CSRF" in answer.text
