"""Until when and how often customers change a booking, and what becomes of two who do at once."""

from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest

from booking.operations.requests import (
    AppointmentCancelled,
    AppointmentPast,
    ChangedTooOften,
    SlotUnavailable,
    TooLate,
)
from booking.storage.models import Booking, claim
from booking.storage.reads import booking_by_reference
from tests.fixtures.small_shop import NOW, at
from tests.operations.audit import assert_sold_once
from tests.operations.racing import at_once, won

A_MINUTE = timedelta(minutes=1)
NINE, TEN, ELEVEN = at("09:00", day=3), at("10:00", day=3), at("11:00", day=3)


def changes_of(shop, reference) -> int:
    with shop.reading() as session:
        return booking_by_reference(session, reference).changes


@pytest.mark.both_databases
@pytest.mark.parametrize("minutes", [0, 30, 24 * 60, 2 * 24 * 60 + 30])
def test_customers_cancel_and_move_until_the_cut_off_and_not_from_then_on(shop, minutes):
    shop.change("cut", cancel_until=minutes, move_until=minutes)
    late = TEN - timedelta(minutes=minutes)
    refusal = TooLate if minutes else AppointmentPast
    reference = shop.book(None, "cut", "ann", TEN)
    for change in (partial(shop.cancel, by="customer"), partial(shop.move, start=ELEVEN)):
        with pytest.raises(refusal):
            change(reference, now=late)
    if minutes:
        assert shop.move(reference, ELEVEN, now=late, by="owner") == "ann"
        assert shop.move(reference, TEN, now=late - A_MINUTE) == "ann"
    shop.cancel(reference, by="customer", now=late - A_MINUTE)


@pytest.mark.parametrize(("verb", "free"), [("cancel_until", "move"), ("move_until", "cancel")])
def test_each_of_the_two_has_a_cut_off_of_its_own(shop, verb, free):
    shop.change("cut", **{verb: 7 * 24 * 60})
    reference = shop.book(None, "cut", "ann", TEN)
    changes = {
        "move": partial(shop.move, start=ELEVEN),
        "cancel": partial(shop.cancel, by="customer"),
    }
    bound = changes[verb.partition("_")[0]]
    with pytest.raises(TooLate):
        bound(reference)
    changes[free](reference)


def test_a_day_before_is_the_same_time_of_day_also_when_the_clocks_change(shop):
    shop.change("cut", cancel_until=24 * 60)
    start = at("09:00", day=27)  # 10:00 in Lisbon, whose clock went forward in the night
    reference = shop.book(None, "cut", "ann", start)
    same_time_the_day_before = at("10:00", day=26)
    with pytest.raises(TooLate):
        shop.cancel(reference, by="customer", now=same_time_the_day_before)
    shop.cancel(reference, by="customer", now=same_time_the_day_before - A_MINUTE)


def test_what_was_changed_ten_times_is_moved_by_the_owner_alone(shop):
    reference = shop.book(None, "cut", "ann", TEN)
    for turn in range(10):
        shop.move(reference, (ELEVEN, TEN)[turn % 2])
    with pytest.raises(ChangedTooOften):
        shop.move(reference, NINE)
    assert shop.move(reference, TEN) == "ann", "where it is already it is not moved"
    shop.move(reference, NINE, by="owner")
    shop.cancel(reference, by="customer")
    assert changes_of(shop, reference) == 12


# -- two at once, each on a connection of its own --------------------------------------------------

ROUNDS = 4


def moving(shop, reference, start, who="ann"):
    with suppress(AppointmentCancelled):
        return shop.move(reference, start, who)
    return "cancelled"


@pytest.mark.both_databases
def test_two_who_move_one_booking_at_once_leave_it_in_one_place(shop):
    for day in range(2, 2 + ROUNDS):
        reference = shop.book(None, "cut", "ann", at("10:00", day=day))
        goals = at("11:00", day=day), at("11:15", day=day)
        assert at_once(*[partial(moving, shop, reference, goal) for goal in goals]) == ["ann"] * 2
        with shop.reading() as session:
            assert booking_by_reference(session, reference).starts_at in goals
        assert changes_of(shop, reference) == 2
        assert_sold_once(shop.engine, NOW)


@pytest.mark.both_databases
def test_a_booking_that_is_moved_and_cancelled_at_once_is_cancelled_and_keeps_no_time(shop):
    for day in range(2, 2 + ROUNDS):
        reference = shop.book(None, "cut", "ann", at("10:00", day=day))
        cancelling = partial(shop.cancel, reference, by="customer")
        at_once(partial(moving, shop, reference, at("11:00", day=day)), cancelling)
        with shop.reading() as session:
            assert booking_by_reference(session, reference).state == "cancelled"
    assert shop.count(claim) == 0


@pytest.mark.both_databases
@pytest.mark.parametrize("verb", ["book", "hold"])
def test_of_a_move_and_somebody_in_the_wizard_one_gets_the_time(shop, verb):
    for day in range(2, 2 + ROUNDS):
        old, wanted = at("10:00", day=day), at("14:00", day=day)
        reference, tab = shop.book(None, "cut", "ann", old), shop.tab()
        in_the_wizard = partial(getattr(shop, verb), tab, "cut", "ann", wanted)
        moved, other = at_once(partial(moving, shop, reference, wanted), in_the_wizard)
        assert len(won([moved, other])) == 1
        with shop.reading() as session:
            stands = booking_by_reference(session, reference)
            assert stands.starts_at == (old if isinstance(moved, SlotUnavailable) else wanted)
            assert stands.changes == (not isinstance(moved, SlotUnavailable))
        assert_sold_once(shop.engine, NOW)


@pytest.mark.both_databases
def test_two_who_swap_the_times_of_their_bookings_neither_deadlock_nor_overlap(shop):
    for day in range(2, 2 + ROUNDS):
        times = at("10:00", day=day), at("10:15", day=day)
        references = (
            shop.book(None, "cut", "ann", times[0]),
            shop.book(None, "cut", "ben", times[0]),
        )
        results = at_once(
            partial(moving, shop, references[0], times[1], "ben"),
            partial(moving, shop, references[1], times[1], "ann"),
        )
        assert all(isinstance(each, SlotUnavailable) or each in {"ann", "ben"} for each in results)
        assert_sold_once(shop.engine, NOW)
    assert shop.count(Booking) == 2 * ROUNDS
