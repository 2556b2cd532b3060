"""The desk's pages of hours: a week, several ranges a day, and other hours on single days."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from booking.operations.current_plan import current_plan
from booking.operations.plan_edits import member_of, with_member
from booking.operations.shop_changes import change_business
from booking.scheduling.slots import TimeRange
from tests.fixtures.clocks import MONDAY_MORNING
from tests.owner.conftest import page_of, text_of
from tests.owner.test_services import errors, fields

WEDNESDAY = MONDAY_MORNING.replace(hour=10, day=4)
NINE_TO_FIVE = TimeRange(540, 1020)
NOON = TimeRange(720, 780)
ANA, DAYS = "/desk/hours/ana", "/desk/hours/ana/days"


def ana(shop):
    with shop.reading() as session:
        return member_of(current_plan(session), "ana")


def elsewhere(shop, **values):
    with shop.writing() as session:
        change_business(
            session, lambda plan: with_member(plan, replace(member_of(plan, "ana"), **values))
        )


@pytest.mark.both_databases
def test_one_day_is_changed_and_the_others_stay(desk, shop):
    sent = fields(desk.page(ANA))
    assert (sent["open-2-0-from"], sent["open-2-0-to"]) == (["09:00"], ["17:00"])
    sent |= {"open-2-0-to": "12:00", "open-2-1-from": "14:00", "open-2-1-to": "00:00"}
    sent |= {"break-2-0-from": "", "break-2-0-to": ""}
    answer = desk.post(ANA, data=sent)
    assert answer.headers["Location"] == f"{ANA}?saved=ana"
    hours = dict.fromkeys(range(7), (NINE_TO_FIVE,))
    breaks = {day: (NOON,) for day in range(7) if day != 2}
    assert ana(shop).hours == hours | {2: (TimeRange(540, 720), TimeRange(840, 1440))}
    assert ana(shop).breaks == breaks
    shown = fields(desk.page(ANA))
    assert shown["open-2-1-to"] == ["00:00"], "as a browser's clock has midnight"
    assert desk.post(ANA, data=shown).status_code == 303


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"open-2-0-to": "08:00"}, "open-2", '"09:00-08:00" ends before it starts'),
        ({"open-2-0-to": "09:00"}, "open-2", '"09:00-09:00" ends when it starts'),
        ({"open-2-0-to": ""}, "open-2", "An end is missing."),
        ({"open-2-0-from": ""}, "open-2", "A beginning is missing."),
        ({"open-2-0-to": "17:03"}, "open-2", "is not on the five-minute grid"),
        ({"open-2-0-to": "soon"}, "open-2", "This is not a range of times"),
        (
            {"open-2-1-from": "16:00", "open-2-1-to": "18:00"},
            "open-2",
            '"09:00-17:00" and "16:00-18:00" overlap; write "09:00-18:00" for both.',
        ),
        ({"break-4-0-to": "11:00"}, "break-4", '"12:00-11:00" ends before it starts'),
    ],
)
def test_a_range_that_cannot_be_is_said_beside_its_day_and_kept(desk, shop, typed, field, said):
    before = ana(shop)
    sent = fields(desk.page(ANA)) | typed
    answer = desk.post(ANA, data=sent)
    assert answer.status_code == 422
    assert said in errors(answer)[field]
    assert ana(shop) == before
    for name, value in typed.items():
        assert fields(page_of(answer))[name] == [value]


def test_a_day_gets_a_range_more_and_is_copied_to_others_before_anything_is_saved(desk, shop):
    sent = fields(desk.page(ANA))
    page = page_of(desk.post(ANA, data=sent | {"do": "open-2"}))
    assert page.select_one("[autofocus]")["name"] == "open-2-1-from"
    sent = fields(page) | {"open-2-1-from": "18:00", "open-2-1-to": "20:00"}
    sent |= {"do": "copy", "copy_from": "2", "copy_to": ["3", "6"]}
    sent = fields(page_of(desk.post(ANA, data=sent)))
    assert ana(shop).hours[2] == (NINE_TO_FIVE,)
    assert desk.post(ANA, data=sent).status_code == 303
    two = (NINE_TO_FIVE, TimeRange(1080, 1200))
    assert [day for day, ranges in ana(shop).hours.items() if ranges == two] == [2, 3, 6]


def test_whom_shorter_hours_touch_is_shown_before_they_are_saved(desk, shop):
    reference = shop.appointment(WEDNESDAY)
    sent = fields(desk.page(ANA)) | {"open-2-0-from": "11:00"}
    answer = desk.post(ANA, data=sent)
    page = page_of(answer)
    assert answer.status_code == 409
    assert "outside the hours" in page.select_one(f'[data-booking-reference="{reference}"]').text
    assert fields(page)["open-2-0-from"] == ["11:00"]
    agreed = page.select_one("[name=agreed]")["value"]
    assert desk.post(ANA, data=fields(page) | {"agreed": agreed}).status_code == 303
    assert ana(shop).hours[2] == (TimeRange(660, 1020),)


def test_what_is_in_the_way_of_all_alike_is_said_once(desk, shop):
    for minutes in (0, 45):
        shop.appointment(WEDNESDAY + timedelta(minutes=minutes))
    sent = fields(desk.page(ANA)) | {"open-2-0-from": "11:00"}
    touched = page_of(desk.post(ANA, data=sent)).select_one("#touched")
    assert len(touched.select("[data-booking-reference]")) == 2
    assert touched.text.count("outside the hours") == 1


def test_the_second_of_two_sees_what_the_other_made_of_the_same_day(desk, shop):
    sent = fields(desk.page(ANA)) | {"open-2-0-to": "16:00", "open-5-0-to": "15:00"}
    elsewhere(shop, hours={day: (TimeRange(600, 1080),) for day in (2, 3)})
    answer = desk.post(ANA, data=sent)
    page = page_of(answer)
    assert answer.status_code == 409
    assert "10:00-18:00" in page.select_one(".sb-desk-changed").text
    shown = fields(page)
    assert shown["open-2-0-to"] == ["16:00"]
    assert shown["open-3-0-from"] == ["10:00"]
    assert "open-0-0-from" not in shown
    assert desk.post(ANA, data=shown).status_code == 303
    assert sorted(ana(shop).hours) == [2, 3, 5]


def test_a_break_that_others_wrote_is_shown_on_a_day_that_is_closed_here(desk, shop):
    sent = fields(desk.page(ANA)) | {"open-2-0-from": "", "open-2-0-to": ""}
    elsewhere(shop, breaks=dict.fromkeys(range(7), (TimeRange(780, 840),)))
    answer = desk.post(ANA, data=sent | {"break-2-0-from": "", "break-2-0-to": ""})
    assert answer.status_code == 409
    said = [one.text.strip() for one in page_of(answer).select(".sb-desk-changed")]
    assert said == ["Somebody else wrote meanwhile: 13:00-14:00"]


# -- other hours -----------------------------------------------------------------------------------


def test_other_hours_of_a_day_are_set_and_taken_out(desk, shop):
    sent = fields(desk.page(DAYS)) | {"day": "2026-03-04"}
    sent |= {"hours-0-from": "10:00", "hours-0-to": "12:00"}
    assert desk.post(DAYS, data=sent).status_code == 303
    assert ana(shop).overrides == {date(2026, 3, 4): (TimeRange(600, 720),)}
    assert "Wednesday 4 March 2026: 10:00-12:00" in text_of(desk.get(DAYS))
    assert "On the clock of New York time." in text_of(desk.get("/desk/hours/ben/days"))
    again = desk.post(DAYS, data=sent)
    assert "There are other hours on that day already" in errors(again)["day"]
    assert desk.post(f"{DAYS}/2026-03-04/removal").status_code == 303
    assert ana(shop).overrides == {}


def test_a_day_without_hours_is_a_day_off_and_says_whom_it_touches(desk, shop):
    shop.appointment(WEDNESDAY)
    answer = desk.post(DAYS, data={"day": "2026-03-04"})
    assert answer.status_code == 409
    agreed = page_of(answer).select_one("[name=agreed]")["value"]
    desk.post(DAYS, data={"day": "2026-03-04", "agreed": agreed})
    assert ana(shop).overrides == {date(2026, 3, 4): ()}


@pytest.mark.parametrize(
    ("day", "said"),
    [("", "Choose a day."), ("soon", "Choose a day."), ("2026-03-01", "That day is over.")],
)
def test_other_hours_need_a_day_to_come(desk, shop, day, said):
    answer = desk.post(DAYS, data={"day": day, "hours-0-from": "10:00", "hours-0-to": "12:00"})
    assert (answer.status_code, errors(answer)["day"]) == (422, said)
    assert fields(page_of(answer))["hours-0-from"] == ["10:00"]
    assert ana(shop).overrides == {}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"hours-0-from": "12:00", "hours-0-to": "10:00"}, '"12:00-10:00" ends before it starts'),
        (
            {"hours-0-from": "09:00", "hours-0-to": "12:00"}
            | {"hours-1-from": "11:00", "hours-1-to": "14:00"},
            '"09:00-12:00" and "11:00-14:00" overlap; write "09:00-14:00" for both.',
        ),
        ({"hours-0-from": "10:00", "hours-0-to": ""}, "An end is missing."),
    ],
)
def test_other_hours_that_cannot_be_are_said_beside_them_and_kept(desk, shop, typed, said):
    answer = desk.post(DAYS, data={"day": "2026-03-04"} | typed)
    assert answer.status_code == 422
    assert said in errors(answer)["hours"]
    shown = fields(page_of(answer))
    assert {name: shown[name] for name in typed} == {name: [one] for name, one in typed.items()}
    assert shown["day"] == ["2026-03-04"]
    assert ana(shop).overrides == {}


# -- who may ---------------------------------------------------------------------------------------


def test_staff_see_their_own_hours_and_change_them_where_they_may(desk_as, shop):
    plain = desk_as("staff", "ana")
    assert plain.get("/desk/hours").headers["Location"] == ANA
    page = plain.page(ANA)
    assert page.select("fieldset[disabled]")
    assert not page.select("#shop-form [type=submit]")
    assert "Your hours and time off are changed by an owner here." in page.get_text()
    sent = fields(page) | {"open-2-0-to": "16:00"}
    for path in (ANA, DAYS, f"{DAYS}/2026-03-04/removal"):
        answer = plain.post(path, data=sent)
        assert answer.status_code == 403
        assert "Your hours and time off are changed by an owner here." in text_of(answer)
    assert ana(shop).hours[2] == (NINE_TO_FIVE,)
    free = desk_as("staff", "ana", email="ana@example.com", may_change_own_hours=True)
    assert free.post(ANA, data=sent).status_code == 303
    assert ana(shop).hours[2] == (TimeRange(540, 960),)


def test_nobody_of_the_staff_changes_somebody_elses_hours(desk_as, shop):
    ben = desk_as("staff", "ben", may_change_own_hours=True)
    for path in (ANA, DAYS):
        assert ben.get(path).status_code == 404
        assert ben.post(path, data={"day": "2026-03-04"}).status_code == 404
    assert ben.post(f"{DAYS}/2026-03-04/removal").status_code == 404
    assert ana(shop).hours[2] == (NINE_TO_FIVE,)
    assert ana(shop).overrides == {}
