"""The first step stands in the page, for a tab that has no id yet; any other never shows it."""

import re
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.browser.wizard import answer, at, go_on
from tests.customer_walkthrough.visits import ADA
from tests.fixtures.browsers import intercept

LATE = ("**/tab-session.js*", "**/booking.js*", "**/htmx*.js*")
WATCH = """
window.steps = [];
new MutationObserver(() => {
  const step = document.querySelector("[data-step]")?.dataset.step;
  if (step && step !== steps.at(-1)) steps.push(step);
}).observe(document, { childList: true, subtree: true });
"""


@pytest.fixture
def tab(context):
    """A tab that has asked for nothing yet and watches what it shows; `asked` are its fragments."""
    page = context.new_page()
    page.add_init_script(WATCH)
    page.asked = []
    page.on("request", lambda one: page.asked.append(one.url) if "/form" in one.url else None)
    return page


@contextmanager
def scripts_held_back(page):
    """All scripts but the one that shows the first step come only afterwards."""
    held = []
    for script in LATE:
        intercept(page, script, lambda route: held.append(route))  # noqa: PLW0108 - is given a name
    yield
    for script in LATE:
        intercept(page, script, lambda route: route.continue_())  # from now on
    for route in held:
        route.continue_()


def test_a_new_tab_shows_the_first_step_without_asking_for_it(tab):
    tab.goto("/book/")
    at(tab, "service")
    expect(tab).to_have_title(re.compile("What would you like to book.*Test Shop"))
    expect(tab.locator("#announcer")).to_have_text("Step 1 of 5. What would you like to book?")
    expect(tab.locator("form.sb-clear")).to_be_visible()
    assert tab.evaluate("document.activeElement === document.body")
    assert tab.asked == []


def test_what_is_pressed_before_the_scripts_are_there_is_kept_and_leads_on(tab):
    with scripts_held_back(tab):
        tab.goto("/book/", wait_until="commit")
        answer(tab, ADA, "service")
        go_on(tab)
        expect(tab.locator("#step .sb-actions button")).to_be_disabled()
        expect(tab.get_by_text("This takes longer than it should")).to_have_count(1)
        assert tab.asked == []
    at(tab, "staff")
    assert [url.partition("/book/")[2] for url in tab.asked] == ["service/form"]
    tab.reload()
    at(tab, "staff")


def test_a_tab_that_has_an_id_never_shows_it(tab):
    tab.goto("/book/")
    at(tab, "service")
    answer(tab, ADA, "service")
    go_on(tab)
    at(tab, "staff")
    tab.goto("/book/")
    with scripts_held_back(tab):
        tab.reload(wait_until="commit")
        expect(tab.get_by_text("One moment")).to_be_visible()
        assert tab.evaluate("steps") == []
    at(tab, "staff")
    assert tab.evaluate("steps") == ["staff"]
