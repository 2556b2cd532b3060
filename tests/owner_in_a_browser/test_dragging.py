"""An appointment is dragged with a mouse alone, and what is dropped only opens the form."""

import re
from datetime import UTC, datetime, time

import pytest
from playwright.sync_api import expect

from booking.storage.reads import booking_by_reference
from booking.tab_sessions import read_transaction
from tests.commands import shell
from tests.fixtures.browsers import until
from tests.owner_in_a_browser.conftest import IN_TWO_DAYS, YESTERDAY

STILL = """document.querySelectorAll(".sb-agenda, .sb-agenda *").forEach((each) => {
    each.style.touchAction = "none"
})"""
LATER = datetime.combine(IN_TWO_DAYS, time(10), UTC)


@pytest.fixture
def reference(live_server) -> str:
    return shell.appointment(live_server.app, LATER, made_at=YESTERDAY)


@pytest.fixture
def agenda(desk_at, reference):
    page = desk_at(f"agenda?day={IN_TWO_DAYS.isoformat()}&view=day")
    entry = page.locator(f'[data-booking-reference="{reference}"]')
    entry.scroll_into_view_if_needed()
    return page


def middle_of(page, reference) -> tuple[float, float]:
    box = page.locator(f'[data-booking-reference="{reference}"]').bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def tick(page) -> float:
    """How tall five minutes are."""
    row = page.locator("tr.sb-hour:has([data-booking-reference])")
    return row.locator("td").first.bounding_box()["height"] / int(row.get_attribute("data-ticks"))


def start_of(server, reference) -> datetime:
    with server.app.app_context():
        session = server.app.extensions["booking"].session
        with read_transaction(session) as reading:
            return booking_by_reference(reading, reference).starts_at


def grab(page, reference, *, down: float, right: float = 0) -> None:
    x, y = middle_of(page, reference)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right / 2, y + down / 2)
    page.mouse.move(x + right, y + down, steps=4)


def test_dropped_it_opens_the_form_with_the_old_and_the_new_time(agenda, live_server, reference):
    grab(agenda, reference, down=9 * tick(agenda))
    expect(agenda.locator(".sb-drop")).to_have_count(1)
    agenda.mouse.up()
    expect(agenda).to_have_url(re.compile(f"{reference}/time"))
    expect(agenda.get_by_text(re.compile("10:00 to 10:30, Ana"))).to_be_visible()
    expect(agenda.locator("[data-wanted]")).to_contain_text("10:45 to 11:15")
    expect(agenda.locator("[name=slot]:checked")).to_have_count(1)
    assert start_of(live_server, reference) == LATER, "the form alone moves it"
    agenda.get_by_role("button", name="Move it").click()
    expect(agenda.get_by_text("From", exact=False).first).to_be_visible()
    assert start_of(live_server, reference).strftime("%H:%M") == "10:45"


def test_moved_less_than_eight_pixels_it_is_a_click(agenda, reference):
    grab(agenda, reference, down=5, right=5)
    expect(agenda.locator(".sb-drop")).to_have_count(0)
    agenda.mouse.up()
    expect(agenda).to_have_url(re.compile(f"/bookings/{reference}$"))


def test_escape_drops_nothing(agenda, reference):
    before = agenda.url
    grab(agenda, reference, down=9 * tick(agenda))
    agenda.keyboard.press("Escape")
    expect(agenda.locator(".sb-drop")).to_have_count(0)
    agenda.mouse.up()
    assert agenda.url == before
    agenda.locator(f'[data-booking-reference="{reference}"]').click()
    expect(agenda).to_have_url(re.compile(f"/bookings/{reference}$"))


def test_dropped_beside_the_day_it_stays(agenda, reference):
    before = agenda.url
    x, y = middle_of(agenda, reference)
    grab(agenda, reference, down=5 - y, right=-x + 5)
    agenda.mouse.up()
    assert agenda.url == before


def test_a_hundred_swipes_by_touch_over_an_agenda_change_nothing(agenda, live_server, reference):
    before, asked = agenda.url, []
    agenda.on("request", lambda request: asked.append((request.method, request.url)))
    devices = agenda.context.new_cdp_session(agenda)
    devices.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 1})
    x, y = middle_of(agenda, reference)
    heard = "window.touched = 0; addEventListener('touchmove', () => { window.touched += 1 })"
    agenda.evaluate(heard)
    for turn in range(100):
        if turn == 50:  # from here on nothing scrolls, so that no swipe ends as one
            agenda.evaluate(STILL)
        sideways, down = (40, 4) if turn % 2 else (4, -40 if turn % 4 else 40)
        touch(devices, "touchStart", x, y)
        for part in (1, 2, 3):
            touch(devices, "touchMove", x + sideways * part / 3, y + down * part / 3)
        touch(devices, "touchEnd")
        entry = agenda.locator(f'[data-booking-reference="{reference}"]')
        entry.scroll_into_view_if_needed()
        x, y = middle_of(agenda, reference)
    until(agenda, lambda: agenda.evaluate("window.touched") >= 100)
    assert agenda.url == before
    assert agenda.locator(".sb-drop").count() == 0
    assert [each for each in asked if each[0] != "GET" or "/time" in each[1]] == []
    assert start_of(live_server, reference) == LATER


def touch(devices, kind: str, *at: float) -> None:
    points = [{"x": at[0], "y": at[1]}] if at else []
    devices.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
