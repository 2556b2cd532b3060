"""A time is sold once, whoever asks at the same moment. Real connections, real threads.

The guard is also switched off once, to show that these tests would notice.
"""

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from itertools import count
from threading import Barrier, Event

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from booking.operations import visitors
from booking.operations.bookings import cancel
from booking.operations.holds import extend, release
from booking.operations.purge import purge_claims, purge_holds, purge_marks
from booking.operations.requests import SlotUnavailable, Visitor
from booking.operations.visitors import count_drafts
from booking.scheduling.slots import Reason
from booking.storage.claims import release_holds
from booking.storage.models import Booking, claim, hold, visitor_drafts
from booking.storage.reads import booking_by_reference, hold_of
from booking.storage.visitors import visitor_totals
from booking.tab_sessions import is_temporarily_unavailable, run_in_transaction
from booking.transactions.sessions import Retry
from tests.fixtures.small_shop import NOW, at, book_in, find, open_engine
from tests.operations.audit import assert_sold_once
from tests.operations.racing import REFUSALS, at_once, won

pytestmark = pytest.mark.both_databases

CLIENTS = 12


def test_many_tabs_hold_one_time_and_one_gets_it(shop):
    tabs = [shop.tab() for _ in range(CLIENTS)]
    results = at_once(*[partial(shop.hold, tab, "cut", "ann", at("10:00")) for tab in tabs])
    assert len(won(results)) == 1
    assert {refusal.reason for refusal in results if isinstance(refusal, Exception)} == {
        Reason.TAKEN
    }
    assert shop.count(hold) == 1
    assert_sold_once(shop.engine, NOW)


def test_many_clients_book_overlapping_times_of_different_lengths(shop):
    wanted = [
        (slug, at("10:00") + timedelta(minutes=shift))
        for slug in ("cut", "color")
        for shift in range(0, 90, 15)
    ]
    results = at_once(*[partial(shop.book, None, slug, "ann", start) for slug, start in wanted])
    assert 1 <= len(won(results)) <= 4
    assert shop.count(Booking) == len(won(results))
    assert_sold_once(shop.engine, NOW)


def test_without_the_guard_the_same_race_sells_a_time_twice(shop):
    """The negative control: check, then insert, as most booking systems do."""
    checked = Barrier(2)

    def naively(start):
        with shop.reading() as session:
            ann = find(session, "ann").id
            overlapping = select(Booking).where(
                Booking.staff_member_id == ann,
                Booking.starts_at < start + timedelta(minutes=40),
                Booking.ends_at > start - timedelta(minutes=10),
            )
            free = session.scalar(overlapping) is None
        checked.wait(timeout=60)
        with shop.writing() as session:
            cut, ann = find(session, "cut"), find(session, "ann")
            if free:
                session.add(unguarded(cut, ann, start))
        return free

    assert at_once(partial(naively, at("10:00")), partial(naively, at("10:15"))) == [True, True]
    with pytest.raises(AssertionError, match="minutes sold twice"):
        assert_sold_once(shop.engine, NOW)


def unguarded(service, staff_member, start) -> Booking:
    return Booking(
        reference=f"R{start:%H%M}",
        draft=f"d{start:%H%M}",
        fingerprint="f",
        service=service,
        staff_member=staff_member,
        starts_at=start,
        ends_at=start + timedelta(minutes=service.duration),
        buffer_after=service.buffer_after,
        customer_name="x",
        customer_email="x@example.com",
        manage_token_hash=f"{start:%H%M}".encode(),
        created_at=NOW,
    )


def test_the_guard_decides_even_when_both_had_looked_before(shop):
    """The negative control's race again, with both looks before both bookings."""
    looked = Barrier(2)

    def look_and_book(slug, start):
        with shop.reading() as session:
            assert session.scalar(select(Booking)) is None
        looked.wait(timeout=60)
        return shop.book(None, slug, "ann", start)

    results = at_once(
        partial(look_and_book, "cut", at("10:00")), partial(look_and_book, "color", at("10:15"))
    )
    assert len(won(results)) == 1
    assert_sold_once(shop.engine, NOW)


