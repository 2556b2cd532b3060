"""A held time, as its customer sees it."""

import re

from playwright.sync_api import expect

from tests.customer_walkthrough.visits import ADA


def test_the_countdown_follows_what_is_typed_and_more_time_can_be_had(tab_at):
    """Three times: `tests/customer/test_holds.py`."""
    page = tab_at("details", ADA)
    told = page.locator(".sb-hold-first")
    expect(told).to_contain_text("it is held for 10 minutes")
    clock, name = page.locator(".sb-hold-clock"), page.locator("[name=name]")
    expect(clock).to_have_text(re.compile(r"^(3:00|2:\d\d)$"))
    name.press_sequentially("A")
    expect(clock).to_have_text(re.compile(r"^(10:00|9:\d\d)$"))
    expect(told).to_have_count(0)
    expect(name).to_be_focused()
    name.fill("Ada Love")
    page.get_by_role("button", name="More time").click()
    expect(clock).to_have_text(re.compile(r"^(20:00|19:\d\d)$"))
    expect(name).to_have_value("Ada Love")
