"""The days and times a customer can choose from, and what reading them costs."""

import tracemalloc
from datetime import date, datetime, timedelta
from operator import methodcaller
from zoneinfo import ZoneInfo

import pytest

from booking.operations.holds import release
from booking.operations.requests import SlotUnavailable
from booking.storage.catalogue import read_catalogue
from booking.storage.models import Closure, DateOverride, TimeOff, WeeklyHours
from booking.storage.reads import Diary, hold_of
from booking.storage.snapshot import merge_ticks
from tests.fixtures.small_shop import NOW, TODAY, at, find, staff_member
from tests.storage.conftest import counted

LISBON = ZoneInfo("Europe/Lisbon")
TOMORROW = TODAY + timedelta(days=1)


def calendar(shop, slug="cut", who="ann", first=TODAY, last=None, tab=None, now=NOW, zone=LISBON):
    with shop.reading() as session:
        staff = [find(session, one) for one in who.split()]
        return diary(session, slug, staff, now, tab).days(first, last or first, zone)


def diary(session, slug, staff, now=NOW, tab=None) -> Diary:
    own, service = hold_of(session, tab), find(session, slug)
    return Diary(session, read_catalogue(session), service, staff, now, own)


def times(shop, *args, day=TODAY, **more) -> list[str]:
    slots = calendar(shop, *args, first=day, **more)[day].slots
    return [f"{slot.start:%H:%M}" for slot in slots]


def add(shop, who, *rows):
    with shop.writing() as session:
        for row in rows:
            if who:
                row.staff_member_id = find(session, who).id
            session.add(row)


@pytest.mark.both_databases
def test_anothers_hold_hides_the_time_until_it_runs_out(shop):
    shop.hold(shop.tab(), "cut", "ann", at("11:00"))
    assert "11:00" not in times(shop)
    assert "11:00" not in times(shop, now=NOW + timedelta(seconds=599))
    assert "11:00" in times(shop, now=NOW + timedelta(minutes=10))


def test_a_tabs_own_hold_hides_nothing_from_it(shop):
    tab = shop.tab()
    shop.hold(tab, "cut", "ann", at("11:00"))
    assert times(shop, tab=tab) == times(shop, who="ben")
    assert "11:15" in times(shop, "color", tab=tab)


def test_a_tabs_own_hold_stays_on_offer_when_the_notice_passes(shop):
    shop.change("cut", minimum_notice=60)
    tab = shop.tab()
    shop.hold(tab, "cut", "ann", at("09:00"))
    soon = NOW + timedelta(minutes=5)
    assert times(shop, tab=tab, now=soon)[0] == "09:00"
    assert times(shop, who="ben", tab=tab, now=soon)[0] == "09:15"
    assert times(shop, tab=shop.tab(), now=soon)[0] == "09:45"


def test_a_time_is_free_while_anybody_has_it_and_is_named_once(shop):
    shop.book(None, "cut", "ann", at("09:00"))
    found = times(shop, "cut", "ann ben")
    assert found == sorted(set(found))
    assert {"09:00", "12:00"} <= set(found)
    shop.book(None, "cut", "ben", at("09:00"))
    assert "09:00" not in times(shop, "cut", "ann ben")


@pytest.mark.both_databases
def test_breaks_overrides_time_off_and_closures_are_not_offered(shop):
    add(shop, "ann", WeeklyHours(weekday=0, starts=12 * 60, ends=13 * 60, kind="break"))
    add(shop, "ann", DateOverride(day=TOMORROW, starts=600, ends=660))
    add(shop, "ann", DateOverride(day=TODAY + timedelta(days=2)))
    add(shop, "ann", TimeOff(starts_at=at("09:00", day=3), ends_at=at("16:00", day=3)))
    add(shop, None, Closure(first_day=date(2027, 3, 5), last_day=date(2027, 3, 6)))
    assert not {"11:45", "12:00", "12:45"} & set(times(shop))
    assert times(shop, day=TOMORROW) == ["10:00", "10:15", "10:30"]
    found = calendar(shop, first=TODAY, last=TODAY + timedelta(days=6))
    assert [day.open for day in found.values()] == [True, True, False, True, False, False, True]
    assert times(shop, day=date(2027, 3, 4)) == ["16:00", "16:15", "16:30"]


