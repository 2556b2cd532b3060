"""What is typed and not sent yet: it is there after a refresh, and saving it disturbs nobody."""

import re

from playwright.sync_api import expect

from tests.browser.wizard import answer, at, go_on, take
from tests.customer_walkthrough.visits import ADA, BEN, bookings_in
from tests.fixtures.browsers import intercept

TYPED = re.compile(r"/details/typed$")
HIDE = """() => {
  Object.defineProperty(document, "hidden", { value: true, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
  delete document.hidden;
}"""


def saved(page):
    """`with saved(page):` waits until what was typed inside is on the server."""
    return page.expect_response(TYPED)


def test_what_was_typed_in_the_moment_before_leaving_is_there_again(tab_at):
    page = tab_at("details", BEN)
    name, note = page.locator("[name=name]"), page.locator("[name=note]")
    name.fill("Ben Ok")
    page.reload()
    expect(name).to_have_value("Ben Ok")
    note.fill("By the window")
    page.goto("about:blank")
    page.go_back()
    expect(note).to_have_value("By the window")
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
    name, note = page.locator("[name=name]"), page.locator("[name=note]")
    with saved(page) as answered:
        name.press_sequentially("Ben Ok")
    assert answered.value.status == 204
    expect(name).to_be_focused()
    with saved(page):
        answer(page, BEN, "details")
    with saved(page):
        page.locator("[name=question_first_visit][value=No]").check()
        note.focus()
    expect(note).to_be_focused()
    page.reload()
    expect(page.locator("[name=question_first_visit]:checked")).to_have_value("No")
    for name, value in BEN.answer("details").items():
        if name != "question_first_visit":
            expect(page.locator(f"[name={name}]")).to_have_value(value)
    take(page, BEN, "details")


def test_what_was_typed_is_there_after_the_back_link_at_once(tab_at):
    page = tab_at("details", ADA)
    page.locator("[name=name]").fill("Ada Love")
    with saved(page):
        page.locator(".sb-back").click()
    at(page, "time")
    go_on(page)
    at(page, "details")
    expect(page.locator("[name=name]")).to_have_value("Ada Love")
    page.locator("[name=name]").fill("Ada Lo")
    with saved(page):
        page.locator("#stage-service").click()
    at(page, "service")
    page.goto("/book/details")
    expect(page.locator("[name=name]")).to_have_value("Ada Lo")


def test_nothing_is_saved_any_more_once_the_form_is_sent(tab_at, live_server):
    page = tab_at("details", ADA)
    with saved(page):
        answer(page, ADA, "details")
    posts = []
    page.on("request", lambda request: posts.extend([request.url] * (request.method == "POST")))
    page.locator("[name=note]").fill(ADA.note)
    go_on(page)
    at(page, "review")
    page.wait_for_timeout(1500)
    assert posts[-1].endswith("/details/form")
    take(page, ADA, "review")
    assert len(bookings_in(live_server.app)) == 1


def test_a_save_that_fails_says_nothing_and_leaves_the_focus(tab_at, complaints):
    page = tab_at("details", ADA)
    note = page.locator("[name=note]")
    for failure in (lambda route: route.abort(), lambda route: route.fulfill(status=503)):
        intercept(page, TYPED, failure)
        with page.expect_request(TYPED):
            note.press_sequentially("x")
        page.wait_for_timeout(300)
        expect(note).to_be_focused()
        expect(page.get_by_role("alert")).to_have_count(0)
        page.unroute(TYPED)
    answer(page, ADA, "details")
    go_on(page)
    at(page, "review")
    complaints.clear()


def test_typing_on_after_the_booking_was_made_in_a_twin_is_quiet(context, tab_at, live_server):
    page, twin = tab_at("details", ADA), context.new_page()
    share_session(page, twin)
    for step in ("details", "review"):
        take(twin, ADA, step)
    page.bring_to_front()
    with saved(page) as answered:
        page.locator("[name=name]").press_sequentially("Ada")
    assert answered.value.status == 410
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator("[name=name]")).to_be_focused()
    assert len(bookings_in(live_server.app)) == 1


def share_session(page, twin) -> None:
    """Both windows on one tab session, as with an app that keeps its id in localStorage."""
    kept = page.evaluate("sessionStorage.getItem('tab-session /book/')")

    def with_that_id(route):
        route.continue_(headers=route.request.headers | {"tab-session": kept})

    intercept(twin, "**/form*", with_that_id)
    intercept(twin, "**/kept", with_that_id)
    twin.goto(page.url)
