"""Who counts as one visitor, and what they are told when they have enough."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from booking.customer.visitor import _warn_once, network
from tests.customer.walks import alert, at_details, at_done, at_review, at_time, slots, text

MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("unix:", None),
        ("", None),
        (None, None),
    ],
)
def test_an_address_or_a_household_is_one_visitor(address, counted_as):
    assert network(address) == counted_as


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


def limit(app, **limits):
    app.extensions["booking"].settings.__dict__.update(limits)


def refused(app):
    tab = at_time(app, service="short", staff="ana")
    tab.submit(slot=slots(tab)[-1])
    assert (tab.status, tab.step) == (429, "time")
    assert tab.headers["Retry-After"] == "600"
    assert slots(tab), "another time can be chosen at once"
    return alert(tab)


def test_many_holds_are_429_with_a_sentence(app):
    limit(app, holds_per_visitor=2)
    for _ in range(2):
        at_details(app, service="short", staff="ana")
    assert "Too many times are being held" in refused(app)


def test_many_bookings_are_429_with_a_sentence(app):
    limit(app, bookings_per_visitor=1)
    at_done(app, service="short", staff="ana")
    assert "Many appointments were booked from your connection" in refused(app)


def test_much_of_a_day_is_429_with_a_sentence(app):
    limit(app, visitor_share=1)
    for _ in range(2):
        at_details(app, service="short", staff="ana")
    assert "Much of that day is taken from your connection already" in refused(app)


def test_confirming_too_much_too_late_is_429_and_keeps_every_answer(app):
    with time_machine.travel(MORNING, tick=False):
        waiting = at_review(app, service="short", staff="ana")
    with time_machine.travel(MORNING + timedelta(minutes=11), tick=False):
        limit(app, bookings_per_visitor=1)
        at_done(
            app, slots(at_time(app, service="short", staff="ana"))[-1], service="short", staff="ana"
        )
        waiting.submit()
        assert (waiting.status, waiting.step) == (429, "review")
        assert "Many appointments were booked from your connection" in alert(waiting)
        assert "Ada Lovelace" in text(waiting)
        waiting.click("#more-time")
        assert waiting.status == 429
        assert "Many appointments were booked from your connection" in alert(waiting)


def test_a_proxy_nobody_told_us_of_is_told_in_the_log(app, caplog):
    caplog.set_level(logging.WARNING)
    _warn_once.cache_clear()
    tab = at_time(app, service="short", staff="ana")
    tab.client.environ_base["HTTP_X_FORWARDED_FOR"] = "198.51.100.9"
    for _ in range(2):
        tab.submit(slot=slots(tab)[0]).back()
    assert caplog.text.count("BOOKING_TRUSTED_PROXIES") == 1
