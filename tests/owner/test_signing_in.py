"""Signing in and out: by a password, once, and never in a loop."""

import sqlite3
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from booking.owner import cookies
from booking.storage.models import desk_session
from tests.commands import shell
from tests.fixtures.clocks import MONDAY_MORNING
from tests.owner.conftest import PASSWORD, account, cookie_name, page_of, text_of

OLA = "ola@example.com"
NEW = {"password": PASSWORD}
HTTPS = {"base_url": "https://shop.example"}


GUESSED = (
    *("short", "nine char", "aaaaaaaaaaaaaa", "abcabcabcabc", "x" * 501),
    *("ola@example.com", "Ola@example.com1", "Test Shop 1", "sidebook2026", "my booking!"),
    *("qwertyuiop", "Password2026!", "1234567890", "sunshine-123", "ILOVEYOU!!!", "watermelon7"),
)


def set_cookies(answer) -> list[str]:
    return answer.headers.getlist("Set-Cookie")


@pytest.fixture
def ola(desk_app):
    """The link by which an owner, Ola, sets her first password."""
    shown = shell.done(desk_app, "account", "add", OLA, "--role", "owner", "--name", "Ola")
    return next(word for word in shown.split() if "/desk/one-time-link/" in word)


@pytest.fixture
def with_password(ola, nobody):
    assert nobody.post(ola, data={"password": PASSWORD}).status_code == 303
    assert nobody.post("/desk/logout").status_code == 303
    return OLA


def sign_in(client, password=PASSWORD, email=OLA, **more):
    return client.post("/desk/login", data={"email": email, "password": password, **more})


def test_a_link_from_the_shell_sets_a_password_by_which_its_owner_comes_in(nobody, with_password):
    assert nobody.get("/desk/").status_code == 303
    came = sign_in(nobody, email=" OLA@Example.com ")
    assert came.status_code == 303
    assert came.headers["Location"] == "/desk/login?begun=1"
    assert nobody.get(came.headers["Location"]).headers["Location"] == "/desk/"
    assert "Today" in text_of(nobody.get("/desk/"))
    assert nobody.post("/desk/logout").headers["Location"] == "/desk/login"
    assert nobody.get("/desk/").status_code == 303


def test_a_link_is_used_up_by_sending_its_form_and_never_by_opening_it(nobody, ola):
    for _ in range(2):
        assert "Set your password" in text_of(nobody.get(ola))
        assert nobody.head(ola).status_code == 200
    assert nobody.post(ola, data={"password": "short"}).status_code == 422
    assert nobody.post(ola, data={"password": PASSWORD}).status_code == 303
    assert nobody.get(ola).status_code == 410
    assert nobody.post(ola, data={"password": "another good one"}).status_code == 410
    assert sign_in(nobody).status_code == 303


def test_a_password_is_kept_as_rfc_9106_asks_and_one_kept_by_less_is_renewed_as_its_owner_comes_in(
    nobody, with_password, desk_app, request
):
    before = account(desk_app, OLA).password_hash
    request.getfixturevalue("passwords_in_earnest")
    assert sign_in(nobody, "seven little boots").status_code == 422
    assert account(desk_app, OLA).password_hash == before
    assert sign_in(nobody).status_code == 303
    renewed = account(desk_app, OLA).password_hash
    assert renewed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert sign_in(nobody).status_code == 303
    assert account(desk_app, OLA).password_hash == renewed


def test_a_wrong_password_and_an_unknown_address_are_answered_alike(nobody, with_password):
    wrong = sign_in(nobody, "seven little boots")
    unknown = sign_in(nobody, email="nobody@example.com")
    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert text_of(wrong) == text_of(unknown)
    assert sign_in(nobody, "").status_code == 422


def test_a_browser_that_keeps_no_cookie_is_told_so_and_not_sent_round_in_circles(
    nobody, with_password
):
    came = sign_in(nobody)
    nobody.delete_cookie(cookie_name(nobody.application))
    told = nobody.get(came.headers["Location"])
    assert told.status_code == 200
    assert "did not keep the cookie" in page_of(told).select_one("[role=alert]").text


