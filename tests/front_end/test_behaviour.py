"""What the scripts do: focus, titles, announcements, the countdown, words for trouble."""

from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

DETAILS, REVIEW = "**/book/details/form", "**/book/review/form"


def go_on(window: Page) -> None:
    window.locator("form .sb-button").first.click()


def said(window: Page, text: str) -> None:
    expect(window.locator("#announcer")).to_contain_text(text)


def test_the_first_step_leaves_the_focus_alone_and_names_the_tab(visit):
    window = visit("details")
    expect(window).to_have_title("Who is coming? \N{EN DASH} Maré Movement Studio")
    expect(window.locator("body")).to_be_focused()
    said(window, "Step 4 of 5.")


def test_the_next_step_takes_the_focus_to_its_heading(visit, answer):
    window = visit("details")
    answer(window, DETAILS, "review")
    window.locator("#field-email").press("Enter")
    expect(window.get_by_role("heading", level=1)).to_be_focused()
    expect(window).to_have_title("Is everything right? \N{EN DASH} Maré Movement Studio")
    said(window, "Step 5 of 5. Your time is kept")


def test_errors_take_the_focus_and_lead_to_their_field_without_a_place_in_history(visit, answer):
    window = visit("details")
    answer(window, DETAILS, "details-errors", status=422)
    go_on(window)
    expect(window.get_by_role("alert")).to_be_focused()
    expect(window).to_have_title("Error: Who is coming? \N{EN DASH} Maré Movement Studio")
    before = window.evaluate("history.length"), window.url
    window.get_by_role("alert").get_by_role("link").first.click()
    expect(window.locator("#field-email")).to_be_focused()
    assert (window.evaluate("history.length"), window.url) == before
    window.unroute(DETAILS)
    answer(window, DETAILS, "review")
    go_on(window)
    expect(window).to_have_title("Is everything right? \N{EN DASH} Maré Movement Studio")


@pytest.mark.parametrize(
    ("row", "step", "focused"),
    [
        ("E-mail address", "details", "#field-email"),
        ("Where should we spend the time?", "details", "[value='Back and shoulders']"),
        ("Person", "staff", "[value=tomas]"),
        ("Time", "time", "[name=slot]:checked"),
    ],
)
def test_change_leads_to_the_very_field(visit, answer, row, step, focused):
    window = visit("review", viewport={"width": 360, "height": 640})
    answer(window, f"**/book/{step}/form", step)
    window.get_by_role("link", name=f"Change {row}").click()
    expect(window.locator(focused)).to_be_focused()
    expect(window.locator(focused)).to_be_in_viewport()


def test_a_day_takes_the_focus_to_its_times_and_a_month_keeps_it(visit, answer):
    window = visit("time-elsewhere")
    answer(window, "**/book/time/form?day=*", "time-elsewhere")
    answer(window, "**/book/time/form?month=*", "time-elsewhere")
    window.locator("#day-2026-12-15").click()
    expect(window.locator("h2#day")).to_be_focused()
    expect(window.locator("#announcer")).to_have_text("13 free times")
    assert window.url.endswith("/book/time?day=2026-12-15")
    window.locator("#next-month").click()
    expect(window.locator("#next-month")).to_be_focused()
    said(window, "December 2026. First free day: Friday 11 December 2026, 13 free times.")


def test_a_month_without_free_times_says_where_the_next_one_is(visit, answer):
    window = visit("time")
    answer(window, "**/book/time/form?month=*", "time-full-month")
    window.locator("#next-month").click()
    said(window, "December 2026. Next free day: Friday 1 January")


def test_a_step_that_cannot_go_on_takes_the_focus_to_its_heading(visit, answer):
    window = visit("details")
    answer(window, DETAILS, "gone", status=410)
    go_on(window)
    expect(window.get_by_role("heading", level=1)).to_be_focused()


@pytest.mark.parametrize("width", [320, 360, 390])
def test_on_a_phone_the_countdown_and_its_button_share_a_line(visit, width):
    window = visit("details", viewport={"width": width, "height": 700})
    words, button = window.locator(".sb-hold-words"), window.locator("#more-time")
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


