"""What is typed and not sent yet: it is there after a refresh, and saving it disturbs nobody."""

import re

from playwright.sync_api import expect

from tests.browser.test_history import answered
from tests.browser.wizard import answer, at, go_on, take
from tests.customer_walkthrough.visits import ADA, BEN
from tests.fixtures.browsers import intercept, until

TYPED = re.compile(r"/details/typed$")
HIDE = """() => {
  Object.defineProperty(document, "hidden", { value: true, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
  delete document.hidden;
}"""
WATCH = """() => {
  const over = (heard) => document.addEventListener("htmx:finally:request", heard, { once: true });
  window.isOver = new Promise(over).then(() => true);
}"""


def saved(page, last=""):
    """`with saved(page):` waits until what was typed inside, `last` with it, is on the server."""
    return page.expect_response(
        lambda heard: TYPED.search(heard.url) and last in heard.request.post_data
    )


def test_what_was_typed_in_the_moment_before_leaving_is_there_again(tab_at, caplog):
    page = tab_at("details", BEN)
    name = page.locator("[name=name]")
    name.fill("Ben")
    page.reload()
    expect(name).to_have_value("Ben")
    name.fill("Ben Ok")
    page.goto("about:blank")
    until(page, lambda: caplog.text.count("/details/typed") > 1)
    page.go_back()
    expect(name).to_have_value("Ben Ok")
    name.fill("Ben Okri")
    with saved(page):  # as a telephone says that another app is looked at
        page.evaluate(HIDE)


def test_more_time_does_not_pass_for_a_save(tab_at, complaints):
    def fail_in_pauses(route):
        route.abort() if "hx-source" in route.request.headers else route.continue_()

    page = tab_at("details", BEN)
    intercept(page, TYPED, fail_in_pauses)  # so that only what is sent on the way out is left
    page.locator("[name=name]").press_sequentially("Ben")
    with page.expect_response(re.compile("/hold/extension$")):
        page.get_by_role("button", name="More time").click()
    expect(page.locator(".sb-hold-clock")).to_have_text(re.compile("^1[0-9]|^20"))
    with saved(page):
        page.evaluate(HIDE)
    page.close()  # a save that was to fail may still be under way
    complaints.clear()


def test_every_kind_of_field_is_there_after_f5_and_the_focus_stays_where_it_was_sent(tab_at):
    page = tab_at("details", BEN)
    name = page.locator("[name=name]")
    with saved(page) as sent:
        name.press_sequentially("Ben Ok")
    assert sent.value.status == 204
    expect(name).to_be_focused()
    with saved(page, last="912"):
        answer(page, BEN, "details")
    page.reload()
    answered(page, "details")
    take(page, BEN, "details")


def test_what_was_typed_is_there_after_a_link_to_another_step_at_once(tab_at):
    page = tab_at("details", ADA)
    name = page.locator("[name=name]")
    for link, step in ((".sb-back", "time"), ("#stage-service", "service")):
        name.fill(f"Ada of {step}")
        with saved(page):
            page.locator(link).click()
        at(page, step)
        page.goto("/book/details")
        expect(name).to_have_value(f"Ada of {step}")


def test_nothing_is_saved_any_more_once_the_form_is_sent(tab_at):
    page, posts = tab_at("details", ADA), []
    page.on("request", lambda request: posts.extend([request.url] * (request.method == "POST")))
    answer(page, ADA, "details")
    go_on(page)
    at(page, "review")
    page.wait_for_timeout(1500)
    assert posts[-1].endswith("/details/form")


def test_a_save_that_fails_says_nothing_and_leaves_the_focus(tab_at, complaints):
    """Nor one that is refused, as after the booking; one that comes too late does no harm:
    `tests/customer/test_typed_text.py`."""
    page = tab_at("details", ADA)
    note = page.locator("[name=note]")
    for failure in (lambda route: route.abort(), lambda route: route.fulfill(status=503)):
        intercept(page, TYPED, failure)
        page.evaluate(WATCH)
        note.press_sequentially("x")
        note.dispatch_event("change")  # so that it is saved soon
        assert page.evaluate("isOver")
        expect(note).to_be_focused()
        expect(page.get_by_role("alert")).to_have_count(0)
        page.unroute(TYPED)
    answer(page, ADA, "details")
    go_on(page)
    at(page, "review")
    complaints.clear()


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
