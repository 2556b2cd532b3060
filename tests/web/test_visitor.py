"""Who counts as one visitor, and what they are told when they have enough."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
import time_machine
from werkzeug.middleware.proxy_fix import ProxyFix

from booking.customer.wizard.texts import MANY_HELD, VISITOR_LIMIT_MESSAGES
from booking.operations.requests import Limit
from booking.testing import TabClient
from booking.web.visitor import UNREADABLE, network_names, read_address
from tests.customer.walks import (
    ADA,
    alert,
    at_details,
    at_done,
    at_review,
    at_time,
    first_slot,
    notice,
    slots,
    text,
)

MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)


V4 = ("203.0.113.7", "203.0.113.0/24")
V6 = ("2001:db8:1:234::/64", "2001:db8:1:200::/56", "2001:db8:1::/48")


@pytest.mark.parametrize(
    ("written", "counted_as"),
    [
        ("203.0.113.7", V4),
        ("203.0.113.7:51008", V4),
        (' "203.0.113.7" ', V4),
        ("::ffff:203.0.113.7", V4),
        ("[::ffff:203.0.113.7]:443", V4),
        ("2002:cb00:7107:5::1", V4),  # 6to4
        ("64:ff9b::203.0.113.7", V4),  # NAT64, here and by a prefix of one's own
        ("64:ff9b:1::203.0.113.7", V4),
        ("::ffff:0:203.0.113.7", V4),
        ("2001:0:4136:e378:8000:63bf:34ff:8ef8", V4),  # Teredo
        ("2001:db8:1:234:5:6:7:8", V6),
        ("2001:DB8:1:234::1", V6),
        ("[2001:db8:1:234::1]:443", V6),
        ("2001:db8:1:234:5:6:7:8:443", V6),
        ("2001:db8:1:234::1%eth0", V6),
        ("[2001:db8:1:234::1%25eth0]:443", V6),
        ("::1", ("::/64", "::/56", "::/48")),
        ("::203.0.113.7", ("::/64", "::/56", "::/48")),  # nobody can come from there
        *((other, UNREADABLE) for other in ("unix:", "unknown", "_hidden", "a, b", "", None)),
    ],
)
def test_an_address_or_a_household_is_one_visitor_however_it_is_written(written, counted_as):
    assert network_names(read_address(written)) == counted_as


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


def start_again(app, **settings):
    """As an operator does who has changed a setting."""
    state = app.extensions["booking"]
    app.extensions["booking"] = replace(state, settings=replace(state.settings, **settings))


@pytest.mark.parametrize(
    ("take", "times", "said"),
    [
        pytest.param(take, times, said, marks=pytest.mark.settings(**{limit: most}), id=limit)
        for limit, most, take, times, said in (
            ("holds_per_visitor", 2, at_details, 2, "You are already holding several times."),
            ("bookings_per_visitor", 1, at_done, 1, "Many appointments were booked from your"),
            ("visitor_share", 1, at_details, 2, "From your connection much of that day is taken"),
        )
    ],
)
def test_more_than_one_visitor_may_is_429_with_a_sentence(app, take, times, said):
    for _ in range(times):
        take(app, service="short", staff="ana")
    tab = at_time(app, service="short", staff="ana")
    tab.submit(slot=slots(tab)[-1])
    assert (tab.status, tab.step) == (429, "time")
    assert tab.headers["Retry-After"] == "600"
    assert slots(tab), "another time can be chosen at once"
    assert said in alert(tab)


@pytest.mark.settings(bookings_per_visitor=1)
def test_confirming_too_much_too_late_is_429_and_keeps_every_answer(app):
    with time_machine.travel(MORNING, tick=False):
        waiting = at_review(app, service="short", staff="ana")
    with time_machine.travel(MORNING + timedelta(minutes=11), tick=False):
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


def behind_a_proxy(app, believed: int) -> None:
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=believed)


def hold_from(app, forwarded: str) -> int:
    tab = TabClient(app, "/book/")
    tab.client.environ_base["HTTP_X_FORWARDED_FOR"] = forwarded
    tab.post("new/form", service="short", staff="ana")
    return tab.submit(slot=first_slot(tab)).status


@pytest.mark.settings(holds_per_visitor=2)
@pytest.mark.parametrize("forwarded", ["203.0.113.8:51{:03}", "unknown", "_hidden{}", "unix:{}"])
def test_no_way_of_writing_an_address_means_no_limit(app, forwarded):
    behind_a_proxy(app, 1)
    statuses = [hold_from(app, forwarded.format(number)) for number in range(3)]
    assert statuses == [200, 200, 429]


@pytest.mark.settings(holds_per_visitor=1, visitor_share=100, held_share=100)
def test_a_network_has_a_larger_limit_of_its_own(app):
    behind_a_proxy(app, 1)
    statuses = [hold_from(app, f"203.0.113.{number}") for number in range(5)]
    assert statuses == [200] * 4 + [429]
    assert hold_from(app, "203.0.114.1") == 200, "another network"


@pytest.mark.parametrize(
    ("believed", "forwarded", "seen"),
    [
        (0, "198.51.100.9", "a proxy seems to stand before this app"),
        (1, "unknown", "A request came with a word where its address should be"),
        (1, "a, unix:", "A request came with the name of a socket where its address"),
        (2, "198.51.100.9", "fewer addresses in X-Forwarded-For than proxies are trusted"),
    ],
)
def test_what_makes_visitors_look_alike_is_told_once_in_the_log(
    app, caplog, believed, forwarded, seen
):
    caplog.set_level(logging.WARNING)
    if believed:
        behind_a_proxy(app, believed)
    for _ in range(2):
        hold_from(app, forwarded)
    assert caplog.text.count("BOOKING_TRUSTED_PROXIES") == 1
    assert seen in caplog.text
    assert forwarded not in caplog.text


@pytest.mark.settings(holds_per_visitor=4, bookings_per_visitor=4)
def test_all_who_come_from_an_address_that_is_said_to_be_shared_can_book(app, bookings):
    """And behind one of which nobody said so, half of them are told why not."""
    times = [f"2026-03-{day}T{hour}:00Z" for day in (10, 11) for hour in ("09", 10, 14, 15)]
    tabs = [at_details(app, slot, staff="ana") for slot in times]
    assert {tab.status for tab in tabs[:4]} == {200}
    assert {(tab.status, alert(tab)) for tab in tabs[4:]} == {
        (429, VISITOR_LIMIT_MESSAGES[Limit.HOLDS])
    }
    start_again(app, shared_addresses=(ip_network("127.0.0.0/8"),))
    for tab, slot in zip(tabs[4:], times[4:], strict=True):
        tab.post("time/form", slot=slot)
    assert {(tab.status, tab.step) for tab in tabs} == {(200, "details")}
    assert not any("sb-hold-over" in tab.page.select_one("#hold")["class"] for tab in tabs)
    for tab in tabs:
        tab.submit(**ADA).submit()
    assert {(tab.status, tab.step) for tab in tabs} == {(200, "done")}
    assert len(bookings()) == 8


@pytest.mark.settings(held_share=1)
def test_beyond_the_share_that_all_may_hold_a_time_is_not_held_and_can_be_confirmed(app):
    for _ in range(2):
        at_details(app, service="short", staff="ana")
    tab = at_details(app, service="short", staff="ana")
    assert (tab.status, tab.step) == (200, "details")
    assert notice(tab) == MANY_HELD
    assert "sb-hold-over" in tab.page.select_one("#hold")["class"]
    # It never was held, and is not said to be not held twice.
    ended = [
        " ".join(tab.page.select_one(".sb-hold-ended").text.split()),
        " ".join(tab.refresh().page.select_one(".sb-hold-ended").text.split()),
    ]
    go_on = "You can still go on: we check again."
    assert ended == [go_on, f"Your time is not held now. {go_on}"]
    assert tab.click("More time").status == 409
    assert "cannot be held any longer" in alert(tab)
    assert tab.submit(**ADA).submit().step == "done"
