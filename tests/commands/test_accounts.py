"""`flask booking account …`: the way in that needs no mail and nobody who is signed in."""

from datetime import timedelta

import pytest

from booking.application import without_tokens
from booking.now import utc_now
from booking.operations.accounts import account_of
from booking.operations.sign_ins import Limits, begin_session
from tests.commands.shell import done, in_database, refused, run

OLA = ("account", "add", "ola@example.com", "--role", "owner")


def test_an_account_is_added_listed_and_removed(app):
    assert "Nobody yet" in done(app, "account", "list")
    said = done(app, *OLA, "--name", "Ola", "--staff", "ana")
    assert "ola@example.com may come to the desk. By this link they set a password:" in said
    assert "/desk/one-time-link/" in said
    assert "good once, for two days" in said
    done(app, "account", "add", "Ben@example.com", "--role", "staff", "--staff", "ben")
    listed = done(app, "account", "list").splitlines()
    first = " ".join(listed[0].split())
    assert first == "ola@example.com owner Ola works as ana, no password yet"
    assert listed[1].startswith("ben@example.com  staff  Ben")
    assert "comes to the desk no more" in done(app, "account", "remove", "BEN@example.com")
    assert "ben" not in done(app, "account", "list")


@pytest.mark.settings(public_url="https://shop.example/mount")
def test_a_link_is_whole_where_the_public_address_is_known(app):
    assert "\nhttps://shop.example/mount/desk/one-time-link/" in done(app, *OLA)


def test_a_reset_prints_a_link_and_leaves_the_password_as_it_is(app):
    done(app, *OLA)
    said = done(app, "account", "reset", "ola@example.com")
    assert "Until then the one of before stays good" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "ola@example.com", "--role", "owner"), "flask booking account reset ola@"),
        (("add", "nobody", "--role", "owner"), "Enter an e-mail address in full"),
        (("add", "x@example.com", "--role", "staff"), "--staff SLUG"),
        (("add", "x@example.com", "--role", "staff", "--staff", "x"), "Nobody works under x"),
        (("remove", "ola@example.com"), "the only owner"),
        (("remove", "x@example.com"), "account list shows all"),
        (("reset", "x@example.com"), "account list shows all"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line_with_the_remedy(app, words, said):
    done(app, *OLA)
    assert said in refused(app, "account", *words)


def test_sessions_are_ended_of_one_or_of_everybody(app):
    done(app, *OLA)
    assert done(app, "account", "sign-out", "ola@example.com") == "Ended 0 sessions at the desk.\n"
    begin_two_sessions(app)
    assert done(app, "account", "sign-out", "--all") == "Ended 2 sessions at the desk.\n"
    begin_two_sessions(app)
    assert done(app, "account", "sign-out", "OLA@example.com") == "Ended 2 sessions at the desk.\n"
    assert run(app, "account", "sign-out").exit_code == 2


def begin_two_sessions(app) -> None:
    limits = Limits(timedelta(hours=8), timedelta(days=7))

    def work(session) -> None:
        for _ in range(2):
            found = account_of(session, "ola@example.com")
            begin_session(session, found, limits, browser="", now=utc_now())

    in_database(app, work)


def test_a_link_is_in_no_log(app):
    link = next(word for word in done(app, *OLA).split() if "/one-time-link/" in word)
    token = link.rpartition("/")[2]
    assert token not in without_tokens(f'"POST {link} HTTP/1.1" 303 -')


def test_in_an_app_without_a_desk_that_is_said(host):
    from booking import Sidebook

    Sidebook(host)
    assert "desk_prefix='/desk'" in refused(host, *OLA)
