"""A tab that is over says why and carries on with what was typed; a busy database loses nothing."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from tests.customer.walks import alert, at_details, slots, text, value

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def an_hour_later():
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        yield lambda: clock.shift(timedelta(minutes=61))


def test_an_expired_tab_carries_what_was_typed_into_a_new_booking(app, an_hour_later):
    tab = at_details(app, service="long", staff="ana")
    an_hour_later()
    tab.submit(name="Ada Lovelace", email="ada@example.com", note="Two\nlines")
    assert (tab.status, tab.step) == (410, "gone")
    assert "long time" in alert(tab)
    assert "HX-Push-Url" not in tab.headers
    tab.submit()
    assert (tab.status, tab.step, tab.url) == (200, "service", "/book/service")
    tab.submit(service="short").submit(staff="ana")
    tab.submit(slot=slots(tab)[0])
    assert (value(tab, "name"), value(tab, "note")) == ("Ada Lovelace", "Two\nlines")
    assert tab.submit().step == "review"


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
