"""binding="browser": an id opens nothing without the cookie of its browser."""

import pytest

from booking.tab_sessions import TabSessionError
from tests.tab_sessions.conftest import Tab, host_app, notes_blueprint


@pytest.fixture
def app(session):
    return host_app(session, notes_blueprint(), binding="browser")


def cookie(answer):
    return answer.headers.get("Set-Cookie", "")


def test_a_browser_keeps_its_tabs(tab):
    assert cookie(tab.get()).startswith("tab-session=")
    tab.post(text="mine")
    assert tab.get().text == "mine"
    assert not cookie(tab.get())


def test_a_stolen_id_opens_nothing_elsewhere_and_does_no_harm(app, tab, rows):
    tab.post(text="mine")
    thief = Tab(app.test_client(), tab.id)
    assert thief.get().text == "(nothing)"
    assert thief.post(text="theirs").status_code == 200
    assert Tab(thief.client).get(**{"Tab-Session-Fork-Of": tab.id}).text != "mine"
    assert (tab.get().text, thief.get().text) == ("mine", "theirs")
    assert len(rows()) == 3


def test_tabs_of_one_browser_copy_and_share_the_cookie(tab):
    tab.post(text="mine")
    assert Tab(tab.client).get(**{"Tab-Session-Fork-Of": tab.id}).text == "mine"


def test_over_https_no_subdomain_can_plant_the_cookie_and_no_script_read_it(app):
    client = app.test_client()
    headers = {"Tab-Session": "A" * 43}
    given = cookie(client.get("/note", headers=headers, base_url="https://localhost"))
    assert given.startswith("__Host-tab-session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(given.split("; "))


@pytest.mark.parametrize("planted", ["", "short", "A" * 44, "A" * 42 + "."])
def test_an_unusable_cookie_is_replaced(app, planted):
    client = app.test_client()
    client.set_cookie("tab-session", planted)
    assert cookie(Tab(client).get()).startswith("tab-session=")


def test_an_unknown_binding_fails_at_the_start(session):
    with pytest.raises(TabSessionError, match='"none" or "browser"'):
        host_app(session, binding="ip")
