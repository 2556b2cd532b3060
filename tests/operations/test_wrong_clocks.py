"""A clock that is wrong by days may cost order in the table of claims, never a time sold twice."""

from datetime import timedelta

import pytest

from booking.operations.bookings import reschedule
from booking.operations.holds import extend
from booking.operations.purge import purge_claims
from booking.scheduling.slots import Reason
from booking.storage.models import Booking, claim
from booking.storage.reads import booking_by_reference, hold_of
from tests.fixtures.small_shop import NOW, at, book_in, find, hold_in, refused
from tests.operations.audit import assert_sold_once, promised

CUT = 8  # ticks: half an hour and its buffer
DAYS_AHEAD = NOW + timedelta(days=5)


def purge_by_a_clock_that_is_days_ahead(shop):
    shop.run(purge_claims, now=DAYS_AHEAD)


def book_by_a_clock_that_is_days_ahead(shop):
    shop.book(None, "cut", "ann", at("10:00", day=7), now=DAYS_AHEAD)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "let_go", [purge_by_a_clock_that_is_days_ahead, book_by_a_clock_that_is_days_ahead]
)
def test_a_host_days_ahead_lets_nothing_be_sold_twice(shop, let_go):
    sold = shop.book(None, "color", "ann", at("10:00", day=1))
    moved = shop.book(None, "cut", "ann", at("14:00", day=2))
    let_go(shop)
    assert shop.count(claim) < 10, "the claims of the first are gone"
    for slug, start in (("cut", "10:00"), ("cut", "09:30"), ("color", "11:00")):
        with refused(Reason.TAKEN):
            shop.book(None, slug, "ann", at(start, day=1))
        with refused(Reason.TAKEN):
            shop.hold(shop.tab(), slug, "ann", at(start, day=1))
    with refused(Reason.TAKEN):
        shop.move(moved, at("10:15", day=1))
    shop.book(None, "cut", "ann", at("09:15", day=1))  # its buffer ends where the other's begins
    assert all(len(owners) == 1 for owners in promised(shop.engine, NOW).values())
    shop.move(sold, at("10:15", day=1))


def test_a_host_days_ahead_gives_nobody_a_place_that_is_taken(shop):
    shop.change("cut", daily_limit=1)
    shop.book(None, "cut", "ann", at("10:00", day=1))
    book_by_a_clock_that_is_days_ahead(shop)
    with refused(Reason.LIMIT):
        shop.book(None, "cut", "ben", at("14:00", day=1))


@pytest.mark.both_databases
def test_moved_to_where_it_is_a_booking_claims_again_what_is_missing(shop):
    shop.change("cut", daily_limit=5)
    reference = shop.book(None, "cut", "ann", at("10:00", day=1))
    whole = shop.count(claim)

    def again():
        shop.move(reference, at("10:00", day=1))
        with shop.reading() as session:
            booking = booking_by_reference(session, reference)
            assert (booking.changes, booking.rescheduled_at) == (0, None)

    again()
    assert shop.count(claim) == whole
    purge_by_a_clock_that_is_days_ahead(shop)
    again()
    assert shop.count(claim) == whole - 1, "all but its place, which is counted without a claim"
    assert_sold_once(shop.engine, NOW)


def test_any_available_passes_over_whom_a_wrong_clock_made_look_free(shop):
    shop.book(None, "cut", "ann", at("10:00", day=1))
    purge_by_a_clock_that_is_days_ahead(shop)
    for start in ("14:00", "16:00"):  # he has more to do that day, so she is asked first
        shop.book(None, "cut", "ben", at(start, day=1))
    with shop.reading() as session:
        ben = find(session, "ben").id
    tab = shop.tab()
    assert shop.hold(tab, "cut", "ann ben", at("10:00", day=1)).staff_member_id == ben
    assert shop.count(claim) == 3 * CUT, "nothing of hers"
    shop.book(tab, "cut", "ann ben", at("10:00", day=1))
    assert shop.count(claim) == 3 * CUT
    with refused(Reason.TAKEN):
        shop.book(None, "cut", "ann ben", at("10:00", day=1))
    assert shop.count(Booking) == 4


@pytest.mark.both_databases
@pytest.mark.parametrize("who", ["ann", "ann ben"])
def test_what_is_lost_leaves_nothing_in_a_transaction_that_goes_on(shop, who):
    for slug in who.split():
        shop.book(None, "cut", slug, at("10:00", day=1))
    purge_by_a_clock_that_is_days_ahead(shop)
    tab = shop.tab()
    held = shop.hold(tab, "cut", "ann", at("14:00", day=1))
    moved = shop.book(None, "cut", "ben", at("16:00", day=1))
    before = shop.count(claim)
    with shop.writing() as session:
        with refused(Reason.TAKEN):
            hold_in(session, tab, "cut", who, at("10:00", day=1))
        with refused(Reason.TAKEN):
            book_in(session, tab, "cut", who, at("10:00", day=1))
        booking, staff = booking_by_reference(session, moved), [find(session, who.split()[0])]
        with refused(Reason.TAKEN):
            reschedule(session, booking, staff=staff, start=at("10:00", day=1), now=NOW)
    assert shop.count(claim) == before
    assert shop.count(Booking) == len(who.split()) + 1
    with shop.reading() as session:
        assert hold_of(session, tab) == held


def test_more_time_that_is_lost_leaves_no_claim(shop):
    tab, late = shop.tab(), NOW + timedelta(minutes=11)
    shop.hold(tab, "cut", "ann", at("10:00", day=1))
    shop.book(None, "cut", "ann", at("10:00", day=1), now=late)
    purge_by_a_clock_that_is_days_ahead(shop)
    with shop.writing() as session, refused(Reason.TAKEN):
        extend(session, tab_key=tab, now=late, minutes=10, most=3)
    assert shop.count(claim) == 0
