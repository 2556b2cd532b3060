"""A signal is sent from every door as soon as its change is committed, and never for another."""

import re
from datetime import UTC, datetime

import pytest

from booking import signals
from booking.operations.bookings import cancel
from booking.storage.models import Booking
from booking.tab_sessions import write_transaction
from tests.customer.walks import ADA, at_done, at_review
from tests.test_write_locks import free_times

CANCEL = "form[action$=cancellation]"
pytestmark = pytest.mark.usefixtures("monday_morning")


@pytest.fixture
def heard(app):
    """What was said, and in which state the booking was found by whoever heard it."""
    heard, receivers = [], []

    def hear(name):
        def receive(sender, reference):
            session = sender.extensions["booking"].session
            found = session.query(Booking).filter_by(reference=reference).one()
            heard.append((name, reference, found.state, found.changes))

        return receive

    for name in ("booked", "moved", "cancelled"):
        receivers.append(hear(name))  # a signal forgets whom nobody else knows
        getattr(signals, name).connect(receivers[-1], app)
    yield heard
    receivers.clear()


@pytest.mark.both_databases
def test_the_wizard_the_manage_page_and_the_commands_announce_what_they_did(app, heard):
    tab = at_done(app)
    first = tab.page.select_one("[data-booking-reference]")["data-booking-reference"]
    link = re.search(r"/book/appointment/[\w-]+", str(tab.page))[0]
    tell = app.test_cli_runner().invoke
    moved_to, booked_for = free_times(app)
    assert tell(args=["booking", "reschedule", first, moved_to, "--staff", "ana"]).exit_code == 0
    tab.open(link).submit(CANCEL)
    answer = tell(args=["booking", "book", "short", booked_for, "--name", "Ada", "--staff", "ana"])
    second = answer.output.split()[1]
    assert tell(args=["booking", "cancel", second]).exit_code == 0
    assert heard == [
        ("booked", first, "confirmed", 0),
        ("moved", first, "confirmed", 1),
        ("cancelled", first, "cancelled", 2),
        ("booked", second, "confirmed", 0),
        ("cancelled", second, "cancelled", 1),
    ]


def test_confirming_twice_is_announced_once(app, heard):
    tab = at_review(app)
    headers, fields = {"Tab-Session": tab.id, "HX-Request": "true"}, tab.fields
    for _ in "ab":
        tab.client.post("/book/review/form", data=fields, headers=headers)
    assert len(heard) == 1


def test_what_is_rolled_back_is_not_announced(app, heard):
    at_done(app)
    sidebook = app.extensions["booking"]

    def cancel_and_fail():
        with write_transaction(sidebook.session) as session:
            made = session.query(Booking).one()
            cancel(session, made, by="owner", now=datetime.now(UTC), outbox=sidebook.outbox)
            raise RuntimeError

    with app.app_context(), pytest.raises(RuntimeError):
        cancel_and_fail()
    with app.app_context(), write_transaction(sidebook.session):
        pass  # what the other one meant to say is not said by this one
    assert [name for name, *_ in heard] == ["booked"]


def test_a_receiver_that_fails_costs_nobody_anything(app, heard, caplog):
    def fail(sender, reference):
        raise RuntimeError("no connection")

    signals.booked.connect(fail, app)
    assert at_done(app).step == "done"
    assert [name for name, *_ in heard] == ["booked"]
    assert "A receiver of booking.signals.booked failed." in caplog.text


def test_what_a_receiver_leaves_unsaved_is_not_saved_by_anybody_else(app, bookings):
    def leave(sender, reference):
        found = sender.extensions["booking"].session.query(Booking).one()
        found.customer_note = "left behind"

    signals.booked.connect(leave, app)
    assert at_done(app).step == "done"
    assert bookings()[0].customer_note == ADA["note"]
