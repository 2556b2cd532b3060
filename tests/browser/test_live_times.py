"""Free times that are looked at: nothing jumps, nothing that was chosen is lost, little is said."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from booking.testing import TabClient
from booking.testing.plugin import booking_clock
from tests.browser.wizard import BEGIN_WITH, KEPT_UNDER, at, go_on
from tests.customer.walks import at_details
from tests.customer_walkthrough.visits import ADA
from tests.fixtures.axe import violations_by_day_and_night
from tests.fixtures.browsers import wait_until

FIXTURES = (booking_clock,)
MONDAY, DAY = datetime(2027, 3, 1, 8, tzinfo=UTC), "2027-03-03"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
NEWS, NONE_LEFT = "Times came free: show them", "All gone: show what is free"
CHOSEN_GONE = "The time you chose has just gone."
# Where everything is that somebody may be looking at or about to press.
PLACES = """() => {
    const places = "#step :is(h1, h2, p, td, .sb-chip, legend, button:not(#news), details)";
    return [...document.querySelectorAll(places)].map((each) => each.getBoundingClientRect())
        .map(({ x, y, width, height }) => [x, y, width, height]);
}"""
# How much there is around the button, that of the calendar and of the day's heading.
ROOM = """() => {
    const [news, calendar, day] = ["#news", ".sb-calendar", "#day"]
        .map((place) => document.querySelector(place).getBoundingClientRect());
    return { above: news.top - calendar.bottom, below: day.top - news.bottom,
             beside: day.left - news.right, right: window.innerWidth - news.right };
}"""
# As a browser does where another tab is in front; one without a screen does not.
HIDDEN = """(isHidden) => {
    Object.defineProperty(document, "hidden", { value: Boolean(isHidden), configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
SHIFTS = """
window.shifts = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifts += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


def slot(clock: str, day: str = DAY) -> str:
    return f"{day}T{clock}Z"


@pytest.fixture(autouse=True)
def on_a_monday(booking_clock) -> None:
    booking_clock.set(MONDAY)


@pytest.fixture
def looking(tab_at) -> Page:
    """A tab that looks at the times of Ana's Wednesday."""
    return looking_at(tab_at("time", ADA, query=f"?day={DAY}"))


def looking_at(page: Page) -> Page:
    wait_until(page, "() => window.LiveTimes")
    return page


@pytest.fixture
def take(live_server):
    """`take("10:00")`: somebody else's tab holds that time; `.post("clear")` lets go of it."""

    def held(clock: str, day: str = DAY) -> TabClient:
        tab = at_details(live_server.app, slot(clock, day), staff="ana")
        assert tab.step == "details", tab
        return tab

    return held


def engine_of(live_server):
    return live_server.app.extensions["booking"].engine


def ask(page: Page) -> None:
    """Do not wait for the pause."""
    with page.expect_response(lambda answer: "tab-live" in answer.request.headers):
        page.evaluate("TabLive.ask()")


def radio(page: Page, clock: str):
    return page.locator(f"#shown-times [value='{slot(clock)}']")


def chip(page: Page, clock: str):
    return page.locator("#shown-times .sb-chip", has=page.locator(f"[value='{slot(clock)}']"))


def announced(page: Page):
    return page.locator("#announcer")


def test_of_two_browsers_one_takes_a_time_and_the_other_sees_it_go_by_itself(looking, context_of):
    other = context_of().new_page()
    other.goto("/book/service")
    for name, value in (("service", "short"), ("staff", "ana")):
        other.locator(f"[name={name}][value={value}]").check()
        go_on(other)
    at(other, "time")
    other.goto(f"/book/time?day={DAY}")
    radio(other, "09:30").check()
    go_on(other)
    at(other, "details")
    looking.bring_to_front()
    expect(radio(looking, "09:30")).to_be_disabled(
        timeout=60_000
    )  # as long as a pause, a few times
    expect(chip(looking, "09:30")).to_contain_text("just gone")
    expect(looking.get_by_role("radio", name=re.compile("just gone$")).first).to_be_disabled()
    expect(radio(looking, "11:00")).to_be_enabled()
    other.bring_to_front()
    other.get_by_role("button", name="Finish and clear").click()
    looking.bring_to_front()
    expect(looking.get_by_role("button", name=NEWS)).to_be_visible(timeout=60_000)


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("zone", ["Europe/Lisbon", "Asia/Tokyo"])
def test_nothing_moves_and_focus_and_choice_stay(context_of, take, size, zone):
    """In Tokyo each time has the shop's below it."""
    page = context_of(timezone_id=zone, viewport=size).new_page()
    page.add_init_script(SHIFTS)
    page.goto("/book/?service=short&staff=ana")
    at(page, "time")
    page.goto(f"/book/time?day={DAY}")
    looking_at(page)
    page.locator("details.sb-zone summary").click()
    page.locator("#field-zone").select_option("Asia/Kathmandu")
    radio(page, "10:30").check()
    page.wait_for_timeout(600)  # past the half second in which a shift is put down to the click
    page.evaluate("window.shifts = 0")
    places = page.evaluate(PLACES)
    take("09:00")
    afternoon = take("14:00")
    ask(page)
    expect(chip(page, "14:00")).to_contain_text("just gone")
    afternoon.post("clear")
    ask(page)
    expect(page.locator("#news")).to_be_visible()
    page.wait_for_timeout(200)
    assert page.evaluate(PLACES) == places
    assert page.evaluate("window.shifts") == 0
    expect(radio(page, "10:30")).to_be_focused()
    expect(radio(page, "10:30")).to_be_checked()
    expect(page.locator("#field-zone")).to_have_value("Asia/Kathmandu")
    room = page.evaluate(ROOM)
    assert room["above"] >= 0
    assert room["below"] >= 0 or room["beside"] >= 0
    assert room["right"] >= 0
    assert not violations_by_day_and_night(page)


def test_what_was_chosen_and_is_gone_stays_chosen_says_so_and_is_answered_as_ever(looking, take):
    radio(looking, "10:30").check()
    take("10:30")
    ask(looking)
    expect(announced(looking)).to_have_text(CHOSEN_GONE)
    expect(radio(looking, "10:30")).to_be_checked()
    expect(radio(looking, "10:30")).to_have_attribute("aria-disabled", "true")
    expect(chip(looking, "10:30")).to_contain_text("just gone")
    assert not violations_by_day_and_night(looking)
    go_on(looking)
    expect(looking.locator("#problem")).to_contain_text("Somebody was faster")
    expect(looking.get_by_role("radiogroup", name="The nearest free times")).to_be_visible()


def test_who_chooses_another_time_instead_goes_on_with_that_one(looking, take):
    radio(looking, "10:30").check()
    take("10:30")
    ask(looking)
    expect(chip(looking, "10:30")).to_contain_text("just gone")
    radio(looking, "14:00").check()
    expect(radio(looking, "10:30")).to_be_disabled()
    go_on(looking)
    at(looking, "details")
    expect(looking.locator(".sb-summary")).to_contain_text("14:00")


def test_nobody_is_thrown_off_a_time_that_the_keyboard_stands_on(looking, take):
    radio(looking, "09:00").focus()
    take("09:00")
    ask(looking)
    expect(chip(looking, "09:00")).to_contain_text("just gone")
    expect(radio(looking, "09:00")).to_be_focused()
    looking.keyboard.press("Space")
    expect(radio(looking, "09:00")).not_to_be_checked()
    looking.keyboard.press("Tab")
    expect(radio(looking, "09:00")).to_be_disabled()


def test_what_came_free_is_put_in_by_a_button_and_what_was_chosen_stays(looking, take):
    held = take("10:00")
    looking.reload()
    looking_at(looking)
    expect(radio(looking, "10:00")).to_have_count(0)
    radio(looking, "14:00").check()
    held.post("clear")
    ask(looking)
    expect(announced(looking)).to_have_text(NEWS)
    expect(radio(looking, "10:00")).to_have_count(0)
    before = looking.evaluate("[history.length, location.href]")
    looking.get_by_role("button", name=NEWS).press("Enter")
    expect(radio(looking, "10:00")).to_be_enabled()
    expect(looking.locator("#day")).to_be_focused()
    expect(announced(looking)).to_have_text(looking.locator("#day").get_attribute("data-said"))
    expect(radio(looking, "14:00")).to_be_checked()
    expect(looking.locator("#news")).to_have_count(0)
    assert looking.evaluate("[history.length, location.href]") == before
    assert not violations_by_day_and_night(looking)
    looking.locator("#day-2027-03-05").click()
    expect(looking.locator("#day-2027-03-05")).to_have_attribute("aria-current", "true")


def test_a_hold_that_runs_out_frees_its_time_although_nobody_writes_anything(
    looking,
    take,
    booking_clock,
):
    take("10:00")
    ask(looking)
    expect(radio(looking, "10:00")).to_be_disabled()
    booking_clock.shift(minutes=4)
    ask(looking)
    looking.get_by_role("button", name=NEWS).click()
    expect(radio(looking, "10:00")).to_be_enabled()


def test_a_day_that_loses_all_its_times_is_marked_where_it_stands(looking, live_server, take):
    hours = "UPDATE booking_weekly_hours SET ends = 600 WHERE kind = 'open'"
    with live_server.app.app_context(), engine_of(live_server).begin() as connection:
        connection.exec_driver_sql(hours)
    looking.reload()
    looking_at(looking)
    for day in (DAY, "2027-03-05"):
        take("09:00", day)
    ask(looking)
    expect(announced(looking)).to_have_text(NONE_LEFT)
    expect(looking.locator(".sb-zone-note")).to_contain_text("0 free times")
    full = looking.locator("#day-2027-03-05")
    expect(full).to_have_class("sb-day sb-day-full")
    expect(full).to_have_attribute("aria-label", "Friday 5 March 2027: no free times")
    expect(looking.locator("#day-2027-03-04")).to_have_class("sb-day sb-day-free")
    assert not violations_by_day_and_night(looking)
    looking.get_by_role("button", name=NONE_LEFT).click()
    expect(looking.locator(".sb-no-times")).to_be_visible()
    looking.locator(".sb-next-free a").click()
    expect(looking.locator("#day")).to_contain_text("4 March")


def test_a_hidden_tab_asks_nothing_and_asks_at_once_when_it_is_looked_at_again(looking, take):
    asked = []
    looking.on("request", lambda request: asked.append(request.url))
    looking.evaluate(HIDDEN, "yes")
    asked.clear()  # what it asked a moment before
    take("10:00")
    looking.evaluate("TabLive.ask()")
    looking.wait_for_timeout(500)  # it would ask within a fifth of a second
    assert asked == []
    looking.evaluate(HIDDEN, "")
    expect(radio(looking, "10:00")).to_be_disabled()


def test_a_time_that_the_tab_held_and_the_shop_let_go_of_is_held_no_more(
    context, live_server, take
):
    page = context.new_page()
    page.add_init_script(BEGIN_WITH.format(key=KEPT_UNDER, id=take("10:00").id))
    page.goto("/book/time")
    looking_at(page)
    expect(page.locator(".sb-hold-running")).to_be_visible()
    shell = live_server.app.test_cli_runner()
    released = shell.invoke(args=["booking", "release", "--all", "--yes"])
    assert released.exit_code == 0, released.output
    ask(page)
    expect(page.locator(".sb-hold-running")).to_be_hidden()
    expect(page.locator(".sb-hold-ended")).to_contain_text("no longer held")
