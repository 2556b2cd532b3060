"""Each host of stack.py as a visitor meets it, from the first page to a booking and its link."""

import re
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.wizard import answer, go_on, walk
from tests.conftest import served
from tests.customer_walkthrough.visits import ADA
from tests.fixtures.browsers import ears, lent, wait_until
from tests.hosts.stack import HOSTS, RARE, Site

pytestmark = pytest.mark.browser
SHEETS = "[...document.styleSheets].map((each) => each.href).join(' ')"


@pytest.fixture(scope="module")
def street() -> Iterator[SimpleNamespace]:
    """One server, in which one host after the other moves."""
    street = SimpleNamespace(site=None)

    def answer(environ, start):
        return street.site.wsgi(environ, start)

    with served(answer) as server:
        street.port = int(server.url.rpartition(":")[2])
        yield street


@pytest.fixture(scope="module")
def visitor(browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    context.new_page()
    yield context
    context.close()


@pytest.fixture
def context(visitor, complaints) -> Iterator[BrowserContext]:
    with lent(visitor, ears(complaints)) as context:
        yield context


def pass_the_log_in(page: Page, site: Site) -> None:
    if site.log_in is not None:
        for field, value in site.log_in.items():
            page.fill(f"[name={field}]", value)
        page.locator("button, [type=submit]").last.click()


# Of each fragment the toolbar says that it found no page to stand in.
@pytest.mark.filterwarnings("ignore:Could not insert debug toolbar")
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.extra] * (name in RARE)) for name in HOSTS]
)
def test_the_wizard_and_a_page_of_the_hosts_beside_it(
    name, street, context, complaints, loaded_sqlite_url
):
    site = street.site = HOSTS[name](loaded_sqlite_url, street.port)
    root = f"http://{site.name}:{street.port}"
    page = context.new_page()
    page.goto(root + site.wizard)
    pass_the_log_in(page, site)
    walk(page, ADA)
    link = page.locator(".sb-keep-link").get_attribute("href")
    assert link.startswith(f"{root}{site.wizard}appointment/")
    assert page.goto(link).status == 200
    page.goto(root + site.notes)
    expect(page.locator("#note p")).to_have_text("(nothing)")
    page.fill("[name=text]", "milk")
    page.click("#note button")
    expect(page.locator("#note p")).to_have_text("milk")
    page.reload()
    expect(page.locator("#note p")).to_have_text("milk")
    page.close()  # what it complains of is known by now
    if site.forgiven:
        complaints[:] = [each for each in complaints if not re.search(site.forgiven, each)]


def test_what_is_fetched_late_has_the_nonce_of_a_hosts_policy(street, context, loaded_sqlite_url):
    site = street.site = HOSTS["policy_of_the_hosts"](loaded_sqlite_url, street.port)
    page = context.new_page()
    page.goto(f"http://{site.name}:{street.port}{site.wizard}")
    for step in ("service", "staff"):
        answer(page, ADA, step)
        go_on(page)
    wait_until(page, "() => window.GoneTimes")
    assert "live-times.css" not in page.evaluate(SHEETS)
    page.evaluate("GoneTimes.looksReady()")
    assert "live-times.css" in page.evaluate(SHEETS)