def test_any_available_serves_as_many_clients_as_there_are_staff(shop):
    tabs = [shop.tab() for _ in range(CLIENTS)]
    results = at_once(*[partial(shop.hold, tab, "cut", "ann ben", at("10:00")) for tab in tabs])
    assert len({made.staff_member_id for made in won(results)}) == len(won(results)) == 2
    assert_sold_once(shop.engine, NOW)


@pytest.mark.parametrize("earlier", [0, 1], ids=["set before", "set later"])
def test_a_daily_limit_holds_when_many_ask_for_the_last_places(shop, earlier):
    for _ in range(earlier):
        shop.book(None, "cut", "ann", at("16:00"))
    shop.change("cut", daily_limit=3)
    starts = [at("09:00") + timedelta(minutes=60 * hour) for hour in range(6)]
    jobs = [(who, start) for start in starts for who in ("ann", "ben")]
    results = at_once(*[partial(shop.book, None, "cut", who, start) for who, start in jobs])
    assert len(won(results)) == 3 - earlier
    assert {refusal.reason for refusal in results if isinstance(refusal, Exception)} == {
        Reason.LIMIT
    }
    assert_sold_once(shop.engine, NOW)


def test_without_the_guard_the_look_finds_a_day_that_is_overfull(shop):
    """The negative control: a booking that claims no place, and nobody counts."""
    shop.change("cut", daily_limit=1)
    shop.book(None, "cut", "ann", at("10:00"))
    assert_sold_once(shop.engine, NOW)
    with shop.writing() as session:
        session.add(unguarded(find(session, "cut"), find(session, "ben"), at("12:00")))
    with pytest.raises(AssertionError, match="more than their limit"):
        assert_sold_once(shop.engine, NOW)


def test_a_visitors_limit_holds_when_all_tabs_ask_at_once(shop):
    tabs = [shop.tab() for _ in range(8)]
    starts = [at("09:00") + timedelta(minutes=45 * number) for number in range(8)]
    mine = {"visitor": Visitor("203.0.113.7", holds=3, bookings=9, share=100)}
    results = at_once(
        *[
            partial(shop.hold, tab, "cut", "ann", start, **mine)
            for tab, start in zip(tabs, starts, strict=True)
        ]
    )
    assert len(won(results)) == 3
    assert shop.count(hold) == 3


def neighbours_at_once(shop):
    """Twelve visitors of one network, each with a person's own time; how many may hold one."""
    days = range(1, CLIENTS + 1)
    jobs = [
        partial(shop.hold, shop.tab(), "cut", "ann", at("10:00", day=day), visitor=neighbour(day))
        for day in days
    ]
    return len(won(at_once(*jobs)))


def neighbour(number):
    networks = (f"2001:db8:{number % 2}::/56", "2001:db8::/48")
    return Visitor(f"2001:db8:{number}::/64", 1, 9, 100, networks=networks)


def test_a_networks_limit_holds_when_all_its_visitors_ask_at_once(shop):
    shop.hold(shop.tab(), "cut", "ben", at("10:00"), visitor=neighbour(0))  # makes the day's key
    assert neighbours_at_once(shop) == 7, "eight for a wide network, and four for each inside"


@pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_without_taking_turns_more_of_a_network_would_be_let_in(shop, monkeypatch):
    """The negative control; on SQLite there is one writer at a time anyway."""

    counts, too_many = count(1), Event()

    def count_slowly(*args, **asked):
        counted = visitor_totals(*args, **asked)
        if next(counts) == 8:
            too_many.set()
        assert too_many.wait(60)
        return counted

    shop.hold(shop.tab(), "cut", "ben", at("10:00"), visitor=neighbour(0))
    monkeypatch.setattr(visitors, "_one_at_a_time", lambda *_: None)
    monkeypatch.setattr(visitors, "visitor_totals", count_slowly)
    assert neighbours_at_once(shop) > 7


def test_what_many_tabs_store_at_once_is_all_counted(shop):
    def begin(number):
        shop.run(count_drafts, neighbour(number), drafts=1, size=100, now=NOW)

    at_once(*[partial(begin, number) for number in range(CLIENTS)])
    with shop.engine.connect() as connection:
        found = connection.execute(select(visitor_drafts.c.drafts, visitor_drafts.c.bytes))
        counted = Counter(map(tuple, found))
    assert counted == {(1, 100): CLIENTS, (6, 600): 2, (12, 1200): 1}


