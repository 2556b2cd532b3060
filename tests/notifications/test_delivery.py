"""Every letter goes out once it is due, in order, and a mail server's trouble is nobody else's."""

import time
from asyncio import CancelledError
from dataclasses import replace
from itertools import pairwise
from threading import Event, Thread
from threading import enumerate as living_threads

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import OperationalError

from booking.notifications import delivery, handlers
from booking.operations.outbox import Outbox
from booking.state import current_sidebook
from booking.storage import deliveries, turns
from booking.storage.models import Booking, Shop, letter
from booking.storage.turns import Queue
from tests.fixtures.clusters import wait_until
from tests.fixtures.mail_servers import mail_server
from tests.fixtures.small_shop import NOW, at, later
from tests.notifications.conftest import MAIL
from tests.notifications.delivering import (
    ANN,
    CUSTOMER,
    SHOP,
    TEN,
    app_that_sends,
    change,
    deliver,
    states,
)

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DAY = 24 * 60
ADDRESS = "https://shop.example/book/appointment/"
REMINDER = 2 * DAY + 120  # minutes from now


@pytest.fixture
def server():
    with mail_server() as server:
        yield server


@pytest.fixture
def app(shop, server):
    with app_that_sends(shop, server.url) as app:
        yield app


@pytest.fixture
def booked(shop):
    return shop.book(None, "cut", "ann", TEN, outbox=MAIL)


def column(shop, name: str, kind: str = "booked", role: str = "customer") -> object:
    wanted = select(letter.c[name]).where(letter.c.kind == kind, letter.c.role == role)
    with shop.engine.connect() as connection:
        return connection.scalar(wanted)


def last_lease(shop) -> int:
    with shop.engine.connect() as connection:
        return connection.scalar(select(func.max(letter.c.leased_until)))


def seconds(minutes: float) -> int:
    return int(NOW.timestamp() + minutes * 60)


def test_what_is_due_is_sent_and_what_is_not_waits(app, shop, server, booked):
    assert deliver(app).ended == {"sent": 3}
    assert server.recipients() == [CUSTOMER, ANN, SHOP]
    assert {one.message_id for one in server.received} == set(message_ids(shop)[:3])
    assert column(shop, "answer") == "250 2.0.0 Queued"
    assert column(shop, "lease") is None
    assert seconds(0) <= column(shop, "ended_at") < seconds(1)
    assert deliver(app, minutes=REMINDER - 1).ended == {}
    assert deliver(app, minutes=REMINDER).ended == {"sent": 1}
    assert states(shop, "customer") == [("booked", "sent"), ("reminder", "sent")]


def message_ids(shop) -> list[str]:
    with shop.engine.connect() as connection:
        return list(connection.scalars(select(letter.c.message_id).order_by(letter.c.id)))


def test_no_connection_is_in_use_while_the_mail_server_takes_its_time(app, server, booked):
    in_use = []
    engine = app.extensions["sqlalchemy"]
    with app.app_context():
        pool = engine.engine.pool
    server.while_it_waits = lambda: in_use.append(pool.checkedout())
    deliver(app)
    assert in_use == [0, 0, 0]


def test_a_link_of_before_there_were_keys_is_added_without_a_second_connection(app, shop, server):
    host = Hears(app)
    shop.book(None, "cut", "ann", TEN, outbox=outbox_of(app))
    with shop.writing() as session:
        session.query(Booking).update({"link_number": None})
    most = []
    with app.app_context():
        pool = app.extensions["sqlalchemy"].engine.pool
    event.listen(pool, "checkout", lambda *_: most.append(pool.checkedout()))
    assert deliver(app).ended == {"sent": 4}
    assert max(most) == 1
    assert ADDRESS in server.received[0].message.get_body(("plain",)).get_content()
    assert len(host.heard) == 1


@on_sqlite
def test_confirmations_go_before_reminders(app, shop, server, booked):
    deliver(app)
    shop.book(None, "cut", "ben", TEN, outbox=MAIL)
    deliver(app, minutes=REMINDER)
    kinds = [subject.partition(":")[0] for subject in server.subjects()]
    assert kinds[3:] == ["Booked", *kinds[1:3], *kinds[-2:]]
    assert "Booked" not in kinds[-2:]


