"""Free times that are looked at: one statement tells what the calendar reads in several."""

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, update

from booking.operations.holds import extend, release
from booking.scheduling.clock import day_interval
from booking.storage.catalogue import read_catalogue
from booking.storage.live import look
from booking.storage.models import claim
from booking.storage.reads import Diary, hold_of
from tests.fixtures.small_shop import NOW, TODAY, at, find, later, waiting
from tests.fixtures.write_locks import explained, fill, reads_all
from tests.storage.conftest import counted

pytestmark = pytest.mark.both_databases
LISBON = ZoneInfo("Europe/Lisbon")
END = date(2027, 3, 31)
MONTH = day_interval(TODAY, LISBON)[0], day_interval(END, LISBON)[1]


def unread(session, slug="cut", who="ann ben", now=NOW) -> Diary:
    staff = [find(session, one) for one in who.split()]
    return Diary(session, read_catalogue(session), find(session, slug), staff, now)


def seen(shop, tab=None, span=MONTH, now=NOW, **more) -> Diary:
    """What is free, and the hold, with all that is read in the span read in one statement."""
    with shop.reading() as session:
        asked = unread(session, now=now, **more)
        with counted(shop.engine) as statements:
            diary, _ = look(asked, span, tab_key=tab)
            days = diary.days(TODAY, END, LISBON)
        assert len(statements) == 1
        return days, diary.own


def calendar(shop, tab=None, now=NOW, **more):
    """What the calendar reads for itself."""
    with shop.reading() as session:
        own = hold_of(session, tab)
        return replace(unread(session, now=now, **more), own=own).days(TODAY, END, LISBON), own


def starts(shop, **more) -> set[int]:
    days, _ = seen(shop, **more)
    return {start for day in days.values() for start in day.starts}


def book_the_first_three(shop):
    for clock in ("09:00", "10:00", "11:00"):
        shop.book(None, "cut", "ann", at(clock))


STATES = {
    "nothing is taken": lambda shop, tab: None,
    "somebody booked": lambda shop, tab: shop.book(None, "cut", "ann ben", at("10:00", day=2)),
    "somebody holds": lambda shop, tab: shop.hold(shop.tab(), "color", "ben", at("10:00")),
    "a hold ran out": lambda shop, tab: shop.hold(
        shop.tab(), "cut", "ann", at("10:00"), now=NOW - timedelta(minutes=10)
    ),
    "a booking waits": lambda shop, tab: shop.book(
        None, "cut", "ann", at("09:00"), pending=waiting(5)
    ),
    "a booking waited": lambda shop, tab: shop.book(
        None, "cut", "ann", at("09:00"), pending=waiting(5, now=NOW - timedelta(minutes=5)),
        now=NOW - timedelta(minutes=5),
    ),
    "the tab itself holds": lambda shop, tab: shop.hold(tab, "cut", "ann", at("10:00")),
    "what the tab held ran out": lambda shop, tab: shop.hold(
        tab, "cut", "ann", at("10:00"), now=NOW - timedelta(minutes=10)
    ),
    "the notice passed for all but the tab": lambda shop, tab: (
        shop.hold(tab, "cut", "ann", at("09:00")),
        shop.change("cut", minimum_notice=90),
    ),
    "a day has its daily limit": lambda shop, tab: (
        shop.change("cut", daily_limit=3),
        book_the_first_three(shop),
    ),
    "a limit was set later": lambda shop, tab: (
        book_the_first_three(shop),
        shop.change("cut", daily_limit=3),
    ),
    "a day is full but for what the tab holds": lambda shop, tab: (
        shop.change("cut", daily_limit=1),
        shop.hold(tab, "cut", "ann", at("10:00")),
    ),
}  # fmt: skip


@pytest.mark.parametrize("happens", STATES.values(), ids=STATES)
def test_it_is_what_the_calendar_shows(shop, happens):
    tab = shop.tab()
    happens(shop, tab)
    for each in tab, shop.tab(), None:
        (days, own), (shown, held) = seen(shop, each), calendar(shop, each)
        assert days == shown
        assert own == (held and replace(held, visitor=None, network=None, wide_network=None))


