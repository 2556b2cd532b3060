"""The business, read once and remembered until anybody changes it."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, event, select, text, update
from sqlalchemy.orm import Session

from booking.storage.catalogue import read_catalogue
from booking.storage.models import (
    Closure,
    Service,
    Shop,
    StaffMember,
    WeeklyHours,
    catalogue_state,
)
from booking.storage.reads import Diary
from booking.tab_sessions import PendingChanges
from booking.transactions.sessions import require_clean_session
from booking.transactions.watching import watch
from tests.fixtures.small_shop import NOW, TODAY, find, open_engine
from tests.storage.conftest import counted

pytestmark = pytest.mark.both_databases

TABLES = {
    "shop": "UPDATE booking_shop SET name = 'Other'",
    "service": "UPDATE booking_service SET duration = 45",
    "question": "INSERT INTO booking_question (service_id, key, label, help, kind, required,"
    " choices, position) SELECT id, 'k', 'K', '', 'text', false, '[]', 1 FROM booking_service",
    "staff_member": "UPDATE booking_staff_member SET retired = true WHERE slug = 'ann'",
    "offer": "DELETE FROM booking_offer WHERE staff_member_id = 1",
    "weekly_hours": "DELETE FROM booking_weekly_hours",
    "date_override": "INSERT INTO booking_date_override (staff_member_id, day)"
    " SELECT id, '2027-03-02' FROM booking_staff_member",
    "time_off": "INSERT INTO booking_time_off (staff_member_id, starts_at, ends_at, reason)"
    " SELECT id, '2027-03-02 00:00', '2027-03-03 00:00', '' FROM booking_staff_member",
    "closure": "INSERT INTO booking_closure (first_day, last_day, reason)"
    " VALUES ('2027-03-02', '2027-03-02', '')",
}


def catalogue(shop):
    with shop.reading() as session:
        return read_catalogue(session)


def test_it_is_read_once_and_then_asked_for_with_one_query(shop):
    first = catalogue(shop)
    with shop.reading() as session, counted(shop.engine) as statements:
        assert read_catalogue(session) is first
    assert len(statements) == 1


@pytest.mark.parametrize("table", TABLES)
def test_whoever_changes_a_table_is_noticed(shop, database_url, table):
    """Plain SQL from another program: no code of ours sees it go by."""
    before = catalogue(shop)
    with open_engine(database_url) as elsewhere, elsewhere.begin() as connection:
        connection.execute(text(TABLES[table]))
    after = catalogue(shop)
    assert after is not before
    assert after.token != before.token
    assert catalogue(shop) is after


@pytest.mark.fresh_database
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    "setting", ["LOCAL search_path = ''", "LOCAL ROLE front_desk"], ids=["no path", "another role"]
)
def test_whoever_may_change_a_table_is_noticed(shop, on_postgres, setting):
    """A restored dump has no search path; a role need not know of the table beside it."""
    on_postgres("DROP ROLE IF EXISTS front_desk")
    on_postgres("CREATE ROLE front_desk")
    before = catalogue(shop)
    try:
        with shop.engine.begin() as connection:
            connection.execute(text("GRANT SELECT, UPDATE ON booking_service TO front_desk"))
            connection.execute(text(f"SET {setting}"))
            connection.execute(text("UPDATE public.booking_service SET name = 'Other'"))
        assert catalogue(shop).token != before.token
    finally:
        with shop.engine.begin() as connection:
            connection.execute(text("REVOKE ALL ON booking_service FROM front_desk"))
        on_postgres("DROP ROLE front_desk")


def test_what_a_transaction_wrote_is_noticed_and_what_is_rolled_back_forgotten(shop):
    def names(session):
        return {service.name for service in read_catalogue(session).services}

    with shop.writing() as session:
        assert names(session) == {"Cut", "Colour"}
        savepoint = session.begin_nested()
        session.execute(update(Service).values(name="Never"))
        assert names(session) == {"Never"}
        savepoint.rollback()
        assert names(session) == {"Cut", "Colour"}
    with suppress(InterruptedError), shop.writing() as session:
        session.execute(update(Service).values(name="Never"))
        assert names(session) == {"Never"}
        raise InterruptedError
    with shop.reading() as session:
        assert names(session) == {"Cut", "Colour"}


def test_a_change_is_seen_by_the_transaction_that_makes_it(shop):
    """Unflushed, even: the question flushes it."""
    catalogue(shop)
    with shop.writing() as session:
        session.add(Closure(first_day=TODAY, last_day=TODAY + timedelta(days=1)))
        cut, ann = find(session, "cut"), find(session, "ann")
        known = read_catalogue(session)
        diary = Diary(session, known, cut, [ann], NOW)
        found = diary.days(TODAY, TODAY + timedelta(days=2), known.zone)
        assert [day.open for day in found.values()] == [False, False, True]


def test_reading_it_does_not_hide_what_a_host_has_written(shop):
    """Or `session_route` would take a transaction with somebody's work in it for a clean one."""
    with Session(shop.engine) as hosts:
        watch(hosts)
        hosts.execute(text("UPDATE booking_shop SET about = 'written by the host'"))
        read_catalogue(hosts)
        with pytest.raises(PendingChanges):
            require_clean_session(hosts)


