"""Who wants letters once a day is written to in the evening, once, of tomorrow's appointments."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from booking.operations.daily_lists import list_time
from booking.operations.outbox import Outbox
from booking.operations.plan import LAST_HOUR
from booking.scheduling.clock import DAY
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


def say(shop, **mail):
    with shop.writing() as session:
        session.get(Shop, 1).mail = mail


def test_the_shop_says_when_lists_are_written(shop):
    say(shop, lists_at=7 * 60 + 30)
    asked = [at("07:29"), at("07:30"), at("18:00")]
    assert [shop.write_lists(now) for now in asked] == [0, 1, 0]


def told(shop, now):
    """Whether Ann hears at once of what is booked now for tomorrow at noon; then she has it."""
    shop.book(None, "cut", "ann", at("12:00", day=1), outbox=Outbox(mail=True), now=now)
    return "booked" in kinds(shop)


def kinds(shop):
    with shop.engine.connect() as connection:
        return connection.scalars(select(letter.c.kind).where(letter.c.role == "staff")).all()


@pytest.mark.parametrize(("clock", "is_told"), [("19:59", False), ("20:00", True)])
def test_what_is_booked_after_the_hour_that_the_shop_says_is_told_at_once(shop, clock, is_told):
    say(shop, lists_at=20 * 60)
    assert told(shop, at(clock)) is is_told


def test_where_the_hour_is_put_off_after_a_list_was_written_another_tells_what_came_since(shop):
    assert shop.write_lists(EVENING) == 1
    say(shop, lists_at=20 * 60)
    assert told(shop, at("19:00")) is False
    assert [shop.write_lists(at(now)) for now in ("19:59", "20:00", "20:01")] == [0, 1, 0]


@pytest.mark.both_databases
@pytest.mark.parametrize(("state", "lists"), [("waiting", 0), ("sent", 0), ("refused", 1)])
def test_what_was_told_at_once_is_by_itself_no_reason_for_a_list(shop, state, lists):
    evening, half_past = at("18:00", day=3), at("18:30", day=3)
    assert shop.write_lists(evening) == 0
    start, mail = at("10:00", day=4), Outbox(mail=True)
    shop.book(None, "cut", "ann", start, outbox=mail, now=half_past)
    with shop.engine.begin() as connection:
        connection.execute(letter.update().values(state=state))
    assert shop.write_lists(at("18:35", day=3)) == lists


def test_a_list_that_is_late_is_written_though_more_was_told_at_once(shop):
    shop.book(None, "cut", "ann", at("12:00", day=1), outbox=Outbox(mail=True), now=at("18:30"))
    assert shop.write_lists(at("18:35")) == 1


# Clocks go from 1:00 to 2:00 and from 2:00 to 1:00 in Lisbon; in Nuuk from 23:00 to midnight.
@pytest.mark.parametrize(
    ("zone", "day", "clock", "written"),
    [
        ("Europe/Lisbon", "2027-03-27", "18:00", "2027-03-27T18:00+00:00"),
        ("Europe/Lisbon", "2027-03-28", "18:00", "2027-03-28T17:00+00:00"),
        ("Europe/Lisbon", "2027-03-28", "01:30", "2027-03-28T01:00+00:00"),
        ("Europe/Lisbon", "2027-10-31", "01:30", "2027-10-31T00:30+00:00"),
        ("Europe/Lisbon", "2027-10-31", "18:00", "2027-10-31T18:00+00:00"),
        ("America/Nuuk", "2027-03-27", "23:00", "2027-03-28T00:00+00:00"),
        ("America/Nuuk", "2027-03-28", "23:00", "2027-03-29T00:00+00:00"),
    ],
)
def test_the_set_hour_is_one_instant_of_each_day(zone, day, clock, written):
    hour, minute = map(int, clock.split(":"))
    at_that = list_time(date.fromisoformat(day), 60 * hour + minute, ZoneInfo(zone))
    assert at_that == datetime.fromisoformat(written)


@pytest.mark.parametrize("zone", ["Europe/Lisbon", "America/Nuuk", "America/Havana", "UTC"])
@pytest.mark.parametrize("minute", [0, 30, 90, DAY - LAST_HOUR])
def test_every_day_of_a_year_has_its_list_an_hour_before_it_is_over(zone, minute):
    zone, day = ZoneInfo(zone), date(2027, 1, 1)
    for _ in range(365):
        tomorrow = day + timedelta(days=1)
        at_that = list_time(day, minute, zone)
        assert at_that.astimezone(zone).date() == day
        assert (at_that + timedelta(minutes=LAST_HOUR - 1)).astimezone(zone).date() == day
        day = tomorrow


def test_in_the_hour_that_comes_twice_a_list_is_written_once_and_the_rest_told_at_once(shop):
    with shop.writing() as session:
        row = session.get(Shop, 1)
        row.zone, row.mail = "Europe/Lisbon", {"lists_at": 90}
    night = datetime(2027, 10, 31, tzinfo=UTC)
    next_day = night + timedelta(days=1, hours=12)
    shop.book(None, "cut", "ann", next_day, by="owner", now=night)
    first, again = night + timedelta(minutes=30), night + timedelta(minutes=70)
    assert [shop.write_lists(now) for now in (night, first, again)] == [0, 1, 0]
    later = next_day + timedelta(hours=1)
    shop.book(None, "cut", "ann", later, by="owner", outbox=Outbox(mail=True), now=again)
    assert "booked" in kinds(shop)
