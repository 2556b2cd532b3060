"""The guard itself: all ticks or none, in one order of rows, whoever comes at the same time."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from threading import Barrier

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from booking.storage import claims
from booking.storage.claims import claim_and_release, day_place, owned, staff_ticks
from booking.storage.models import claim, hold
from tests.fixtures.small_shop import at, find

pytestmark = pytest.mark.both_databases

NOW, LATER = 1_000, 2_000
ANN = 10_000  # a resource of its own, so that nothing but these tests claims it


@pytest.fixture
def two_holds(shop):
    """Two holds, and a resource nobody has claimed yet."""
    with shop.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO booking_resource (id, kind, name) VALUES (:ann, 'staff', 'Ann')"),
            {"ann": ANN},
        )
    return [shop.hold(shop.tab(), "cut", who, at("12:00")).id for who in ("ann", "ben")]


def ticks(first, last):
    return {(ANN, tick) for tick in range(first, last + 1)}


class Lost(Exception):
    """Others have what was wanted, so everything is rolled back."""


def claimed(shop, pairs, owner, *, now=NOW, until=LATER, own=None):
    values = {"hold_id": owner, "own_hold_id": own, "expires_at": until, "now": now}
    with suppress(Lost), shop.writing() as session:
        if claim_and_release(session, pairs, (), **values):
            raise Lost
        return True
    return False


def ticks_of(shop, owner):
    with shop.reading() as session:
        return {pair for pair in owned(session, hold_id=owner) if pair[0] == ANN}


def test_ticks_cover_the_span_to_its_last_minute():
    assert staff_ticks(7, (50, 60)) == {(7, 10), (7, 11)}
    assert staff_ticks(7, (48, 61)) == {(7, 9), (7, 10), (7, 11), (7, 12)}


def test_places_of_neighbouring_days_never_meet():
    monday, tuesday = date(2027, 3, 1), date(2027, 3, 2)
    assert day_place(7, monday, 9_999) < day_place(7, tuesday, 1)
    assert day_place(7, monday, 1)[1] // claims.PLACES_A_DAY == monday.toordinal()


def test_what_one_claimed_another_does_not_get(shop, two_holds):
    first, second = two_holds
    assert claimed(shop, ticks(1, 6), first)
    assert not claimed(shop, ticks(6, 9), second)
    assert ticks_of(shop, second) == set()
    assert claimed(shop, ticks(7, 9), second)


def test_a_claim_that_ran_out_is_taken_over(shop, two_holds):
    first, second = two_holds
    claimed(shop, ticks(1, 6), first, until=LATER)
    assert not claimed(shop, ticks(6, 9), second, now=LATER - 1, until=LATER + 9)
    assert claimed(shop, ticks(6, 9), second, now=LATER, until=LATER + 9)
    assert ticks_of(shop, first) == ticks(1, 5)


def test_ones_own_claim_is_taken_over(shop, two_holds):
    first, second = two_holds
    claimed(shop, ticks(1, 6), first)
    assert not claimed(shop, ticks(1, 6), second, own=second)
    assert claimed(shop, ticks(4, 9), first, own=first)


def test_a_booking_is_never_taken_over(shop, two_holds):
    shop.book(None, "cut", "ann", at("10:00"))
    with shop.reading() as session:
        resource = find(session, "ann").resource_id
    minute = int(at("10:00").timestamp()) // 60
    sold = staff_ticks(resource, (minute, minute + 5))
    assert not claimed(shop, sold, two_holds[0], now=2**40, until=2**41, own=two_holds[0])


def test_more_ticks_than_one_statement_takes_are_claimed_together(shop, two_holds):
    assert claimed(shop, ticks(1, 400), two_holds[0])
    assert len(ticks_of(shop, two_holds[0])) == 400
    assert not claimed(shop, ticks(390, 790), two_holds[1])
    assert ticks_of(shop, two_holds[1]) == set()


def test_what_is_given_up_goes_once_the_new_claim_stands(shop, two_holds):
    first, second = two_holds
    claimed(shop, ticks(1, 6), first)
    values = {"hold_id": first, "own_hold_id": first, "expires_at": LATER, "now": NOW}
    assert shop.run(claim_and_release, ticks(5, 9), ticks(1, 6), **values) == set()
    assert ticks_of(shop, first) == ticks(5, 9)
    assert claimed(shop, ticks(1, 4), second)


def test_what_was_lost_before_it_was_given_up_stays_with_the_other(shop, two_holds):
    first, second = two_holds
    claimed(shop, ticks(1, 6), first)
    claimed(shop, ticks(5, 6), second, now=LATER, until=LATER + 9)
    values = {"hold_id": first, "own_hold_id": first, "expires_at": LATER + 9, "now": LATER}
    assert shop.run(claim_and_release, ticks(11, 12), ticks(1, 6), **values) == set()
    assert ticks_of(shop, first) == ticks(11, 12)
    assert ticks_of(shop, second) == ticks(5, 6)


def test_the_answer_names_what_others_have(shop, two_holds):
    first, second = two_holds
    claimed(shop, ticks(3, 4), first)
    values = {"hold_id": second, "expires_at": LATER, "now": NOW}
    with suppress(Lost), shop.writing() as session:
        assert claim_and_release(session, ticks(1, 6), (), **values) == ticks(3, 4)
        raise Lost


ROOM, GROUP = 10_001, 10_002


@pytest.fixture
def more_resources(shop, two_holds):
    """A room, and a session with places for several: what the design must take one day."""
    words = "INSERT INTO booking_resource (id, kind, name) VALUES (:id, 'staff', :name)"
    with shop.engine.begin() as connection:
        for number, name in ((ROOM, "Room"), (GROUP, "Yoga on Monday")):
            connection.execute(text(words), {"id": number, "name": name})
    return two_holds


def test_a_room_is_one_more_resource_of_the_same_claim(shop, more_resources):
    """Two people of the staff are free, their one room is not: then nothing is claimed at all."""
    first, second = more_resources
    room = {(ROOM, tick) for tick in range(1, 7)}
    assert claimed(shop, ticks(1, 6) | room, first)
    elsewhen = ticks(20, 26)
    assert not claimed(shop, elsewhen | {(ROOM, tick) for tick in range(6, 9)}, second)
    assert ticks_of(shop, second) == set()
    assert claimed(shop, elsewhen | {(ROOM, tick) for tick in range(7, 9)}, second)


def test_places_of_a_group_are_ticks_of_its_session(shop, more_resources):
    """Three places: each customer claims one, and the fourth is told, by the same statement."""
    first, second = more_resources
    for place, owner in ((1, first), (2, second), (3, first)):
        assert claimed(shop, {(GROUP, place)}, owner)
    for place in (1, 2, 3):
        assert not claimed(shop, {(GROUP, place)}, second if place != 2 else first)


def test_releasing_a_hold_leaves_nothing_of_it(shop, two_holds):
    claimed(shop, ticks(1, 6), two_holds[0])
    shop.run(claims.release_hold, two_holds[0])
    with shop.engine.connect() as connection:
        assert connection.execute(select(hold.c.id)).scalars().all() == [two_holds[1]]
        owners = connection.execute(select(claim.c.hold_id).distinct()).scalars().all()
    assert owners == [two_holds[1]]


def test_the_primary_key_refuses_a_second_claim_to_a_tick(shop, two_holds):
    claimed(shop, ticks(1, 1), two_holds[0])
    row = {"resource_id": ANN, "tick": 1, "hold_id": two_holds[1], "expires_at": LATER}
    with shop.engine.connect() as connection, pytest.raises(IntegrityError):
        connection.execute(claim.insert().values(row))


def test_moving_a_claim_to_earlier_ticks_never_deadlocks_with_one_across_both(shop, two_holds):
    """Letting go first and claiming then would lock rows out of order."""
    mover, crosser = two_holds
    claimed(shop, ticks(20, 30), mover)
    start = Barrier(2)

    def move():
        start.wait(timeout=60)
        places = [ticks(20, 30), ticks(1, 10)]
        values = {"hold_id": mover, "own_hold_id": mover, "expires_at": LATER, "now": NOW}
        for turn in range(200):
            to_release, wanted = places[turn % 2], places[(turn + 1) % 2]
            assert not shop.run(claim_and_release, wanted, to_release, **values)

    def cross():
        start.wait(timeout=60)
        return [claimed(shop, ticks(1, 30), crosser) for _ in range(200)]

    with ThreadPoolExecutor(2) as threads:
        moving, crossing = threads.submit(move), threads.submit(cross)
        assert not any(crossing.result())
        moving.result()
