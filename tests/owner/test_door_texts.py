"""Everything that is said at the door of the desk is a message."""

import re

import pytest

from booking.i18n import speaking
from booking.owner import passwords
from tests.commands.shell import done
from tests.conftest import app_over
from tests.i18n.test_every_text_is_marked import MARKS, OPEN, offences
from tests.owner.conftest import Desk, account
from tests.owner.test_first_hour import answer

LET_IN = {"email": "ada@example.com", "name": "Ada", "role": "staff", "staff": "ana"}


@pytest.fixture
def asked():
    """What was answered: `asked(client.get(path))` keeps it, and hands it on."""
    answers = []

    def keep(answer):
        if not 300 <= answer.status_code < 400:
            answers.append((f"{answer.request.method} {answer.request.path}", answer.text))
        return answer

    keep.answers = answers
    return keep


def test_at_the_log_in_and_among_accounts(desk, nobody, desk_app, asked):
    with speaking(MARKS):
        asked(nobody.get("/desk/login"))
        asked(nobody.get("/desk/login?begun=1"))
        asked(nobody.get("/desk/login", base_url="http://shop.example"))
        asked(nobody.post("/desk/login"))
        for password in ("wrong", "wrong"):
            who = {"email": "nobody@example.com", "password": password}
            asked(nobody.post("/desk/login", data=who))
            asked(nobody.post("/desk/login", data=who, headers={"HX-Request": "true"}))
        for _ in range(10):
            last = nobody.post("/desk/login", data=who)
        asked(last)
        asked(nobody.post("/desk/accounts/new", data={"name": "Ada"}))
        for path in ("/desk/accounts", "/desk/accounts/new", "/desk/account", "/desk/nowhere"):
            asked(desk.get(path))
        asked(desk.post("/desk/accounts/new"))
        asked(desk.post("/desk/accounts/new", data=LET_IN | {"staff": ""}))
        asked(desk.post("/desk/accounts/new", data=LET_IN))
        asked(desk.post("/desk/accounts/new", data=LET_IN))
        number = account(desk_app, "ada@example.com").id
        own = account(desk_app, "owner-x@example.com").id
        asked(desk.get(f"/desk/accounts/{number}"))
        asked(desk.post(f"/desk/accounts/{own}/removal"))
        asked(desk.post("/desk/account/password"))
        wrong = {"current": "x", "password": "a good password"}
        asked(desk.post("/desk/account/password", data=wrong))
        for guessed in ("short", "Password2026!", "x" * 600, "owner-x@example.com"):
            asked(desk.post("/desk/account/password", data=wrong | {"password": guessed}))
        asked(desk.get("/desk/account?done=1"))
    assert len(asked.answers) > 20
    assert said_by_us(asked.answers) == set()


def test_by_a_link_that_is_good_once(nobody, desk_app, asked, monkeypatch):
    said = done(desk_app, "account", "add", "ada@example.com", "--role", "owner", "--name", "Ada")
    link = next(word for word in said.split() if "/one-time-link/" in word)
    with speaking(MARKS):
        asked(nobody.get(link))
        asked(nobody.post(link))

        def busy(**_):
            raise passwords.TooBusy

        with monkeypatch.context() as patched:
            patched.setattr(passwords, "turn", busy)
            asked(nobody.post(link, data={"password": "a good password"}))
        nobody.post(link, data={"password": "a good password"})
        asked(nobody.get(link))
    assert said_by_us(asked.answers) == set()


def test_in_the_first_hour(sqlite_url, asked):
    with app_over(sqlite_url, None) as app:
        app.test_client_class = Desk
        link = next(word for word in done(app, "init").split() if "/one-time-link/" in word)
        client = app.test_client()
        who = {"name": "Ada", "email": "ada@example.com", "password": "a good password"}
        with speaking(MARKS):
            asked(client.get(link))
            asked(client.post(link))
            client.post(link, data=who)
            for step, typed in (
                ("shop", {"name": "Test Shop", "zone": "Europe/Lisbon"}),
                ("service", {"name": "Short visit", "duration": "60"}),
                ("person", {"name": "Ana"}),
                ("hours", {"open_0": "yes", "from_0": "9:00", "to_0": "17:00"}),
            ):
                asked(client.get("/desk/first-hour"))
                asked(answer(client, step, {"open_1": "yes"}))
                answer(client, step, typed)
            asked(client.get("/desk/first-hour"))
        assert len(asked.answers) > 8
        assert said_by_us(asked.answers) == set()


OURS = (
    "owner-x@example.com",
    "nobody@example.com",
    "ada@example.com",
    "Firefox",
    "flask booking account reset",
)


def said_by_us(answers) -> set[str]:
    """What stands outside every message, but for names and addresses that somebody gave."""
    shown = []
    for where, html in answers:
        assert OPEN in html, where
        for name in OURS:
            html = html.replace(name, "")  # noqa: PLW2901
        # Who is at the desk is called Owner; the name of the role stands right behind a mark.
        shown.append((where, re.sub(rf"(?<!{OPEN})\bOwner\b", "", html)))
    return offences(shown)
