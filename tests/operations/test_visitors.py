"""What one visitor may take and begin: counted in the database, and nobody's address is kept."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from booking.operations import visitors
from booking.operations.holds import extend
from booking.operations.purge import purge_marks
from booking.operations.requests import Limit, NoMoreTime, Visitor, VisitorLimit
from booking.operations.visitors import count_drafts
from booking.storage.models import Booking, hold, visitor_drafts, visitor_key
from booking.storage.visitors import delete_draft_counts
from tests.fixtures.small_shop import NOW, SmallShop, at, find, open_engine

HERE, ELSEWHERE = "203.0.113.7", "198.51.100.9"
GENEROUS = {"holds": 100, "bookings": 100, "share": 100}


def visitor(address=HERE, **limits):
    return Visitor(address, **GENEROUS | limits)


def refused(limit):
    return pytest.raises(VisitorLimit, match=f": {limit}$")


def book(shop, start, who="ann", slug="cut", **more):
    """Hold and book in a tab of its own, as the wizard does."""
    tab = shop.tab()
    shop.hold(tab, slug, who, start, **more)
    return shop.book(tab, slug, who, start, **more)


def test_a_visitor_holds_only_so_many_times_at_once(shop):
    first, two = shop.tab(), {"visitor": visitor(holds=2)}
    shop.hold(first, "cut", "ann", at("10:00"), **two)
    shop.hold(shop.tab(), "cut", "ann", at("11:00"), **two)
    with refused(Limit.HOLDS):
        shop.hold(shop.tab(), "cut", "ann", at("12:00"), **two)
    shop.hold(first, "cut", "ann", at("12:00"), **two)  # in place of its own
    shop.hold(shop.tab(), "cut", "ann", at("13:00"), visitor=visitor(ELSEWHERE, holds=2))
    shop.hold(shop.tab(), "cut", "ann", at("14:00"), now=NOW + timedelta(minutes=10), **two)


IPV6 = ("2001:db8:1:234::/64", "2001:db8:1:200::/56", "2001:db8:1::/48")


@pytest.mark.both_databases
@pytest.mark.parametrize(("width", "most"), [(0, 1), (1, 4), (2, 8)])
def test_each_width_of_a_network_has_its_own_limit(shop, width, most):
    """Everybody shares the names from that width on, and has the narrower ones for themselves."""

    def somebody(number):
        own, *networks = [f"{name} {number}" for name in IPV6[:width]] + [*IPV6[width:]]
        return visitor(own, networks=tuple(networks), holds=1, bookings=1)

    starts = [at("09:00", day=day) for day in range(1, most + 2)]
    for number, start in enumerate(starts[:-1]):
        shop.hold(shop.tab(), "cut", "ann", start, visitor=somebody(number))
    with refused(Limit.HOLDS):
        shop.hold(shop.tab(), "cut", "ann", starts[-1], visitor=somebody(most))
    late = NOW + timedelta(minutes=11)
    for number, start in enumerate(starts[:-1]):
        shop.book(None, "cut", "ann", start, now=late, visitor=somebody(number))
    with refused(Limit.BOOKINGS):
        shop.book(None, "cut", "ann", starts[-1], now=late, visitor=somebody(most))
    tomorrow = late + timedelta(hours=24)
    shop.book(None, "cut", "ann", starts[-1], now=tomorrow, visitor=somebody(most))


@pytest.mark.both_databases
def test_a_shared_address_is_met_by_no_limit_and_fills_no_network(shop):
    reception = visitor(holds=1, bookings=1, share=1, networks=("198.51.100.0/24",), shared=True)
    for number in range(6):
        book(shop, at("09:00", day=1) + timedelta(minutes=45 * number), visitor=reception)
        shop.hold(shop.tab(), "cut", "ann", at("09:00", day=2 + number), visitor=reception)
    neighbour = visitor(ELSEWHERE, networks=("198.51.100.0/24",), holds=1)
    shop.hold(shop.tab(), "cut", "ben", at("09:00", day=2), visitor=neighbour)


def test_all_together_hold_only_a_part_of_a_day_and_beyond_it_nothing_is_refused(shop):
    starts = [at("09:00", day=1) + timedelta(minutes=45 * number) for number in range(10)]
    made = [
        shop.hold(shop.tab(), "cut", "ann", start, visitor=visitor(f"{number}", held_share=50))
        for number, start in enumerate(starts)
    ]
    assert [one.is_over(NOW) for one in made] == [False] * 6 + [True] * 4
    tab, half = shop.tab(), {"visitor": visitor("x", held_share=50)}
    shop.hold(tab, "cut", "ann", starts[7], **half)
    with shop.writing() as session, pytest.raises(NoMoreTime):
        extend(session, tab_key=tab, now=NOW, minutes=10, most=3, **half)
    shop.book(tab, "cut", "ann", starts[7], **half)
    booked = shop.hold(shop.tab(), "cut", "ann", starts[8], **half)
    assert booked.is_over(NOW), "what is booked gives nobody leave to hold more"
    passed_on = shop.hold(shop.tab(), "cut", "ann ben", starts[9], **half)
    assert not passed_on.is_over(NOW), "whose day has room is asked first"


@pytest.mark.both_databases
def test_all_together_hold_only_a_part_of_a_daily_limit(shop):
    shop.change("cut", daily_limit=6)
    made = [
        shop.hold(
            shop.tab(), "cut", "ann ben", at("09:00"), visitor=visitor(f"{number}", held_share=50)
        )
        for number in range(2)
    ]
    for hour in range(10, 13):
        who = visitor(f"{hour}", held_share=50)
        made.append(shop.hold(shop.tab(), "cut", "ann ben", at(f"{hour}:00"), visitor=who))
    assert [one.is_over(NOW) for one in made] == [False] * 3 + [True] * 2


@pytest.mark.both_databases
def test_a_second_process_counts_the_same_visitor(shop, database_url):
    two = {"visitor": visitor(holds=2)}
    shop.hold(shop.tab(), "cut", "ann", at("10:00"), **two)
    with open_engine(database_url) as engine:
        other = SmallShop(engine)
        other.hold(other.tab(), "cut", "ann", at("11:00"), **two)
    with refused(Limit.HOLDS):
        shop.hold(shop.tab(), "cut", "ann", at("12:00"), **two)


def test_midnight_gives_nobody_a_second_share(shop):
    before = datetime(2027, 3, 1, 23, 55, tzinfo=UTC)
    after, tomorrow = before + timedelta(minutes=6), at("10:00", day=2)
    one = {"visitor": visitor(holds=1)}
    shop.hold(shop.tab(), "cut", "ann", tomorrow, now=before, **one)
    with refused(Limit.HOLDS):
        shop.hold(shop.tab(), "cut", "ben", tomorrow, now=after, **one)
    shop.hold(shop.tab(), "cut", "ben", tomorrow, now=after + timedelta(minutes=5), **one)


def test_a_visitor_books_only_so_many_times_a_day(shop):
    two = {"visitor": visitor(bookings=2)}
    for day in (1, 2):
        book(shop, at("10:00", day=day), **two)
    with refused(Limit.BOOKINGS):
        book(shop, at("10:00", day=3), **two)
    book(shop, at("10:00", day=3), visitor=visitor(ELSEWHERE, bookings=2))
    book(shop, at("11:00", day=3), now=NOW + timedelta(hours=24), **two)


def holds_of_a_day(shop, who, day=1, **limits):
    """Every time of one visitor's that day that they are let have."""
    got = []
    for number in range(10):
        start = at("09:00", day=day) + timedelta(minutes=45 * number)
        with suppress(VisitorLimit):
            shop.hold(shop.tab(), "cut", who, start, visitor=visitor(**limits))
            got.append(start)
    return got


