"""What a stranger can do at the log-in: little, and nobody is kept out by it."""

import threading

import pytest
from flask import request
from flask.testing import FlaskClient

from booking.owner import coming_in, passwords
from booking.storage.models import desk_session, known_browser, one_time_link, sign_in
from tests.commands import shell
from tests.owner.conftest import PASSWORD, cookie_name, page_of, text_of

OLA = "ola@example.com"


@pytest.fixture
def ola(desk_app):
    shown = shell.done(desk_app, "account", "add", OLA, "--role", "owner")
    link = link_in(shown)
    browser = desk_app.test_client()
    assert browser.post(link, data={"password": PASSWORD}).status_code == 303
    return browser


def link_in(shown: str) -> str:
    return next(word for word in shown.split() if "/desk/one-time-link/" in word)


def try_it(client, password="wrong password", email=OLA, address="203.0.113.7", **more):
    data = {"email": email, "password": password} | more
    return client.post("/desk/login", data=data, environ_overrides={"REMOTE_ADDR": address})


def statuses(tries) -> set[int]:
    return {each.status_code for each in tries}


def test_ten_tries_from_an_address_and_then_it_has_to_wait(desk_app, ola):
    stranger = desk_app.test_client()
    assert statuses(try_it(stranger) for _ in range(10)) == {422}
    refused = try_it(stranger, PASSWORD)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) <= 30 * 60
    assert "Wait 30 minutes" in text_of(refused)
    assert page_of(refused).select_one("[name=email]")["value"] == OLA
    assert try_it(stranger, address="198.51.100.1").status_code == 422


def test_an_address_that_nobody_has_is_counted_and_answered_like_one_that_somebody_has(
    desk_app, ola
):
    stranger = desk_app.test_client()
    assert statuses(try_it(stranger, email="x@example.com") for _ in range(10)) == {422}
    assert try_it(stranger, email="X@example.com ").status_code == 429


def test_a_network_of_addresses_is_counted_together(desk_app, ola):
    stranger = desk_app.test_client()
    tries = [try_it(stranger, address=f"203.0.113.{n}") for n in range(31)]
    assert [each.status_code for each in tries[-2:]] == [422, 429]


def test_one_household_of_ipv6_is_one_address(desk_app, ola):
    stranger = desk_app.test_client()
    tries = [try_it(stranger, address=f"2001:db8:1:2::{n}") for n in range(1, 12)]
    assert [each.status_code for each in tries[-2:]] == [422, 429]


def test_one_password_tried_at_many_accounts_is_counted_too(desk_app, ola):
    stranger = desk_app.test_client()
    tries = [try_it(stranger, email=f"{n}@example.com") for n in range(61)]
    assert [each.status_code for each in tries[-2:]] == [422, 429]


@pytest.mark.settings(shared_addresses="203.0.113.0/24")
def test_behind_a_shared_address_each_account_is_counted_by_itself(desk_app, ola):
    stranger = desk_app.test_client()
    assert statuses(try_it(stranger, email=f"{n}@example.com") for n in range(70)) == {422}


def test_a_stranger_never_keeps_the_owner_out(desk_app, ola):
    """Not from many networks, and not from the owner's own one."""
    stranger = desk_app.test_client()
    for n in range(40):
        try_it(stranger, address=f"198.51.{n}.1")
    for _ in range(12):
        try_it(stranger)
    ola.post("/desk/logout")
    assert try_it(ola, PASSWORD).status_code == 303, "this browser is known"
    new = desk_app.test_client()
    assert try_it(new, PASSWORD, address="192.0.2.1").status_code == 303, "from anywhere else"


def test_a_known_browser_has_ten_tries_of_its_own_and_is_known_for_its_own_account(desk_app, ola):
    ola.post("/desk/logout")
    assert statuses(try_it(ola) for _ in range(10)) == {422}
    assert try_it(ola, PASSWORD).status_code == 429
    assert try_it(ola, email="x@example.com").status_code == 422
    forged = desk_app.test_client()
    forged.set_cookie(cookie_name(desk_app, "sidebook-desk-browser"), "x" * 43)
    assert statuses(try_it(forged) for _ in range(10)) == {422}
    assert try_it(forged).status_code == 429, "a mark that nobody gave is worth nothing"