@on_sqlite
def test_a_temporary_answer_is_asked_again_with_growing_pauses_and_refused_after_a_day(
    app, shop, server, booked
):
    server.answers["RCPT"] = ["450 4.2.0 asa@example.com is busy"] * 60
    tried, minute = [0.0], 0.0
    while deliver(app, minutes=minute).ended["waiting"]:
        assert deliver(app, minutes=minute + 0.5).ended == {}
        minute = (last_lease(shop) - seconds(0)) / 60
        tried.append(minute)
    pauses = [after - before for before, after in pairwise(tried)]
    assert pauses == sorted(pauses)
    assert (round(pauses[0]), len(tried)) == (1, len(delivery.PAUSES) + 1)
    assert 23 * 60 < tried[-1] < 25 * 60
    assert (column(shop, "state"), column(shop, "answer")) == ("refused", "450 4.2.0 … is busy")


def test_a_permanent_answer_is_kept_and_keeps_no_other_letter(app, shop, server, booked):
    server.answers["RCPT"] = ["550 5.1.1 No <asa@example.com> here"]
    assert deliver(app).ended == {"refused": 1, "sent": 2}
    assert column(shop, "answer") == "550 5.1.1 No … here"
    assert deliver(app, minutes=1).ended == {}


@on_sqlite
def test_a_letter_that_cannot_be_written_keeps_no_other_and_tells_no_address(
    app, shop, server, booked, caplog
):
    change(shop, "booked", facts={"start": CUSTOMER})
    assert deliver(app).ended == {"waiting": 1, "sent": 2}
    assert "could not be made" in column(shop, "answer")
    assert "could not be made" in caplog.text
    assert CUSTOMER not in caplog.text


def test_where_the_server_asks_for_a_pause_all_letters_wait_each_time_longer(
    app, shop, server, booked
):
    server.answers["MAIL"] = ["451 4.3.0 Not now"] * 2
    first = deliver(app)
    assert (first.ended, first.answer) == ({"waiting": 1}, "451 4.3.0 Not now")
    assert deliver(app, minutes=0.9).ended == {}
    assert deliver(app, minutes=1.1).ended == {"waiting": 1}
    assert deliver(app, minutes=3).ended == {}
    assert deliver(app, minutes=3, even_if_paused=True).ended["sent"] == 2
    with shop.reading() as session:
        assert not turns.is_paused(session, now=seconds(3))


def test_what_a_clock_wrote_down_that_was_years_ahead_keeps_no_letter(app, shop, server, booked):
    years = 3 * 365 * DAY
    change(shop, "booked", state="sending", lease="dead", leased_until=seconds(years), tries=1)
    with shop.writing() as session:
        turns.take_turn(session, Queue.LETTERS, "dead", now=seconds(years), until=seconds(years))
        turns.pause(session, now=seconds(years), answer="421 Closing")
    assert deliver(app).ended == {"sent": 3}


@on_sqlite
def test_a_pause_of_the_mail_servers_is_none_of_a_hosts_handlers(shop, server):
    server.answers["MAIL"] = ["421 4.3.0 Closing"]
    with app_that_sends(shop, server.url) as app:
        host = Hears(app)
        shop.book(None, "cut", "ann", TEN, outbox=outbox_of(app))
        assert deliver(app).ended == {"waiting": 1, "sent": 1}
        shop.book(None, "cut", "ben", TEN, outbox=outbox_of(app))
        assert deliver(app, minutes=0.5).ended == {"sent": 1}
    assert len(host.heard) == 2


def test_what_a_dead_deliverer_had_is_taken_over_when_its_lease_is_over(app, shop, server, booked):
    change(shop, "booked", state="sending", lease="dead", leased_until=seconds(2), tries=1)
    deliver(app, minutes=1)
    assert server.recipients() == [ANN, SHOP]
    deliver(app, minutes=2)
    assert server.recipients() == [ANN, SHOP, CUSTOMER]
    assert column(shop, "tries") == 2


