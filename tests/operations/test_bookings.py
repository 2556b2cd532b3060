"""Booking and cancelling: once per draft, and only what can still be had."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from booking.operations.bookings import cancel
from booking.operations.requests import AlreadyConfirmed, AppointmentPast
from booking.scheduling.slots import Reason
from booking.storage.catalogue import read_catalogue
from booking.storage.models import Booking, claim, hold
from booking.storage.reads import Diary, booking_by_reference
from tests.fixtures.small_shop import NOW, TODAY, at, book_in, find, later, refused
from tests.operations.audit import assert_sold_once


@pytest.mark.both_databases
def test_booking_turns_the_hold_into_claims_for_good(shop):
    tab = shop.tab()
    shop.hold(tab, "color", "ann", at("10:00"))
    reference = shop.book(tab, "color", "ann", at("10:00"))
    assert shop.count(hold) == 0
    with shop.engine.connect() as connection:
        rows = connection.execute(select(claim)).all()
    assert len(rows) == 16
    assert all(row.booking_id and row.hold_id is None and row.expires_at is None for row in rows)
    with shop.reading() as session:
        booking = booking_by_reference(session, f" {reference.lower()} ")
        assert booking.state == "confirmed"
        assert (booking.starts_at, booking.ends_at) == (at("10:00"), at("11:00"))
        assert (booking.buffer_before, booking.buffer_after) == (5, 15)
        assert (booking.customer_name, booking.customer_zone) == ("Åsa Öberg", "Europe/Lisbon")
        assert booking.answers == [{"key": "first", "label": "First visit?", "value": "yes"}]
        assert (booking.service.slug, booking.staff_member.slug) == ("color", "ann")
    assert_sold_once(shop.engine, later(30))


def test_references_are_eight_letters_and_digits_that_make_no_word(shop):
    references = {shop.book(None, "cut", "ann", at("10:00", day=day)) for day in range(20)}
    assert len(references) == 20
    for reference in references:
        assert len(reference) == 8
        assert not set(reference) & set("AEIOU01LI2Z5S8B")


@pytest.mark.both_databases
def test_a_draft_is_booked_once_however_often_it_is_confirmed(shop):
    tab = shop.tab()
    shop.hold(tab, "cut", "ann", at("10:00"))
    first = shop.book(tab, "cut", "ann", at("10:00"), draft="d1")
    assert shop.book(tab, "cut", "ann", at("10:00"), draft="d1") == first
    assert shop.book(tab, "cut", "ann", at("10:00"), draft="d1", now=later(600)) == first
    assert shop.count(Booking) == 1


def test_a_confirmed_draft_with_other_answers_is_refused(shop):
    shop.book(None, "cut", "ann", at("10:00"), draft="d1")
    with pytest.raises(AlreadyConfirmed):
        shop.book(None, "cut", "ann", at("11:00"), draft="d1", fingerprint="other")
    assert shop.count(Booking) == 1


def test_a_hold_that_ran_out_loses_to_whoever_took_the_time(shop):
    tab, faster = shop.tab(), shop.tab()
    shop.hold(tab, "cut", "ann", at("10:00"))
    shop.hold(faster, "color", "ann", at("09:30"), now=later(11))
    with refused(Reason.TAKEN):
        shop.book(tab, "cut", "ann", at("10:00"), now=later(12))
    shop.book(faster, "color", "ann", at("09:30"), now=later(12))
    with refused(Reason.TAKEN):
        shop.book(tab, "cut", "ann", at("10:00"), now=later(12))
    assert_sold_once(shop.engine, later(30))


@pytest.mark.both_databases
def test_a_refused_booking_leaves_the_hold_as_it_was(shop):
    tab = shop.tab()
    shop.book(None, "cut", "ann", at("12:00"))
    shop.hold(tab, "cut", "ann", at("10:00"))
    with shop.writing() as session, refused(Reason.TAKEN):  # committed, though refused
        book_in(session, tab, "cut", "ann", at("12:00"))
    assert shop.count(hold) == 1
    shop.book(tab, "cut", "ann", at("10:00"))
    assert_sold_once(shop.engine, later(30))


def test_booking_another_time_than_the_held_one_lets_the_held_one_go(shop):
    tab = shop.tab()
    shop.hold(tab, "cut", "ann", at("10:00"))
    shop.book(tab, "cut", "ben", at("12:00"))
    shop.hold(shop.tab(), "cut", "ann", at("10:00"))


@pytest.mark.parametrize(
    ("now", "reason"), [(at("10:01"), Reason.PAST), (at("09:30"), Reason.TOO_SOON)]
)
def test_the_rules_are_asked_again_when_confirming(shop, now, reason):
    shop.change("cut", minimum_notice=60)
    tab = shop.tab()
    shop.hold(tab, "cut", "ann", at("10:00"))
    with refused(reason):
        shop.book(tab, "cut", "ann", at("10:00"), now=now)
    assert shop.count(Booking) == 0


def test_a_cancelled_time_can_be_had_again_and_cancelling_twice_changes_nothing_more(shop):
    reference = shop.book(None, "cut", "ann", at("10:00"))
    for by, now in (("customer", NOW), ("owner", at("23:00"))):
        with shop.writing() as session:
            booking = cancel(session, booking_by_reference(session, reference), by=by, now=now)
            told = booking.state, booking.cancelled_at, booking.cancelled_by
        assert told == ("cancelled", NOW, "customer")
    assert shop.count(claim) == 0
    shop.book(None, "cut", "ann", at("10:00"))
    assert_sold_once(shop.engine, later(30))


def test_an_appointment_that_has_begun_cannot_be_cancelled(shop):
    reference = shop.book(None, "cut", "ann", at("10:00"))
    with pytest.raises(AppointmentPast):
        shop.cancel(reference, now=at("10:00"))
    assert shop.count(claim) == 8


@pytest.mark.both_databases
def test_a_day_takes_no_more_than_its_limit(shop):
    shop.change("cut", daily_limit=2)
    shop.book(None, "cut", "ann", at("09:00"))
    tab = shop.tab()
    shop.hold(tab, "cut", "ben", at("09:00"))
    for who in ("ann", "ben", "ann ben"):
        with refused(Reason.LIMIT):
            shop.hold(shop.tab(), "cut", who, at("12:00"))
    shop.hold(tab, "cut", "ben", at("12:00"))  # its own place does not stand in its way
    shop.book(tab, "cut", "ben", at("12:00"))
    with refused(Reason.LIMIT):
        shop.book(None, "cut", "ann", at("15:00"))
    shop.book(None, "color", "ann", at("15:00"))
    shop.book(None, "cut", "ann", at("09:00", day=1))


def test_a_limit_that_was_lowered_counts_the_places_beyond_it(shop):
    shop.change("cut", daily_limit=3)
    gone, *_ = [shop.book(None, "cut", "ann", at(start)) for start in ("09:00", "10:00", "11:00")]
    shop.cancel(gone)
    shop.change("cut", daily_limit=2)  # places 2 and 3 are taken
    with refused(Reason.LIMIT):
        shop.book(None, "cut", "ann", at("15:00"))


@pytest.mark.both_databases
def test_a_limit_that_was_off_for_a_while_counts_what_was_booked_meanwhile(shop):
    gone = None
    for limit, start in ((2, "09:00"), (None, "10:00"), (None, "11:00")):
        shop.change("cut", daily_limit=limit)
        gone = shop.book(None, "cut", "ann", at(start, day=1))
    shop.change("cut", daily_limit=3)
    with refused(Reason.LIMIT):
        shop.book(None, "cut", "ann", at("15:00", day=1))
    with shop.reading() as session:
        cut, ann = find(session, "cut"), find(session, "ann")
        diary = Diary(session, read_catalogue(session), cut, [ann], NOW)
        found = diary.days(TODAY, TODAY + timedelta(days=2), ZoneInfo("Europe/Lisbon"))
        assert [bool(day.starts) for day in found.values()] == [True, False, True]
    shop.move(gone, at("15:00", day=1), "ben")
    shop.cancel(gone)
    shop.book(None, "cut", "ann", at("16:00", day=1))


def test_past_claims_leave_the_table_although_nobody_ever_purges(shop):
    shop.change("cut", daily_limit=20)
    rows = []
    for day in range(1, 30):
        shop.book(None, "cut", "ann", at("10:00", day=day), now=at("08:00", day=day))
        rows.append(shop.count(claim))
    assert max(rows[3:]) == max(rows[:3]) <= 3 * 9
    assert shop.count(Booking) == 29
