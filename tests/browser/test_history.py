"""Back, Forward, addresses: the browser's own ways through the wizard."""

import re

from playwright.sync_api import Page, expect

from tests.browser.wizard import at, take, walk
from tests.customer_walkthrough.visits import BEN, STEPS
from tests.fixtures.browsers import wait_until


def answered(page: Page, step: str) -> None:
    """The step stands in the address bar and on the page, with the focus and its answers."""
    expect(page).to_have_url(re.compile(rf"/book/{step}(\?.*)?$"))
    at(page, step)
    for name, value in BEN.answer(step).items():
        if step == "time":
            expect(page.locator("input[name=slot]:checked")).to_have_count(1)
        elif page.locator(f"[name={name}]").first.get_attribute("type") == "radio":
            expect(page.locator(f"[name={name}]:checked")).to_have_value(value)
        else:
            expect(page.locator(f"[name={name}]")).to_have_value(re.compile(value[-6:]))


def back_to(page: Page, step: str) -> None:
    for _ in range(3):  # a day that was looked at is a place in the history, too
        page.go_back()
        if re.search(rf"/{step}\b", page.url):
            break
    answered(page, step)


def test_back_and_forward_show_each_step_as_it_was_answered_and_in_the_end_no_question(page):
    """Reloads and typed addresses: `tests/customer_walkthrough/test_finding_the_way_back.py`."""
    walk(page, BEN, until="review")
    for step in reversed(STEPS[:-1]):
        back_to(page, step)
    while not page.url.endswith("/review"):
        page.go_forward()
        at(page, re.search(r"/book/(\w+)", page.url)[1])
    take(page, BEN, "review")
    page.go_back()
    at(page, "done")


def test_a_page_of_the_release_before_becomes_one_of_today_with_the_next_step(tab_at):
    page = tab_at("details", BEN)
    page.evaluate("document.querySelector('[name=answer_version]').name = 'seen'")
    page.evaluate("window.isStillOpen = true")
    take(page, BEN, "details")
    wait_until(page, "window.isStillOpen === undefined")
    at(page, "review")
