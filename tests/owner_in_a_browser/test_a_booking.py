"""One appointment at the desk, in a browser: by keyboard alone, at every width, day and night."""

import re
from datetime import UTC, datetime, time

import pytest
from playwright.sync_api import expect

from booking.storage.reads import booking_by_reference
from booking.tab_sessions import read_transaction
from tests.commands import shell
from tests.fixtures.axe import violations_by_day_and_night
from tests.owner_in_a_browser.conftest import IN_TWO_DAYS, SCREENS, YESTERDAY

LATER = datetime.combine(IN_TWO_DAYS, time(10), UTC)


@pytest.fixture
def reference(live_server) -> str:
    return shell.appointment(live_server.app, LATER, made_at=YESTERDAY)


def booking_at(server, reference, name):
    with server.app.app_context():
        session = server.app.extensions["booking"].session
        with read_transaction(session) as reading:
            return getattr(booking_by_reference(reading, reference), name)


def press_until(page, name: str, key: str = "Tab", *, most: int = 80):
    """Go there as whoever has no mouse does, and see that it is shown where one is."""
    wanted = page.get_by_role(re.compile("button|link|radio"), name=name, exact=True)
    for _ in range(most):
        page.keyboard.press(key)
        focused = page.evaluate(
            "[document.activeElement.textContent, document.activeElement.tagName]"
        )
        if focused[0].strip() == name and focused[1] in ("BUTTON", "A", "SUMMARY"):
            return
    raise AssertionError(f"{name} is not reached by keyboard: {wanted}")


def test_it_is_moved_and_that_undone_by_keyboard_alone(desk_at, live_server, reference):
    page = desk_at(f"bookings/{reference}")
    press_until(page, "Move")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/time$"))
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name === 'slot'"):
            break
    page.keyboard.press("ArrowDown")
    chosen = page.evaluate("document.querySelector('[name=slot]:checked').value")
    press_until(page, "Move it")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("^Moved"))).to_have_count(2)
    moved = booking_at(live_server, reference, "starts_at")
    assert moved.strftime("%Y-%m-%dT%H:%M:%SZ") == chosen
    press_until(page, "Undo")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Undone")).to_have_count(1)
    assert booking_at(live_server, reference, "starts_at") == LATER


def test_it_is_cancelled_with_words_and_that_undone_by_keyboard_alone(
    desk_at, live_server, reference
):
    page = desk_at(f"bookings/{reference}")
    press_until(page, "Cancel the appointment")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("We have the painters in.")
    press_until(page, "Cancel it")
    page.keyboard.press("Enter")
    expect(page.locator(".sb-one-state")).to_have_text("Cancelled")
    assert booking_at(live_server, reference, "cancel_reason") == "We have the painters in."
    press_until(page, "Undo")
    page.keyboard.press("Enter")
    expect(page.locator(".sb-one-state")).to_have_text("Confirmed")


@pytest.mark.parametrize("width", SCREENS)
def test_nobody_is_kept_out_at_any_width_by_day_and_in_the_dark(desk_at, reference, width):
    page = desk_at(f"bookings/{reference}", width=width)
    page.locator("#field-note").fill("Allergic to henna.")
    page.get_by_role("button", name="Keep the note").click()
    page.get_by_text("Cancel the appointment").click()
    for path in (None, "time", "details"):
        if path:
            page.goto(f"/desk/bookings/{reference}/{path}")
        assert violations_by_day_and_night(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    page.get_by_role("textbox", name="Name").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert violations_by_day_and_night(page) == []
    for path in ("history", "holds"):
        page.goto(f"/desk/{path}")
        assert violations_by_day_and_night(page) == []
