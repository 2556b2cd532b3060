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


def test_back_and_forward_show_each_step_as_it_was_answered(page):
    walk(page, BEN, until="review")
    for step in reversed(STEPS[:-1]):
        back_to(page, step)
        page.reload()
        answered(page, step)
    while not page.url.endswith("/review"):
        page.go_forward()
        at(page, re.search(r"/book/(\w+)", page.url)[1])
    take(page, BEN, "review")


def test_a_link_into_the_middle_opens_a_fresh_tab_at_the_first_step(page_of):
    page = page_of("/book/review")
    at(page, "service")
    expect(page).to_have_url(re.compile(r"/book/service$"))


def test_an_address_typed_into_the_tab_leads_to_its_step(tab_at):
    page = tab_at("review", BEN)
    page.goto("/book/staff")
    answered(page, "staff")
    page.goto("/book/")
    at(page, "review")


def test_after_the_last_step_back_shows_no_question_again(tab_at):
    page = tab_at("review", BEN)
    take(page, BEN, "review")
    page.go_back()
    at(page, "done")
    page.reload()
    at(page, "done")


def test_a_link_that_preselects_answers_by_itself_once(page_of):
    page = page_of("/book/?service=long&staff=ben")
    at(page, "time")
    page.reload()
    at(page, "time")
    page.go_back()
    at(page, "time")
    page.goto("/book/staff")
    answered(page, "staff")


def test_a_page_of_the_release_before_becomes_one_of_today_with_the_next_step(tab_at):
    page = tab_at("details", BEN)
    page.evaluate("document.querySelector('[name=answer_version]').name = 'seen'")
    page.evaluate("window.isStillOpen = true")
    take(page, BEN, "details")
    wait_until(page, "window.isStillOpen === undefined")
    at(page, "review")
