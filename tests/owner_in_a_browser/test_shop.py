"""The desk's pages of the business in a real browser: by keyboard, at each width, by two people."""

import os
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from booking.operations.current_plan import current_plan
from booking.operations.plan_edits import member_of, service_of
from booking.scheduling.slots import TimeRange
from tests.commands import shell
from tests.fixtures.axe import violations, violations_by_day_and_night
from tests.owner_in_a_browser.conftest import IN_TWO_DAYS, YESTERDAY

AT_TEN = datetime.combine(IN_TWO_DAYS, time(10), UTC)
ANA = "/desk/hours/ana"


def look_at(page: Page, path: str, width: object) -> None:
    """Keep a picture, for whoever wants to look: LOOK=folder."""
    if folder := os.environ.get("LOOK"):
        file = Path(folder) / f"{path.replace('/', '-')}-{width}.png"
        page.screenshot(path=file, full_page=True)


def plan(live_server):
    return shell.in_database(live_server.app, current_plan)


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until that element has the focus, as somebody without a mouse does."""
    wanted = page.locator(selector).first
    for _ in range(150):
        page.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"Tab never comes to {selector}")


# -- by keyboard alone -----------------------------------------------------------------------------


def test_wednesdays_hours_are_changed_by_keyboard_alone(desk_at, live_server):
    page = desk_at("hours")
    tab_to(page, f'a[href="{ANA}"]')
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Hours of Ana")).to_be_visible()
    tab_to(page, '[name="open-2-0-to"]')
    page.keyboard.type("0400PM")
    tab_to(page, '[name="do"][value="open-2"]')
    page.keyboard.press("Enter")
    expect(page.locator('[name="open-2-1-from"]')).to_be_focused()
    page.keyboard.type("0500PM")
    tab_to(page, '[name="open-2-1-to"]')
    page.keyboard.type("0700PM")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Ana is saved.")).to_be_visible()
    hours = member_of(plan(live_server), "ana").hours
    assert hours[2] == (TimeRange(540, 960), TimeRange(1020, 1140))
    assert hours[3] == (TimeRange(540, 1020),)


def test_questions_are_put_in_another_order_by_keyboard(desk_at, live_server):
    page = desk_at("services/long")
    tab_to(page, '[name="do"][value="down-0"]')
    page.keyboard.press("Enter")
    expect(page.locator("#field-questions-1-label")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Long visit is saved.")).to_be_visible()
    keys = [one.key for one in service_of(plan(live_server), "long").questions]
    assert keys == ["wishes", "first_visit"]


# -- two people ------------------------------------------------------------------------------------


def test_of_two_who_edit_the_same_service_the_second_is_told_and_loses_nothing(
    desk_at, live_server
):
    first, second = desk_at("services/short"), desk_at("services/short")
    first.get_by_label("Price").fill("€25")
    second.get_by_label("Price").fill("€30")
    second.get_by_label("Description").fill("With a wash")
    first.keyboard.press("Enter")
    expect(first.get_by_text("Short visit is saved.")).to_be_visible()
    second.get_by_label("Price").press("Enter")
    expect(second.locator("#problem")).to_be_focused()
    expect(second.get_by_text("Somebody else wrote meanwhile: €25")).to_be_visible()
    expect(second.get_by_label("Price")).to_have_value("€30")
    expect(second.get_by_label("Description")).to_have_value("With a wash")
    second.get_by_label("Price").press("Enter")
    expect(second.get_by_text("Short visit is saved.")).to_be_visible()
    assert service_of(plan(live_server), "short").price == "€30"


# -- for everyone ----------------------------------------------------------------------------------


def refused_service(page: Page) -> None:
    page.get_by_label("How long it takes").fill("7")
    page.get_by_label("Price").fill("20")
    page.get_by_label("Price").press("Enter")


def closure(page: Page) -> None:
    page.get_by_label("First day").fill(IN_TWO_DAYS.isoformat())
    page.get_by_label("Why closed").press("Enter")
    expect(page.locator("#touched")).to_be_focused()


def opened(page: Page) -> None:
    page.get_by_text("Copy a day to others").click()


PAGES = {
    "services": None,
    "new-service": None,
    "services/long": None,
    "services/short": refused_service,
    "staff": None,
    "staff/ana": None,
    "hours": None,
    "hours/ana": opened,
    "hours/ana/days": None,
    "closures": closure,
    "settings": None,
    "settings/texts": None,
    "settings/texts/reminder": None,
}


@pytest.fixture
def shown(desk_at, live_server):
    """Opens one of the pages, as it is when something on it was done."""

    def open_page(path: str, width: int) -> Page:
        shell.appointment(live_server.app, AT_TEN, made_at=YESTERDAY)
        page = desk_at(path, width=width)
        if act := PAGES[path]:
            act(page)
        return page

    return open_page


@pytest.mark.parametrize("path", PAGES)
def test_each_page_is_readable_by_everyone_on_a_telephone_and_in_the_dark(shown, path):
    page = shown(path, 320)
    look_at(page, path, "320")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations_by_day_and_night(page) == []


@pytest.mark.extra
@pytest.mark.parametrize("path", PAGES)
def test_each_page_is_readable_by_everyone_on_wider_screens(shown, path):
    page = shown(path, 768)
    for width in (768, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        look_at(page, path, width)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        assert violations(page) == [], width
