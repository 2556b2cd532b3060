"""What only the owner does with what customers hold and book."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from booking.operations import owners
from booking.operations.outbox import Outbox
from booking.operations.requests import SlotUnavailable
from booking.scheduling.slots import Reason
from booking.storage.holds import HoldFilter, live_holds
from booking.storage.models import Booking, claim, hold
from booking.storage.reads import booking_by_reference
from booking.tab_sessions import run_in_transaction
from tests.fixtures.small_shop import NOW, at, book_in, find
from tests.operations.audit import assert_sold_once
from tests.operations.racing import at_once, won

LATER = NOW + timedelta(minutes=1)


def let_go(shop, now=LATER, **which):
    with shop.writing() as session:
        return [
            held.tab_session_id for held in owners.let_go(session, HoldFilter(**which), now=now)
        ]


def take(shop, start, slug="cut", who="ann", now=LATER, staff=None):
    """The reference of what the owner booked over holds, and whose holds went."""

    def work(session):
        made, gone = owners.over_holds(
            session,
            find(session, slug),
            [find(session, one) for one in (staff or who).split()],
            start,
            lambda able: book_in(
                session, None, slug, " ".join(one.slug for one in able), start, now=now, by="owner"
            ),
            now=now,
        )
        return made.reference, [held.tab_session_id for held in gone]

    return run_in_transaction(Session(shop.engine), work, idempotent=True)


@pytest.mark.both_databases
def test_what_is_let_go_of_is_free_at_once_and_the_rest_stays_held(shop):
    tabs = [shop.tab() for _ in "abc"]
    shop.hold(tabs[0], "cut", "ann", at("10:00"))
    shop.hold(tabs[1], "cut", "ben", at("10:00"))
    shop.hold(tabs[2], "cut", "ann", at("10:00", day=1))
    with shop.reading() as session:
        ben = find(session, "ben").id
    assert let_go(shop, staff_member_id=ben) == [tabs[1]]
    assert let_go(shop, between=(at("00:00", day=1), at("00:00", day=2))) == [tabs[2]]
    assert let_go(shop, tab=tabs[0]) == [tabs[0]]
    assert let_go(shop) == []
    assert shop.count(claim) == 0
    shop.book(None, "cut", "ann", at("10:00"))


def test_a_tab_whose_time_was_let_go_of_gets_no_fresh_time_by_choosing_again(shop):
    tab = shop.tab()
    first = shop.hold(tab, "cut", "ann", at("10:00"))
    let_go(shop, tab=tab)
    again = shop.hold(tab, "cut", "ann", at("10:00"), now=LATER)
    assert again.held_since == first.held_since


@pytest.mark.both_databases
def test_all_that_one_visitor_holds_goes_together(shop):
    tabs = [shop.tab() for _ in "abc"]
    for tab, clock, mark in zip(tabs, ("10:00", "11:00", "12:00"), (b"a", b"b", b"a"), strict=True):
        made = shop.hold(tab, "cut", "ann", at(clock))
        with shop.writing() as session:
            session.execute(update(hold).where(hold.c.id == made.id).values(visitor=mark))
    assert let_go(shop, like=("visitor", b"a")) == [tabs[0], tabs[2]]
    with shop.reading() as session:
        assert [held.visitor for held in live_holds(session, HoldFilter(), now=LATER)] == [b"b"]


@pytest.mark.both_databases
def test_the_owner_takes_a_time_that_is_only_held_and_is_told_whose(shop):
    tabs = [shop.tab(), shop.tab()]
    shop.hold(tabs[0], "cut", "ann", at("10:00"))
    shop.hold(tabs[1], "cut", "ann", at("10:45"))
    reference, gone = take(shop, at("10:15"), "color")
    assert gone == tabs
    assert_sold_once(shop.engine, LATER)
    with shop.reading() as session:
        assert booking_by_reference(session, reference).staff_member.slug == "ann"
    with pytest.raises(SlotUnavailable) as lost:  # as the customer's page is told
        shop.book(tabs[0], "cut", "ann", at("10:00"), now=LATER)
    assert lost.value.reason is Reason.TAKEN


def test_no_hold_goes_where_somebody_is_free_or_where_the_time_is_booked(shop):
    tab = shop.tab()
    shop.hold(tab, "cut", "ann", at("10:00"))
    shop.hold(shop.tab(), "cut", "ann", at("12:00"))
    assert take(shop, at("10:00"), staff="ann ben")[1] == []
    shop.book(None, "cut", "ann", at("12:45"))
    with pytest.raises(SlotUnavailable):
        take(shop, at("12:00"), "color", who="ann")
    with shop.reading() as session:
        assert len(live_holds(session, HoldFilter(), now=LATER)) == 2


def test_a_time_that_one_has_booked_is_taken_from_whoever_only_holds_it_with_another(shop):
    shop.book(None, "cut", "ann", at("10:00"))
    tab = shop.tab()
    shop.hold(tab, "cut", "ben", at("10:00"))
    assert take(shop, at("10:00"), staff="ann ben")[1] == [tab]


def test_a_place_of_a_full_day_that_is_only_held_can_be_taken_too(shop):
    shop.change("cut", daily_limit=2)
    shop.book(None, "cut", "ann", at("09:00"))
    tab = shop.tab()
    shop.hold(tab, "cut", "ben", at("10:00"))
    with shop.reading() as session:
        cut, ann = find(session, "cut"), find(session, "ann")
        assert owners.holds_in_the_way(session, cut, [ann], at("14:00"), now=LATER)
    assert take(shop, at("14:00"))[1] == [tab]
    assert_sold_once(shop.engine, LATER)


@pytest.mark.both_databases
def test_confirming_at_the_moment_in_which_the_owner_takes_the_time_sells_it_once(shop):
    outcomes = Counter()
    for day in range(6):
        start, tab = at("10:00", day=day), shop.tab()
        shop.hold(tab, "cut", "ann", start)

        def confirm(start=start, tab=tab):
            work = partial(book_in, tab=tab, slug="cut", who="ann", start=start, now=LATER)
            return run_in_transaction(
                Session(shop.engine), lambda s: work(s).reference, idempotent=True
            )

        results = at_once(confirm, partial(take, shop, start))
        outcomes[len(won(results))] += 1
        assert_sold_once(shop.engine, LATER)
    assert outcomes == {1: 6}


@pytest.mark.both_databases
def test_confirming_at_the_moment_of_a_release_books_the_time_all_the_same(shop):
    for day in range(4):
        start, tab = at("10:00", day=day), shop.tab()
        shop.hold(tab, "cut", "ann", start)
        work = partial(shop.book, tab, "cut", "ann", start, now=LATER)
        confirmed, _ = at_once(work, partial(let_go, shop, tab=tab))
        assert isinstance(confirmed, str)
    assert shop.count(Booking) == 4
    assert_sold_once(shop.engine, LATER)


@pytest.mark.both_databases
def test_all_that_one_visitor_booked_and_is_to_come_is_cancelled_together(shop):
    references = [shop.book(None, "cut", "ann", at(clock)) for clock in ("09:00", "10:00", "11:00")]
    alien = shop.book(None, "cut", "ann", at("12:00"))
    own = shop.book(None, "cut", "ann", at("13:00"))
    with shop.writing() as session:
        for reference, mark in [(alien, b"b"), *((one, b"a") for one in references)]:
            booking_by_reference(session, reference).visitor = mark
    begun = at("09:10")
    with shop.writing() as session:
        like = booking_by_reference(session, references[1])
        gone = owners.cancel_like(session, like, now=begun, outbox=Outbox())
        assert [one.reference for one in gone] == references[1:]
    with shop.reading() as session:
        states = [booking_by_reference(session, one).state for one in (references[0], alien, own)]
        assert states == ["confirmed"] * 3
        by_hand = booking_by_reference(session, own)
        assert owners.cancel_like(session, by_hand, now=begun, outbox=Outbox()) == []
