"""Who comes is mended by its customer; another address takes over from the earlier one."""

import secrets

import pytest
from sqlalchemy import select

from booking.operations.bookings import Customer
from booking.operations.details import mend_details
from booking.operations.outbox import Outbox
from booking.operations.requests import (
    AppointmentCancelled,
    AppointmentPast,
    ChangedTooOften,
    VisitorLimit,
)
from booking.storage.models import Booking, Shop, letter
from booking.storage.reads import booking_by_reference
from tests.fixtures.small_shop import CUSTOMER, NOW, at, later, waiting
from tests.operations.test_outbox import MAIL, letters

TEN = at("10:00", day=3)
OLD, NEW = CUSTOMER.email, "bea@example.org"


def renew(_session, booking) -> str:
    booking.manage_token_hash = secrets.token_bytes(32)
    return "new"


def mend(shop, reference, *, name="Bea", email=OLD, phone="+351 1", note="n", now=NOW, **more):
    with shop.writing() as session:
        booking = booking_by_reference(session, reference)
        customer = Customer(name, email, phone, note)
        more = {"renew": renew, "outbox": MAIL} | more
        return mend_details(session, booking, customer, now=now, **more)


def booked(shop, start=TEN, **more) -> str:
    return shop.book(None, "cut", "ann", start, **{"outbox": MAIL, **more})


@pytest.mark.both_databases
def test_a_name_a_number_and_a_note_are_written_down_and_nobody_is_told(shop):
    reference, before = booked(shop), letters(shop)
    assert mend(shop, reference) is None
    with shop.reading() as session:
        booking = booking_by_reference(session, reference)
        assert (booking.customer_name, booking.customer_phone) == ("Bea", "+351 1")
        assert (booking.customer_note, booking.customer_zone) == ("n", CUSTOMER.zone)
        assert booking.changes == 0
    assert letters(shop) == before


@pytest.mark.both_databases
def test_another_address_gets_a_new_link_and_what_the_old_one_was_to_get(shop):
    with shop.writing() as session:
        session.get(Shop, 1).email = OLD  # a letter to the shop is the shop's, whoever comes
    reference = booked(shop)
    assert mend(shop, reference, email=NEW) == "new"
    assert letters(shop, "withdrawn") == [
        ("booked", "customer", OLD),
        ("reminder", "customer", OLD),
    ]
    assert letters(shop) == [
        ("booked", "shop", OLD),
        ("booked", "customer", NEW),
        ("reminder", "customer", NEW),
        ("address_changed", "customer", OLD),
    ]
    with shop.engine.connect() as connection:
        told = connection.execute(select(letter).where(letter.c.kind == "address_changed")).one()
    assert NEW not in repr(told)
    assert told.sequence == 1


def test_whatever_happens_next_the_old_address_is_told_that_there_is_another(shop):
    reference = booked(shop)
    mend(shop, reference, email=NEW)
    shop.move(reference, at("11:00", day=3), outbox=MAIL)
    assert ("address_changed", "customer", OLD) in letters(shop)
    shop.cancel(reference, outbox=MAIL)
    assert letters(shop) == [
        ("address_changed", "customer", OLD),
        ("cancelled", "customer", NEW),
    ]


def test_the_same_address_in_other_letters_is_the_same(shop):
    reference = booked(shop)
    assert mend(shop, reference, email=OLD.upper()) is None
    assert ("address_changed", "customer", OLD) not in letters(shop)


@pytest.mark.both_databases
def test_an_address_at_another_domain_is_another_though_it_reads_alike(shop):
    reference = booked(shop)
    assert mend(shop, reference, email="bea@strasse.example") == "new"
    assert mend(shop, reference, email="bea@straße.example") == "new"
    assert letters(shop)[-3:] == [
        ("booked", "customer", "bea@straße.example"),
        ("reminder", "customer", "bea@straße.example"),
        ("address_changed", "customer", "bea@strasse.example"),
    ]


def test_without_mail_the_links_end_all_the_same(shop):
    reference = booked(shop, outbox=Outbox())
    assert mend(shop, reference, email=NEW, outbox=Outbox()) == "new"
    assert shop.count(letter) == 0


def test_who_writes_to_one_address_after_the_other_is_stopped(shop):
    reference = booked(shop)
    for number in range(10):
        mend(shop, reference, email=f"{number}@example.com")
    with pytest.raises(ChangedTooOften):
        mend(shop, reference, email=NEW)
    assert mend(shop, reference, email="9@example.com", name="Cleo") is None
    mend(shop, reference, email=NEW, by="owner")


def test_who_goes_to_and_fro_between_two_addresses_writes_no_more_to_either_than_may_be(shop):
    few = Outbox(mail=True, letters_per_address=3)
    reference = booked(shop, outbox=few)
    for _ in range(5):
        mend(shop, reference, email=NEW, outbox=few)
        mend(shop, reference, email=OLD, outbox=few)
    whom = [who for kind, role, who in letters(shop) if role == "customer" and kind != "reminder"]
    assert max(whom.count(OLD), whom.count(NEW)) <= 3
    mend(shop, reference, email="third@example.com", outbox=few, by="owner")
    assert letters(shop)[-1] == ("address_changed", "customer", OLD)


@pytest.mark.parametrize("state", ["pending", "cancelled", "completed", "no_show"])
def test_what_is_not_confirmed_stays_as_it_was(shop, state):
    reference = booked(shop)
    with shop.writing() as session:
        session.query(Booking).update({"state": state})
    with pytest.raises(AppointmentCancelled):
        mend(shop, reference)


def test_what_has_begun_stays_as_it_was(shop):
    reference = booked(shop)
    with pytest.raises(AppointmentPast):
        mend(shop, reference, now=TEN)


def pending_until(shop, reference) -> tuple[str, int]:
    with shop.reading() as session:
        booking = booking_by_reference(session, reference)
        return booking.state, booking.pending_until


@pytest.mark.both_databases
def test_what_waits_for_a_word_by_mail_waits_as_long_for_that_of_a_new_address(shop):
    reference = booked(shop, pending=waiting(kind="mail"))
    before = pending_until(shop, reference)
    assert mend(shop, reference, email=NEW, now=later(10)) == "new"
    assert pending_until(shop, reference) == before
    assert letters(shop, "withdrawn") == [
        ("please_confirm", "customer", OLD),
        ("not_confirmed", "customer", OLD),
    ]
    assert letters(shop) == [
        ("please_confirm", "customer", NEW),
        ("not_confirmed", "customer", NEW),
        ("address_changed", "customer", OLD),
    ]


def test_a_new_address_that_was_written_to_often_enough_is_not_taken_for_what_waits(shop):
    one = Outbox(mail=True, letters_per_address=1)
    other = booked(shop)
    mend(shop, other, email=NEW)
    reference = booked(shop, at("12:00", day=3), pending=waiting(kind="mail"))
    before = letters(shop)
    with pytest.raises(VisitorLimit):
        mend(shop, reference, email=NEW, outbox=one)
    assert letters(shop) == before


def test_what_waits_for_approval_or_waited_too_long_stays_as_it_was(shop):
    approval = booked(shop, pending=waiting())
    with pytest.raises(AppointmentCancelled):
        mend(shop, approval, email=NEW)
    late = booked(shop, at("12:00", day=3), pending=waiting(kind="mail"))
    with pytest.raises(AppointmentCancelled):
        mend(shop, late, email=NEW, now=later(30))