@pytest.mark.parametrize("limit", [None, 3])
def test_what_reaches_over_midnight_is_seen_from_both_days(shop, limit):
    """In Auckland the day begins while the shop is open, and appointments have buffers."""
    shop.change("cut", buffer_before=15, buffer_after=25, daily_limit=limit)
    zone, who = ZoneInfo("Pacific/Auckland"), "ann"
    for day, clock in enumerate(("10:00", "10:15", "10:30", "10:45", "11:00", "11:15")):
        shop.book(None, "cut", who, at(clock, day=day))
    for day in map(TODAY.__add__, map(timedelta, range(8))):
        span = day_interval(day, zone)
        with shop.reading() as session:
            diary, _ = look(unread(session, who=who), span, tab_key=None)
            looked = diary.days(day, day, zone)
            assert looked == unread(session, who=who).days(day, day, zone)


def test_a_hold_that_runs_out_is_a_change_although_no_row_changed(shop):
    before = starts(shop, who="ann")
    shop.hold(shop.tab(), "cut", "ann", at("10:00"))
    assert starts(shop, who="ann", now=later(9.9)) < before
    assert starts(shop, who="ann", now=later(10)) == before


def test_a_hold_made_longer_is_none(shop):
    tab, stranger = shop.tab(), shop.tab()
    shop.hold(tab, "cut", "ann", at("10:00"))
    for each in tab, stranger:
        before = seen(shop, each)[0]
        shop.run(extend, tab_key=tab, now=later(1), minutes=10, most=3)
        assert seen(shop, each)[0] == before


def test_nor_is_what_is_held_and_then_booked(shop):
    tab = shop.tab()
    shop.hold(tab, "cut", "ann", at("10:00"))
    before = seen(shop)[0]
    shop.book(tab, "cut", "ann", at("10:00"))
    assert seen(shop)[0] == before


def test_nor_what_is_written_elsewhere_in_the_table(shop):
    """PostgreSQL then gives rows in another order."""
    for clock in ("09:00", "11:00", "13:00"):
        shop.book(None, "cut", "ann", at(clock))
    before = seen(shop)[0]
    with shop.engine.begin() as connection:
        connection.execute(update(claim).where(claim.c.tick % 2 == 0).values(expires_at=2**33))
    assert seen(shop)[0] == before


def test_a_hold_that_was_let_go_of_for_the_tab_is_no_longer_its_own(shop):
    tab = shop.tab()
    shop.hold(tab, "cut", "ann", at("10:00"))
    shop.run(release, tab_key=tab)
    assert seen(shop, tab)[1] is None


def test_nothing_is_told_of_a_business_that_is_another_by_now(shop):
    with shop.reading() as session:
        asked = unread(session)
        assert look(asked, MONTH, tab_key=None)
    shop.change("cut", duration=45)
    with shop.reading() as session:
        outdated = replace(asked, session=session)
        assert look(outdated, MONTH, tab_key=None) is None


@pytest.mark.fresh_database
@pytest.mark.parametrize("limit", [None, 3])
def test_it_reads_by_indexes_alone(shop, limit):
    """In a database with ten thousand rows in each table that grows."""
    shop.change("cut", daily_limit=limit)
    fill(shop.engine, int(NOW.timestamp()))
    asked = []
    event.listen(shop.engine, "before_cursor_execute", lambda *told: asked.append(told[2:4]))
    with shop.reading() as session:
        diary = unread(session)
        asked.clear()
        look(diary, MONTH, tab_key=1)
    assert len(asked) == 1
    assert not [step for step in plan(shop.engine, *asked[0]) if reads_all(step)]


def plan(engine, statement, parameters) -> list[str]:
    """The steps, each as SQLite words it: `SCAN table` reads all of it."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            return [row[3] for row in rows]
        return nodes(explained(connection.connection.dbapi_connection, statement, parameters))


def nodes(node) -> list[str]:
    kind = "SCAN" if node["Node Type"] == "Seq Scan" else node["Node Type"]
    inner = [step for each in node.get("Plans", ()) for step in nodes(each)]
    return [f"{kind} {node.get('Relation Name', '')}", *inner]