def test_confirming_a_hold_that_ran_out_against_somebody_who_takes_the_time(shop):
    outcomes = Counter()
    for day in range(6):
        start, late = at("10:00", day=day), NOW + timedelta(minutes=10)
        tab, other = shop.tab(), shop.tab()
        shop.hold(tab, "cut", "ann", start)
        confirmed, taken = at_once(
            partial(shop.book, tab, "cut", "ann", start, now=late),
            partial(shop.hold, other, "color", "ann", start, now=late),
        )
        outcomes[len(won([confirmed, taken]))] += 1
        assert_sold_once(shop.engine, late)
    assert outcomes == {1: 6}


@pytest.mark.parametrize("is_held", [True, False])
def test_one_draft_on_many_connections_is_one_booking(shop, is_held):
    tab = shop.tab() if is_held else None
    if is_held:
        shop.hold(tab, "cut", "ann", at("10:00"))
    references = at_once(
        *[partial(shop.book, tab, "cut", "ann", at("10:00"), draft="d1")] * CLIENTS
    )
    assert len(set(references)) == 1
    assert shop.count(Booking) == 1
    assert_sold_once(shop.engine, NOW)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("deleted", ["cut", "ben"])
@pytest.mark.parametrize("verb", ["hold", "book"])
def test_what_is_deleted_while_somebody_asks_for_it_is_closed(shop, database_url, deleted, verb):
    """On SQLite there is one writer: nobody asks meanwhile."""
    ask = partial(getattr(shop, verb), shop.tab(), "cut", "ben", at("10:00"))
    with ThreadPoolExecutor(1) as asking, Session(shop.engine) as owner:
        owner.delete(find(owner, deleted))
        owner.flush()
        asked = asking.submit(ask)
        until_somebody_waits(shop.engine)
        owner.commit()
        with pytest.raises(SlotUnavailable, match=f": {Reason.CLOSED}$"):
            asked.result()
    assert shop.count(hold) == shop.count(claim) == 0


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_letting_holds_go_waits_for_whoever_is_extending_one(shop, database_url):
    """Claims first and then the hold, and the two would wait for each other."""
    tab = shop.tab()
    made = shop.hold(tab, "cut", "ann", at("10:00"))

    def let_all_go():
        shop.run(release_holds, [made.id])

    with ThreadPoolExecutor(1) as letting_go, Session(shop.engine) as session:
        hold_of(session, tab, lock=True)
        gone = letting_go.submit(let_all_go)
        until_somebody_waits(shop.engine)
        extend(session, tab_key=tab, now=NOW, minutes=10, most=3)
        session.commit()
        gone.result()
    assert shop.count(hold) == shop.count(claim) == 0


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_purging_passes_over_what_others_are_busy_with(shop, database_url):
    """It waits for nobody: on SQLite there is one writer anyway."""
    busy, idle = shop.tab(), shop.tab()
    shop.hold(busy, "cut", "ann", at("10:00"))
    shop.hold(idle, "cut", "ben", at("10:00"))
    shop.book(None, "color", "ann", at("14:00"), visitor=Visitor("203.0.113.7", 9, 9, 100))
    past = NOW + timedelta(days=4)
    with shop.writing() as session, Session(shop.engine) as purging:
        hold_of(session, busy, lock=True)
        session.execute(select(claim).where(claim.c.hold_id.is_(None)).limit(1).with_for_update())
        session.execute(select(Booking.id).with_for_update()).all()
        assert purge_holds(purging, now=past) == 1
        assert purge_claims(purging, now=past) == 15 + 8
        assert purge_marks(purging, now=past) == 0
        purging.commit()
    assert shop.count(claim) == 1
    assert shop.count(hold) == 1


def until_somebody_waits(engine):
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    for _ in range(600):
        with engine.connect() as connection:
            if connection.scalar(waiting):
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


def test_tabs_that_keep_changing_their_minds_neither_deadlock_nor_overlap(shop):
    """Holding over one's own hold, confirming, releasing, cancelling: 8 clients, 25 turns each."""
    shop.change("cut", daily_limit=4)
    tabs = [shop.tab() for _ in range(8)]

    def change_minds(number):
        dice = random.Random(number)
        done = Counter()
        for _ in range(25):
            turn = dice.choice([hold_something, hold_something, book_something, let_go, cancel_one])
            try:
                done[turn.__name__] += bool(turn(shop, tabs[number], dice))
            except REFUSALS:
                done["refused"] += 1
        return done

    total = sum(at_once(*[partial(change_minds, number) for number in range(8)]), Counter())
    assert min(total[name] for name in ("hold_something", "book_something", "refused")) > 0
    assert_sold_once(shop.engine, NOW)


