"""Where addresses are to be confirmed, another one is asked first, and the one before stays."""

import pytest
from sqlalchemy import select, update

from booking.operations.new_address import confirm_address
from booking.operations.outbox import Outbox
from booking.operations.requests import (
    AppointmentCancelled,
    AppointmentPast,
    ChangedTooOften,
    TooLate,
    VisitorLimit,
)
from booking.storage.deliveries import end_letter
from booking.storage.letter_reads import asked_address, letters_to_retry, retry_letters
from booking.storage.models import letter
from booking.storage.reads import booking_by_reference
from tests.fixtures.small_shop import CUSTOMER, NOW, at, later
from tests.operations.test_details import TEN, booked, mend, renew
from tests.operations.test_outbox import MAIL, letters

OLD, NEW, OTHER = CUSTOMER.email, "bea@example.org", "c@example.org"
ASKED = ("confirm_address", "customer", NEW)


@pytest.fixture
def shop(shop):
    shop.change("cut", confirm_by_mail=True)
    return shop


def ask(shop, reference, email=NEW, *, now=NOW, minutes=30, **more):
    until = later(minutes + (now - NOW).total_seconds() / 60)
    return mend(shop, reference, email=email, now=now, until=until, **more)


def answer(shop, reference, *, now=NOW, outbox=MAIL) -> None:
    with shop.writing() as session:
        booking = booking_by_reference(session, reference)
        asked = asked_address(session, booking.id)
        confirm_address(session, booking, asked, now=now, renew=renew, outbox=outbox)


def email_of(shop, reference) -> str:
    with shop.reading() as session:
        return booking_by_reference(session, reference).customer_email


def is_asked(shop, reference, *, now=NOW) -> bool:
    with shop.reading() as session:
        asked = asked_address(session, booking_by_reference(session, reference).id)
        return asked is not None and asked.waits_at(now)


def sent(shop, kind="confirm_address") -> None:
    with shop.engine.begin() as connection:
        connection.execute(update(letter).where(letter.c.kind == kind).values(state="sent"))


@pytest.mark.both_databases
def test_the_address_stays_and_hears_of_everything_until_the_other_one_has_said_yes(shop):
    reference = booked(shop)
    before = letters(shop)
    assert ask(shop, reference, name="Bea") is None
    assert email_of(shop, reference) == OLD
    with shop.reading() as session:
        assert booking_by_reference(session, reference).customer_name == "Bea", "all else is"
    assert letters(shop) == [*before, ASKED]
    shop.move(reference, at("11:00", day=3), outbox=MAIL)
    assert [who for kind, _, who in letters(shop) if kind in ("moved", "reminder")] == [OLD, OLD]
    assert ASKED in letters(shop), "it asks all the same"
    sent(shop)
    answer(shop, reference)
    assert email_of(shop, reference) == NEW
    assert [each for each in letters(shop) if each[1] == "customer"] == [
        ("booked", "customer", NEW),
        ("reminder", "customer", NEW),
        ("address_changed", "customer", OLD),
    ]


@pytest.mark.both_databases
def test_asked_once_more_it_gets_no_second_letter_and_another_one_voids_the_first(shop):
    reference = booked(shop)
    ask(shop, reference)
    ask(shop, reference, NEW.upper(), now=later(29))
    assert [each for each in letters(shop) if each[0] == "confirm_address"] == [ASKED]
    ask(shop, reference, OTHER)
    assert ("confirm_address", "customer", OTHER) in letters(shop)
    assert letters(shop, "withdrawn") == [ASKED]
    sent(shop)
    answer(shop, reference)
    assert email_of(shop, reference) == OTHER


def test_who_gives_the_first_address_again_has_asked_nobody(shop):
    reference = booked(shop)
    ask(shop, reference)
    sent(shop)
    assert is_asked(shop, reference)
    assert ask(shop, reference, OLD) is None
    assert not is_asked(shop, reference)
    with pytest.raises(TooLate):
        answer(shop, reference)
    assert letters(shop, "sent") == [ASKED], "it counts among the letters of that address"


