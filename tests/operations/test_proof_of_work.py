"""While much of a day is held and not booked, a hold costs a sum, and each sum is good once."""

import secrets
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import insert

from booking.operations.holds import extend, release_but_keep_clock
from booking.operations.requests import Proof, ProofOfWorkRequired, Visitor
from booking.storage.models import spent_challenge
from booking.storage.visitors import delete_spent_challenges
from tests.fixtures.small_shop import NOW, at
from tests.operations.racing import at_once, won

MOMENT = int(NOW.timestamp())


GENEROUS = {"holds": 100, "bookings": 100, "share": 100}


def asked(proof=None):
    """A visitor of a shop where pressure begins above a quarter of a day, and what they bring."""
    return {"visitor": Visitor("203.0.113.7", **GENEROUS, pressure_share=25), "proof": proof}


def done() -> Proof:
    """A sum that was done just now."""
    return Proof(secrets.token_bytes(32), MOMENT + 120)


def crowd(shop, *starts, who="ann", slug="cut", **more):
    """Others hold these times: three of 40 minutes are a quarter of the eight hours, and a bit."""
    return [shop.hold(shop.tab(), slug, who, start, **more) for start in starts]


@pytest.fixture
def crowded(shop):
    crowd(shop, at("10:00", day=1), at("11:00", day=1), at("12:00", day=1), at("13:00", day=1))
    return shop


def test_a_hold_is_free_until_others_hold_much_of_that_persons_day(shop):
    crowd(shop, at("10:00", day=1), at("11:00", day=1), at("12:00", day=1), **asked())
    shop.hold(shop.tab(), "cut", "ann", at("13:00", day=1), **asked())
    with pytest.raises(ProofOfWorkRequired):
        shop.hold(shop.tab(), "cut", "ann", at("14:00", day=1), **asked())
    for who, start in (
        ("ben", at("14:00", day=1)),
        ("ann ben", at("15:00", day=1)),
        ("ann", at("14:00", day=2)),
    ):
        shop.hold(shop.tab(), "cut", who, start, **asked())


def test_bookings_and_holds_that_are_over_are_no_pressure(crowded):
    for hour in ("10:00", "11:00", "12:00", "13:00"):
        crowded.book(None, "cut", "ben", at(hour, day=1))
    crowded.hold(crowded.tab(), "cut", "ben", at("14:00", day=1), **asked())
    later = NOW + timedelta(minutes=10)
    crowded.hold(crowded.tab(), "cut", "ann", at("14:00", day=1), now=later, **asked())


def test_a_sum_that_was_not_needed_is_not_used_up(shop):
    shop.hold(shop.tab(), "cut", "ann", at("14:00", day=1), **asked(done()))
    assert shop.count(spent_challenge) == 0


@pytest.mark.both_databases
def test_two_that_bring_one_sum_at_once_get_one_hold(crowded):
    sum_, tabs = done(), [crowded.tab() for _ in range(4)]
    hours = ("14:00", "14:45", "15:30", "16:15")
    results = at_once(
        *[
            partial(crowded.hold, tab, "cut", "ann", at(hour, day=1), **asked(sum_))
            for tab, hour in zip(tabs, hours, strict=True)
        ]
    )
    assert len(won(results)) == 1
    assert crowded.count(spent_challenge) == 1


@pytest.mark.both_databases
def test_what_a_tab_holds_already_costs_nothing_more(crowded):
    tab = crowded.tab()
    crowded.hold(tab, "cut", "ann", at("14:00", day=1), **asked(done()))
    crowded.hold(tab, "color", "ann", at("14:00", day=1), **asked())
    with crowded.writing() as session:
        extend(session, tab_key=tab, now=NOW, minutes=10, most=3, **asked())
    with pytest.raises(ProofOfWorkRequired):
        crowded.hold(tab, "cut", "ann", at("15:30", day=1), **asked())


def test_a_hold_that_ran_out_costs_a_sum_to_be_taken_up_again(shop):
    tab, later = shop.tab(), NOW + timedelta(minutes=5)
    shop.hold(tab, "cut", "ann", at("14:00", day=1))
    shop.run(release_but_keep_clock, tab_key=tab, now=NOW)
    crowd(shop, *[at(f"{hour}:00", day=1) for hour in (9, 10, 11, 12)])

    def more_time(**given):
        return shop.run(extend, tab_key=tab, now=later, minutes=10, most=3, **given)

    with pytest.raises(ProofOfWorkRequired):
        more_time(**asked())
    assert not more_time(**asked(done())).is_over(later)


def test_a_time_that_is_not_held_costs_nothing(crowded):
    """Whoever held for as long as one can keeps the next time from nobody."""
    tab, once = crowded.tab(), {"minutes": 10, "extensions": 0}
    crowded.hold(tab, "cut", "ben", at("09:00", day=1), **once)
    later = NOW + timedelta(minutes=11)
    crowd(crowded, *[at(f"{hour}:00", day=1) for hour in (10, 11, 12, 13)], now=later)
    held = crowded.hold(tab, "cut", "ann", at("14:00", day=1), now=later, **once, **asked())
    assert held.is_over(later)


def test_the_places_of_a_day_count_like_its_minutes(shop):
    shop.change("cut", daily_limit=8)
    crowd(shop, at("10:00", day=1), at("11:00", day=1))
    shop.hold(shop.tab(), "cut", "ben", at("10:00", day=1), **asked())
    with pytest.raises(ProofOfWorkRequired):
        shop.hold(shop.tab(), "cut", "ben", at("11:00", day=1), **asked())


@pytest.mark.both_databases
def test_sums_are_forgotten_once_they_are_too_old_to_be_taken(crowded):
    old = [{"mark": secrets.token_bytes(32), "expires_at": MOMENT} for _ in range(12)]
    with crowded.engine.begin() as connection:
        connection.execute(insert(spent_challenge), old)
    crowded.hold(crowded.tab(), "cut", "ann", at("14:00", day=1), **asked(done()))
    assert crowded.count(spent_challenge) == 3, "each takes ten along"
    with crowded.writing() as session:
        assert delete_spent_challenges(session, now=NOW) == 2
    assert crowded.count(spent_challenge) == 1
