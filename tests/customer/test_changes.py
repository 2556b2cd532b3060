"""An earlier answer that changes keeps every later one that still holds, and says what it drops."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from booking.storage.models import hold
from tests.customer.walks import (
    ADA,
    at_details,
    at_review,
    first_slot,
    notice,
    text,
    value,
)

BEFORE_LUNCH = "2026-03-03T11:15Z"  # there is room for a short visit, and for no long one
BOTH_FREE = "2026-03-03T15:00Z"


def held(database) -> list:
    with database() as session:
        return session.execute(select(hold)).mappings().all()


def test_another_service_keeps_the_time_and_the_details(app, database):
    tab = at_review(app, service="long", staff="ana")
    tab.click("Change Service").submit(service="short")
    assert tab.step == "review"
    assert "Your time is kept" in notice(tab)
    assert "Short visit" in text(tab)
    assert "Ada Lovelace" in text(tab)
    [held_slot] = held(database)
    assert (held_slot["ends_at"] - held_slot["starts_at"]).seconds == 30 * 60


def test_a_service_that_asks_more_comes_back_to_the_details(app):
    tab = at_review(app, service="short", staff="ana")
    tab.click("Change Service").submit(service="long")
    assert tab.step == "details"
    assert "asks something more" in notice(tab)
    assert value(tab, "name") == "Ada Lovelace"
    assert tab.submit(question_first_visit="No").step == "review"


@pytest.mark.both_databases
def test_a_time_that_no_longer_fits_is_dropped_and_let_go(app, rows, database):
    tab = at_review(app, BEFORE_LUNCH, service="short", staff="ana")
    tab.click("Change Service").submit(service="long")
    assert tab.step == "time"
    assert "could not be kept for this choice" in notice(tab)
    assert rows()["claims"] == 0
    with database() as session:  # what is left of the hold is how long the tab has been holding
        now = int(datetime.now(UTC).timestamp())
        assert session.scalars(select(hold.c.expires_at)).one() <= now
    assert tab.submit(slot=first_slot(tab)).step == "details"
    assert value(tab, "email") == ADA["email"]


def test_someone_else_at_the_same_time_keeps_it_when_they_are_free(app, database):
    tab = at_review(app, BOTH_FREE, service="short", staff="ana")
    before = held(database)[0]["staff_member_id"]
    tab.click("Change Person").submit(staff="ben")
    assert tab.step == "review"
    assert f"Your time is kept: {weekday_of(tab)}" in notice(tab)
    [after] = held(database)
    assert after["staff_member_id"] != before


def test_someone_who_is_not_free_then_drops_the_time_only(app):
    at_details(app, BOTH_FREE, service="short", staff="ben")
    tab = at_review(app, BOTH_FREE, service="short", staff="ana")
    tab.click("Change Person").submit(staff="ben")
    assert tab.step == "time"
    assert "could not be kept for this choice" in notice(tab)
    assert tab.submit(slot=first_slot(tab)).step == "review"


def test_anyone_keeps_the_person_who_was_chosen(app, database):
    tab = at_review(app, service="short", staff="ben")
    before = held(database)
    tab.click("Change Person").submit(staff="any")
    assert tab.step == "review"
    assert held(database) == before


def test_the_same_time_again_keeps_its_countdown(app, database):
    tab = at_details(app, service="short", staff="ana")
    before = held(database)
    tab.click("Back").submit()
    assert tab.step == "details"
    assert held(database) == before


def test_nothing_changes_when_an_answer_is_refused(app, database):
    tab = at_review(app, service="long", staff="ana")
    before = held(database)
    tab.open("service").submit(service="nothing", force=True)
    assert (tab.status, tab.step) == (422, "service")
    assert held(database) == before
    assert tab.open("review").step == "review"


def weekday_of(tab) -> str:
    return next(
        row.select_one(".sb-answer").get_text().split()[0]
        for row in tab.page.select("dl.sb-answers > div")
        if row.dt.get_text() == "Time"
    )
