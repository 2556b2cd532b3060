"""Blocking time at the desk: nothing that lies inside disappears silently."""

from datetime import UTC, date, datetime, timedelta

import pytest

from booking.operations.current_plan import current_plan
from booking.operations.plan import ClosurePlan, TimeOffPlan
from booking.operations.plan_edits import member_of
from tests.fixtures.clocks import MONDAY_MORNING
from tests.owner.conftest import page_of, text_of
from tests.owner.test_services import errors, fields

WEDNESDAY = MONDAY_MORNING.replace(hour=10, day=4)
CLOSE, OFF = "/desk/closures", "/desk/closures/time-off"


def plan(shop):
    with shop.reading() as session:
        return current_plan(session)


def off(shop, slug="ana"):
    return member_of(plan(shop), slug).time_off


def agree(client, path, answer, form):
    page = page_of(answer)
    agreed = page.select_one(f"{form} [name=agreed]")["value"]
    return client.post(path, data=fields(page, form) | {"agreed": agreed})


@pytest.mark.both_databases
def test_a_closure_shows_what_lies_inside_before_it_is_made_and_after(desk, shop):
    reference = shop.appointment(WEDNESDAY)
    sent = {"first": "2026-03-04", "last": "2026-03-06", "reason": "Floor"}
    answer = desk.post(CLOSE, data=sent)
    page = page_of(answer)
    assert answer.status_code == 409
    link = page.select_one(f'#closure [data-booking-reference="{reference}"] a')
    assert link["href"] == f"/desk/bookings/{reference}"
    assert plan(shop).closures == ()
    assert agree(desk, CLOSE, answer, "#closure").status_code == 303
    assert plan(shop).closures == (ClosurePlan(date(2026, 3, 4), date(2026, 3, 6), "Floor"),)
    page = desk.page(CLOSE)
    inside = page.find("a", string="One appointment lies inside")
    assert desk.page(inside["href"]).select_one(f'[data-booking-reference="{reference}"]')
    removal = fields(page, 'form[action="/desk/closures/removal"]')
    assert desk.post(f"{CLOSE}/removal", data=removal).status_code == 303
    assert plan(shop).closures == ()


@pytest.mark.both_databases
def test_a_break_for_today_is_two_times(desk, shop):
    sent = fields(desk.page(CLOSE), "#time-off")
    assert sent["from_day"] == ["2026-03-02"]
    sent |= {"member": "ana", "from_time": "10:00", "to_time": "10:30", "why_away": "Dentist"}
    assert desk.post(OFF, data=sent).status_code == 303
    made = TimeOffPlan(
        datetime(2026, 3, 2, 10, tzinfo=UTC), datetime(2026, 3, 2, 10, 30, tzinfo=UTC), "Dentist"
    )
    assert off(shop) == (made,)
    page = desk.page(CLOSE)
    assert "Monday 2 March 2026, 10:00 to 10:30" in page.get_text()
    desk.post(f"{OFF}/removal", data=fields(page, f'form[action="{OFF}/removal"]'))
    assert off(shop) == ()


def test_whole_days_are_on_the_clock_of_who_is_away(desk, shop):
    desk.post(OFF, data={"member": "ben", "from_day": "2026-03-04", "to_day": "2026-03-05"})
    [time_off] = off(shop, "ben")
    assert time_off.starts_at == datetime(2026, 3, 4, 5, tzinfo=UTC), "Ben works in New York"
    assert time_off.ends_at == datetime(2026, 3, 6, 5, tzinfo=UTC)
    shown = desk.page(CLOSE).get_text()
    assert "Days and times are on the clock of whoever is away." in shown
    assert "Wednesday 4 March 2026 to Thursday 5 March 2026" in shown


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"first": ""}, "first", "Choose a day."),
        ({"first": "soon"}, "first", "This is not a date"),
        ({"first": "2026-02-30"}, "first", "is not on any calendar"),
        ({"first": "2026-03-09", "last": "2026-03-04"}, "last", "This is before the first day."),
        ({"first": "2026-02-01"}, "first", "That day is over."),
        ({"first": "2526-03-04"}, "first", "is too far away"),
        ({"first": "2026-03-04", "reason": "x" * 130}, "reason", "This has 130 characters"),
    ],
)
def test_a_closure_that_cannot_be_is_said_beside_its_field(desk, shop, typed, field, said):
    answer = desk.post(CLOSE, data=typed)
    assert answer.status_code == 422
    assert said in errors(answer)[field]
    for name, value in typed.items():
        assert fields(page_of(answer), "#closure")[name] == [value]
    assert plan(shop).closures == ()


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"member": "eve"}, "member", "Choose who is away."),
        ({"from_day": ""}, "from_day", "Choose a day."),
        ({"to_day": "2026-03-03"}, "to_day", "This is not after the beginning."),
        ({"from_time": "10:00", "to_time": "09:00"}, "to_time", "This is not after the beginning."),
        ({"from_time": "25:00"}, "from_time", "This is not a time of day"),
        ({"from_day": "2026-03-29", "from_time": "01:30"}, "from_time", "the clocks go forward"),
        ({"from_day": "2026-03-02", "to_time": "07:00"}, "from_day", "That time is over."),
    ],
)
def test_time_off_that_cannot_be_is_said_beside_its_field(desk, shop, typed, field, said):
    sent = {"member": "ana", "from_day": "2026-03-04", "why_away": "Ill"} | typed
    answer = desk.post(OFF, data=sent)
    assert answer.status_code == 422
    assert said.lower() in errors(answer)[field].lower()
    shown = fields(page_of(answer), "#time-off")
    assert (shown["from_day"], shown["why_away"]) == ([sent["from_day"]], ["Ill"])
    assert off(shop) == ()