@pytest.mark.parametrize(("minutes", "shown"), [(-60, "2:01"), (1, "1:02"), (60, "no longer held")])
def test_a_hold_runs_on_while_the_computer_sleeps_and_a_clock_set_back_gives_nothing(
    visit, minutes, shown
):
    window = visit("details-hold-late", clock=True)
    now = window.evaluate("Date.now() / 1000")
    window.clock.run_for(1000)
    # The clock alone goes on, as in sleep: timers and performance.now stand still.
    window.clock.set_system_time(now + minutes * 60)
    window.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(window.locator("#hold")).to_contain_text(shown)


def test_more_time_changes_the_countdown_alone(visit, answer):
    window = visit("details-hold-late")
    answer(window, "**/book/hold/extension", "hold")
    window.locator("#field-email").fill("zoe@example.com")
    window.locator("#more-time").click()
    expect(window.locator(".sb-hold-clock")).to_have_text("19:00")
    expect(window.locator("#more-time")).to_be_focused()
    expect(window.locator("#field-email")).to_have_value("zoe@example.com")
    said(window, "Held for you: 19 minutes")


def test_the_last_extension_does_not_lose_the_focus(visit, answer):
    window = visit("details-hold-late")
    answer(window, "**/book/hold/extension", "hold-refused")
    window.locator("#more-time").click()
    expect(window.locator("#hold")).to_be_focused()
    expect(window.get_by_role("alert")).to_contain_text("cannot be held any longer")


def test_offline_nothing_is_lost_and_the_next_try_works(visit, answer):
    window = visit("details")
    window.locator("#field-email").fill("zoe@example.com")
    window.route(DETAILS, lambda route: route.abort())
    go_on(window)
    expect(window.get_by_role("alert")).to_contain_text("Nothing is lost")
    expect(window.get_by_role("alert")).to_be_focused()
    expect(window.locator("#field-email")).to_have_value("zoe@example.com")
    window.unroute(DETAILS)
    answer(window, DETAILS, "review")
    go_on(window)
    expect(window.locator("[data-step=review]")).to_be_visible()
    expect(window.get_by_role("alert")).to_have_count(0)


LEAVE = "dispatchEvent(new Event('beforeunload'))"
PRESS = """selector => {
  addEventListener("click", (event) => event.preventDefault(), { once: true });
  document.querySelector(selector).click();
}"""


@pytest.fixture
def cut_off(visit):
    """A step whose answer is under way, and the way to cut it off, as browsers do who leave."""
    window, under_way = visit("details", clock=True), []
    # Playwright marks its handlers, and a method of a list cannot be marked.
    window.route(DETAILS, lambda route: under_way.append(route))  # noqa: PLW0108
    with window.expect_request(DETAILS):
        go_on(window)

    def cut() -> None:
        under_way[0].abort()
        expect(window.locator("form .sb-button").first).to_be_enabled()

    return window, cut


def test_nothing_is_said_while_the_page_is_being_left_and_all_of_it_if_it_stays(cut_off):
    window, cut = cut_off
    window.evaluate(LEAVE)
    cut()
    expect(window.get_by_role("alert")).to_have_count(0)
    window.clock.run_for(10_000)  # Stop was pressed
    expect(window.get_by_role("alert")).to_be_focused()


def test_who_comes_back_or_tries_again_has_not_left(cut_off, answer):
    window, cut = cut_off
    window.evaluate(LEAVE)
    window.evaluate("dispatchEvent(new Event('pageshow'))")
    cut()
    expect(window.get_by_role("alert")).to_be_focused()
    window.evaluate(LEAVE)
    window.unroute(DETAILS)
    answer(window, DETAILS, "", status=503)
    go_on(window)
    expect(window.get_by_role("alert")).to_contain_text("could not save")


@pytest.mark.parametrize("link", ["a[href^='mailto:']", "a[download]"])
def test_a_link_that_leaves_no_page_keeps_nothing_back(cut_off, link):
    window, cut = cut_off
    window.evaluate("document.body.append(document.createElement('a'))")
    window.evaluate("Object.assign(document.body.lastChild, { href: '/file', download: 'a.ics' })")
    window.evaluate(PRESS, link)
    window.evaluate(LEAVE)
    cut()
    expect(window.get_by_role("alert")).to_be_focused()


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (413, {"HX-Reswap": "none"}, "more text than this form can take"),
        (500, {}, "could not save"),
        (503, {"Retry-After": "1"}, "could not save"),
        (404, {}, "Something other than this booking answered"),
        (401, {}, "Something other than this booking answered"),
        (200, {}, "Something other than this booking answered"),
    ],
)
def test_a_page_that_is_not_a_step_never_takes_the_place_of_one(
    visit, answer, status, headers, words
):
    window = visit("details")
    answer(window, DETAILS, "", status=status, headers=headers)
    window.locator("#field-email").fill("zoe@example.com")
    go_on(window)
    expect(window.get_by_role("alert")).to_contain_text(words)
    expect(window.locator("#field-email")).to_have_value("zoe@example.com")
    expect(window.locator("form .sb-button")).to_be_enabled()


