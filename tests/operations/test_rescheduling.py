"""Moving a booking: to what can be had, in one step, and the old time is free at once."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from booking.operations.bookings import reschedule
from booking.operations.requests import AppointmentCancelled, AppointmentPast
from booking.scheduling.slots import Reason
from booking.storage.models import claim, hold
from booking.storage.reads import booking_by_reference
from tests.fixtures.small_shop import NOW, at, find, refused
from tests.operations.audit import assert_sold_once
from tests.operations.racing import at_once, won


def seen(shop, reference):
    with shop.reading() as session:
        booking = booking_by_reference(session, reference)
        return booking.starts_at, booking.ends_at, booking.staff_member.slug, booking.changes


@pytest.mark.both_databases
def test_a_moved_booking_takes_its_new_time_and_frees_the_old_one(shop):
    reference = shop.book(None, "cut", "ann", at("10:00"))
    shop.move(reference, at("14:00"), "ben")
    assert seen(shop, reference) == (at("14:00"), at("14:30"), "ben", 1)
    assert shop.count(claim) == 8
    shop.book(None, "cut", "ann", at("10:00"))
    with refused(Reason.TAKEN):
        shop.book(None, "cut", "ben", at("14:00"))
    assert_sold_once(shop.engine, NOW)


def test_a_booking_may_be_moved_into_its_own_time(shop):
    reference = shop.book(None, "color", "ann", at("10:00"))
    shop.move(reference, at("10:15"))
    assert seen(shop, reference)[0] == at("10:15")
    assert shop.count(claim) == 16
    assert_sold_once(shop.engine, NOW)


@pytest.mark.parametrize(
    ("start", "reason"),
    [(at("12:15"), Reason.TAKEN), (at("08:30"), Reason.TOO_SOON), (at("10:05"), Reason.CLOSED)],
)
def test_a_move_that_is_refused_leaves_the_booking_as_it_was(shop, start, reason):
    shop.change("cut", minimum_notice=60)
    shop.change("cut", slot_step=15)
    shop.book(None, "cut", "ann", at("12:00"))
    reference = shop.book(None, "cut", "ann", at("10:00"))
    with shop.writing() as session, refused(reason):  # committed, though refused
        booking = booking_by_reference(session, reference)
        reschedule(session, booking, staff=[find(session, "ann")], start=start, now=NOW)
    assert seen(shop, reference) == (at("10:00"), at("10:30"), "ann", 0)
    with refused(Reason.TAKEN):
        shop.book(None, "cut", "ann", at("10:00"))
    assert_sold_once(shop.engine, NOW)


def test_notice_and_window_do_not_bind_the_owner(shop):
    shop.change("cut", minimum_notice=600)
    shop.change("cut", booking_window=2)
    reference = shop.book(None, "cut", "ann", at("10:00", day=1))
    shop.move(reference, at("09:00"), by="owner")
    shop.move(reference, at("09:00", day=90), by="owner")
    assert seen(shop, reference)[0] == at("09:00", day=90)
    with refused(Reason.CLOSED):
        shop.move(reference, at("23:00"), by="owner")


def test_of_several_staff_one_who_is_free_is_taken(shop):
    reference = shop.book(None, "cut", "ann", at("10:00"))
    shop.book(None, "cut", "ann", at("12:00"))
    assert shop.move(reference, at("12:00"), "ann ben") == "ben"


def test_the_same_time_with_one_of_the_same_people_changes_nothing(shop):
    reference = shop.book(None, "cut", "ben", at("10:00"))
    shop.move(reference, at("10:00"), "ann ben")
    assert seen(shop, reference) == (at("10:00"), at("10:30"), "ben", 0)


@pytest.mark.both_databases
def test_what_the_tab_holds_may_be_moved_to(shop):
    tab, reference = shop.tab(), shop.book(None, "cut", "ann", at("10:00"))
    shop.hold(tab, "cut", "ben", at("12:00"))
    with refused(Reason.TAKEN):
        shop.move(reference, at("12:00"), "ben")
    shop.move(reference, at("12:00"), "ben", tab_key=tab)
    assert shop.count(hold) == 0
    assert shop.count(claim) == 8
    assert_sold_once(shop.engine, NOW)


@pytest.mark.both_databases
def test_length_and_buffers_are_what_the_service_asks_for_today(shop):
    reference = shop.book(None, "cut", "ann", at("10:00"))
    shop.change("cut", duration=45)
    shop.change("cut", buffer_before=5)
    shop.move(reference, at("14:00"))
    assert seen(shop, reference)[:2] == (at("14:00"), at("14:45"))
    assert shop.count(claim) == 12
    assert_sold_once(shop.engine, NOW)


def test_a_move_within_a_full_day_keeps_its_place(shop):
    shop.change("cut", daily_limit=1)
    reference = shop.book(None, "cut", "ann", at("10:00"))
    shop.move(reference, at("15:00"))
    full = shop.book(None, "cut", "ann", at("10:00", day=1))
    with refused(Reason.LIMIT):
        shop.move(reference, at("15:00", day=1))
    shop.cancel(full)
    shop.move(reference, at("15:00", day=1))
    shop.book(None, "cut", "ann", at("10:00"))


def test_what_has_begun_or_is_cancelled_is_not_moved(shop):
    reference = shop.book(None, "cut", "ann", at("10:00"))
    with pytest.raises(AppointmentPast):
        shop.move(reference, at("15:00"), now=at("10:00"))
    shop.cancel(reference)
    with pytest.raises(AppointmentCancelled):
        shop.move(reference, at("15:00"))


@pytest.mark.both_databases
def test_two_bookings_that_would_swap_places_both_stay(shop):
    """Each wants what the other has, at the same moment: neither gets it, neither deadlocks."""
    for day in range(1, 9):
        one = shop.book(None, "cut", "ann", at("10:00", day=day))
        two = shop.book(None, "cut", "ben", at("10:15", day=day))
        results = at_once(
            partial(shop.move, one, at("10:15", day=day), "ben"),
            partial(shop.move, two, at("10:00", day=day), "ann"),
        )
        assert won(results) == []
        assert seen(shop, one)[:1] + seen(shop, two)[:1] == (
            at("10:00", day=day),
            at("10:15", day=day),
        )
    assert_sold_once(shop.engine, NOW)


@pytest.mark.both_databases
def test_many_bookings_that_want_one_time_are_moved_there_once(shop):
    starts = [at("09:00", day=1) + timedelta(minutes=45 * number) for number in range(10)]
    references = [shop.book(None, "cut", "ann", start) for start in starts]
    wanted = at("12:00", day=2)
    results = at_once(*[partial(shop.move, one, wanted) for one in references])
    assert len(won(results)) == 1
    assert_sold_once(shop.engine, NOW)


@pytest.mark.both_databases
def test_one_booking_moved_twice_at_once_has_one_time(shop):
    reference = shop.book(None, "cut", "ann", at("10:00", day=1))
    targets = [at("12:00", day=day) for day in range(2, 8)]
    results = at_once(*[partial(shop.move, reference, start) for start in targets])
    assert len(won(results)) == len(targets), "one after the other"
    assert seen(shop, reference)[0] in targets
    with shop.engine.connect() as connection:
        assert len(connection.execute(select(claim)).all()) == 8
    assert_sold_once(shop.engine, NOW)
