"""What the scripts do: focus, titles, announcements, the countdown, words for trouble."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.browsers import intercept
from tests.front_end.conftest import look_at

pytestmark = pytest.mark.browser

DETAILS, REVIEW = "**/book/details/form", "**/book/review/form"
SMALL = {"width": 360, "height": 640}
CHANGES = (
    ("E-mail address", "details", "#field-email"),
    ("Where should we spend the time?", "details", "[value='Back and shoulders']"),
    ("Person", "staff", "[value=tomas]"),
    ("Time", "time", "[name=slot]:checked"),
)
LEAVE = "dispatchEvent(new Event('beforeunload'))"
PRESS = """selector => {
  addEventListener("click", (event) => event.preventDefault(), { once: true });
  document.querySelector(selector).click();
}"""
REFUSE = "() => { throw new DOMException('The operation is insecure.', 'SecurityError'); }"
NO_CHANNEL = (
    "delete window.BroadcastChannel",
    f"BroadcastChannel = new Proxy(class {{}}, {{ construct: {REFUSE} }})",
)


def go_on(window: Page) -> None:
    window.locator("form .sb-button").first.click()


def said(window: Page, text: str) -> None:
    expect(window.locator("#announcer")).to_contain_text(text)


def test_errors_take_the_focus_and_lead_to_their_field_without_a_place_in_history(visit, answer):
    """A step that was loaded with its page took none, and named the tab."""
    window = visit("details")
    expect(window).to_have_title("Who is coming? \N{EN DASH} Maré Movement Studio")
    expect(window.locator("body")).to_be_focused()
    said(window, "Step 4 of 5.")
    answer(window, DETAILS, "details-errors", status=422)
    resized = "note => { note.style.height = '300px'; }"  # as dragging its corner does
    window.locator("#field-note").evaluate(resized)
    go_on(window)
    expect(window.get_by_role("alert")).to_be_focused()
    expect(window).to_have_title("Error: Who is coming? \N{EN DASH} Maré Movement Studio")
    assert window.locator("[style]").count() == 0, "a swap copies no style from the step before"
    before = window.evaluate("history.length"), window.url
    window.get_by_role("alert").get_by_role("link").first.click()
    expect(window.locator("#field-email")).to_be_focused()
    assert (window.evaluate("history.length"), window.url) == before
    window.unroute(DETAILS)
    answer(window, DETAILS, "review")
    go_on(window)
    expect(window).to_have_title("Is everything right? \N{EN DASH} Maré Movement Studio")


def test_a_day_takes_the_focus_to_its_times_and_a_month_keeps_it(visit, answer):
    window = visit("time-elsewhere", viewport=SMALL)
    answer(window, "**/book/time/form?day=*", "time-elsewhere")
    answer(window, "**/book/time/form?month=*", "time-elsewhere")
    window.locator("#day-2026-12-15").click()
    expect(window.locator("h2#day")).to_be_focused()
    expect(window.locator("h2#day")).to_be_in_viewport()
    expect(window.locator("#announcer")).to_have_text("13 free times")
    assert window.url.endswith("/book/time?day=2026-12-15")
    window.locator("#next-month").click()
    expect(window.locator("#next-month")).to_be_focused()
    said(window, "December 2026. First free day: Friday 11 December 2026, 13 free times.")


def test_the_next_step_begins_at_the_top_with_the_focus_on_its_heading(visit, answer):
    window = visit("details", viewport=SMALL)
    answer(window, DETAILS, "review")
    window.locator("#field-email").press("Enter")
    expect(window.get_by_role("heading", level=1)).to_be_focused()
    expect(window).to_have_title("Is everything right? \N{EN DASH} Maré Movement Studio")
    said(window, "Step 5 of 5. Your time is kept")
    assert window.evaluate("scrollY") == 0


def test_change_leads_to_the_very_field(visit, answer):
    window = visit("review", viewport=SMALL)
    for row, step, focused in CHANGES:
        answer(window, f"**/book/{step}/form", step)
        window.get_by_role("link", name=f"Change {row}").click()
        expect(window.locator(focused)).to_be_focused()
        expect(window.locator(focused)).to_be_in_viewport()
        look_at(window, "review")


def test_a_step_that_cannot_go_on_takes_the_focus_to_its_heading(visit, answer):
    window = visit("details")
    answer(window, DETAILS, "gone", status=410)
    go_on(window)
    expect(window.get_by_role("heading", level=1)).to_be_focused()


def test_on_a_phone_the_countdown_and_its_button_share_a_line(visit):
    window = visit("details")
    words, button = window.locator(".sb-hold-words"), window.locator("#more-time")
    for width in (320, 360, 390):
        window.set_viewport_size({"width": width, "height": 700})
        left, right = words.bounding_box(), button.bounding_box()
        assert right["x"] >= left["x"] + left["width"]
        assert window.locator("#hold").bounding_box()["height"] <= 72


def test_the_sentence_about_the_first_hold_has_the_width_of_a_phone(visit):
    window = visit("details-first-hold", viewport={"width": 360, "height": 700})
    hold, words = window.locator("#hold"), window.locator(".sb-hold-first")
    assert words.bounding_box()["width"] > 0.8 * hold.bounding_box()["width"]


def test_every_request_tells_the_zone(visit, answer):
    window = visit("details", timezone_id="Asia/Kathmandu")
    requests = answer(window, DETAILS, "review")
    go_on(window)
    expect(window.locator("[data-step=review]")).to_be_visible()
    told = requests[0].request.headers["tab-time-zone"]
    assert told in ("Asia/Kathmandu", "Asia/Katmandu")


def test_a_preselected_answer_is_posted_once(visit, answer, gallery_url):
    window = visit("service-preselected")
    expect(window.get_by_role("alert")).to_be_visible()  # nobody answers /book/ in the gallery
    answers = answer(window, "**/book/service/form", "service-preselected")
    go_on(window)
    expect(window.get_by_role("alert")).to_have_count(0)
    window.wait_for_timeout(200)
    (sent,) = [parse_qs(each.request.post_data) for each in answers]
    assert (sent["staff"], sent["service"]) == (["tomas"], ["sports-massage"])


def test_two_clicks_send_one_answer(visit, answer):
    window = visit("review")
    answers = answer(window, REVIEW, "done")
    window.locator("form .sb-button").dblclick()
    expect(window.locator("[data-step=done]")).to_be_visible()
    assert len(answers) == 1


def test_the_countdown_runs_warns_and_ends_without_taking_anything_away(visit):
    window = visit("details-hold-late", clock=True)
    clock, hold = window.locator(".sb-hold-clock"), window.locator("#hold")
    expect(clock).to_have_text("2:02")
    window.locator("#field-email").fill("zoe@example.com")
    window.clock.run_for(3000)
    expect(clock).to_have_text("1:59")
    said(window, "two more minutes")
    window.clock.run_for(120_000)
    expect(hold).to_contain_text("no longer held. You can still go on")
    expect(clock).not_to_be_visible()
    said(window, "no longer held")
    expect(window.locator("#field-email")).to_have_value("zoe@example.com")


def test_a_hold_runs_on_while_the_computer_sleeps_and_a_clock_set_back_gives_nothing(visit):
    window = visit("details-hold-late", clock=True)
    now = window.evaluate("Date.now() / 1000")
    window.clock.run_for(1000)
    for minutes, shown in ((-60, "2:01"), (1, "1:02"), (60, "no longer held")):
        # The clock alone goes on, as in sleep: timers and performance.now stand still.
        window.clock.set_system_time(now + minutes * 60)
        window.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(window.locator("#hold")).to_contain_text(shown)


def test_more_time_changes_the_countdown_alone_and_the_last_of_it_keeps_the_focus(visit, answer):
    window = visit("details-hold-late")
    answer(window, "**/book/hold/extension", "hold")
    window.locator("#field-email").fill("zoe@example.com")
    window.locator("#more-time").click()
    expect(window.locator(".sb-hold-clock")).to_have_text("19:00")
    expect(window.locator("#more-time")).to_be_focused()
    expect(window.locator("#field-email")).to_have_value("zoe@example.com")
    said(window, "Held for you: 19 minutes")
    answer(window, "**/book/hold/extension", "hold-refused")
    window.locator("#more-time").click()
    expect(window.locator("#hold")).to_be_focused()
    expect(window.get_by_role("alert")).to_contain_text("cannot be held any longer")


def test_offline_nothing_is_lost_and_the_next_try_works(visit, answer):
    window = visit("details")
    window.locator("#field-email").fill("zoe@example.com")
    intercept(window, DETAILS, lambda route: route.abort())
    go_on(window)
    expect(window.get_by_role("alert")).to_contain_text("Nothing is lost")
    expect(window.get_by_role("alert")).to_be_focused()
    expect(window.locator("#field-email")).to_have_value("zoe@example.com")
    window.unroute(DETAILS)
    answer(window, DETAILS, "review")
    go_on(window)
    expect(window.locator("[data-step=review]")).to_be_visible()
    expect(window.get_by_role("alert")).to_have_count(0)


@contextmanager
def cut_off(window: Page) -> Iterator[None]:
    """Send the step, and cut its answer off after what is done inside, as browsers do who leave."""
    under_way = []
    # Playwright marks its handlers, and a method of a list cannot be marked.
    intercept(window, DETAILS, lambda route: under_way.append(route))  # noqa: PLW0108
    with window.expect_request(DETAILS):
        go_on(window)
    yield
    under_way[0].abort()
    expect(window.locator("form .sb-button").first).to_be_enabled()
    window.unroute(DETAILS)


def test_nothing_is_said_while_the_page_is_being_left_and_all_of_it_if_it_stays(visit):
    window = visit("details", clock=True)
    with cut_off(window):
        window.evaluate(LEAVE)
    expect(window.get_by_role("alert")).to_have_count(0)
    window.clock.run_for(10_000)  # Stop was pressed
    expect(window.get_by_role("alert")).to_be_focused()


def test_who_comes_back_tries_again_or_follows_a_link_that_leaves_no_page_has_not_left(
    visit, answer
):
    window = visit("details")
    alert = window.get_by_role("alert")
    with cut_off(window):
        window.evaluate(LEAVE)
        window.evaluate("dispatchEvent(new Event('pageshow'))")
    expect(alert).to_be_focused()
    window.evaluate("document.body.append(document.createElement('a'))")
    window.evaluate("Object.assign(document.body.lastChild, { href: '/file', download: 'a.ics' })")
    for link in ("a[href^='mailto:']", "a[download]"):
        alert.evaluate("each => each.remove()")
        with cut_off(window):
            window.evaluate(PRESS, link)
            window.evaluate(LEAVE)
        expect(alert).to_be_focused()
    window.evaluate(LEAVE)
    answer(window, DETAILS, "", status=503)
    go_on(window)
    expect(alert).to_contain_text("could not save")


def test_the_way_to_leave_nothing_behind_is_there_with_the_step_and_not_before(visit):
    window = visit("details")
    clear = window.get_by_role("button", name="Finish and clear")
    expect(clear).to_be_visible()
    intercept(window, "**/fragment/*", lambda route: route.abort())
    window.reload()
    again = window.get_by_role("alert").get_by_role("link")
    expect(again).to_have_attribute("href", window.url)
    expect(clear).not_to_be_visible()


def test_fields_are_as_high_as_what_is_typed_in_them_and_no_telephone_zooms_in(visit):
    window = visit("details", viewport={"width": 320, "height": 640})
    assert window.locator("#field-note").bounding_box()["height"] >= 112  # seven lines of 16 px
    sizes = "() => [...document.querySelectorAll('input, select, textarea')]\
      .map(each => parseFloat(getComputedStyle(each).fontSize))"
    assert min(window.evaluate(sizes)) >= 16
    assert min(look_at(window, "time").evaluate(sizes)) >= 16


def test_the_way_on_never_hides_what_has_the_focus(visit):
    window = visit("service", viewport={"width": 320, "height": 640})
    for card in window.get_by_role("radio").all():
        card.focus()
        box, bar = card.bounding_box(), window.locator(".sb-actions").bounding_box()
        assert box["y"] < bar["y"]


@pytest.mark.parametrize("script", NO_CHANNEL, ids=["old browsers", "all data blocked"])
def test_without_a_channel_between_tabs_there_is_a_step_all_the_same(visit, script):
    expect(visit("details", script=script).locator("#field-email")).to_be_visible()