def test_whoever_lost_its_lease_writes_nothing_down(app, shop, server, booked):
    with shop.writing() as session:
        [number, *_] = deliveries.due_letters(session, Queue.LETTERS, now=seconds(0), most=9)
        first, second = (
            deliveries.claim_letter(
                session, Queue.LETTERS, number, lease, now=seconds(now), until=seconds(until)
            )
            for lease, now, until in (("first", 0, 1), ("second", 1, 9))
        )
        assert (first.tries, second.tries) == (1, 2)
        assert not deliveries.end_letter(session, number, "first", "refused", answer="", now=1)
        assert not deliveries.postpone_letter(session, number, "first", answer="", until=1, tries=1)
    assert column(shop, "lease") == "second"


def test_a_newer_letter_waits_for_an_older_one_that_is_under_way(app, shop, server, booked):
    change(shop, "booked", state="sending", lease="slow", leased_until=seconds(2), tries=1)
    shop.cancel(booked, outbox=MAIL)
    deliver(app, minutes=1)
    assert server.recipients() == [ANN, SHOP]
    deliver(app, minutes=2)
    assert server.recipients() == [ANN, SHOP, CUSTOMER]
    assert states(shop, "customer")[0] == ("booked", "withdrawn")


@pytest.mark.parametrize(("answer", "state"), [("", "sent"), ("450 Later", "withdrawn")])
def test_what_is_withdrawn_while_it_is_under_way_has_arrived_or_is_not_tried_again(
    app, shop, server, booked, answer, state
):
    server.answers["DATA"] = [answer] if answer else []
    server.while_it_waits = lambda: once(server, lambda: shop.cancel(booked, outbox=MAIL))
    deliver(app)
    assert states(shop, "customer")[0] == ("booked", state)
    deliver(app, minutes=5)
    arrived = [subject for one in server.received if one.recipient == CUSTOMER
               for subject in [one.message["Subject"].partition(":")[0]]]  # fmt: skip
    assert arrived == (["Cancelled"] if answer else ["Booked", "Cancelled"])


def once(server, act) -> None:
    server.while_it_waits = lambda: None
    worker = Thread(target=act)  # the server's own loop is not to wait for a database
    worker.start()
    worker.join()


def test_after_a_server_was_down_over_three_events_one_true_letter_comes(shop, server):
    with app_that_sends(shop, "smtp://127.0.0.1:1?tls=none") as app:
        reference = shop.book(None, "cut", "ann", TEN, outbox=MAIL)
        assert deliver(app).answer
        shop.move(reference, at("12:00", day=3), outbox=MAIL)
        assert deliver(app, minutes=2).answer
        shop.cancel(reference, outbox=MAIL)
        assert deliver(app, minutes=6).answer
    with app_that_sends(shop, server.url) as app:
        deliver(app, minutes=60)
    assert sorted(server.recipients()) == sorted([CUSTOMER, ANN, SHOP])
    assert {subject.partition(":")[0] for subject in server.subjects()} == {"Cancelled"}


def test_a_letter_that_waited_to_be_tried_again_holds_up_no_cancellation(app, shop, server, booked):
    server.answers["RCPT"] = ["450 4.2.0 busy"] * 18  # six times for each of the three
    minute = 0.0
    deliver(app)
    while server.answers["RCPT"]:
        minute = (last_lease(shop) - seconds(0)) / 60
        deliver(app, minutes=minute)
    assert (column(shop, "tries"), server.recipients()) == (6, [])
    shop.cancel(booked, outbox=MAIL)
    assert deliver(app, minutes=minute + 0.1).ended["sent"] == 3


@on_sqlite
@pytest.mark.parametrize("trouble", ["no server", "a wrong password"])
def test_an_outage_of_more_than_a_day_loses_no_letter(shop, server, booked, trouble):
    only = letter.c.role != "customer"
    with shop.engine.begin() as connection:
        connection.execute(letter.delete().where(only))
    url = "smtp://127.0.0.1:1?tls=none" if trouble == "no server" else server.url
    with app_that_sends(shop, url) as app:
        for minute in range(0, 26 * 60, 10):
            server.answers["MAIL"] = ["535 5.7.8 Who are you?"]
            deliver(app, minutes=minute)
    assert (column(shop, "state"), column(shop, "tries")) == ("waiting", 0)
    server.answers.clear()
    with app_that_sends(shop, server.url) as app:
        assert deliver(app, minutes=28 * 60).ended == {"sent": 1}