def test_a_visitor_cannot_lock_out_a_day(shop):
    assert len(holds_of_a_day(shop, "ben", share=100)) == 10, "the limit is off"
    got = holds_of_a_day(shop, "ann", share=50)
    assert len(got) == 6, "six times 40 minutes are half of eight hours"
    other = {"visitor": visitor(ELSEWHERE, share=50)}
    shop.hold(shop.tab(), "cut", "ann", at("16:00", day=1), **other)
    shop.hold(shop.tab(), "cut", "ann", at("16:00", day=2), visitor=visitor(share=50))


def a_second_round(shop, **limits):
    """One visitor waits until their holds ran out, and holds the rest of ann's day."""
    tabs, now = {}, NOW
    for starts in (range(5), range(5, 10)):
        for number in starts:
            start = at("09:00", day=1) + timedelta(minutes=45 * number)
            tabs[start] = shop.tab()
            shop.hold(tabs[start], "cut", "ann", start, now=now, visitor=visitor(**limits))
        now += timedelta(minutes=11)
    return tabs, now


@pytest.mark.parametrize(("share", "most"), [(50, 6), (100, 10)], ids=["half", "no limit"])
def test_a_visitor_who_waits_cannot_book_what_they_could_not_hold_at_once(shop, share, most):
    tabs, now = a_second_round(shop, share=share)
    for start, tab in tabs.items():
        with suppress(VisitorLimit):
            shop.book(tab, "cut", "ann", start, now=now, visitor=visitor(share=share))
    assert shop.count(Booking) == most


