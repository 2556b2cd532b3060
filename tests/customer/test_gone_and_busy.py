"""A tab that is over says why and carries on with what was typed; a busy database loses nothing."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine

from tests.customer.walks import (
    ADA,
    alert,
    at_details,
    nearest,
    notice,
    text,
    value,
)

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def an_hour_later():
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        yield lambda: clock.shift(timedelta(minutes=61))


@pytest.fixture
def in_the_afternoon(app):
    """A tab at its details, with a time that an hour later is still to be had."""
    return partial(at_details, app, "2026-03-02T15:00Z")


def test_an_expired_tab_carries_what_was_typed_into_a_new_booking(in_the_afternoon, an_hour_later):
    tab = in_the_afternoon(service="long", staff="ana")
    an_hour_later()
    tab.submit(name="Ada Lovelace", email="ada@example.com", note="Two\nlines")
    assert (tab.status, tab.step) == (410, "gone")
    assert "long time" in alert(tab)
    assert "HX-Push-Url" not in tab.headers
    tab.submit()
    assert (tab.status, tab.step, tab.url) == (200, "details", "/book/details")
    assert "held for you again" in notice(tab)
    assert (value(tab, "name"), value(tab, "note")) == ("Ada Lovelace", "Two\nlines")
    assert tab.submit(question_first_visit="Yes").step == "review"


@pytest.mark.parametrize(
    ("step", "answer", "after"),
    [
        ("service", {"service": "long"}, "staff"),
        ("staff", {"staff": "ben"}, "time"),
        ("time", {}, "details"),
        ("details", ADA, "details"),
        ("review", {}, "details"),
    ],
)
def test_whichever_step_was_sent_too_late_the_new_booking_begins_with_it(
    in_the_afternoon, an_hour_later, step, answer, after
):
    tab = in_the_afternoon(service="short", staff="ana").submit(**ADA).open(step)
    an_hour_later()
    assert tab.submit(**answer).status == 410
    tab.submit()
    assert (tab.status, tab.step) == (200, after)
    if after == "details":
        assert tab.fields["service"] == "short"
    if step in {"details", "review"}:
        assert value(tab, "email") == ADA["email"]
        assert tab.submit().step == "review"


def test_a_time_that_was_taken_meanwhile_is_answered_with_the_nearest_ones(
    app, in_the_afternoon, an_hour_later
):
    tab = in_the_afternoon(service="short", staff="ana")
    an_hour_later()
    at_details(app, tab.fields["slot"], service="short", staff="ana")
    tab.submit(**ADA).submit()
    assert (tab.status, tab.step, tab.url) == (409, "time", "/book/time")
    assert "Somebody was faster" in alert(tab)
    tab.submit(slot=nearest(tab)[0])
    assert value(tab, "note") == ADA["note"]
    assert tab.submit().step == "review"


def test_text_that_was_only_saved_along_the_way_is_carried_as_well(in_the_afternoon, an_hour_later):
    tab = in_the_afternoon(service="short", staff="ana")
    tab.post("details/typed", **tab.fields | {"name": "Ada", "details_revision": "0"})
    tab.refresh()
    an_hour_later()
    tab.submit().submit()
    assert (tab.step, value(tab, "name")) == ("details", "Ada")


def test_an_expired_tab_is_told_when_it_is_used_and_not_while_somebody_types(app, an_hour_later):
    tab = at_details(app)
    an_hour_later()
    typed = tab.fields | {"name": "Ada", "details_revision": "0"}
    headers = {"Tab-Session": tab.id, "HX-Request": "true"}
    answer = app.test_client().post("/book/details/typed", data=typed, headers=headers)
    assert (answer.status_code, answer.text) == (410, "")
    assert tab.submit(name="Ada").step == "gone"


def test_a_booked_time_is_not_looked_for_again(in_the_afternoon, bookings):
    tab = in_the_afternoon(service="short", staff="ana")
    tab.twin().open("details").submit(**ADA).submit()
    tab.submit(**ADA).submit()
    assert (tab.status, tab.step) == (200, "time")
    assert alert(tab) == ""
    assert len(bookings()) == 1


def test_an_expired_tab_that_is_only_looked_at_says_so_too(app, an_hour_later):
    tab = at_details(app)
    an_hour_later()
    tab.refresh()
    assert (tab.status, tab.step) == (410, "gone")
    assert tab.submit().step == "service"


def test_more_time_for_an_expired_tab_leaves_what_is_being_typed(app, an_hour_later):
    tab = at_details(app)
    an_hour_later()
    tab.click("More time")
    assert (tab.status, tab.step) == (410, "details")
    assert "long time" in alert(tab)


def test_a_new_booking_goes_on_with_the_service_that_was_chosen(app):
    tab = at_details(app).new_tab("/book/")
    tab.post("new/form", service="long", staff="ben", zone="Asia/Tokyo", name="Ada")
    assert (tab.status, tab.step, tab.url) == (200, "time", "/book/time")
    assert "Tokyo" in text(tab)


def test_beginning_anew_once_more_does_not_overwrite_what_was_typed_since(app):
    """The answer was lost, and the form of the page that is over is sent again."""
    tab = at_details(app)
    old = {"name": "Ada", "service": "short", "staff": "any"}
    headers = {"Tab-Session": tab.id, "HX-Request": "true"}
    tab.post("details/typed", name="Ada Lovelace", details_revision="0")
    answer = app.test_client().post("/book/new/form", data=old, headers=headers)
    assert answer.status_code == 200
    assert value(tab.refresh(), "name") == "Ada Lovelace"