def test_a_full_day_is_open_without_slots(shop):
    for number in range(11):
        shop.book(None, "cut", "ann", at("09:00") + timedelta(minutes=45 * number))
    found = calendar(shop, "color")[TODAY]
    assert (found.open, found.starts) == (True, ())


def test_days_past_and_beyond_the_window_are_open_without_slots(shop):
    shop.change("cut", booking_window=3)
    found = calendar(shop, first=date(2027, 2, 28), last=TODAY + timedelta(days=4))
    assert [len(day.slots) > 0 for day in found.values()] == [False, True, True, True, False, False]
    assert all(day.open for day in found.values())


@pytest.mark.both_databases
def test_a_day_at_its_limit_has_no_slots_but_for_the_tab_that_holds_a_place(shop):
    shop.change("cut", daily_limit=1)
    tab = shop.tab()
    shop.hold(tab, "cut", "ann", at("11:00"))
    assert times(shop) == times(shop, who="ben") == []
    assert times(shop, who="ben", tab=tab)
    assert times(shop, day=TOMORROW)
    assert times(shop, "color", who="ben")


def test_days_are_those_of_the_customers_zone(shop):
    auckland = ZoneInfo("Pacific/Auckland")  # 13 hours ahead in March
    found = calendar(shop, first=TODAY, last=TOMORROW, zone=auckland)
    assert [slot.start for slot in found[TODAY].slots][-1] == at("10:45")
    assert found[TOMORROW].slots[0].start == at("11:00")
    assert found[TOMORROW].slots[-1].start == at("10:45", day=1)


def test_a_day_the_customers_calendar_left_out_is_closed(shop):
    apia, gone = ZoneInfo("Pacific/Apia"), date(2011, 12, 30)
    found = calendar(shop, first=gone, now=datetime(2011, 12, 1, tzinfo=LISBON), zone=apia)
    assert (found[gone].open, found[gone].starts) == (False, ())


def next_free(shop, after, who="ann", tab=None):
    with shop.reading() as session:
        staff = [find(session, one) for one in who.split()]
        return diary(session, "cut", staff, tab=tab).next_free_day(after, LISBON)


def test_the_next_free_day_is_found_behind_closed_ones_and_within_the_window(shop):
    assert next_free(shop, TODAY) == TOMORROW
    assert next_free(shop, TODAY - timedelta(days=40)) == TODAY
    add(shop, None, Closure(first_day=TOMORROW, last_day=TODAY + timedelta(days=40)))
    assert next_free(shop, TODAY) == TODAY + timedelta(days=41)
    assert next_free(shop, TODAY + timedelta(days=60)) is None
    assert next_free(shop, date.max) is None
    shop.change("cut", booking_window=30)
    assert next_free(shop, TODAY) is None


def nearest(shop, wanted, who="ann ben", count=3, now=NOW):
    with shop.reading() as session:
        staff = [find(session, one) for one in who.split()]
        return diary(session, "cut", staff, now).nearest_free(wanted, count)


def test_the_nearest_free_times_differ_and_come_in_order(shop):
    shop.book(None, "cut", "ann", at("11:00"))
    shop.book(None, "cut", "ben", at("11:00"))
    found = nearest(shop, at("11:00"))
    assert [slot.start for slot in found] == [at("10:00"), at("10:15"), at("11:45")]


def test_the_nearest_free_times_are_found_weeks_away_if_there_are_any(shop):
    later = TODAY + timedelta(days=21)
    add(shop, None, Closure(first_day=TODAY, last_day=later - timedelta(days=1)))
    assert [slot.start for slot in nearest(shop, at("11:00"), count=2)] == [
        at("09:00", day=21),
        at("09:15", day=21),
    ]
    add(shop, None, Closure(first_day=later, last_day=TODAY + timedelta(days=90)))
    assert nearest(shop, at("11:00")) == []
    assert next_free(shop, TODAY) is None


