"""Holding a time: for one staff member or any, again, longer, no more."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from booking.operations.holds import extend, prolong, release, release_but_keep_clock
from booking.operations.purge import purge_holds
from booking.operations.requests import NoHold, NoMoreTime, Visitor
from booking.scheduling.slots import Reason
from booking.storage.holds import delete_past_holds
from booking.storage.models import Booking, claim, hold, past_hold
from booking.storage.reads import hold_of
from tests.fixtures.small_shop import NOW, at, find, hold_in, later, refused
from tests.operations.audit import assert_sold_once


def held_by(shop, tab):
    with shop.engine.connect() as connection:
        return connection.execute(
            select(hold.c.starts_at, hold.c.extensions).where(hold.c.tab_session_id == tab)
        ).one_or_none()


@pytest.mark.both_databases
@pytest.mark.parametrize("asks", ["hold", "book"])
@pytest.mark.parametrize("has", ["hold", "book"])
def test_what_one_tab_has_no_other_gets_nor_what_overlaps_it(shop, has, asks):
    getattr(shop, has)(shop.tab(), "cut", "ann", at("10:00"))
    ask = getattr(shop, asks)
    for slug, start in (("cut", "10:00"), ("color", "09:00"), ("color", "10:30")):
        with refused(Reason.TAKEN):
            ask(shop.tab(), slug, "ann", at(start))
    ask(shop.tab(), "color", "ann", at("10:45"))  # their buffers only touch
    ask(shop.tab(), "cut", "ben", at("10:00"))


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (at("07:00"), Reason.PAST),
        (at("17:00"), Reason.CLOSED),
        (at("10:00") + timedelta(seconds=1), Reason.CLOSED),
        (datetime.min.replace(tzinfo=UTC), Reason.PAST),
        (datetime.max.replace(tzinfo=UTC), Reason.TOO_FAR),
    ],
)
def test_a_time_against_the_rules_is_refused_with_its_reason(shop, start, reason):
    with refused(reason):
        shop.hold(shop.tab(), "cut", "ann", start)
    with refused(reason):
        shop.book(None, "cut", "ann", start)
    assert shop.count(hold) == shop.count(claim) == shop.count(Booking) == 0


def test_a_service_nobody_offers_any_more_is_refused(shop):
    shop.change("ann", retired=True)
    with refused(Reason.CLOSED):
        shop.hold(shop.tab(), "cut", "ann", at("10:00"))
    shop.change("ben", services=[])
    with refused(Reason.CLOSED):
        shop.hold(shop.tab(), "cut", "ben", at("10:00"))


@pytest.mark.both_databases
def test_a_choice_that_fails_leaves_the_earlier_hold_as_it_was(shop):
    tab = shop.tab()
    shop.hold(shop.tab(), "cut", "ann", at("12:00"))
    shop.hold(tab, "cut", "ann", at("10:00"))
    with shop.writing() as session, refused(Reason.TAKEN):  # committed, though refused
        hold_in(session, tab, "color", "ann", at("11:30"))
    assert held_by(shop, tab).starts_at == at("10:00")
    with refused(Reason.TAKEN):
        shop.hold(shop.tab(), "cut", "ann", at("10:00"))


@pytest.mark.both_databases
@pytest.mark.parametrize("taken", ["10:00", "10:30"])
def test_a_time_that_somebody_took_meanwhile_is_not_held_for_longer(shop, taken):
    """Who types in the last second may have to wait, and in the meantime it ran out for others."""
    tab, visitor = shop.tab(), Visitor("198.51.100.7", holds=20, bookings=20, share=100)
    asked = {"minutes": 10, "most": 3, "visitor": visitor}
    shop.hold(tab, "cut", "ann", at("10:00"), at_first=3)
    shop.hold(shop.tab(), "cut", "ann", at(taken), now=later(3))
    with shop.writing() as session:
        seen = hold_of(session, tab)
        held = prolong(session, seen, now=later(3) - timedelta(seconds=1), **asked)
    assert held.expires == later(3)
    with shop.engine.connect() as connection:
        left = connection.scalars(select(claim.c.expires_at).where(claim.c.hold_id == held.id))
        assert set(left) <= {held.expires_at}


def test_any_available_takes_the_least_booked_that_day_first(shop):
    shop.book(None, "cut", "ann", at("09:00"))
    shop.cancel(shop.book(None, "cut", "ben", at("09:00")))
    with shop.reading() as session:
        ann, ben = find(session, "ann").id, find(session, "ben").id
    assert shop.hold(shop.tab(), "cut", "ann ben", at("10:00")).staff_member_id == ben
    assert shop.hold(shop.tab(), "cut", "ann ben", at("10:00")).staff_member_id == ann
    with refused(Reason.TAKEN):
        shop.hold(shop.tab(), "cut", "ann ben", at("10:00"))
    tomorrow = shop.hold(shop.tab(), "cut", "ann ben", at("10:00", day=1))
    assert tomorrow.staff_member_id == ann, "equally free: the shop's order"


def test_any_available_chosen_again_stays_with_the_same_person(shop):
    tab = shop.tab()
    first = shop.hold(tab, "cut", "ann ben", at("10:00"))
    shop.book(None, "cut", "ann", at("12:00"))
    assert shop.hold(tab, "cut", "ann ben", at("10:00")).staff_member_id == first.staff_member_id


def test_more_time_is_added_to_what_is_left_as_often_as_allowed(shop):
    tab = shop.tab()
    shop.hold(tab, "cut", "ann", at("10:00"))
    assert shop.run(extend, tab_key=tab, now=later(4), minutes=10, most=2).expires == later(20)
    with refused(Reason.TAKEN):
        shop.hold(shop.tab(), "cut", "ann", at("10:00"), now=later(15))
    with shop.writing() as session:
        extend(session, tab_key=tab, now=later(5), minutes=10, most=2)
        with pytest.raises(NoMoreTime):
            extend(session, tab_key=tab, now=later(6), minutes=10, most=2)


def test_choosing_again_gives_no_extension_back(shop):
    tab = shop.tab()
    shop.hold(tab, "cut", "ann", at("10:00"))
    with shop.writing() as session:
        extend(session, tab_key=tab, now=NOW, minutes=10, most=1)
        again = hold_in(session, tab, "cut", "ann", at("10:00"))
        assert (again.extensions, again.expires) == (1, later(20))
        other = hold_in(session, tab, "cut", "ann", at("11:00"))
        assert (other.extensions, other.expires) == (1, later(20))


def test_choosing_the_same_time_again_and_again_does_not_hold_it_for_ever(shop):
    tab, once = shop.tab(), {"extensions": 1}
    shop.hold(tab, "cut", "ann", at("10:00"), **once)
    assert shop.hold(tab, "cut", "ann", at("10:00"), now=later(9), **once).expires == later(19)
    assert shop.hold(tab, "cut", "ann", at("10:00"), now=later(18), **once).expires == later(20)
    over = shop.hold(tab, "cut", "ann", at("10:00"), now=later(25), **once)
    assert over.is_over(later(25)), "kept, but anybody's"
    shop.hold(shop.tab(), "cut", "ann", at("10:00"), now=later(25))


@pytest.mark.parametrize(
    "turns",
    [
        [("cut", "10:00"), ("color", "10:00")],
        [("cut", "10:00"), ("cut", "10:15")],
        [("cut", "10:00"), ("cut", "14:00"), ("cut", "10:00")],
        [("cut", "10:00"), None],
    ],
    ids=["another service", "an overlap", "another time in between", "given up in between"],
)
def test_no_tab_keeps_others_out_for_ever(shop, turns):
    tab, now = shop.tab(), NOW
    for number in range(6):
        if turn := turns[number % len(turns)]:
            made = shop.hold(tab, turn[0], "ann", at(turn[1], day=1), now=now)
            assert made.expires <= later(40)
        else:
            shop.run(release_but_keep_clock, tab_key=tab, now=now)
        now += timedelta(minutes=9)
    shop.hold(shop.tab(), "cut", "ann", at("10:00", day=1), now=later(45))


def test_a_time_given_up_is_free_at_once(shop):
    tab = shop.tab()
    shop.hold(tab, "cut", "ann", at("10:00"))
    shop.run(release_but_keep_clock, tab_key=tab, now=later(1))
    assert shop.count(claim) == 0
    shop.hold(shop.tab(), "cut", "ann", at("10:00"), now=later(1))
    assert shop.hold(tab, "cut", "ben", at("10:00"), now=later(2), extensions=0).expires == later(
        10
    )


def test_a_hold_over_for_as_long_as_one_lasts_may_begin_afresh(shop):
    tab = shop.tab()
    shop.hold(tab, "cut", "ann", at("10:00"), extensions=0)
    assert shop.hold(tab, "cut", "ann", at("10:00"), now=later(19), extensions=0).is_over(later(19))
    fresh = shop.hold(tab, "cut", "ann", at("10:00"), now=later(20), extensions=0)
    assert fresh.expires == later(30)


@pytest.mark.both_databases
def test_a_hold_that_ran_out_is_taken_up_again_only_while_nobody_took_it(shop):
    tab = shop.tab()
    shop.hold(tab, "cut", "ann", at("10:00"))
    assert shop.run(extend, tab_key=tab, now=later(13), minutes=10, most=3).expires == later(23)
    shop.hold(shop.tab(), "cut", "ann", at("10:00"), now=later(23))
    with shop.writing() as session, refused(Reason.TAKEN):
        extend(session, tab_key=tab, now=later(24), minutes=10, most=3)


@pytest.mark.both_databases
def test_more_time_holds_what_the_service_takes_now(shop):
    tab = shop.tab()
    shop.hold(tab, "cut", "ann", at("10:00"))
    shop.change("cut", duration=60)
    made = shop.run(extend, tab_key=tab, now=NOW, minutes=10, most=3)
    assert (made.ends_at, shop.count(claim)) == (at("11:00"), 14)
    assert_sold_once(shop.engine, NOW)


def test_without_a_hold_there_is_nothing_to_extend(shop):
    tab = shop.tab()
    with shop.writing() as session, pytest.raises(NoHold):
        extend(session, tab_key=tab, now=NOW, minutes=10, most=3)


def test_notice_was_given_when_the_hold_was_made(shop):
    shop.change("cut", minimum_notice=110)
    tab = shop.tab()
    shop.hold(tab, "cut", "ann", at("10:00"))  # 120 minutes ahead
    shop.run(extend, tab_key=tab, now=later(9), minutes=10, most=3)
    shop.book(tab, "cut", "ann", at("10:00"), now=later(18))
    with refused(Reason.TOO_SOON):
        shop.hold(shop.tab(), "cut", "ben", at("10:00"), now=later(18))


@pytest.mark.both_databases
def test_a_tab_that_goes_takes_its_hold_and_claims_along(shop):
    tab = shop.tab()
    shop.hold(tab, "cut", "ann", at("10:00"))
    with shop.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM booking_tab_session")
    assert shop.count(hold) == shop.count(claim) == 0


# -- how long a network keeps a time, whatever its tabs do -----------------------------------------

HOUSE = {"networks": ("2001:db8:1::/56", "2001:db8::/48")}


def somebody(address="2001:db8:1:2::/64", **more):
    return Visitor(address, 100, 100, 100, **HOUSE | more)


def end_it(shop, tab, now):
    shop.run(release, tab_key=tab)


def give_it_up(shop, tab, now):
    shop.run(release_but_keep_clock, tab_key=tab, now=now)


def go_elsewhere(shop, tab, now):
    shop.hold(tab, "cut", "ann", at("15:00", day=2 + tab), now=now, visitor=somebody())


def let_it_be(shop, tab, now):
    """Its hold is cut short, as if it ran out, and purging finds it long over."""
    with shop.writing() as session:
        session.execute(update(hold).values(expires_at=int(now.timestamp())))
        session.execute(update(claim).values(expires_at=int(now.timestamp())))
        purge_holds(session, now=now + timedelta(hours=1))


LEAVING = [end_it, give_it_up, go_elsewhere, let_it_be]


def in_turns(shop, leave, starts=("10:00",), begin=NOW, who=somebody):
    """A new tab every nine minutes, when the one before has just left; until when each."""
    got = []
    for number in range(6):
        now = begin + timedelta(minutes=9 * number)
        tab, start = shop.tab(), at(starts[number % len(starts)], day=2)
        got.append(shop.hold(tab, "cut", "ann", start, now=now, visitor=who()))
        leave(shop, tab, now + timedelta(minutes=8))
    return [one.expires - begin for one in got]


@pytest.mark.both_databases
@pytest.mark.parametrize("leave", LEAVING, ids=lambda leave: leave.__name__)
def test_a_new_tab_of_the_same_visitor_does_not_begin_afresh(shop, leave):
    assert max(in_turns(shop, leave)) == timedelta(minutes=40)
    other = somebody("198.51.100.9", networks=())
    free = shop.hold(shop.tab(), "cut", "ann", at("10:00", day=2), now=later(41), visitor=other)
    assert free.expires == later(51), "others find it as if it had never been held"


def test_nor_for_an_overlapping_time_nor_across_midnight_nor_at_a_neighbours(shop):
    overlapping = in_turns(shop, end_it, starts=("10:00", "10:15"))
    assert max(overlapping) == timedelta(minutes=40)
    midnight = datetime(2027, 3, 1, 23, 45, tzinfo=UTC)
    assert max(in_turns(shop, end_it, starts=("12:00",), begin=midnight)) == timedelta(minutes=40)
    numbers = iter(range(100))

    def neighbour():
        return somebody(f"2001:db8:{next(numbers)}::/64", networks=("/56", "2001:db8::/48"))

    assert max(in_turns(shop, end_it, starts=("14:00",), who=neighbour)) == timedelta(minutes=40)


def used_up_by_a_neighbour(shop, start="10:00"):
    """Somebody of the same network has held it with all extensions, and let it run out."""
    tab, theirs = shop.tab(), somebody("2001:db8:1:3::/64")
    shop.hold(tab, "cut", "ann", at(start, day=2), visitor=theirs)
    with shop.writing() as session:
        for number in (1, 2, 3):
            extend(session, tab_key=tab, now=later(10 * number - 1), minutes=10, most=3)


def begun(minutes):
    return {"tab_began": int(later(minutes).timestamp()), "visitor": somebody()}


def test_what_a_neighbour_held_for_too_long_shortens_no_other_time(shop):
    used_up_by_a_neighbour(shop)
    tab = shop.tab()
    shop.hold(tab, "cut", "ann", at("10:00", day=2), now=later(41), **begun(40))
    other = shop.hold(tab, "cut", "ann", at("14:00", day=2), now=later(42), **begun(40))
    assert other.expires == later(52)
    shop.run(release, tab_key=tab)
    third = shop.hold(shop.tab(), "cut", "ann", at("14:00", day=2), now=later(43), **begun(43))
    assert third.expires == later(53), "nor does it go on to whoever comes next"


@pytest.mark.parametrize("turns", [("10:00", "10:15"), ("10:00", "14:00", "10:00")])
def test_but_shortens_what_overlaps_it_and_itself_whatever_comes_between(shop, turns):
    used_up_by_a_neighbour(shop)
    tab = shop.tab()
    for start in turns:
        made = shop.hold(tab, "cut", "ann", at(start, day=2), now=later(41), **begun(40))
    assert made.expires <= later(41)


def test_each_may_begin_afresh_at_a_shared_address_and_after_a_rest(shop):
    """The negative control."""
    reception = somebody(shared=True)
    assert max(in_turns(shop, end_it, who=lambda: reception)) == timedelta(minutes=55)
    shop.hold(shop.tab(), "cut", "ben", at("10:00"), visitor=somebody())
    rested = shop.hold(shop.tab(), "cut", "ben", at("10:00"), now=later(20), visitor=somebody())
    assert rested.expires == later(30)


def test_two_tabs_that_take_turns_with_more_time_have_no_more_of_it(shop):
    first, second = shop.tab(), shop.tab()
    shop.hold(first, "cut", "ann", at("10:00"), visitor=somebody())
    shop.hold(second, "cut", "ann", at("10:00"), now=later(10), visitor=somebody())
    with shop.writing() as session:
        extend(session, tab_key=second, now=later(20), minutes=10, most=3, visitor=somebody())
        release(session, tab_key=second)
    with shop.writing() as session:
        more = {"minutes": 10, "most": 3, "visitor": somebody()}
        assert extend(session, tab_key=first, now=later(30), **more).expires == later(40)
        with pytest.raises(NoMoreTime):
            extend(session, tab_key=first, now=later(40), **more)


@pytest.mark.both_databases
def test_what_was_let_go_of_is_forgotten_a_day_later(shop):
    in_turns(shop, end_it)
    assert shop.count(past_hold) == 1
    for hours, left in ((24, 1), (26, 0)):
        shop.run(delete_past_holds, now=NOW + timedelta(hours=hours))
        assert shop.count(past_hold) == left
