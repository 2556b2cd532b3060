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


def test_a_booking_leaves_one_opaque_id_and_nothing_personal_in_any_address_or_cache(context):
    page, answers = context.new_page(), []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108
    page.goto("/book/")
    walk(page, BEN)
    left = left_in(page)
    [tab_id] = left.pop("session").values()
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", tab_id)
    assert left.pop("history") in (None, {"htmx": True})
    assert not any(left.values()), left
    assert context.cookies() == []
    addresses = [answer.request.url for answer in answers]
    typed = [*BEN.answer("details").values(), BEN.staff, BEN.service]
    assert [word for word in typed if word in json.dumps(addresses)] == []
    wizard = [answer for answer in answers if re.search(r"/book/[^.]*$", answer.url)]
    assert len(wizard) > len(STEPS)
    assert {answer.headers.get("cache-control") for answer in wizard} == {"no-store"}


def test_with_storage_blocked_a_booking_works_and_the_page_says_what_a_reload_does(
    context, live_server
):
    page = context.new_page()
    page.add_init_script(BLOCKED)
    page.goto("/book/")
    take(page, ADA, "service")
    expect(page.get_by_text("a reload starts over")).to_be_visible()
    for step in STEPS[1:]:
        take(page, ADA, step)
    assert_booked(live_server.app, {page: ADA})
    page.reload()
    at(page, "service")
