"""Booking for a caller, in a browser: by keyboard alone, two at a time, at every width."""

import os
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from booking.storage.models import Booking
from booking.tab_sessions import read_transaction
from tests.fixtures.axe import violations_by_day_and_night
from tests.owner_in_a_browser.conftest import IN_TWO_DAYS, SCREENS

HERE = f"bookings/new?day={IN_TWO_DAYS.isoformat()}&time=10:00&staff=ana"


def booked(server) -> set[tuple[str, str, str, int]]:
    """Who comes, for what, with whom, at which hour."""
    state = server.app.extensions["booking"]
    with server.app.app_context(), read_transaction(state.session) as session:
        return {
            (each.customer_name, each.service.slug, each.staff_member.slug, each.starts_at.hour)
            for each in session.scalars(select(Booking))
        }


def to_field(page, name: str) -> None:
    """Go to that field by Tab, as whoever has no mouse does."""
    for _ in range(60):
        if page.evaluate("document.activeElement.name") == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name} is not reached by keyboard")


def screen(page, name: str) -> None:
    """Wait until that screen is there, and the focus is on what it is about."""
    expect(page.locator(f"#step[data-step={name}]")).to_be_visible()
    if name != "service":
        expect(page.locator("#step-heading")).to_be_focused()


def test_a_caller_is_booked_by_keyboard_alone(desk_at, live_server):
    page = desk_at(HERE)
    screen(page, "service")
    to_field(page, "service")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    screen(page, "time")
    to_field(page, "slot")
    page.keyboard.press("Enter")  # what the agenda said is chosen
    screen(page, "customer")
    to_field(page, "name")
    page.keyboard.type("Zoë Ω")
    page.keyboard.press("Enter")
    expect(page.locator(".sb-one-state")).to_have_text("Confirmed")
    assert {(name, staff) for name, _, staff, _ in booked(live_server)} == {("Zoë Ω", "ana")}


def test_what_was_typed_of_a_caller_goes_along_to_another_day_and_back_by_keyboard(desk_at):
    page = desk_at(HERE)
    screen(page, "service")
    to_field(page, "service")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    screen(page, "time")
    to_field(page, "slot")
    page.keyboard.press("Enter")
    screen(page, "customer")
    to_field(page, "name")
    page.keyboard.type("Zoë Ω")
    to_field(page, "phone")
    page.keyboard.type("+351 912 345 678")
    to_field(page, "to")
    page.keyboard.press("Enter")
    screen(page, "time")
    page.locator("#field-staff").select_option("ben")
    to_field(page, "turn")
    page.keyboard.press("Enter")
    day = IN_TWO_DAYS - timedelta(days=1)
    words = f"Free on {day:%A} {day.day} {day:%B %Y}"
    expect(page.get_by_role("radiogroup", name=words)).to_be_visible()
    expect(page.locator("#field-staff")).to_have_value("ben")
    page.locator("[name=slot]").first.check(force=True)
    page.get_by_role("button", name="Hold it and go on").click()
    screen(page, "customer")
    expect(page.locator("#field-name")).to_have_value("Zoë Ω")
    expect(page.locator("#field-phone")).to_have_value("+351 912 345 678")
    page.get_by_role("button", name="Book it").click()
    expect(page.locator(".sb-one-state")).to_have_text("Confirmed")


def test_a_known_customer_is_found_while_their_name_is_typed(desk_at, live_server):
    page = desk_at(HERE)
    for name in ("Ada Lovelace", ""):
        page.goto(f"/desk/{HERE}")
        screen(page, "service")
        page.locator("[name=service]").first.check(force=True)
        page.get_by_role("button", name="Go on to the time").click()
        screen(page, "time")
        page.locator("[name=slot]").first.check(force=True)
        page.get_by_role("button", name="Hold it and go on").click()
        screen(page, "customer")
        if name:
            page.locator("#field-name").fill(name)
            page.locator("#field-phone").fill("+351 912 345 678")
            page.get_by_role("button", name="Book it").click()
            expect(page.locator(".sb-one-state")).to_have_text("Confirmed")
    page.locator("#field-note").fill("By the window")
    page.locator("#field-q").press_sequentially("lovel")
    page.get_by_role("button", name="Ada Lovelace").click()
    expect(page.locator("#field-name")).to_have_value("Ada Lovelace")
    expect(page.locator("#field-phone")).to_have_value("+351 912 345 678")
    expect(page.locator("#field-note")).to_have_value("By the window")


def test_two_callers_in_two_tabs_side_by_side_never_mix(desk_at, live_server):
    ada, ben = desk_at("bookings/new"), desk_at("bookings/new")
    plans = (ada, 0, "ana", "10:00", "Ada"), (ben, 0, "ben", "15:00", "Ben")
    for page, service, staff, _, _ in plans:
        screen(page, "service")
        page.locator("[name=service]").nth(service).check(force=True)
        page.locator("#field-staff").select_option(staff)
        page.get_by_role("button", name="Go on to the time").click()
    for page, _, _, _, _ in reversed(plans):
        screen(page, "time")
        page.locator("#field-day").fill(IN_TWO_DAYS.isoformat())
        page.get_by_role("button", name="Show").click()
    for page, _, _, clock, _ in plans:
        # The day that was typed stands in its field before that day's times are there.
        day = f"{IN_TWO_DAYS:%A} {IN_TWO_DAYS.day} {IN_TWO_DAYS:%B %Y}"
        expect(page.get_by_role("radiogroup", name=f"Free on {day}")).to_be_visible()
        page.get_by_role("radio", name=clock).check(force=True)
        page.get_by_role("button", name="Hold it and go on").click()
    for page, _, _, _, name in reversed(plans):
        screen(page, "customer")
        page.reload()
        expect(page.locator("#step[data-step=customer]")).to_be_visible()
        page.locator("#field-name").fill(name)
        page.get_by_role("button", name="Book it").click()
        expect(page.locator(".sb-one-state")).to_have_text("Confirmed")
    found = {(name, staff, hour) for name, _, staff, hour in booked(live_server)}
    assert {(name, staff) for name, staff, _ in found} == {("Ada", "ana"), ("Ben", "ben")}


@pytest.mark.parametrize("width", SCREENS)
def test_each_screen_is_as_it_should_be_by_day_and_night(desk_at, live_server, width):
    page = desk_at(HERE, width=width)
    screen(page, "service")
    look(page, "service", width)
    page.locator("[name=service]").first.check(force=True)
    page.get_by_role("button", name="Go on to the time").click()
    screen(page, "time")
    page.locator("#field-clock").fill("19:00")
    page.get_by_role("button", name="Check this time").click()
    expect(page.locator("#problem")).to_be_focused()
    look(page, "time", width)
    page.get_by_role("button", name="Book anyway").click()
    screen(page, "customer")
    page.get_by_role("button", name="Book it").click()
    expect(page.locator("#problem")).to_be_focused()
    look(page, "customer", width)
    page.locator("#field-name").fill("Zoë Ω")
    page.locator("#field-weeks").select_option("2")
    page.locator("#field-times").fill("52")
    page.get_by_role("button", name="Book it").click()
    screen(page, "dates")
    look(page, "dates", width)


def look(page, name: str, width: int) -> None:
    """No violation of axe's rules, nothing wider than the screen; keep a picture where asked."""
    assert violations_by_day_and_night(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if folder := os.environ.get("PICTURES"):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=f"{folder}/{name}-{width}-{scheme}.png", full_page=True)
        page.emulate_media(color_scheme="light")
