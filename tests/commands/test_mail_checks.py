"""What `doctor` says of letters: who they are from, where they lead, and whether they leave."""

import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from booking.commands.mail_checks import sender
from booking.config import read_settings
from booking.storage.models import deliverer, letter
from booking.storage.turns import Queue, pause, take_turn
from tests.commands.shell import done, execute, in_database, run
from tests.commands.test_letters import MAIL, booked

SMTP = {
    "BOOKING_MAIL_URL": "smtp://mail.shop.example",
    "BOOKING_MAIL_FROM": "hello@shop.example",
    "BOOKING_PUBLIC_URL": "https://shop.example",
}


def told(shops_address="hello@shop.example", **settings):
    given = SMTP | {f"BOOKING_{name}": value for name, value in settings.items()}
    return [text for grade, text in sender(read_settings(given), shops_address) if grade == "warn"]


def test_a_sender_of_its_own_domain_is_well():
    assert told() == []
    assert told("anna@mail.shop.example") == []


@pytest.mark.parametrize(
    ("settings", "warning"),
    [
        ({"MAIL_FROM": "shop@gmail.com"}, "letters are from gmail.com, which lets nobody else"),
        ({"MAIL_REPLY_TO": "me@other.example"}, "answers go to other.example, and letters are"),
        ({"PUBLIC_URL": "http://127.0.0.1:5000"}, "links in letters lead to 127.0.0.1, which"),
        ({"PUBLIC_URL": "http://[::1]:5000"}, "links in letters lead to ::1, which customers"),
        ({"PUBLIC_URL": "http://till:5000"}, "links in letters lead to till, which customers do"),
        ({"PUBLIC_URL": "http://192.168.0.7"}, "links in letters lead to 192.168.0.7, which"),
        ({"MAIL_URL": "log:"}, "letters are not sent, but told in the log: for trying out only"),
    ],
)
def test_what_other_servers_or_customers_would_not_take_is_told(settings, warning):
    address = settings.get("MAIL_FROM", "hello@shop.example")
    assert [text[: len(warning)] for text in told(address, **settings)] == [warning]


def test_answers_go_to_the_shops_own_address_where_nothing_else_is_said():
    [warning] = told("shop@elsewhere.example")
    assert warning.startswith("answers go to elsewhere.example, and letters are from shop.example")


def test_without_mail_that_is_all_there_is_to_say(app):
    booked(app)
    shown = done(app, "doctor")
    assert "ok     no letters are sent (BOOKING_MAIL_URL is not set)" in shown
    assert "ok     no letter waits for its deliverer" in shown


@MAIL
@pytest.mark.both_databases
def test_a_queue_that_stands_still_is_wrong_and_what_failed_a_warning(app):
    booked(app)
    shown = done(app, "doctor")
    assert "ok     no letter waits for its deliverer" in shown
    assert "ok     no letter has failed" in shown
    execute(app, update(letter).where(letter.c.id == 1).values(due_at=letter.c.due_at - 1000))
    answer = run(app, "doctor")
    assert answer.exit_code == 1
    assert "WRONG  1 letters have been due since 2" in answer.stdout
    execute(app, update(letter).where(letter.c.id == 1).values(tries=3))
    execute(app, update(letter).where(letter.c.id == 2).values(state="refused"))
    shown = done(app, "doctor")
    assert "warn   our mail server has not taken some letters (1 refused, 1 to be tried" in shown


@MAIL
def test_a_pause_that_the_mail_server_asked_for_is_told_and_can_be_ended(app):
    in_database(app, lambda session: take_turn(session, Queue.LETTERS, "x", now=1, until=1))
    now = int(time.time())
    until = in_database(app, lambda session: pause(session, now=now, answer="421 too many"))
    shown = done(app, "doctor")
    moment = datetime.fromtimestamp(until, UTC)
    assert f"warn   no letter leaves before {moment:%Y-%m-%d %H:%M} UTC" in shown
    assert "because our mail server said: 421 too many. Look" in shown
    done(app, "letters", "retry")
    assert "no letter leaves" not in done(app, "doctor")


@MAIL
@pytest.mark.both_databases
def test_while_the_mail_server_has_us_pause_no_deliverer_is_looked_for(app):
    booked(app)
    execute(app, update(letter).where(letter.c.id == 1).values(due_at=letter.c.due_at - 1000))
    at = int(time.time())
    in_database(app, lambda session: take_turn(session, Queue.LETTERS, "x", now=1, until=1))
    in_database(app, lambda session: pause(session, now=at, answer="535 Who are you?"))
    assert "because our mail server said: 535 Who are you?. Look" in done(app, "doctor")
    execute(app, update(deliverer).values(paused_until=at - 60))
    done(app, "doctor")  # it is over, but only just
    execute(app, update(deliverer).values(paused_until=at - 1000))
    assert "WRONG  1 letters have been due since" in run(app, "doctor").stdout


def test_events_for_a_function_that_is_gone_are_told(app):
    app.extensions["booking"].listeners.by_event["booked"] = {"till.tell": print}
    booked(app)
    assert "events wait" not in done(app, "doctor")
    del app.extensions["booking"].listeners.by_event["booked"]
    assert "warn   events wait for till.tell, which this app does not have" in done(app, "doctor")


@MAIL
def test_letters_that_no_purge_took_away_are_told(app):
    booked(app)
    over = update(letter).where(letter.c.id == 1)
    execute(app, over.values(state="sent", ended_at=1))
    assert "a purge is overdue by more than a day (1 letters)" in done(app, "doctor")
    done(app, "purge")
    assert "ok     nothing is overdue to be purged" in done(app, "doctor")