@on_sqlite
def test_after_a_pause_the_others_go_before_the_letter_that_was_answered_with_it(
    app, shop, server, booked
):
    server.answers["MAIL"] = ["451 4.7.1 Not this one"]
    for minute in (0, 1.1, 2.1):
        deliver(app, minutes=minute)
    assert server.recipients() == [ANN, SHOP, CUSTOMER]


@on_sqlite
def test_of_two_reminders_that_trouble_kept_only_the_later_one_comes(app, shop, server):
    with shop.writing() as session:
        session.get(Shop, 1).mail = {"reminders": [DAY, 120]}
    shop.book(None, "cut", "ann", TEN, outbox=MAIL)
    deliver(app)
    deliver(app, minutes=3 * DAY + 30)
    assert states(shop, "customer") == [
        *(("booked", "sent"), ("reminder", "too_late"), ("reminder", "sent"))
    ]


@on_sqlite
def test_a_reminder_written_in_winter_is_due_by_the_clock_of_summer(app, shop, server):
    with shop.writing() as session:
        session.get(Shop, 1).mail = {"reminders": [2 * DAY, DAY]}
    start = at("09:00", day=28)  # Monday, 10:00 in Lisbon; its clock went forward on Sunday at 1:00
    shop.book(None, "cut", "ann", start, outbox=MAIL)
    deliver(app)
    due = [26 * DAY + 120, 27 * DAY + 60]  # Saturday and Sunday at 10:00
    for minute in due:
        assert deliver(app, minutes=minute - 0.1).ended == {}
        assert deliver(app, minutes=minute).ended == {"sent": 1}


@on_sqlite
def test_what_has_lost_its_point_is_set_aside(app, shop, server, booked):
    deliver(app, minutes=4 * DAY)
    assert states(shop, "customer") == [("booked", "too_late"), ("reminder", "too_late")]
    assert server.received == []


@on_sqlite
def test_what_waited_while_mail_was_off_for_days_is_not_sent_when_it_is_on_again(app, shop, server):
    reference = shop.book(None, "cut", "ann", at("10:00", day=9), outbox=MAIL)
    deliver(app, minutes=3 * DAY)
    assert states(shop, "customer")[0] == ("booked", "too_late")
    shop.cancel(reference, now=later(3 * DAY), outbox=MAIL)
    assert deliver(app, minutes=3 * DAY).ended == {"sent": 3}