def test_an_address_that_reads_like_the_one_that_is_asked_is_asked_as_well(shop):
    reference = booked(shop)
    ask(shop, reference, "bea@strasse.example")
    ask(shop, reference, "bea@straße.example")
    assert ("confirm_address", "customer", "bea@straße.example") in letters(shop)
    assert letters(shop, "withdrawn") == [("confirm_address", "customer", "bea@strasse.example")]


@pytest.mark.both_databases
@pytest.mark.parametrize("state", ["waiting", "sending", "sent", "refused"])
@pytest.mark.parametrize("is_wanted", [True, False], ids=["wanted", "not wanted any more"])
def test_whoever_was_asked_by_mistake_cannot_say_yes_however_the_letter_ends(
    shop, state, is_wanted
):
    reference, of_it = booked(shop), letter.c.kind == "confirm_address"
    ask(shop, reference)
    with shop.engine.begin() as connection:
        given = {"state": state, "lease": "ours" if state == "sending" else None}
        connection.execute(update(letter).where(of_it).values(given))
    shop.change("cut", confirm_by_mail=is_wanted)
    mend(shop, reference, email=OLD)
    with shop.writing() as session:
        number = session.scalar(select(letter.c.id).where(of_it))
        end_letter(session, number, "ours", "sent", answer="250 it had left by then", now=1)
        retry_letters(session, letters_to_retry(session, None, now=1), now=1)
    assert not is_asked(shop, reference)


def test_what_the_server_refused_can_be_asked_again_and_revives_no_earlier_one(shop):
    reference = booked(shop)
    ask(shop, reference)
    sent(shop)
    ask(shop, reference, OTHER)
    with shop.engine.begin() as connection:
        of_it = letter.c.recipient == OTHER
        connection.execute(update(letter).where(of_it).values(state="refused"))
    assert not is_asked(shop, reference)
    ask(shop, reference, OTHER)
    assert is_asked(shop, reference)


@pytest.mark.parametrize(
    ("why", "refusal"),
    [
        ("too late", TooLate),
        ("begun", AppointmentPast),
        ("cancelled", AppointmentCancelled),
    ],
)
def test_an_answer_that_comes_too_late_changes_nothing(shop, why, refusal):
    reference = booked(shop)
    ask(shop, reference)
    if why == "cancelled":
        shop.cancel(reference, outbox=MAIL)
    with pytest.raises(refusal):
        answer(shop, reference, now=TEN if why == "begun" else later(30))
    assert email_of(shop, reference) == OLD


@pytest.mark.both_databases
def test_to_say_yes_twice_is_no_mistake_and_tells_nobody_twice(shop):
    reference = booked(shop)
    ask(shop, reference)
    answer(shop, reference)
    told = letters(shop)
    answer(shop, reference, now=later(60))
    assert letters(shop) == told


def test_it_is_asked_until_the_appointment_begins_at_the_latest(shop):
    reference = booked(shop)
    ask(shop, reference, minutes=10_000)
    with shop.engine.connect() as connection:
        last = select(letter.c.last_moment).where(letter.c.kind == "confirm_address")
        assert connection.scalar(last) == int(TEN.timestamp())


def test_no_more_letters_than_may_be_go_to_an_address_or_are_caused_by_a_customer(shop):
    one, reference = Outbox(mail=True, letters_per_address=1), booked(shop)
    ask(shop, reference, outbox=one)
    other = booked(shop, at("12:00", day=3))
    with pytest.raises(VisitorLimit):
        ask(shop, other, outbox=one)
    for number in range(9):
        ask(shop, reference, f"{number}@example.com")
    with pytest.raises(ChangedTooOften):
        ask(shop, reference, OTHER)


@pytest.mark.parametrize("where", ["not asked for", "no mail", "at the shop"])
def test_where_nobody_is_to_confirm_or_can_the_other_address_takes_over_at_once(shop, where):
    reference = booked(shop)
    more = {"no mail": {"outbox": Outbox()}, "at the shop": {"by": "owner"}}.get(where, {})
    if where == "not asked for":
        shop.change("cut", confirm_by_mail=False)
    assert ask(shop, reference, **more) == "new"
    assert email_of(shop, reference) == NEW