def test_many_appointments_inside_are_shown_some_at_a_time(desk, shop):
    many = [
        shop.appointment(WEDNESDAY + timedelta(days=day, hours=hour))
        for day in range(18)
        for hour in (0, 4, 5)
    ]
    sent = {"first": "2026-03-04", "last": "2026-03-31"}
    first = page_of(desk.post(CLOSE, data=sent))
    assert "This touches 54 appointments to come" in first.get_text()
    assert "1 to 50 of 54" in first.get_text()
    second = page_of(desk.post(CLOSE, data=sent | {"touched_from": "50"}))
    shown = [
        each["data-booking-reference"]
        for page in (first, second)
        for each in page.select("[data-booking-reference]")
    ]
    assert shown == many
    assert plan(shop).closures == (), "turning a page agrees to nothing"
    answer = agree(desk, CLOSE, desk.post(CLOSE, data=sent), "#closure")
    assert answer.status_code == 303
    link = desk.page(CLOSE).find("a", string="54 appointments lie inside")["href"]
    page = desk.page(link)
    assert len(page.select("[data-booking-reference]")) == 50
    later = desk.page(page.find("a", string="The next ones")["href"])
    assert len(later.select("[data-booking-reference]")) == 4


# -- who may ---------------------------------------------------------------------------------------


def test_staff_block_their_own_time_where_they_may_and_nobody_elses(desk_as, shop):
    sent = {"member": "ana", "from_day": "2026-03-04"}
    removal = {"member": "ana", "starts": "x", "ends": "y"}
    for client in (desk_as("staff", "ana"), desk_as("staff", "ben", may_change_own_hours=True)):
        assert client.post(OFF, data=sent).status_code == 403
        assert client.post(f"{OFF}/removal", data=removal).status_code == 403
        assert client.get(f"{CLOSE}/inside?starts=0&ends=9&member=ana").status_code == 404
        assert client.post(CLOSE, data={"first": "2026-03-04"}).status_code == 403
    shut = desk_as("staff", "ana").page(CLOSE)
    assert "Your hours and time off are changed by an owner here." in shut.get_text()
    assert off(shop) == ()
    free = desk_as("staff", "ana", email="ana@example.com", may_change_own_hours=True)
    assert free.post(OFF, data=sent).status_code == 303
    assert len(off(shop)) == 1
    page = free.page(CLOSE)
    assert not page.select("#closure")
    assert [one["value"] for one in page.select("#field-member option")] == ["ana"]


def test_staff_who_may_not_change_their_time_off_see_it_all_the_same(desk, desk_as, shop):
    for slug in ("ana", "ben"):
        sent = {"member": slug, "from_day": "2026-03-04", "why_away": f"Course of {slug}"}
        assert desk.post(OFF, data=sent).status_code == 303
    page = desk_as("staff", "ana").page(CLOSE)
    [line] = page.select(".sb-desk-things li")
    assert "Wednesday 4 March 2026" in line.get_text()
    assert "Course of ana" in line.get_text()
    assert not page.select("#desk form, #desk button")


def test_every_label_of_blocking_time_is_clear_by_itself(desk):
    labels = [each.get_text() for each in desk.page(CLOSE).select("#desk label")]
    assert len(set(labels)) == len(labels)
    assert min(len(each.split()) for each in labels) >= 2


def test_a_reception_blocks_time_for_everybody(desk_as, shop):
    reception = desk_as("reception")
    assert reception.post(OFF, data={"member": "ben", "from_day": "2026-03-04"}).status_code == 303
    assert reception.post(CLOSE, data={"first": "2026-03-05"}).status_code == 303
    assert "Wednesday 4 March 2026" in text_of(reception.get(CLOSE))
    assert len(plan(shop).closures) == 1