def test_the_right_password_ends_the_count_of_its_account_alone(desk_app, ola):
    client = desk_app.test_client()
    for n in range(50):
        try_it(client, email=f"{n}@example.com")
    for _ in range(9):
        try_it(client)
    assert try_it(client, PASSWORD).status_code == 303
    client = desk_app.test_client()
    assert try_it(client).status_code == 422
    assert try_it(client, email="y@example.com").status_code == 429


def test_what_the_headers_say_of_the_address_is_not_believed(desk_app, ola):
    stranger = desk_app.test_client()
    for n in range(11):
        headers = {"X-Forwarded-For": f"192.0.2.{n}", "Forwarded": f"for=192.0.2.{n}"}
        last = stranger.post(
            "/desk/login",
            data={"email": OLA, "password": "wrong password"},
            headers=headers,
            environ_overrides={"REMOTE_ADDR": "203.0.113.7"},
        )
    assert last.status_code == 429


def test_an_unknown_address_costs_one_look_at_a_password_as_well(desk_app, ola, monkeypatch):
    looks = []
    right = passwords.is_right
    monkeypatch.setattr(passwords, "is_right", lambda *given: looks.append(1) or right(*given))
    shell.done(desk_app, "account", "add", "new@example.com", "--role", "owner")
    for address in ("x@example.com", "new@example.com", OLA):
        looks.clear()
        assert try_it(desk_app.test_client(), email=address).status_code == 422
        assert looks == [1], address


def test_two_passwords_at_once_are_looked_at_and_no_more_and_a_stranger_takes_one_turn(
    desk_app, ola, shop, monkeypatch
):
    inside, go = threading.Semaphore(0), threading.Event()
    right = passwords.is_right

    def slow(*given):
        inside.release()
        assert go.wait(60)
        return right(*given)

    monkeypatch.setattr(passwords, "is_right", slow)
    mark, answers = ola.cookie("sidebook-desk-browser-"), []

    def known():
        browser = desk_app.test_client()
        browser.set_cookie(cookie_name(desk_app, "sidebook-desk-browser"), mark)
        return browser

    def set_out(browser) -> threading.Thread:
        thread = threading.Thread(target=lambda: answers.append(try_it(browser, PASSWORD)))
        thread.start()
        assert inside.acquire(timeout=60)
        return thread

    first = set_out(desk_app.test_client())
    told = try_it(desk_app.test_client(), PASSWORD)
    assert (told.status_code, told.headers["Retry-After"]) == (503, "2")
    assert page_of(told).select_one("[name=email]")["value"] == OLA
    second = set_out(known())
    assert try_it(known(), PASSWORD).status_code == 503
    with shop.writing() as session:  # no transaction waits for them
        tries = session.scalars(sign_in.select().with_only_columns(sign_in.c.tries)).all()
        assert max(tries) == 1, "who was told to come back was not counted"
    go.set()
    for thread in (first, second):
        thread.join()
    assert statuses(answers) == {303}


def test_a_session_that_was_planted_is_not_the_one_that_signing_in_begins(desk_app, ola):
    ola.post("/desk/logout")
    planted = "p" * 43
    ola.set_cookie(cookie_name(desk_app), planted)
    try_it(ola, PASSWORD)
    assert ola.cookie("sidebook-desk-") != planted
    thief = desk_app.test_client()
    thief.set_cookie(cookie_name(desk_app), planted)
    assert thief.get("/desk/").status_code == 303


def test_signing_in_again_ends_the_session_that_the_browser_had(desk_app, ola):
    thief = desk_app.test_client()
    thief.set_cookie(cookie_name(desk_app), ola.cookie("sidebook-desk-"))
    assert thief.get("/desk/").status_code == 200
    assert try_it(ola, PASSWORD).status_code == 303
    assert thief.get("/desk/").status_code == 303