def test_after_signing_in_everybody_goes_where_they_wanted_to_go(nobody, with_password):
    asked = nobody.get("/desk/accounts?order=name")
    assert asked.headers["Location"] == "/desk/login?next=/desk/accounts?order%3Dname"
    form = page_of(nobody.get(asked.headers["Location"]))
    came = sign_in(nobody, next=form.select_one("[name=next]")["value"])
    assert nobody.get(came.headers["Location"]).headers["Location"] == "/desk/accounts?order=name"
    assert nobody.get("/desk/login?next=/desk/account").headers["Location"] == "/desk/account"


def test_what_was_typed_when_a_session_ended_goes_along_and_is_sent_by_a_press(
    nobody, with_password
):
    typed = {"name": "Ben", "role": "reception", "email": "ben@example.com"}
    ended = nobody.post("/desk/accounts/new", data=typed)
    assert ended.status_code == 401
    assert "nothing that you typed is lost" in text_of(ended)
    wrong = nobody.post("/desk/login", data=fields(ended) | {"email": OLA, "password": "wrong"})
    came = nobody.post("/desk/login", data=fields(wrong) | {"email": OLA, "password": PASSWORD})
    form = page_of(came).form
    assert form["action"] == "/desk/accounts/new"
    sent = {each["name"]: each["value"] for each in form.select("input")}
    assert sent == typed
    assert account(nobody.application, "ben@example.com") is None, "not before it is sent"
    assert "Ben" in text_of(nobody.post(form["action"], data=sent))
    assert account(nobody.application, "ben@example.com").role == "reception"


def fields(answer) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in page_of(answer).select("form input"):
        found.setdefault(each["name"], []).append(each["value"])
    return found


def test_a_form_of_htmx_gets_the_log_in_above_it_and_stays_as_it_was(nobody, with_password):
    htmx = {"HX-Request": "true"}
    ended = nobody.post("/desk/account/password", data={"password": "x"}, headers=htmx)
    assert ended.status_code == 401
    assert ended.headers["HX-Retarget"] == "#sign-in-again"
    assert "HX-Redirect" not in ended.headers
    form = page_of(ended).form
    who = {"email": OLA, "password": PASSWORD}
    number = str(account(nobody.application, OLA).id)
    wrong = nobody.post(form["hx-post"], data=who | {"password": "wrong"}, headers=htmx)
    assert (wrong.status_code, page_of(wrong).form["hx-target"]) == (422, "#sign-in-again")
    back = nobody.post(form["hx-post"], data=who | {"page_of": number}, headers=htmx)
    assert (back.status_code, back.headers.get("HX-Redirect")) == (200, None)
    assert "send it once more" in text_of(back)
    other = nobody.post(form["hx-post"], data=who | {"page_of": "999"}, headers=htmx)
    assert other.headers["HX-Redirect"] == "/desk/", "the page shows what another one may see"


def test_a_session_ends_when_nobody_is_there_and_after_a_week_in_any_case(desk, shop):
    with time_machine.travel(MONDAY_MORNING, tick=False) as clock:
        for _ in range(7 * 4 - 1):
            clock.shift(timedelta(hours=6))
            assert desk.get("/desk/").status_code == 200, "each request counts anew"
        clock.shift(timedelta(hours=6, seconds=1))
        assert desk.get("/desk/").status_code == 303


def test_an_idle_session_ends(desk):
    with time_machine.travel(MONDAY_MORNING + timedelta(hours=8, minutes=1)):
        assert desk.get("/desk/").status_code == 303


def test_that_somebody_is_there_is_written_down_a_few_times_an_hour_and_not_each_time(desk, shop):
    def seen() -> int:
        with shop.reading() as session:
            return session.scalar(select(desk_session.c.seen_at))

    with time_machine.travel(MONDAY_MORNING + timedelta(minutes=5), tick=False) as clock:
        before = seen()
        desk.get("/desk/")
        assert seen() == before
        clock.shift(timedelta(minutes=6))
        desk.get("/desk/")
        assert seen() == before + 11 * 60


