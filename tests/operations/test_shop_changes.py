"""Changing one part of the business at a time: nobody overwrites another unseen."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy.orm import Session

from booking.business_file.load import read_business
from booking.commands.business import sentence
from booking.operations.current_plan import current_plan
from booking.operations.plan import ClosurePlan, TimeOffPlan
from booking.operations.plan_edits import (
    in_order,
    member_of,
    service_of,
    with_closure,
    with_member,
    with_service,
    with_shop,
    without_closure,
    without_member,
    without_service,
)
from booking.operations.plan_versions import changed_since, version_of, versions_of
from booking.operations.shop_changes import (
    NoShop,
    change_business,
    load_business,
    read_to_change,
)
from booking.operations.touched import closed_spans, working_time
from booking.scheduling.slots import TimeRange, open_intervals
from booking.storage.catalogue import read_catalogue
from booking.storage.loaded_business import versions_at_last_load
from booking.tab_sessions import write_transaction
from tests.fixtures.small_shop import TODAY, at, open_engine
from tests.operations.test_shop import BUSINESS, NOW, edited

DEMO = Path(__file__).parents[2] / "demo.toml"


@pytest.fixture
def session(database_url):
    with open_engine(database_url) as engine, Session(engine) as session:
        yield session


def plan_in(text: str = BUSINESS):
    return read_business(text.encode(), name="shop.toml", now=NOW)


def load(session, text: str = BUSINESS, versions=None):
    with write_transaction(session):
        return load_business(session, plan_in(text), versions)


def change(session, edit):
    with write_transaction(session):
        return [sentence(one) for one in change_business(session, edit)]


def repriced(plan, price="€9", slug="cut"):
    return with_service(plan, replace(service_of(plan, slug), price=price))


# -- the database as a plan ------------------------------------------------------------------------


@pytest.mark.both_databases
@pytest.mark.parametrize("text", [BUSINESS, DEMO.read_text(encoding="utf-8")])
def test_what_was_loaded_is_read_as_the_plan_it_was(session, text):
    load(session, text)
    with write_transaction(session):
        now = current_plan(session)
    assert versions_of(now) == versions_of(plan_in(text))
    assert now.shop == plan_in(text).shop


def test_before_there_is_a_shop_its_name_is_empty(session):
    with write_transaction(session):
        assert current_plan(session).shop.name == ""


def test_what_is_retired_is_not_in_the_plan(shop):
    shop.book(shop.tab(), "cut", "ann", at("10:00"))
    with shop.writing() as session:
        change_business(session, lambda plan: without_service(plan, "cut"))
    with shop.reading() as session:
        plan = current_plan(session)
    assert [one.slug for one in plan.services] == ["color"]
    assert plan.staff[0].offers == ("color",)


def test_a_plan_means_the_same_open_time_as_the_catalogue(session):
    load(session, DEMO.read_text(encoding="utf-8"))
    with write_transaction(session):
        plan, catalogue = current_plan(session), read_catalogue(session)
    first, last = date(2026, 11, 1), date(2027, 2, 28)
    by_slug = {one.slug: catalogue.working[one.id] for one in catalogue.staff.values()}
    for member in plan.staff:
        ours = working_time(member, closed_spans(plan))
        theirs = open_intervals(by_slug[member.slug], first, last)
        assert open_intervals(ours, first, last) == theirs != []


# -- one part at a time ----------------------------------------------------------------------------


def test_one_change_changes_nothing_else(session):
    load(session)
    assert change(session, repriced) == ["service cut: price"]
    assert change(session, repriced) == []


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda plan: with_shop(plan, replace(plan.shop, phone="+351 1")), ["shop: phone"]),
        (
            lambda plan: with_service(
                plan, replace(service_of(plan, "cut"), slug="beard", questions=()), ["ben"]
            ),
            ["service beard: added", "staff ben: offers beard"],
        ),
        (
            lambda plan: with_service(plan, service_of(plan, "shave"), ["ben"]),
            ["staff ana: no longer offers shave", "staff ben: offers shave"],
        ),
        (
            lambda plan: without_service(plan, "shave"),
            ["staff ana: no longer offers shave", "service shave: deleted"],
        ),
        (
            lambda plan: in_order(plan, "services", "shave", -1),
            ["service shave: its place in the order", "service cut: its place in the order"],
        ),
        (lambda plan: in_order(plan, "staff", "ana", -1), []),
        (lambda plan: in_order(plan, "staff", "nobody", 1), []),
        (
            lambda plan: with_member(
                plan, replace(member_of(plan, "ben"), hours={2: (TimeRange(600, 660),)})
            ),
            ["staff ben: hours on monday none", "staff ben: hours on wednesday 10:00-11:00"],
        ),
        (lambda plan: without_member(plan, "ben"), ["staff ben: deleted"]),
        (
            lambda plan: with_closure(plan, ClosurePlan(date(2027, 1, 1), date(2027, 1, 2), "")),
            ["closure from 2027-01-01 to 2027-01-02: added"],
        ),
        (
            lambda plan: with_closure(plan, replace(plan.closures[0], reason="Holidays")),
            ["closure on 2026-12-25: reason"],
        ),
        (
            lambda plan: without_closure(plan, plan.closures[0]),
            ["closure on 2026-12-25: deleted"],
        ),
    ],
)
def test_a_part_is_changed_added_or_taken_out(session, edit, told):
    load(session)
    assert change(session, edit) == told


def test_without_a_shop_nothing_can_be_sold(session):
    cut = plan_in().services[0]
    with pytest.raises(NoShop):
        change(session, lambda plan: with_service(plan, cut))
    told = change(session, lambda plan: with_shop(plan, plan_in().shop))
    assert told == ["shop: added"]
    assert change(session, lambda plan: with_service(plan, cut)) == ["service cut: added"]


# -- versions --------------------------------------------------------------------------------------


def test_a_version_is_of_what_is_said_and_not_of_how_often_it_was_changed(session):
    load(session)
    with write_transaction(session):
        first = versions_of(current_plan(session))
    change(session, repriced)
    with write_transaction(session):
        assert changed_since(first, versions_of(current_plan(session))) == {"services.cut"}
    change(session, lambda plan: repriced(plan, ""))
    with write_transaction(session):
        assert versions_of(current_plan(session)) == first


def test_the_order_in_which_time_off_and_offers_are_written_is_no_other_version():
    plan = plan_in()
    ana = plan.staff[0]
    away = TimeOffPlan(datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC), "")
    one = replace(ana, time_off=(away, *ana.time_off), offers=("cut", "shave"))
    other = replace(ana, time_off=(*ana.time_off, away), offers=("shave", "cut"))
    assert versions_of(with_member(plan, one)) == versions_of(with_member(plan, other))
    assert version_of(ana) != version_of(one)


# -- the file and the desk -------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_file_that_was_not_made_anew_tells_what_of_the_desk_it_would_undo(session):
    load(session)
    change(session, repriced)
    change(session, lambda plan: with_closure(plan, ClosurePlan(TODAY, TODAY, "")))
    loaded = load(session, edited(('"Shave"', '"Wet shave"')))
    assert [sentence(one) for one in loaded.undone] == [
        "service cut: price",
        "closure on 2027-03-01: deleted",
    ]
    assert [sentence(one) for one in loaded.changes if one not in loaded.undone] == [
        "service shave: name"
    ]
    assert load(session).undone == [], "what a load said is what the next one begins with"


def test_what_the_file_says_as_well_is_not_undone(session):
    load(session)
    change(session, repriced)
    loaded = load(session, edited(('name = "Haircut"', 'name = "Haircut"\nprice = "€9"')))
    assert (loaded.changes, loaded.undone) == ([], [])


def test_a_file_made_from_an_older_version_is_known_by_its_own_versions(session):
    load(session)
    made_from = versions_of(plan_in())
    load(session, edited(("duration = 45", "duration = 50")))
    loaded = load(session, edited(('"Shave"', '"Wet shave"')), made_from)
    assert [sentence(one) for one in loaded.undone] == ["service cut: duration 50 min → 45 min"]


def test_what_was_added_taken_out_or_put_in_order_at_the_desk_is_undone_as_well(session):
    load(session)
    shave = plan_in().services[1]
    change(session, lambda plan: with_service(plan, replace(shave, slug="beard"), []))
    change(session, lambda plan: without_member(plan, "ben"))
    change(session, lambda plan: in_order(plan, "services", "beard", -2))
    undone = {sentence(one) for one in load(session).undone}
    assert undone >= {"service beard: deleted", "staff ben: added"}
    assert any("its place in the order" in one for one in undone)


def test_a_shop_that_was_made_at_the_desk_is_not_undone_by_a_file_unseen(session):
    change(session, lambda plan: with_shop(plan, plan_in().shop))
    change(session, lambda plan: with_service(plan, plan_in().services[1]))
    loaded = load(session, edited(("duration = 20", "duration = 25")))
    assert [sentence(one) for one in loaded.undone] == [
        "service shave: duration 20 min → 25 min, its place in the order"
    ]


def test_a_shop_of_a_version_that_kept_nothing_is_as_its_file_said_until_the_desk_changes_it(
    session,
):
    with write_transaction(session):
        load_business(session, plan_in())
        session.execute(loaded_business_table().delete())
        assert versions_at_last_load(session) is None
    assert load(session, edited(("duration = 20", "duration = 25"))).undone == []
    with write_transaction(session):
        session.execute(loaded_business_table().delete())
    change(session, repriced)
    assert [sentence(one) for one in load(session).undone] == ["service cut: price"]


def loaded_business_table():
    from booking.storage.models import loaded_business

    return loaded_business


# -- two at once -----------------------------------------------------------------------------------


@pytest.mark.postgresql
def test_two_who_change_different_things_at_once_keep_both(postgresql_url):
    with open_engine(postgresql_url) as engine, Session(engine) as first, Session(engine) as second:
        with write_transaction(first):
            load_business(first, plan_in())

        def change_too():
            with write_transaction(second):
                change_business(second, lambda plan: repriced(plan, "€5", "shave"))

        with write_transaction(first):
            read_to_change(first)
            other = Thread(target=change_too)
            other.start()
            change_business(first, repriced)
        other.join()
        with write_transaction(first):
            prices = [one.price for one in current_plan(first).services]
    assert prices == ["€9", "€5"]
