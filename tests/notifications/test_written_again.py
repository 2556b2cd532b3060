"""A letter that is written again says to the customer what the first one said."""

import pytest

from booking.operations.letter_again import send_again
from booking.operations.outbox import Outbox
from booking.operations.requests import NothingToSend
from booking.operations.undo import to_undo, undo
from booking.storage.history import history_of
from booking.storage.models import Shop
from booking.storage.reads import booking_by_reference
from tests.fixtures.small_shop import NOW, at, later, waiting
from tests.notifications.conftest import MAIL, text_of

TEN, NOON = at("10:00", day=1), at("12:00", day=1)
TYPED = "Prices: https://evil.example/now"
LAPSED = later(40)


def again(shop, reference, now=NOW) -> str:
    with shop.writing() as session:
        booking = booking_by_reference(session, reference)
        return send_again(session, booking, actor="Rita", now=now, outbox=MAIL)


def booked(shop, **more) -> str:
    return shop.book(None, "cut", "ann", TEN, outbox=MAIL, **more)


def cancelled(shop, by, pending=None) -> str:
    reference = booked(shop, pending=pending)
    shop.cancel(reference, by=by, words=TYPED, outbox=MAIL)
    return reference


def confirmed_and_cancelled(shop) -> str:
    reference = booked(shop, pending=waiting(30, "approval"))
    shop.confirm(reference, by="owner", outbox=MAIL)
    shop.cancel(reference, words=TYPED, outbox=MAIL)
    return reference


def declined(shop) -> str:
    reference = booked(shop, pending=waiting(30, "approval"))
    shop.decline(reference, words="Not on that day.", outbox=MAIL)
    return reference


def asked_to_move(shop) -> str:
    shop.change("cut", approval=True)
    reference = booked(shop)
    shop.ask_to_move(reference, NOON, outbox=MAIL, minutes=600)
    return reference


EVENTS = {
    "booked": ("booked", booked),
    "pending, by mail": ("please_confirm", lambda shop: booked(shop, pending=waiting(30, "mail"))),
    "pending, by approval": (
        "awaiting_approval",
        lambda shop: booked(shop, pending=waiting(30, "approval")),
    ),
    "another time is asked for": ("move_awaiting_approval", asked_to_move),
    "cancelled by the customer": ("cancelled", lambda shop: cancelled(shop, "customer")),
    "cancelled by the shop": ("cancelled", lambda shop: cancelled(shop, "owner")),
    "confirmed, then cancelled": ("cancelled", confirmed_and_cancelled),
    "cancelled while it waited for mail": (
        "cancelled",
        lambda shop: cancelled(shop, "customer", waiting(30, "mail")),
    ),
    "cancelled while it waited for approval": (
        "cancelled",
        lambda shop: cancelled(shop, "owner", waiting(30, "approval")),
    ),
    "declined": ("declined", declined),
    "lapsed, by mail": ("not_confirmed", lambda shop: booked(shop, pending=waiting(30, "mail"))),
    "lapsed, by approval": (
        "not_confirmed",
        lambda shop: booked(shop, pending=waiting(30, "approval")),
    ),
}


def said(message) -> tuple:
    """All that its reader sees, and what it does to a calendar."""
    ways = [part.get_param("method") for part in message.walk()]
    return message["Subject"], text_of(message), ways


@pytest.mark.parametrize(("kind", "make"), EVENTS.values(), ids=EVENTS.keys())
def test_it_says_what_the_first_one_said(shop, letters, kind, make):
    reference = make(shop)
    now = LAPSED if kind == "not_confirmed" else NOW
    assert again(shop, reference, now) == kind
    first, second = letters("customer", kind, now=now)
    assert said(second) == said(first)


def test_what_a_customer_typed_is_not_told_as_the_words_of_the_shop(shop, letters):
    again(shop, cancelled(shop, "customer"))
    for message in letters("customer", "cancelled"):
        assert "evil" not in text_of(message)
        assert "It was cancelled with your own link." in text_of(message)


@pytest.mark.parametrize(("kind", "make"), EVENTS.values(), ids=EVENTS.keys())
def test_what_the_shop_has_turned_off_is_not_written_again(shop, kind, make):
    reference = make(shop)
    now = LAPSED if kind == "not_confirmed" else NOW
    with shop.writing() as session:
        session.get(Shop, 1).mail = {"off": [kind]}
    if kind == "please_confirm":  # without it nobody could
        assert again(shop, reference, now) == kind
    elif kind == "move_awaiting_approval":  # it stands, and a letter says so
        assert again(shop, reference, now) == "booked"
    else:
        with pytest.raises(NothingToSend):
            again(shop, reference, now)


def test_once_the_other_time_is_decided_it_says_how_the_appointment_stands(shop, letters):
    reference = asked_to_move(shop)
    shop.decline_move(reference, outbox=MAIL)
    assert again(shop, reference) == "booked"
    shop.ask_to_move(reference, NOON, outbox=MAIL, minutes=600)
    shop.approve_move(reference, outbox=MAIL)
    assert again(shop, reference) == "booked"
    assert "12:00" in text_of(letters("customer", "booked")[-1])


def test_of_what_was_declined_by_mistake_and_cancelled_later_the_end_counts(shop):
    reference = booked(shop, pending=waiting(30, "approval"))
    desk = {"actor": "Rita", "outbox": Outbox(mail=True, delay=60)}
    shop.decline(reference, **desk)
    with shop.writing() as session:
        booking = booking_by_reference(session, reference)
        entry = to_undo(history_of(session, booking.id))
        undo(session, booking, entry.id, now=NOW, **desk)
    shop.confirm(reference, by="owner", outbox=MAIL)
    shop.cancel(reference, outbox=MAIL)
    assert again(shop, reference) == "cancelled"
