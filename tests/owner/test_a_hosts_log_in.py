"""A host's own log-in says who is at the desk, and its mistakes are told in words."""

import pytest
from flask import Flask, session
from flask_sqlalchemy import SQLAlchemy

from booking import Person, Sidebook
from booking.config import ConfigurationError
from tests.commands import shell
from tests.fixtures.hosts import loaded
from tests.owner.conftest import Desk, text_of


@pytest.fixture
def signed_in() -> dict:
    return {"who": None}


@pytest.fixture
def hosts_desk(host, signed_in) -> Desk:
    Sidebook(host, desk_prefix="/desk", owner=lambda: signed_in["who"])
    host.test_client_class = Desk
    return loaded(host).test_client()


def test_the_hosts_function_says_who_is_there_in_each_request(hosts_desk, signed_in):
    assert hosts_desk.get("/desk/").headers["Location"].startswith("/desk/login")
    told = hosts_desk.get("/desk/login")
    assert "the log-in of the website around it" in text_of(told)
    signed_in["who"] = Person("Ola", "owner")
    shown = text_of(hosts_desk.get("/desk/"))
    assert "Ola" in shown
    assert "Sign out" not in shown, "that is the host's"
    signed_in["who"] = Person("Ana", "staff", "ana")
    assert hosts_desk.get("/desk/").status_code == 200
    signed_in["who"] = None
    assert hosts_desk.get("/desk/").status_code == 303


def test_there_are_no_accounts_then_and_no_cookie_of_ours(hosts_desk, host, signed_in):
    signed_in["who"] = Person("Ola", "owner")
    for path in ("/desk/accounts", "/desk/account", "/desk/one-time-link/x"):
        assert hosts_desk.get(path).status_code == 404
    assert hosts_desk.post("/desk/login").status_code in (404, 405)
    assert not hosts_desk.get("/desk/").headers.getlist("Set-Cookie")
    assert hosts_desk.get("/desk/", base_url="http://shop.example").status_code == 200
    assert "log-in of the app itself" in shell.refused(
        host, "account", "add", "a@example.com", "--role", "owner"
    )


def test_other_sites_are_refused_there_as_well(hosts_desk, signed_in):
    signed_in["who"] = Person("Ola", "owner")
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert hosts_desk.post("/desk/nowhere", headers=headers).status_code == 403


def test_what_was_typed_when_the_hosts_session_ended_is_not_lost(hosts_desk):
    typed = {"note": "half an hour of work"}
    plain = hosts_desk.post("/desk/nowhere", data=typed)
    assert plain.status_code == 401
    assert "half an hour of work" in plain.text
    by_htmx = hosts_desk.post("/desk/nowhere", data=typed, headers={"HX-Request": "true"})
    assert by_htmx.headers["HX-Retarget"] == "#sign-in-again"


@pytest.mark.parametrize(
    ("found", "said"),
    [("ola", "returned str"), ({"name": "Ola"}, "returned dict"), (True, "returned bool")],
)
def test_a_function_that_says_it_otherwise_is_told_what_to_write(host, found, said):
    Sidebook(host, desk_prefix="/desk", owner=lambda: found)
    with pytest.raises(ConfigurationError, match=rf"{said}.*Person\(name, role, staff_slug\)"):
        loaded(host).test_client().get("/desk/")


@pytest.mark.parametrize("owner", ["ola", Person, 5])
def test_what_is_no_function_stops_the_start(host, owner):
    with pytest.raises(ConfigurationError, match="Write a function without arguments"):
        Sidebook(host, desk_prefix="/desk", owner=owner)


def test_an_owner_without_a_desk_stops_the_start(host):
    with pytest.raises(ConfigurationError, match="desk_prefix='/desk'"):
        Sidebook(host, owner=lambda: None)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("", "owner"), "name is ''"),
        ((None, "owner"), "name is None"),
        (("Ola", "boss"), "Write one of owner, reception, staff"),
        (("Ana", "staff"), "needs the staff_slug"),
        (("Ana", "staff", ""), "staff_slug is ''"),
        (("\ud800", "owner"), r"name is '\\ud800'.*half a character.*Clean it before"),
        (("Ana", "staff", "\udfff"), "staff_slug is .*half a character"),
    ],
)
def test_a_person_that_cannot_be_is_refused_with_what_to_write(given, said):
    with pytest.raises(ValueError, match=said):
        Person(*given)


@pytest.mark.parametrize(
    ("prefix", "said"),
    [
        ("/book", "beside the wizard's"),
        ("/book/desk", "beside the wizard's"),
        ("/", "not the root"),
        ("/a b", "desk_prefix is '/a b'"),
        ("/mine", "has a page of its own at /mine/"),
    ],
)
def test_a_prefix_that_is_taken_stops_the_start(host, prefix, said):
    host.add_url_rule("/mine/", "mine", lambda: "mine")
    with pytest.raises(ConfigurationError, match=said):
        Sidebook(host, desk_prefix=prefix)


def test_without_a_prefix_there_is_no_desk(host):
    Sidebook(host)
    assert host.test_client().get("/desk/").status_code == 404


def test_the_desk_lies_beside_a_wizard_at_the_root_and_a_session_of_the_hosts_stays(sqlite_url):
    app = Flask("host")
    app.config.update(SQLALCHEMY_DATABASE_URI=sqlite_url, SECRET_KEY="x", TESTING=True)
    SQLAlchemy(app)
    app.add_url_rule("/mine", "mine", lambda: session.setdefault("kept", "yes"))
    Sidebook(app, url_prefix="/", desk_prefix="reception/", name="appointments")
    client = loaded(app, "appointments").test_client()
    assert client.get("/mine").text == "yes"
    assert client.get("/reception/").headers["Location"].startswith("/reception/login")
    assert client.get("/reception/login").status_code == 200
    assert client.get("/service").status_code == 200