@on_sqlite
@pytest.mark.parametrize("queue", Queue)
@pytest.mark.parametrize("is_others_turn", [False, True])
def test_a_look_that_finds_nothing_to_do_is_two_reads_or_one_where_another_delivers(
    app, shop, booked, queue, is_others_turn
):
    deliver(app)
    with shop.writing() as session:
        until = seconds(9 if is_others_turn else 0)
        turns.take_turn(session, queue, "other", now=seconds(0), until=until)
    said = []
    with app.app_context():
        engine = app.extensions["sqlalchemy"].engine
    event.listen(engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    delivery.deliver_queue(app, queue, now=later(1))
    reads = 1 if is_others_turn else 2
    assert [statement.split()[0] for statement in said] == ["SELECT"] * reads


@on_sqlite
def test_in_the_evening_whoever_wants_letters_once_a_day_gets_tomorrows_list(app, shop, server):
    shop.change("ann", letters="daily")
    shop.book(None, "cut", "ann", at("10:00", day=1))
    assert deliver(app, minutes=10 * 60 - 1).ended == {}  # it is 17:59
    assert deliver(app, minutes=10 * 60 + 4).ended == {"sent": 1}
    assert server.recipients() == [ANN]
    assert deliver(app, minutes=10 * 60 + 9).ended == {}


# -- a host's handlers -----------------------------------------------------------------------------


class Hears:
    """A handler that fails so many times before it listens."""

    def __init__(self, app, *events: str, fails: int = 0) -> None:
        self.heard, self.fails, self.calls = [], fails, 0

        def handler(booking, link):
            self.calls += 1
            assert not app.extensions["sqlalchemy"].session().in_transaction()
            if self.calls <= self.fails:
                raise RuntimeError(CUSTOMER)
            self.heard.append(
                (booking.service.name, booking.customer_email, link.rpartition("/")[0] + "/")
            )

        handler.__qualname__ = f"handler_{id(self)}"
        for what in events or ("booked",):
            app.extensions["booking"].on(what)(handler)


def outbox_of(app) -> Outbox:
    with app.app_context():
        return replace(current_sidebook().outbox, announce=None)


def test_a_host_is_told_by_its_handler_outside_any_transaction_of_ours(app, shop):
    host = Hears(app)
    shop.book(None, "cut", "ann", TEN, outbox=outbox_of(app))
    assert deliver(app).ended == {"sent": 4}
    assert deliver(app, minutes=1).ended == {}
    assert host.heard == [("Cut", CUSTOMER, "https://shop.example/book/appointment/")]


@on_sqlite
def test_a_handler_that_fails_is_told_again_and_neither_keeps_nor_repeats_others(app, shop, caplog):
    failing, fine = Hears(app, fails=2), Hears(app)
    shop.book(None, "cut", "ann", TEN, outbox=outbox_of(app))
    assert deliver(app).ended == {"sent": 4, "waiting": 1}
    assert deliver(app, minutes=1).ended == {"waiting": 1}
    assert deliver(app, minutes=2).ended == {}
    assert deliver(app, minutes=3).ended == {"sent": 1}
    assert len(failing.heard) == len(fine.heard) == 1
    assert "RuntimeError" in caplog.text
    assert CUSTOMER not in caplog.text


@on_sqlite
@pytest.mark.parametrize("end", [SystemExit, CancelledError, GeneratorExit])
def test_a_handler_that_would_end_its_thread_ends_only_itself(app, shop, end):
    def leaves(_booking, _link):
        raise end

    leaves.__qualname__ = "leaves"
    app.extensions["booking"].on("booked")(leaves)
    shop.book(None, "cut", "ann", TEN, outbox=outbox_of(app))
    assert deliver(app).ended == {"sent": 3, "waiting": 1}


@on_sqlite
def test_a_handler_hears_of_a_bookings_events_in_their_order(app, shop):
    host = Hears(app, "booked", "cancelled", fails=1)
    reference = shop.book(None, "cut", "ann", TEN, outbox=outbox_of(app))
    deliver(app)
    shop.cancel(reference, outbox=outbox_of(app))
    deliver(app)
    assert host.calls == 1
    deliver(app, minutes=1)
    assert host.calls == 3


@on_sqlite
def test_without_mail_handlers_are_told_and_letters_wait(shop, server):
    with app_that_sends(shop, "") as app:
        host = Hears(app)
        outbox = outbox_of(app)
        assert not outbox.mail
        shop.book(None, "cut", "ann", TEN, outbox=replace(outbox, mail=True))
        assert deliver(app).ended == {"sent": 1}
    assert len(host.heard) == 1
    assert server.received == []


@on_sqlite
def test_a_handler_that_this_process_does_not_know_yet_is_told_later(app, shop):
    outbox = Outbox(handlers={"booked": ["newer.handler"]})
    shop.book(None, "cut", "ann", TEN, outbox=outbox)
    assert deliver(app).ended == {"waiting": 1}


@on_sqlite
def test_after_the_database_failed_before_a_handler_was_called_it_is_called(app, shop):
    """What failed is not what came of the handler, and no later try is told it again."""
    host, mine = Hears(app), Booking.__tablename__
    shop.book(None, "cut", "ann", TEN, outbox=outbox_of(app))
    with shop.engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {mine} RENAME TO away"))
    with pytest.raises(OperationalError):
        delivery.deliver_queue(app, Queue.HANDLERS, now=NOW)
    with shop.engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE away RENAME TO {mine}"))
    assert delivery.deliver_queue(app, Queue.HANDLERS, now=later(10)).ended == {"sent": 1}
    assert len(host.heard) == 1


@pytest.fixture
def hangs(app, shop):
    """A booking whose handler does not return; when it was called, and when it may return."""
    called, returns = Event(), Event()

    def hangs(_booking, _link) -> None:
        called.set()
        returns.wait(90)

    hangs.__qualname__ = "hangs"
    app.extensions["booking"].on("booked")(hangs)
    shop.book(None, "cut", "ann", TEN, outbox=outbox_of(app))
    others = living_threads()
    yield called, returns
    returns.set()
    for thread in living_threads():
        if thread not in others:
            thread.join(30)  # it gives its connection back, to a database that is still there


def test_letters_go_out_while_a_handler_hangs(app, shop, server, hangs):
    called, returns = hangs
    telling = Thread(target=delivery.deliver_queue, args=(app, Queue.HANDLERS), kwargs={"now": NOW})
    telling.start()
    assert called.wait(30)
    assert delivery.deliver_queue(app, Queue.LETTERS, now=NOW).ended == {"sent": 3}
    shop.book(None, "cut", "ben", TEN, outbox=outbox_of(app))
    assert delivery.deliver_queue(app, Queue.HANDLERS, now=later(0.1)).is_others_turn
    returns.set()
    telling.join()
    assert server.recipients() == [CUSTOMER, ANN, SHOP]


@on_sqlite
def test_a_handler_that_does_not_return_keeps_no_other_waiting_and_counts_when_it_does(
    app, shop, hangs, monkeypatch, caplog
):
    monkeypatch.setattr(handlers, "PATIENCE", 0.1)
    called, returns = hangs
    other = Hears(app)
    shop.book(None, "cut", "ben", TEN, outbox=outbox_of(app))
    told = delivery.deliver_queue(app, Queue.HANDLERS, now=NOW)
    assert told.ended == {"waiting": 2, "sent": 1}
    assert called.is_set()
    assert len(other.heard) == 1
    assert "hangs has not returned" in caplog.text
    with shop.engine.connect() as connection:
        answers = " ".join(filter(None, connection.scalars(select(letter.c.answer))))
    assert "is at an event before" in answers
    returns.set()
    [call] = app.extensions[handlers._CALLS].values()
    call.join()
    called.clear()
    assert delivery.deliver_queue(app, Queue.HANDLERS, now=later(2)).ended == {"sent": 2}
    assert called.is_set(), "of ben it had not heard"


@on_sqlite
def test_who_delivers_both_for_good_ends_in_time_though_a_handler_hangs(
    app, server, hangs, monkeypatch
):
    monkeypatch.setattr(delivery, "FAREWELL", 0.2)
    monkeypatch.setattr(delivery, "utc_now", lambda: NOW)
    called, _returns = hangs
    stop, wake = Event(), {queue: Event() for queue in Queue}
    delivers = Thread(target=delivery.watch_all, args=(app, stop, wake))
    delivers.start()
    assert called.wait(30)
    wait_until(lambda: len(server.received) == 3)
    stop.set()
    wake[Queue.LETTERS].set()
    delivers.join(25)
    assert not delivers.is_alive()
    wake[Queue.HANDLERS].set()  # nothing waits for its next look


# -- the pace, and whose turn it is ----------------------------------------------------------------


@on_sqlite
def test_letters_keep_their_distance(shop, server, booked):
    with app_that_sends(shop, server.url, mails_a_second=4) as app:
        deliver(app)
    first, _, last = [one.at for one in server.received]
    assert last - first > 0.15


def test_only_one_process_delivers_at_a_time_and_the_next_keeps_the_distance(app, shop, booked):
    with shop.writing() as session:
        assert turns.take_turn(session, Queue.LETTERS, "other", now=seconds(0), until=seconds(1))
    assert deliver(app).is_others_turn
    with shop.writing() as session:
        turns.end_turn(session, Queue.LETTERS, "other", until=seconds(0.5))
    assert deliver(app, minutes=0.4).is_others_turn
    assert deliver(app, minutes=0.5).ended == {"sent": 3}


@on_sqlite
def test_who_was_kept_so_long_that_another_has_the_turn_sends_no_more(
    app, shop, server, booked, monkeypatch
):
    def another_takes_it() -> None:
        with shop.writing() as session:
            assert turns.take_turn(
                session, Queue.LETTERS, "other", now=seconds(1), until=seconds(9)
            )
        time.sleep(1.1)

    monkeypatch.setattr(delivery, "TURN", 1)
    server.while_it_waits = lambda: once(server, another_takes_it)
    assert deliver(app).ended == {"sent": 1}
    assert deliver(app, minutes=9).ended == {"sent": 2}


@on_sqlite
def test_who_is_told_to_stop_begins_no_other_letter(app, server, booked):
    stop = Event()
    server.while_it_waits = stop.set
    assert deliver(app, stop=stop).ended == {"sent": 1}
