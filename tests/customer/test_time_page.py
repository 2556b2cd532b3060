"""The month and the day's times, on the customer's own clock."""

from datetime import UTC, datetime

import pytest
import time_machine

from booking.testing import TabClient
from tests.customer.walks import at_details, at_time, days, first_slot, slots, text

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def on():
    """`on(2026, 11, 24, 8)` sets every clock."""
    with time_machine.travel(datetime(2026, 11, 24, 8, tzinfo=UTC), tick=False) as clock:
        yield lambda *parts: clock.move_to(datetime(*parts, tzinfo=UTC))


def shown_times(tab) -> list[str]:
    return [label.get_text(" ", strip=True) for label in tab.page.select("#times .sb-chip label")]


def zone(tab) -> str:
    return tab.page.select_one("[name=zone] option[selected]")["value"]


def test_times_are_shown_on_the_browsers_clock_with_the_shops_beside(app, on):
    tab = at_time(app, staff="ana", time_zone="Asia/Tokyo")
    assert zone(tab) == "Asia/Tokyo"
    assert slots(tab)[0] == "2026-11-24T09:00Z"
    assert "18:00" in shown_times(tab)[0]
    assert "09:00" in shown_times(tab)[0]
    assert "Tokyo time (UTC+9)" in text(tab)
    assert "Lisbon time (UTC)" in text(tab)
    assert slots(tab)[-1] < "2026-11-24T15:00Z", "there the customer's day ends"
    assert [part.get_text() for part in tab.page.select("#times legend")] == ["Evening"]


def test_a_chosen_zone_wins_and_is_kept(app, on):
    tab = at_time(app, staff="ana", time_zone="Asia/Tokyo")
    tab.submit(zone="America/New_York", change="zone", force=True)  # from the list by HTMX
    assert (tab.status, tab.step, tab.url) == (200, "time", "/book/time")
    assert zone(tab.refresh()) == "America/New_York"
    tab.submit(slot=first_slot(tab))
    assert "04:00 to 04:30" in text(tab)


def test_weeks_that_are_over_are_left_out_and_past_days_are_shown_as_such(app, on):
    tab = at_time(app)
    assert days(tab, "past") == ["23 Monday 23 November 2026: past"]
    assert len(tab.page.select("table tbody tr")) == 2
    assert len(tab.click("#next-month").page.select("table tbody tr")) == 5


def test_a_week_is_over_when_it_is_where_the_customer_is(app, on):
    on(2026, 11, 29, 23)
    assert len(at_time(app, time_zone="Europe/Lisbon").page.select("table tbody tr")) == 2
    assert len(at_time(app, time_zone="Asia/Tokyo").page.select("table tbody tr")) == 1


def test_months_begin_with_this_one_and_end_with_the_window(app, on):
    tab = at_time(app)
    assert tab.page.select_one("#previous-month") is None
    tab.click("#next-month")
    assert (tab.status, tab.step) == (200, "time")
    assert "December 2026" in text(tab)
    tab.click("#next-month")
    assert "January 2027" in text(tab)
    assert days(tab, "closed")
    assert tab.page.select_one("#next-month") is None
    tab.click("#previous-month").click("#previous-month")
    assert "November 2026" in text(tab)


def test_a_day_is_opened_by_its_link_and_by_its_address(app, on):
    tab = at_time(app, staff="ana")
    tab.click("a[href='/book/time?day=2026-11-28']")
    assert tab.url == "/book/time?day=2026-11-28"
    assert "Saturday 28 November 2026" in tab.page.select_one("#day").get_text()
    assert {slot[:10] for slot in slots(tab)} == {"2026-11-28"}
    assert tab.refresh().page.select_one("#day").get_text() == "Saturday 28 November 2026"


def test_an_opened_day_tells_how_many_of_its_times_are_free(app, on):
    tab = at_time(app, staff="ana", time_zone="Asia/Tokyo")
    count = f"{len(slots(tab))} free times"
    opened = tab.page.select_one(".sb-calendar [aria-current=true]")
    assert opened["aria-label"] == f"Tuesday 24 November 2026: shown, {count}"
    assert f"{count}, in Tokyo time (UTC+9)" in tab.page.select_one(".sb-zone-note").get_text()
    assert tab.page.select_one("#day")["data-said"] == count


def test_a_turned_month_says_its_first_free_day(app, on):
    tab = at_time(app, staff="ana").click("#next-month")
    count = f"{len(slots(tab))} free times"
    said = f"December 2026. First free day: Tuesday 1 December 2026, {count}."
    assert tab.page.select_one("#month")["data-said"] == said


def test_the_chosen_times_day_is_opened_again(app, on):
    tab = at_details(app, "2026-12-03T10:00Z", staff="ana").open("time")
    assert tab.page.select_one("#day").get_text() == "Thursday 3 December 2026"
    assert tab.page.select_one("[name=slot][checked]")["value"] == "2026-12-03T10:00Z"


def test_late_in_the_evening_the_next_day_is_opened(app, on):
    on(2026, 11, 30, 22)
    assert at_time(app, staff="ana").page.select_one("#day").get_text() == "Tuesday 1 December 2026"


def test_the_hour_that_comes_twice_is_told_apart(app, on):
    on(2026, 10, 30, 8)
    tab = at_time(app, staff="ana", time_zone="America/Anchorage").open("time?day=2026-11-01")
    twice = [shown for shown in shown_times(tab) if shown.startswith("01:00")]
    assert [shown[10:13] for shown in twice] == ["\N{MINUS SIGN}8)", "\N{MINUS SIGN}9)"]


def test_steps_with_one_answer_are_passed_over(app):
    with app.app_context():
        engine = app.extensions["booking"].engine
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE booking_service SET retired = true WHERE id = 2")
            connection.exec_driver_sql(
                "UPDATE booking_staff_member SET retired = true WHERE id = 2"
            )
    tab = TabClient(app, "/book/")
    assert (tab.step, tab.url) == ("time", "/book/time")
    for step in ("service", "staff"):
        assert tab.open(step).step == "time"
    assert len(tab.page.select(".sb-progress li")) == 3
    tab.submit(slot=first_slot(tab)).submit(name="Ada", email="ada@example.com")
    assert tab.step == "review"
    assert tab.submit().step == "done"


def test_going_on_without_a_time_stays_on_the_day_that_was_opened(app):
    tab = at_time(app)
    tab.click(tab.page.select("a.sb-day-free")[-1].get_text(strip=True))
    day = tab.fields["day"]
    tab.submit()
    assert (tab.status, tab.fields["day"]) == (422, day)
