"""Who wants letters once a day is written to in the evening, once, of tomorrow's appointments."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from booking.storage.models import Shop, letter
from tests.fixtures.small_shop import at

EVENING = at("18:00")


@pytest.fixture
def shop(shop):
    """Ann wants a list and has an appointment tomorrow, as has Ben, who wants none."""
    shop.change("ann", email="ann@example.com", letters="daily")
    shop.change("ben", email="ben@example.com")
    for who in ("ann", "ben"):
        shop.book(None, "cut", who, at("10:00", day=1))
    return shop


def lists(shop):
    with shop.engine.connect() as connection:
        return [(row.recipient, row.facts) for row in connection.execute(select(letter))]


@pytest.mark.both_databases
def test_tomorrows_list_is_written_once_however_often_it_is_asked(shop):
    asked = [at("17:59"), EVENING, at("18:01"), at("23:59")]
    assert [shop.write_lists(now) for now in asked] == [0, 1, 0, 0]
    assert lists(shop) == [("ann@example.com", {"day": "2027-03-02"})]


@pytest.mark.both_databases
def test_several_who_ask_at_once_write_it_once(shop):
    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(lambda _: shop.write_lists(EVENING), range(8)))
    assert sum(written) == len(lists(shop)) == 1


def test_the_next_evening_has_a_list_of_its_own(shop):
    shop.book(None, "cut", "ann", at("10:00", day=2))
    shop.write_lists(EVENING)
    shop.write_lists(at("18:00", day=1))
    assert [facts["day"] for _, facts in lists(shop)] == ["2027-03-02", "2027-03-03"]


def test_it_has_lost_its_point_when_that_day_begins(shop):
    shop.write_lists(EVENING)
    with shop.engine.connect() as connection:
        row = connection.execute(select(letter)).one()
    assert (row.due_at, row.last_moment) == tuple(
        int(each.timestamp()) for each in (EVENING, at("00:00", day=1))
    )


@pytest.mark.parametrize("why", ["nobody comes", "no address", "turned off"])
def test_no_list_is_written_where_there_is_nobody_to_tell_or_nothing(shop, why):
    now = EVENING
    if why == "nobody comes":
        now = at("18:00", day=4)
    elif why == "no address":
        shop.change("ann", email="")
    else:
        with shop.writing() as session:
            session.get(Shop, 1).mail = {"off": ["staff_tomorrow"]}
    assert shop.write_lists(now) == 0
