"""The agenda in a real browser: by keyboard, by itself, on a telephone, on paper."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete

from booking.storage.accounts import desk_session
from tests.commands import shell
from tests.fixtures.axe import violations_by_day_and_night
from tests.fixtures.browsers import until, wait_until
from tests.owner.days import TODAY, at, booked, cancelled, held, lasting
from tests.owner_in_a_browser.conftest import IN_TWO_DAYS, SCREENS, SEVERAL_SCREENS

DAYS = (IN_TWO_DAYS - TODAY).days
DAY = f"agenda?day={IN_TWO_DAYS}"


@pytest.fixture
def app(live_server):
    return live_server.app


@pytest.fixture
def busy(app) -> dict[str, str]:
    """A day with one of each: name by reference."""
    made = {
        "Ada": booked(app, "09:00", "Ada Lovelace", "ana", days=DAYS, phone="+351 912 345 678"),
        "Grace": booked(app, "10:30", "Grace Hopper", "ana", "long", days=DAYS),
        "Zoë": booked(app, "14:00", "Zoë Ångström", "ben", days=DAYS, waits="approval"),
        "Ida": booked(app, "15:30", "Ida", "ana", days=DAYS),
        "Li": booked(app, "15:00", "Li Wei", "ben", days=DAYS, state="no_show"),
    }
    cancelled(app, booked(app, "16:15", "Tomás", "ana", days=DAYS))
    held(app, "16:15", "ben", days=DAYS)
    return made


def entry(page: Page, reference: str):
    return page.locator(f'[data-booking-reference="{reference}"]')


def has_focus(page: Page, reference: str) -> bool:
    return page.evaluate("document.activeElement?.dataset.bookingReference") == reference


# -- by keyboard ----------------------------------------------------------------------------------


def test_arrows_go_from_one_appointment_to_the_next_and_enter_opens_it(desk_at, busy):
    page = desk_at(DAY)
    page.keyboard.press("ArrowDown")
    assert has_focus(page, busy["Ada"])
    for key, name in [
        ("ArrowDown", "Grace"),
        ("ArrowDown", "Ida"),
        ("ArrowRight", "Li"),
        ("ArrowUp", "Zoë"),
        ("ArrowUp", "Zoë"),
        ("ArrowLeft", "Ida"),
    ]:
        page.keyboard.press(key)
        assert has_focus(page, busy[name]), (key, name)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/desk/bookings/{busy['Ida']}")


@pytest.mark.parametrize("view", ["week", "list"])
def test_arrows_go_through_a_week_and_a_list_as_well(view, desk_at, busy):
    page = desk_at(f"{DAY}&view={view}")
    page.keyboard.press("ArrowDown")
    assert has_focus(page, busy["Ada"]) or view == "list"
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.matches('[data-agenda-item]')")


def test_single_keys_lead_to_the_search_and_to_today(desk_at, busy):
    page = desk_at(DAY)
    page.keyboard.press("/")
    field = page.locator("#field-q")
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    page.keyboard.type("t/n")
    expect(field).to_have_value("t/n")
    assert str(IN_TWO_DAYS) in page.url, "while somebody types, a key is a letter"
    field.blur()
    page.keyboard.press("t")
    page.wait_for_url(lambda url: str(IN_TWO_DAYS) not in url)


def test_single_keys_can_be_switched_off_in_this_browser(desk_at, busy):
    page = desk_at(DAY)
    page.get_by_text("Keyboard", exact=True).click()
    box = page.get_by_label("Use these keys in this browser")
    expect(box).to_be_checked()
    box.uncheck()
    page.reload()
    page.get_by_text("Keyboard", exact=True).click()
    expect(box).not_to_be_checked()
    page.evaluate("document.activeElement.blur()")
    for key in ("/", "t", "ArrowDown"):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement === document.body"), key
    assert str(IN_TWO_DAYS) in page.url
    entry(page, busy["Ada"]).focus()
    page.keyboard.press("ArrowDown")
    assert has_focus(page, busy["Grace"]), "who is in the table still walks by arrows"
    box.check()
    page.keyboard.press("/")
    assert page.evaluate("localStorage.length") == 0, "nothing stays behind"


def test_whoever_looks_for_somebody_finds_them_by_keyboard_alone(desk_at, busy):
    page = desk_at(DAY)
    page.keyboard.press("/")
    page.keyboard.type("ångs")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Find a booking")
    expect(entry(page, busy["Zoë"])).to_contain_text("Zoë Ångström")
    assert "ngs" not in page.url
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/desk/bookings/{busy['Zoë']}")


# -- by itself ------------------------------------------------------------------------------------


def test_a_new_booking_and_a_hold_appear_and_focus_and_scroll_stay(desk_at, busy, app):
    page = desk_at(DAY, height=500)
    place = page.locator("[data-scroll]")
    entry(page, busy["Ida"]).focus()
    place.evaluate("each => { each.scrollTop = 300 }")
    page.locator("#field-q").evaluate("each => { each.value = 'half typed' }")
    made = booked(app, "13:00", "New Customer", "ana", days=DAYS)
    number = held(app, "14:00", "ana", days=DAYS)
    expect(entry(page, made)).to_contain_text("New Customer", timeout=60_000)
    expect(page.locator(f'[data-hold="{number}"]')).to_contain_text("Somebody is booking")
    assert has_focus(page, busy["Ida"])
    assert place.evaluate("each => each.scrollTop") == 300
    assert page.locator("#field-q").input_value() == "half typed"
    cancelled(app, made)
    page.keyboard.press("Shift")
    expect(entry(page, made)).to_have_count(0, timeout=60_000)


def test_nothing_of_it_is_drawn_anew_while_nothing_changes(desk_at, busy):
    page = desk_at(DAY)
    answers = []

    def note(answer):
        if "tab-live" in answer.request.headers:
            answers.append(answer.status)

    page.on("response", note)
    page.keyboard.press("Shift")
    until(page, lambda: len(answers) >= 2)
    assert set(answers) == {204}


def test_whoever_has_been_signed_out_elsewhere_sees_no_names_any_longer(desk_at, busy, app):
    page = desk_at(DAY)
    expect(entry(page, busy["Ada"])).to_be_visible()
    shell.execute(app, delete(desk_session))
    page.keyboard.press("Shift")
    page.wait_for_url("**/desk/login?**", timeout=60_000)
    assert "Ada Lovelace" not in page.content()


# -- what is seen ---------------------------------------------------------------------------------


def test_an_appointment_stands_at_its_time_and_is_as_tall_as_it_is_long(desk_at, busy):
    page = desk_at(DAY)
    boxes = {name: entry(page, each).bounding_box() for name, each in busy.items()}
    hour = page.locator(".sb-hour").nth(1).bounding_box()["height"]
    assert boxes["Grace"]["y"] - boxes["Ada"]["y"] == pytest.approx(1.5 * hour, abs=2)
    assert boxes["Grace"]["height"] == pytest.approx(hour, abs=4)
    assert boxes["Ada"]["height"] == pytest.approx(hour / 2, abs=4)
    assert boxes["Zoë"]["x"] > boxes["Ada"]["x"] + boxes["Ada"]["width"] - 1


def test_a_screen_reader_is_told_a_table_with_the_people_and_the_hours_as_heads(desk_at, busy):
    page = desk_at(DAY)
    table = page.get_by_role("table", name="Appointments by hour and person")
    for name in ("Ana", "Ben"):
        expect(table.get_by_role("columnheader", name=name)).to_be_visible()
    expect(table.get_by_role("rowheader", name="10:00")).to_be_visible()
    link = table.get_by_role("link", name="10:30 to 11:30 Grace Hopper Long visit Ana")
    expect(link).to_be_visible()
    brief = table.get_by_role("link", name="09:00 to 09:30 Ada Lovelace Short visit Ana")
    expect(brief).to_have_count(1)
    assert brief.locator(".sb-entry-until").bounding_box()["width"] <= 1


def test_a_line_of_a_list_can_be_pressed_anywhere(desk_at, busy):
    page = desk_at(f"{DAY}&view=list")
    line = page.locator(f'tr[data-booking-reference="{busy["Ada"]}"]')
    line.click()
    page.wait_for_url(f"**/desk/bookings/{busy['Ada']}")


def test_what_is_short_can_be_pressed_and_hides_nothing(desk_at, busy, app):
    short, after = booked(app, "13:00", "Short", days=DAYS), busy["Ida"]
    lasting(app, short, at("13:00", DAYS), at("13:05", DAYS))
    lasting(app, after, at("13:05", DAYS), at("13:10", DAYS))
    page = desk_at(DAY)
    one, other = (entry(page, each).bounding_box() for each in (short, after))
    for box in (one, other):
        assert box["height"] >= 20
    apart = one["x"] + one["width"] <= other["x"] + 1 or other["x"] + other["width"] <= one["x"] + 1
    assert apart, "they stand side by side"


def test_on_a_telephone_a_day_is_a_list_in_order_of_time(desk_at, busy):
    page = desk_at(DAY, width=320)
    shown = page.locator(".sb-day .sb-entry")
    tops = {name: entry(page, each).bounding_box() for name, each in busy.items()}
    assert sorted(tops, key=lambda name: tops[name]["y"]) == ["Ada", "Grace", "Zoë", "Li", "Ida"]
    assert shown.count() == 6
    for box in tops.values():
        assert box["width"] > 250
        assert box["height"] >= 44
    expect(entry(page, busy["Zoë"])).to_contain_text("Ben")
    expect(page.locator(".sb-day .sb-span-free").first).to_be_hidden()
    expect(page.locator(".sb-day thead")).to_be_hidden()
    nobody = page.get_by_text("No appointments on that day.")
    expect(nobody).to_be_hidden()
    page.goto(f"/desk/{PLACES['a day on which nobody comes']}")
    expect(nobody).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(nobody).to_be_hidden()
    page.set_viewport_size({"width": 320, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_on_a_telephone_what_is_shown_is_chosen_in_a_fold_that_stays_as_it_was(desk_at, busy, app):
    page = desk_at(DAY, width=390)
    day, fold = page.get_by_label("Day", exact=True), page.locator(".sb-agenda-fold summary")
    expect(day).to_be_hidden()
    assert page.locator(".sb-day").bounding_box()["y"] < 450, (
        "half of the first screen is the day's"
    )
    fold.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(day).to_be_focused()
    booked(app, "16:15", "New Body", "ana", days=DAYS)
    expect(page.get_by_text("New Body")).to_be_visible()
    expect(day).to_be_visible()
    page.locator(".sb-agenda-filter [name=staff]").select_option("ben")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(fold).to_have_text("Shown: Ben")
    expect(entry(page, busy["Ada"])).to_have_count(0)
    page.get_by_role("link", name="Show all").click()
    expect(entry(page, busy["Ada"])).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(fold).to_be_hidden()
    expect(day).to_be_visible()


PLACES = {
    "today": "",
    "a day": f"{DAY}&state=every",
    "a day on which nobody comes": f"agenda?day={IN_TWO_DAYS + timedelta(days=30)}",
    "a week": f"{DAY}&view=week&state=every",
    "a list": f"{DAY}&view=list&state=every",
    "search": "search",
}


@pytest.mark.parametrize("widths", SEVERAL_SCREENS)
@pytest.mark.parametrize("place", PLACES)
def test_axe_finds_nothing_wrong_at_any_width_by_day_and_by_night(place, widths, desk_at, busy):
    page = desk_at(PLACES[place])
    if place == "today":
        expect(page.locator(f'[data-undecided="{busy["Zoë"]}"]')).to_be_visible()
    if place == "search":
        page.locator("#field-q").fill("ad")
        page.locator("#field-q").press("Enter")
        expect(entry(page, busy["Ada"])).to_be_visible()
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        assert violations_by_day_and_night(page) == [], width
        wait_until(page, "document.documentElement.scrollWidth <= innerWidth")


def test_tomorrows_list_is_printed_on_one_page(desk_at, app):
    for number in range(60):
        each = booked(app, "10:00", f"Customer {number}", "ana", days=DAYS + number)
        start = at(f"{9 + number // 8}:00", DAYS)
        lasting(app, each, start, at(f"{9 + number // 8}:30", DAYS))
    page = desk_at(f"{DAY}&view=list&days=1")
    expect(page.locator("tr[data-booking-reference]")).to_have_count(60)
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    paper = page.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    page.emulate_media(media="print")
    for left_out in (".sb-desk-header", ".sb-agenda-tools", ".sb-agenda-foot"):
        expect(page.locator(left_out)).to_be_hidden()
    page.emulate_media(media="screen")


@pytest.mark.parametrize("width", [*SCREENS, 390])
def test_every_page_of_the_desk_is_reached_from_every_width(width, desk_at):
    page = desk_at("services", width=width)
    names = page.locator(".sb-desk-nav a").all_text_contents()
    assert "Settings" in names
    shown = page.locator(".sb-desk-nav a:visible")
    if width < 960:
        assert shown.all_text_contents() == names[: 2 if width < 384 else 3]
        rows = {link.bounding_box()["y"] for link in shown.all()}
        more = page.locator(".sb-desk-nav summary")
        rows.add(more.bounding_box()["y"])
        assert len(rows) == 1, "one row, wherever one is"
        assert " ".join(more.text_content().split()) == "More (you are at Services)"
        more.press("Enter")
    expect(shown).to_have_count(len(names))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for link in page.locator(".sb-desk-nav a").all():
        box = link.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    assert violations_by_day_and_night(page) == []
    page.get_by_role("link", name="Your account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")


@pytest.mark.parametrize("width", [390, 1440])
def test_tab_goes_through_the_header_in_the_order_in_which_it_is_read(width, desk_at):
    page = desk_at("", width=width)
    page.locator(".sb-desk-shop").focus()
    places = []
    while page.evaluate("document.activeElement.closest('.sb-desk-header') !== null"):
        box = page.evaluate_handle("document.activeElement").as_element().bounding_box()
        middle = box["y"] + box["height"] / 2
        places.append((round(middle / 22), box["x"]))  # what stands in one row
        if page.evaluate("document.activeElement.matches('summary')"):
            page.keyboard.press("Enter")
        page.keyboard.press("Tab")
    assert len(places) >= 15
    assert places == sorted(places)