def test_a_time_long_past_still_finds_the_next_ones(shop):
    assert nearest(shop, at("11:00", day=-400), count=1)[0].start == at("09:00")
    last_of_the_window = at("08:00", day=60)  # nine o'clock: summer time has come
    assert nearest(shop, at("11:00", day=400), count=1)[0].start == last_of_the_window


def test_who_looked_ahead_for_a_free_day_has_seen_its_month(shop):
    with shop.reading() as session:
        ann = find(session, "ann")
        asked = diary(session, "cut", [ann])
        day = asked.next_free_day(TODAY, LISBON)
        with counted(shop.engine) as statements:
            seen = asked.days(day, day + timedelta(days=9), LISBON)
        assert not statements
        assert seen == diary(session, "cut", [ann]).days(day, day + timedelta(days=9), LISBON)


def queries_of_each_question(shop, who, length, tab) -> list[int]:
    last = TODAY + timedelta(days=length)
    questions = (
        methodcaller("days", TODAY, last, LISBON),
        methodcaller("next_free_day", TODAY, LISBON),
        methodcaller("nearest_free", at("11:00")),
    )
    return [queries(shop, ask, who.split(), tab) for ask in questions]


def queries(shop, ask, who, tab) -> int:
    with shop.reading() as session:
        asked = diary(session, "cut", [find(session, one) for one in who], tab=tab)
        with counted(shop.engine) as statements:
            assert ask(asked)
        return len(statements)


@pytest.mark.both_databases
def test_every_question_takes_the_same_few_queries_however_much_there_is(shop):
    shop.change("cut", daily_limit=9)
    tab = shop.tab()
    shop.hold(tab, "cut", "ann", at("16:00", day=20))
    little = queries_of_each_question(shop, "ann", 1, tab)
    names = [f"extra{number}" for number in range(8)]
    with shop.writing() as session:
        both = [find(session, "cut"), find(session, "color")]
        session.add_all([staff_member(name, 3, both) for name in names])
    for day in range(8):
        for start in ("09:00", "10:30", "13:00"):
            shop.book(None, "cut", "ann", at(start, day=day))
            shop.book(None, "color", "ben", at(start, day=day))
        add(shop, "ann", TimeOff(starts_at=at("15:00", day=day), ends_at=at("16:00", day=day)))
        add(shop, "ben", DateOverride(day=TODAY + timedelta(days=day + 20)))
    shop.change("ann", position=7)
    queries_of_each_question(shop, "ann", 1, tab)  # the business changed: that is read once more
    much = queries_of_each_question(shop, " ".join(["ann", "ben", *names]), 60, tab)
    assert much == little
    assert max(much) <= 3, "two of them are for the daily limit"


def test_what_the_calendar_shows_is_exactly_what_can_be_held(shop):
    """Every five minutes of a busy day: offered if and only if a hold succeeds."""
    shop.change("cut", minimum_notice=90)
    shop.book(None, "color", "ann", at("11:00"))
    shop.hold(shop.tab(), "cut", "ann", at("14:00"))
    add(shop, "ann", TimeOff(starts_at=at("15:00"), ends_at=at("15:35")))
    offered, tab = set(times(shop)), shop.tab()
    assert offered
    for number in range(24 * 12):
        start = at("00:00") + timedelta(minutes=5 * number)
        assert can_hold(shop, tab, start) == (f"{start:%H:%M}" in offered), start


def can_hold(shop, tab, start) -> bool:
    try:
        shop.hold(tab, "cut", "ann", start)
    except SlotUnavailable:
        return False
    shop.run(release, tab_key=tab)
    return True


def test_what_is_remembered_of_months_that_have_changed_since_stays_small():
    """Each booking makes another text of a month, of which only the last is asked for again."""
    taken = [day * 288 + place for day in range(31) for place in range(96, 216) if place % 12 < 6]
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for last in range(len(taken) - 150, len(taken)):
        merge_ticks(",".join(str(5_960_000 + tick) for tick in taken[:last]))
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 4_000_000