def test_a_step_that_never_arrives_offers_to_load_the_page_again(visit):
    window = visit("page")
    expect(window.get_by_role("alert").get_by_role("link")).to_have_attribute("href", window.url)


def test_blocked_storage_is_told_and_stays_told(visit, answer):
    window = visit("details")
    answer(window, DETAILS, "review")
    window.evaluate("document.dispatchEvent(new CustomEvent('tab-session:memory'))")
    note = window.get_by_text("This browser blocks storage")
    expect(note).to_be_visible()
    go_on(window)
    expect(window.locator("[data-step=review]")).to_be_visible()
    expect(note).to_be_visible()


def test_all_of_it_works_with_the_keyboard_alone(visit):
    window = visit("service")
    window.locator("#field-service").focus()
    window.keyboard.press("ArrowDown")
    expect(window.get_by_role("radio", name="Physiotherapy")).to_be_checked()
    window.keyboard.press("Tab")
    expect(window.get_by_role("button", name="Continue")).to_be_focused()


def test_the_way_to_leave_nothing_behind_is_there_with_the_step_and_not_before(visit, answer):
    window = visit("details")
    clear = window.get_by_role("button", name="Finish and clear")
    expect(clear).to_be_visible()
    answer(window, DETAILS, "cleared")
    go_on(window)
    expect(window.locator("[data-step=cleared]")).to_be_visible()
    expect(clear).not_to_be_visible()
    window.route("**/fragment/*", lambda route: route.abort())
    window.reload()
    expect(window.get_by_role("alert")).to_be_visible()
    expect(clear).not_to_be_visible()


def test_fields_are_as_high_as_what_is_typed_in_them_and_no_telephone_zooms_in(visit):
    window = visit("details", viewport={"width": 320, "height": 640})
    assert window.locator("#field-note").bounding_box()["height"] >= 112  # seven lines of 16 px
    sizes = "() => [...document.querySelectorAll('input, select, textarea')]\
      .map(each => parseFloat(getComputedStyle(each).fontSize))"
    assert min(window.evaluate(sizes)) >= 16
    other = visit("time", viewport={"width": 320, "height": 640})
    assert min(other.evaluate(sizes)) >= 16


def test_no_help_between_tabs_where_all_data_of_sites_is_blocked(visit):
    refuse = "() => { throw new DOMException('The operation is insecure.', 'SecurityError'); }"
    window = visit(
        "details", script=f"BroadcastChannel = new Proxy(class {{}}, {{ construct: {refuse} }})"
    )
    expect(window.locator("#field-email")).to_be_visible()


def test_the_way_on_never_hides_what_has_the_focus(visit):
    window = visit("service", viewport={"width": 320, "height": 640})
    for card in window.get_by_role("radio").all():
        card.focus()
        box, bar = card.bounding_box(), window.locator(".sb-actions").bounding_box()
        assert box["y"] < bar["y"]


def test_on_a_phone_a_chosen_day_brings_its_times_into_view(visit, answer):
    window = visit("time", viewport={"width": 360, "height": 640})
    answer(window, "**/book/time/form?day=*", "time")
    window.locator("#day-2026-12-04").click()
    expect(window.locator("h2#day")).to_be_focused()
    expect(window.locator("h2#day")).to_be_in_viewport()


def test_the_next_step_begins_at_the_top_of_the_page(visit, answer):
    window = visit("details", viewport={"width": 360, "height": 640})
    answer(window, DETAILS, "review")
    window.locator("form .sb-button").click()
    expect(window.get_by_role("heading", level=1)).to_be_focused()
    assert window.evaluate("scrollY") == 0


def test_a_swap_copies_no_style_from_the_step_before(visit, answer):
    window = visit("details")
    answer(window, DETAILS, "details-errors", status=422)
    resized = "note => { note.style.height = '300px'; }"  # as dragging its corner does
    window.locator("#field-note").evaluate(resized)
    go_on(window)
    expect(window.get_by_role("alert")).to_be_focused()
    assert window.locator("[style]").count() == 0
