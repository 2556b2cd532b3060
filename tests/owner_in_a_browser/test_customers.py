"""Customers in a real browser: by keyboard, on a telephone and on a desk, by day and by night."""

import os
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from booking.operations import customers
from booking.storage.models import Booking
from tests.commands import shell
from tests.commands.shell import ZOE
from tests.fixtures.axe import violations_by_day_and_night
from tests.owner_in_a_browser.conftest import SEVERAL_SCREENS

LAST_WEEK = shell.LAST_WEEK
PICTURES = os.environ.get("SIDEBOOK_PICTURES", "")
"""A folder: then each page is photographed there, to be looked at by a person."""


@pytest.fixture
def app(live_server):
    return live_server.app


@pytest.fixture
def family(app) -> dict[str, int]:
    """A family at one address, and who else comes: customers by the first name that was typed."""
    typed = [
        ("Ada Byron", "byron@example.com", "+49 30 5557321"),
        ("Berta Byron", "byron@example.com", "+49 30 5557321"),
        ("Zoë Ångström-Featherstonehaugh", "zoe.angstrom-featherstonehaugh@mail.example.com", ""),
        ("Li Wei", "", "+49 30 5557321"),
    ]
    for place, (name, email, phone) in enumerate(typed):
        start = LAST_WEEK - timedelta(weeks=place)
        shell.appointment(app, start, name, customer=replace(ZOE, email=email, phone=phone))

    def change(session) -> dict[str, int]:
        rows = session.execute(select(Booking.customer_name, Booking.customer_id)).all()
        found = dict(rows)
        missed = session.scalar(select(Booking).where(Booking.customer_name == "Berta Byron"))
        missed.state = "no_show"
        customers.block(session, found["Li Wei"], now=LAST_WEEK)
        customers.describe(
            session, found["Ada Byron"], name="Ada Byron", note="Tea, no milk.", now=LAST_WEEK
        )
        return found

    return shell.in_database(app, change)


def pages(family) -> dict[str, str]:
    one = f"customers/{family['Ada Byron']}"
    return {
        "list": "customers",
        "one": one,
        "blocked": f"customers/{family['Li Wei']}",
        "merge": f"{one}/merge",
        "split": f"{one}/split",
        "erase": f"{one}/erasure",
    }


@pytest.mark.parametrize("widths", SEVERAL_SCREENS)
@pytest.mark.parametrize("name", ["list", "one", "blocked", "merge", "split", "erase"])
def test_each_page_is_for_everybody_at_every_width_by_day_and_in_the_dark(
    desk_at, family, name, widths
):
    for width in widths:
        page = desk_at(pages(family)[name], width=width)
        assert violations_by_day_and_night(page) == [], width
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, "nobody has to push it to and fro"
        photograph(page, f"{name}-{width}")


def photograph(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)
        page.emulate_media(color_scheme="dark")
        page.screenshot(path=f"{PICTURES}/{name}-dark.png", full_page=True)
        page.emulate_media(color_scheme="light")


def enter(page: Page) -> None:
    """Press Enter, and be on the page to which it leads."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def go_to(page: Page, what: str) -> None:
    """By the tabulator alone, to what is called so."""
    for _ in range(60):
        page.keyboard.press("Tab")
        said = page.evaluate(
            "(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()"
        )
        if said.startswith(what):
            return
    raise AssertionError(f"the tabulator does not come to {what!r}")


def test_by_keyboard_alone_somebody_is_found_noted_about_and_split_off(desk_at, family):
    page = desk_at("customers")
    go_to(page, "Name, e-mail")
    page.keyboard.type("byr")
    enter(page)
    expect(page.locator("tbody tr")).to_have_count(1)
    go_to(page, "Ada Byron")
    enter(page)
    expect(page.locator("h1")).to_have_text("Ada Byron")
    go_to(page, "Note")
    page.keyboard.press("Control+A")
    page.keyboard.type("Coffee")
    go_to(page, "Save")
    enter(page)
    expect(page.locator("#field-note")).to_have_value("Coffee")
    go_to(page, "Some appointments")
    enter(page)
    expect(page.locator("h1")).to_have_text("Split Ada Byron")
    page.locator("[name=booking]").nth(1).focus()
    page.keyboard.press("Space")
    go_to(page, "Make another customer")
    enter(page)
    expect(page.locator("h1")).to_have_text("Berta Byron")


def test_by_keyboard_alone_somebody_is_erased_once_the_name_is_typed(desk_at, family):
    page = desk_at(f"customers/{family['Ada Byron']}")
    go_to(page, "Erase this customer")
    enter(page)
    go_to(page, "Type")
    page.keyboard.type("Ada")
    enter(page)
    expect(page.locator("#error-confirm")).to_be_visible()
    expect(page.locator("#field-confirm")).to_have_value("Ada")
    go_to(page, "Type")
    page.keyboard.press("Control+A")
    page.keyboard.type("ada byron")
    enter(page)
    expect(page).to_have_url(re.compile(r"/desk/customers$"))
    assert "Ada Byron" not in page.content()


def test_what_is_searched_for_stands_in_no_address(desk_at, family):
    page = desk_at("customers")
    page.fill("#field-q", "byron@example.com")
    enter(page)
    expect(page.locator("tbody tr")).to_have_count(1)
    assert page.url.endswith("/desk/customers")