def some_time(dice):
    return at("09:00") + timedelta(minutes=15 * dice.randrange(12))


def hold_something(shop, tab, dice):
    who = dice.choice(["ann", "ben", "ann ben", "ben ann"])
    return shop.hold(tab, dice.choice(["cut", "color"]), who, some_time(dice))


def book_something(shop, tab, dice):
    return shop.run(
        book_in,
        tab,
        dice.choice(["cut", "color"]),
        dice.choice(["ann", "ben"]),
        some_time(dice),
    )


def let_go(shop, tab, dice):
    shop.run(release, tab_key=tab)
    return True


def cancel_one(shop, tab, dice):
    with shop.writing() as session:
        some = session.scalar(select(Booking).where(Booking.state == "confirmed"))
        return some and cancel(session, some, by="owner", now=NOW)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
@pytest.mark.parametrize("draft", [None, "d1"], ids=["many drafts", "one draft"])
def test_the_guard_needs_no_particular_isolation_level(shop, database_url, level, draft):
    """A host may have set another one: some are told to come back, and still one wins."""
    with open_engine(database_url, isolation_level=level) as engine:

        def book(slug, start):
            def work(session):
                shown = text("SHOW transaction_isolation")
                assert session.scalar(shown) == level.lower()
                return book_in(session, None, slug, "ann", start, draft=draft).reference

            try:
                return run_in_transaction(Session(engine), work, idempotent=bool(draft))
            except DBAPIError as error:
                return error

        other = ("cut", at("10:00")) if draft else ("color", at("10:15"))
        results = at_once(*[partial(book, "cut", at("10:00"))] * 6, *[partial(book, *other)] * 6)
    told = [one for one in results if isinstance(one, DBAPIError)]
    assert all(map(is_temporarily_unavailable, told))
    assert len(set(won(results))) == shop.count(Booking) == 1
    assert len(won(results)) == (len(results) - len(told) if draft else 1)
    assert_sold_once(shop.engine, NOW)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_draft_that_is_booked_behind_ones_back_asks_for_another_try(shop, database_url):
    shop.book(None, "cut", "ben", at("10:00"))  # so that the customer is known to both
    with (
        open_engine(database_url, isolation_level="REPEATABLE READ") as engine,
        Session(engine) as session,
    ):
        session.execute(select(Booking)).all()  # the snapshot
        shop.book(None, "cut", "ben", at("15:00"), draft="d1")
        with pytest.raises(Retry):
            book_in(session, None, "cut", "ann", at("10:00"), draft="d1")


def test_a_second_program_that_writes_claims_of_its_own_is_heeded(shop):
    """Plain SQL beside our code: what it claimed is not ours to sell."""
    reference = shop.book(None, "cut", "ben", at("10:00"))
    with shop.reading() as session:
        number = booking_by_reference(session, reference).id
        resource = find(session, "ann").resource_id
    tick = int(at("10:20").timestamp()) // 300
    with shop.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO booking_claim (resource_id, tick, booking_id) VALUES (:r, :t, :b)"),
            {"r": resource, "t": tick, "b": number},
        )
    for slug, start in (("cut", "09:45"), ("cut", "10:00"), ("color", "09:15")):
        with pytest.raises(SlotUnavailable):
            shop.book(None, slug, "ann", at(start))
    shop.book(None, "cut", "ann", at("09:30"))


@pytest.mark.parametrize(
    "owner", ["NULL, NULL, NULL", "NULL, NULL, 99", "7, 1, 99", "NULL, 4711, NULL"]
)
def test_the_database_refuses_a_claim_without_exactly_one_owner(shop, owner):
    shop.book(None, "cut", "ben", at("10:00"))
    words = "INSERT INTO booking_claim (resource_id, tick, hold_id, booking_id, expires_at)"
    with shop.engine.connect() as connection, pytest.raises(IntegrityError):
        connection.execute(text(f"{words} VALUES (1, 1, {owner})"))