def test_a_visitor_who_waits_cannot_revive_what_they_could_not_hold_at_once(shop):
    more = {"minutes": 10, "most": 3, "visitor": visitor(share=50)}
    tabs, now = a_second_round(shop, share=50)
    for tab in tabs.values():
        with shop.writing() as session, suppress(VisitorLimit):
            assert not extend(session, tab_key=tab, now=now, **more).is_over(now)
    with shop.engine.connect() as connection:
        kept = connection.scalars(select(hold.c.id).where(hold.c.expires_at > now.timestamp()))
        assert len(kept.all()) == 6


def test_a_time_that_is_held_can_be_confirmed_whatever_was_booked_since(shop):
    two, tabs = {"visitor": visitor(bookings=2)}, [shop.tab(), shop.tab()]
    for tab, start in zip(tabs, ("10:00", "11:00"), strict=True):
        shop.hold(tab, "cut", "ann", at(start), **two)
    with refused(Limit.BOOKINGS):
        shop.hold(shop.tab(), "cut", "ann", at("12:00"), **two)
    for tab, start in zip(tabs, ("10:00", "11:00"), strict=True):
        shop.book(tab, "cut", "ann", at(start), **two)
    with refused(Limit.BOOKINGS):
        shop.book(None, "cut", "ann", at("12:00"), **two)
    with refused(Limit.BOOKINGS):
        shop.book(shop.tab(), "cut", "ben", at("12:00"), **two)


def test_more_time_that_comes_too_late_counts_against_who_asks(shop):
    late, one = NOW + timedelta(minutes=11), {"visitor": visitor(holds=1)}
    waiting = shop.tab()
    shop.hold(waiting, "cut", "ann", at("10:00"), **one)
    shop.hold(shop.tab(), "cut", "ann", at("11:00"), now=late, **one)
    more = {"tab_key": waiting, "minutes": 10, "most": 3, **one}
    with shop.writing() as session, refused(Limit.HOLDS):
        extend(session, now=late, **more)
    with shop.writing() as session:
        made = extend(session, now=late + timedelta(minutes=10), **more)
        assert not made.is_over(late + timedelta(minutes=10))


def test_any_available_passes_on_to_whoever_has_room_for_this_visitor(shop):
    holds_of_a_day(shop, "ann", share=50)
    for number in range(2):
        shop.book(None, "cut", "ben", at("09:00", day=1) + timedelta(minutes=45 * number))
    made = shop.hold(shop.tab(), "cut", "ann ben", at("16:00", day=1), visitor=visitor(share=50))
    with shop.reading() as session:
        assert made.staff_member_id == find(session, "ben").id


@pytest.mark.both_databases
def test_a_visitor_cannot_take_all_places_of_a_daily_limit(shop):
    shop.change("cut", daily_limit=6)
    assert len(holds_of_a_day(shop, "ann ben", share=50)) == 3
    other = {"visitor": visitor(ELSEWHERE, share=50)}
    shop.hold(shop.tab(), "cut", "ann", at("16:00", day=1), **other)
    shop.hold(shop.tab(), "color", "ann", at("14:30", day=1), visitor=visitor(share=50))
    shop.hold(shop.tab(), "cut", "ann", at("16:00", day=2), visitor=visitor(share=50))
    shop.change("cut", daily_limit=3)
    assert len(holds_of_a_day(shop, "ann ben", day=3, share=50)) == 2, "two are always let"


def test_a_tab_that_changes_its_time_is_not_counted_twice(shop):
    half, tab = {"visitor": visitor(share=50)}, shop.tab()
    for number in range(5):
        book(shop, at("09:00", day=1) + timedelta(minutes=45 * number), **half)
    for start in ("14:00", "15:00", "16:00"):
        shop.hold(tab, "cut", "ann", at(start, day=1), **half)