@pytest.mark.settings(public_url="https://shop.example/mount")
def test_on_https_the_cookie_is_for_this_host_alone_and_not_for_scripts(nobody, ola):
    cookies = set_cookies(nobody.post(ola.partition("/mount")[2], **HTTPS, data=NEW))
    assert len(cookies) == 2
    for cookie in cookies:
        assert cookie.startswith("__Host-sidebook-desk-")
        for attribute in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
            assert f"{attribute};" in f"{cookie};"
        assert "Domain" not in cookie


def test_on_the_machine_itself_plain_http_does(nobody, ola):
    for host in ("localhost", "127.0.0.1:5000", "[::1]:5000", "desk.localhost"):
        assert nobody.get(ola, base_url=f"http://{host}").status_code == 200
    for cookie in set_cookies(nobody.post(ola, data=NEW)):
        assert cookie.startswith("sidebook-desk-")
        assert "HttpOnly" in cookie
        assert "Secure" not in cookie


def test_anywhere_else_plain_http_says_what_to_do_and_asks_for_nothing(nobody, with_password):
    for path in ("/desk/", "/desk/login"):
        told = nobody.get(path, base_url="http://shop.example")
        assert told.status_code == 403
        assert "BOOKING_TRUSTED_PROXIES" in text_of(told)
        assert not page_of(told).select("form")
    data = {"email": OLA, "password": PASSWORD}
    refused = nobody.post("/desk/login", data=data, base_url="http://shop.example")
    assert (refused.status_code, set_cookies(refused)) == (403, [])


def test_two_desks_of_one_origin_stay_apart(nobody, desk_app, desk_as):
    """The cookie of one is none of the other's, and signing out ends one's own."""
    desk = desk_as("owner")
    assert desk.get("/desk/account").status_code == 200
    with desk_app.test_request_context("/desk/"):
        here = cookies.full_name(cookies.SESSION)
    elsewhere = f"{here[:-10]}{'0' * 10}"
    other = desk_app.test_client()
    other.set_cookie(elsewhere, desk.cookie("sidebook-desk-"))
    assert other.get("/desk/account").status_code == 303
    other.post("/desk/logout")
    assert other.cookie(elsewhere) != ""
    with desk_app.test_request_context("/desk/", environ_overrides={"SCRIPT_NAME": "/one"}):
        assert cookies.full_name(cookies.SESSION) != here


def test_a_password_is_not_repeated_by_the_page_that_keeps_what_was_typed(nobody, with_password):
    sent = {"current": PASSWORD, "password": "eight little boats"}
    ended = nobody.post("/desk/account/password", data=sent)
    assert ended.status_code == 303
    mixed = nobody.post("/desk/account/password", data=sent | {"note": "<b>kept</b>"})
    assert "&lt;b&gt;kept" in mixed.text
    assert "little boats" not in mixed.text


def test_a_busy_database_keeps_nobody_from_looking(desk, desk_app, monkeypatch):
    from booking.owner import door

    def busy(*_given, **_more):
        raise OperationalError("", {}, sqlite3.OperationalError("database is locked"))

    monkeypatch.setattr(door, "note_seen", busy)
    with time_machine.travel(MONDAY_MORNING + timedelta(hours=1)):
        assert desk.get("/desk/account").status_code == 200


def test_a_password_that_others_would_guess_is_refused_beside_the_field(nobody, ola):
    for guessed in GUESSED:
        answer = nobody.post(ola, data={"password": guessed})
        assert answer.status_code == 422, guessed
        assert page_of(answer).select_one("#error-password").text
        assert page_of(answer).select_one("[name=password]")["value"] == ""


@pytest.mark.parametrize(
    "password", ["пароль из слов", "合言葉はとても長いのです", " " * 4 + "spaces kept" + " " * 4]
)
def test_every_letter_of_a_password_counts_whatever_its_script(nobody, ola, password):
    assert nobody.post(ola, data={"password": password}).status_code == 303
    assert sign_in(nobody, password).status_code == 303
    assert sign_in(nobody, password[:-1]).status_code == 422