@pytest.mark.parametrize(
    "address",
    [
        *("https://evil.example/", "//evil.example/desk/", "/\\evil.example", "\\\\evil.example"),
        *(
            "/desk/../book/",
            "/desk//evil.example",
            "javascript:alert(1)",
            "/book/",
            "/desk/nowhere",
        ),
        *(
            "/desk/login",
            "/desk/logout",
            "/desk\t/account",
            "/desk/account\r\nX: y",
            "desk/account",
        ),
        *("/desk/@evil.example", "https:/desk/", "/desk/one-time-link/x", "/desk/" + "a" * 5000),
    ],
)
def test_nobody_is_led_elsewhere_after_signing_in(desk_app, ola, address):
    form = desk_app.test_client().get("/desk/login", query_string={"next": address})
    assert page_of(form).select_one("[name=next]")["value"] == ""
    client = desk_app.test_client()
    came = try_it(client, PASSWORD, next=address)
    assert client.get(came.headers["Location"]).headers["Location"] == "/desk/"
    there = ola.get("/desk/login", query_string={"next": address})
    assert there.headers["Location"] == "/desk/"


@pytest.mark.parametrize("address", ["https://evil.example/", "/book/", "//evil.example/", ""])
def test_what_was_typed_is_sent_nowhere_else(desk_app, ola, address):
    typed = {"typed_url": address, "typed_name": "a", "typed_value": "b"}
    came = try_it(desk_app.test_client(), PASSWORD, **typed)
    assert came.status_code == 303


def test_other_sites_can_neither_sign_anybody_in_nor_use_a_link_up(desk_app, ola):
    shown = shell.done(desk_app, "account", "reset", OLA)
    link = link_in(shown)
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "", "Origin": "null"},
        {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
    ):
        client = desk_app.test_client()
        data = {"email": OLA, "password": PASSWORD}
        for path in ("/desk/login", link):
            answer = client.post(path, data=data, headers=headers)
            assert answer.status_code == 403, (path, headers)
            assert not answer.headers.getlist("Set-Cookie")
    assert ola.get("/desk/").status_code == 200
    assert desk_app.test_client().get(link).status_code == 200


def test_two_resets_at_once_leave_one_link_that_is_good(desk_app, ola):
    links = [
        next(
            word
            for word in shell.done(desk_app, "account", "reset", OLA).split()
            if "/desk/" in word
        )
        for _ in range(3)
    ]
    client = desk_app.test_client()
    assert [client.get(each).status_code for each in links] == [410, 410, 200]


def test_a_database_that_is_stolen_lets_nobody_in(desk_app, ola, shop):
    """No token and no password stands in it, and what does is none."""
    shown = shell.done(desk_app, "account", "reset", OLA)
    token = shown.partition("/one-time-link/")[2].split()[0]
    secrets = [ola.cookie("sidebook-desk-"), token, PASSWORD]
    with shop.reading() as session:
        for table in (desk_session, one_time_link, known_browser, sign_in):
            rows = [*session.execute(table.select())]
            for secret in secrets:
                assert secret not in repr(rows)
                assert secret.encode() not in b"".join(
                    each for row in rows for each in row if isinstance(each, bytes)
                )
        hashes = [row.token_hash for row in session.execute(desk_session.select())]
    thief = FlaskClient(desk_app)
    for each in hashes:
        thief.set_cookie(cookie_name(desk_app), each.hex())
        assert thief.get("/desk/").status_code == 303


def test_what_tries_are_counted_by_cannot_be_worked_out_from_the_database(
    desk_app, ola, monkeypatch
):
    with desk_app.test_request_context("/desk/login", environ_base={"REMOTE_ADDR": "192.0.2.1"}):
        marks = [each.mark for each in coming_in._by_network(OLA)]
        assert request.remote_addr == "192.0.2.1"
        sidebook = desk_app.extensions["booking"]
        other = type("Key", (), {"keys": (b"another",)})()
        monkeypatch.setitem(vars(sidebook), "link_key", other)
        assert not set(marks) & {each.mark for each in coming_in._by_network(OLA)}
