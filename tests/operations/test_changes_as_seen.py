"""A change of the business that was looked at before, and is made only if it still is as seen."""

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from booking.operations.bookings import Customer, reschedule
from booking.operations.current_plan import current_plan
from booking.operations.history import CLOCK, MOVE_LAPSED, record_all
from booking.operations.plan import ClosurePlan
from booking.operations.plan_edits import service_of, with_closure, with_service, without_closure
from booking.operations.shop_changes import (
    NoShop,
    change_as_seen,
    change_business,
    look_at_business,
)
from booking.operations.touched import touches
from booking.storage.reads import booking_by_reference
from booking.transactions.sessions import write_transaction
from tests.fixtures.small_shop import NOW, TODAY, at, book_in, find
from tests.storage.conftest import counted

OTHER = Customer("Bo", "bo@example.com", zone="Europe/Lisbon")
CLOSED = ClosurePlan(TODAY, TODAY, "Floor")


def closing(plan):
    return with_closure(plan, CLOSED)


def look(shop, edit=closing):
    """What is seen, what the business would be, and whom that touches."""
    with shop.reading() as session:
        seen = look_at_business(session)
        after = edit(seen.plan)
        return seen, after, touches(session, seen.plan, after, NOW)


def changed(shop, seen, after, touched=()) -> bool:
    with shop.writing() as session:
        return change_as_seen(session, seen, after, NOW, touched=touched)


def closures(shop):
    with shop.reading() as session:
        return current_plan(session).closures


@pytest.mark.both_databases
def test_what_is_still_as_it_was_seen_is_changed(shop):
    shop.book(shop.tab(), "cut", "ann", at("10:00", day=3))
    seen, after, touched = look(shop)
    assert touched == []
    assert changed(shop, seen, after)
    assert closures(shop) == (CLOSED,)
    assert not changed(shop, seen, after), "it is not as it was seen any more"


@pytest.mark.both_databases
def test_somebody_who_booked_since_the_look_is_seen_and_nothing_is_changed(shop):
    seen, after, _touched = look(shop)
    shop.book(shop.tab(), "cut", "ann", at("10:00"))
    assert not changed(shop, seen, after)
    assert closures(shop) == ()


@pytest.mark.both_databases
def test_an_appointment_that_was_moved_into_it_since_the_look_is_seen(shop):
    reference = shop.book(shop.tab(), "cut", "ann", at("10:00", day=3))
    seen, after, touched = look(shop)
    assert touched == []
    shop.move(reference, at("11:00"))
    assert not changed(shop, seen, after)
    assert closures(shop) == ()


@pytest.mark.both_databases
def test_who_booked_since_and_is_not_touched_stands_in_nobodys_way(shop):
    seen, after, _touched = look(shop)
    shop.book(shop.tab(), "cut", "ann", at("10:00", day=3))
    assert changed(shop, seen, after)
    assert closures(shop) == (CLOSED,)


@pytest.mark.both_databases
def test_what_was_agreed_to_is_changed_over_and_nothing_that_came_or_moved_since(shop):
    reference = shop.book(shop.tab(), "cut", "ann", at("10:00"))
    seen, after, touched = look(shop)
    assert [one.reference for one in touched] == [reference]
    shop.move(reference, at("12:00"))
    assert not changed(shop, seen, after, touched)
    seen, after, touched = look(shop)
    assert changed(shop, seen, after, touched)
    assert closures(shop) == (CLOSED,)


@pytest.mark.both_databases
def test_a_business_that_somebody_else_changed_since_the_look_is_left_as_they_made_it(shop):
    seen, after, _touched = look(shop)
    with shop.writing() as session:
        change_business(
            session, lambda plan: with_service(plan, replace(service_of(plan, "cut"), price="€9"))
        )
    assert not changed(shop, seen, after)
    with shop.reading() as session:
        now = current_plan(session)
    assert now.closures == ()
    assert service_of(now, "cut").price == "€9"


@pytest.mark.both_databases
def test_under_the_lock_the_business_is_read_once_and_only_what_is_new_is_asked(shop):
    for day in range(3, 8):
        shop.book(shop.tab(), "cut", "ann", at("10:00", day=day))
    with shop.writing() as session:
        change_business(session, closing)
    seen, after, _touched = look(shop, lambda plan: without_closure(plan, CLOSED))
    with counted(shop.engine) as told:
        assert changed(shop, seen, after)
    of_the_plan = "ORDER BY booking_closure.first_day, booking_closure.last_day, booking_closure.id"
    assert sum(of_the_plan in one for one in told) == 1
    if shop.engine.dialect.name == "sqlite":  # on PostgreSQL some of just before are among them
        assert not [one for one in told if "booking_booking.ends_at >" in one]


def test_there_is_nothing_to_change_where_there_would_be_no_shop(shop):
    seen, after, _touched = look(shop)
    with pytest.raises(NoShop):
        changed(shop, seen, replace(after, shop=replace(after.shop, name="")))


@pytest.mark.both_databases
def test_a_booking_of_another_connection_in_between_is_seen_by_the_one_that_changes(shop):
    with Session(shop.engine) as looking, Session(shop.engine) as booking:
        seen = look_at_business(looking)
        after = closing(seen.plan)
        assert touches(looking, seen.plan, after, NOW) == []
        with write_transaction(booking):  # while the look still goes on
            book_in(booking, None, "cut", "ann", at("10:00"))
        looking.rollback()
        with write_transaction(looking):
            assert not change_as_seen(looking, seen, after, NOW)
    assert closures(shop) == ()


@pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_a_booking_with_a_lower_number_that_is_committed_after_the_look_is_seen(shop):
    """On PostgreSQL a number is given out before it is known when its transaction will end."""
    with Session(shop.engine) as slow:
        with write_transaction(slow):
            first = book_in(slow, None, "cut", "ann", at("10:00")).id
            shop.book(None, "cut", "ben", at("10:00", day=3), customer=OTHER)
            seen, after, touched = look(shop)
            assert touched == []
            assert seen.latest.booking <= first
        assert not changed(shop, seen, after)
    assert closures(shop) == ()
    assert [one.starts_at for one in look(shop)[2]] == [at("10:00")]


@pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_a_move_that_is_committed_after_hundreds_of_later_entries_is_seen(shop):
    """Letters that are tried again, and moves that nobody decided, write fifty entries at once."""
    reference = shop.book(None, "cut", "ann", at("10:00", day=3))
    with shop.engine.begin() as connection:  # thousands have booked since
        name = "pg_get_serial_sequence('booking_booking', 'id')"
        connection.exec_driver_sql(f"SELECT setval({name}, 5000)")
    shop.book(None, "cut", "ben", at("10:00", day=4), customer=OTHER)
    with Session(shop.engine) as slow:
        with write_transaction(slow):
            booking = booking_by_reference(slow, reference)
            reschedule(slow, booking, staff=[find(slow, "ann")], start=at("10:00"), now=NOW)
            with shop.writing() as session:
                record_all(session, [None] * 500, MOVE_LAPSED, by=CLOCK, now=NOW)
            seen, after, touched = look(shop)
            assert touched == []
        assert not changed(shop, seen, after)
    assert closures(shop) == ()
