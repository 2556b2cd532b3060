"""What a whole booking leaves in the browser: one opaque id, and nothing else."""

import json
import re

from playwright.sync_api import Page, expect

from tests.browser.wizard import assert_booked, at, take, walk
from tests.customer_walkthrough.visits import ADA, BEN, STEPS

EVERYTHING = """async () => ({
    local: {...localStorage},
    session: {...sessionStorage},
    databases: (await indexedDB.databases()).map((each) => each.name),
    caches: await caches.keys(),
    workers: (await navigator.serviceWorker.getRegistrations()).length,
    name: window.name,
    history: history.state,
})"""

BLOCKED = """Object.defineProperty(window, "sessionStorage", {
    get() { throw new DOMException("The user says no", "SecurityError"); },
});"""


def left_in(page: Page) -> dict:
    return page.evaluate(EVERYTHING)


def test_the_browser_keeps_one_opaque_id_and_nothing_else(page, context):
    walk(page, BEN)
    left = left_in(page)
    [tab_id] = left.pop("session").values()
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", tab_id)
    assert left.pop("history") in (None, {"htmx": True})
    assert not any(left.values()), left
    assert context.cookies() == []


def test_nothing_personal_is_in_any_address_the_browser_asked_for(context):
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/book/")
    walk(page, BEN)
    typed = [*BEN.answer("details").values(), BEN.staff, BEN.service]
    assert asked
    assert [word for word in typed if word in json.dumps(asked)] == []


def test_pages_may_not_be_kept_by_caches(context):
    page, policies = context.new_page(), {}
    page.on(
        "response",
        lambda answer: policies.update({answer.url: answer.headers.get("cache-control")}),
    )
    page.goto("/book/")
    walk(page, ADA)
    wizard = {url: policy for url, policy in policies.items() if re.search(r"/book/[^.]*$", url)}
    assert len(wizard) > len(STEPS)
    assert set(wizard.values()) == {"no-store"}


def test_with_storage_blocked_a_booking_works_and_the_page_says_what_a_reload_does(
    context_of, live_server
):
    context = context_of()
    context.add_init_script(BLOCKED)
    page = context.new_page()
    page.goto("/book/")
    take(page, ADA, "service")
    expect(page.get_by_text("a reload starts over")).to_be_visible()
    for step in STEPS[1:]:
        take(page, ADA, step)
    assert_booked(live_server.app, {page: ADA})
    page.reload()
    at(page, "service")


def test_without_javascript_the_page_says_how_to_reach_the_shop(context_of):
    page = context_of(java_script_enabled=False).new_page()
    page.goto("/book/")
    main = page.locator("main")
    expect(main.get_by_role("link", name="+351 21 000 00 00")).to_be_visible()
    expect(main.get_by_role("link", name="shop@example.com")).to_be_visible()
    expect(main.locator(".sb-no-script")).to_contain_text("JavaScript")