@pytest.mark.both_databases
def test_the_address_is_nowhere_in_the_database(shop):
    book(shop, at("10:00"), visitor=visitor())
    shop.hold(shop.tab(), "cut", "ben", at("10:00"), visitor=visitor())
    with shop.engine.connect() as connection:
        for table in ("hold", "booking", "visitor_key", "claim", "tab_session"):
            for row in connection.execute(text(f"SELECT * FROM booking_{table}")):
                assert HERE not in str(tuple(row))
                assert not any(
                    HERE.encode() in bytes(value)
                    for value in row
                    if isinstance(value, (bytes, memoryview))
                )


@pytest.mark.both_databases
def test_a_days_key_goes_two_days_later_and_its_marks_mean_nothing_then(shop):
    book(shop, at("10:00", day=4), visitor=visitor())
    with shop.engine.connect() as connection:
        key = connection.scalar(select(visitor_key.c.key))
        mark = connection.scalar(select(Booking.visitor))
    assert mark is not None
    for day in (1, 2):
        book(shop, at("12:00", day=4 + day), now=NOW + timedelta(days=day), visitor=visitor())
    with shop.engine.connect() as connection:
        keys = connection.scalars(select(visitor_key.c.key)).all()
        marks = connection.scalars(select(Booking.visitor).order_by(Booking.id)).all()
    assert len(keys) == 2
    assert key not in keys
    assert len(set(marks)) == 3, "three days, three marks"


@pytest.mark.both_databases
def test_purging_takes_off_marks_whose_key_is_gone(shop):
    for day in (0, 1, 2):
        book(shop, at("12:00", day=5 + day), now=NOW + timedelta(days=day), visitor=visitor())
    assert shop.run(purge_marks, now=NOW + timedelta(days=2, minutes=1)) == 1
    with shop.engine.connect() as connection:
        marks = connection.scalars(select(Booking.visitor).order_by(Booking.id)).all()
        assert [mark is None for mark in marks] == [True, False, False]
        assert connection.scalar(select(hold.c.id)) is None


@pytest.mark.both_databases
def test_purging_forgets_the_keys_of_quiet_days(shop):
    """Nobody comes for a week: no first visitor of a day lets the old key go."""
    book(shop, at("12:00", day=5), visitor=visitor())
    for days, keys in ((1, 1), (2, 0)):
        shop.run(purge_marks, now=NOW + timedelta(days=days))
        assert shop.count(visitor_key) == keys


def test_purging_forgets_the_key_of_a_day_that_a_wrong_clock_took_for_today(shop):
    for start, days in ((at("12:00", day=5), 0), (at("12:00", day=9), 5)):
        book(shop, start, now=NOW + timedelta(days=days), visitor=visitor())
    book(shop, at("12:00", day=6), visitor=visitor())
    shop.run(purge_marks, now=NOW)
    with shop.engine.connect() as connection:
        assert connection.scalars(select(visitor_key.c.day)).all() == [NOW.date().toordinal()]


def begin(shop, address="203.0.113.7", **more):
    with shop.writing() as session:
        who = Visitor(address, 1, 1, 1, networks=("203.0.113.0/24",), **more)
        count_drafts(session, who, drafts=1, size=100, now=NOW)


@pytest.mark.both_databases
def test_counts_are_forgotten_two_days_later(shop):
    begin(shop)
    for days, left in ((1, 2), (2, 0)):
        shop.run(delete_draft_counts, now=NOW + timedelta(days=days))
        assert shop.count(visitor_drafts) == left


@pytest.mark.both_databases
def test_a_few_addresses_do_not_use_up_what_their_whole_network_may_begin(shop):
    most = visitors.DRAFT_MULTIPLES[1]
    for number in range(most):
        begin(shop, f"203.0.113.{number}", drafts=1)
        with pytest.raises(VisitorLimit):
            begin(shop, f"203.0.113.{number}", drafts=1)
    with pytest.raises(VisitorLimit):
        begin(shop, f"203.0.113.{most}", drafts=1)


def test_at_a_shared_address_nothing_is_counted(shop):
    begin(shop, shared=True, drafts=0)
    assert shop.count(visitor_drafts) == 0