def test_what_is_remembered_belongs_to_no_session(shop):
    known = catalogue(shop)
    with shop.writing() as session:
        mine = session.scalars(select(Service).where(Service.slug == "cut")).one()
        assert read_catalogue(session) is known
        assert mine is not known.every_service[mine.id]
        assert known.every_service[mine.id] not in session
        assert mine in session


def test_only_what_can_be_booked_is_on_offer_in_the_shops_order(shop):
    shop.change("ann", retired=True)
    shop.change("cut", position=9)
    found = catalogue(shop)
    assert [service.slug for service in found.services] == ["color", "cut"]
    cut = next(service for service in found.services if service.slug == "cut")
    assert [member.slug for member in found.offering(cut.id)] == ["ben"]
    shop.change("cut", retired=True)
    found = catalogue(shop)
    assert [service.slug for service in found.services] == ["color"]
    assert found.offering(cut.id) == []
    assert found.every_service[cut.id].retired
    assert found.offering(4711) == []


def test_without_its_row_the_business_is_read_every_time(shop):
    catalogue(shop)
    with shop.writing() as session:
        session.execute(delete(catalogue_state))
    assert {service.name for service in catalogue(shop).services} == {"Cut", "Colour"}
    shop.change("cut", name="Trim")
    assert {service.name for service in catalogue(shop).services} == {"Trim", "Colour"}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_changes_while_it_is_read_is_read_once_more(shop, database_url):
    """Somebody saves a new name between the token and the services; on SQLite nobody can."""
    changes = [("cut", "Trim"), ("color", "Dye")]

    def change(_connection, _cursor, statement, *_rest):
        if changes and statement.startswith("SELECT booking_service."):
            slug, name = changes.pop()
            with open_engine(database_url) as elsewhere, elsewhere.begin() as connection:
                words = text("UPDATE booking_service SET name = :name WHERE slug = :slug")
                connection.execute(words, {"name": name, "slug": slug})

    event.listen(shop.engine, "after_cursor_execute", change)
    found = catalogue(shop)
    event.remove(shop.engine, "after_cursor_execute", change)
    assert {service.name for service in found.services} == {"Trim", "Dye"}
    assert catalogue(shop) is found


def test_somebody_who_went_since_the_page_was_begun_has_no_time(shop):
    """On PostgreSQL the business may change between two statements of one transaction."""
    known = catalogue(shop)
    cut = next(service for service in known.services if service.slug == "cut")
    with shop.writing() as session:
        session.delete(find(session, "ben"))
    with shop.reading() as session:
        both, [ben] = known.offering(cut.id), [m for m in known.staff.values() if m.slug == "ben"]
        diary = Diary(session, read_catalogue(session), cut, both, NOW)
        assert diary.days(TODAY, TODAY, known.zone)[TODAY].starts
        without = replace(diary, staff=[ben])
        assert without.days(TODAY, TODAY, known.zone)[TODAY].starts == ()


def test_a_shop_that_is_not_there_yet_has_an_empty_catalogue(shop):
    with shop.writing() as session:
        for model in (WeeklyHours, StaffMember, Service, Shop):
            session.execute(delete(model))
    found = catalogue(shop)
    assert (found.shop, found.services, found.zone.key) == (None, (), "UTC")
