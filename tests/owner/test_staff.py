"""The desk's pages of people: who works here, and what they offer."""

from dataclasses import replace

import pytest

from booking.operations.current_plan import current_plan
from booking.operations.plan_edits import member_of, with_member
from booking.operations.shop_changes import change_business
from tests.fixtures.clocks import MONDAY_MORNING
from tests.owner.conftest import page_of, text_of
from tests.owner.test_services import errors, fields

TOMORROW = MONDAY_MORNING.replace(hour=10, day=3)
ANA = "/desk/staff/ana"


def stored(shop, slug="ana"):
    with shop.reading() as session:
        return member_of(current_plan(session), slug)


@pytest.mark.both_databases
def test_what_is_typed_is_saved_and_hours_stay(desk, shop):
    before = stored(shop, "ben")
    sent = fields(desk.page("/desk/staff/ben"))
    assert desk.post("/desk/staff/ben", data=sent).status_code == 303
    assert stored(shop, "ben") == before
    sent |= {"name": "Benjamin", "email": "ben@example.com", "letters": "daily", "offers": ["long"]}
    answer = desk.post("/desk/staff/ben", data=sent, follow_redirects=True)
    assert "Benjamin is saved." in text_of(answer)
    changes = {"name": "Benjamin", "email": "ben@example.com", "letters": "daily"}
    assert stored(shop, "ben") == replace(before, **changes, offers=("long",))


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"name": ""}, "name", "This is empty"),
        ({"email": "ana"}, "email", "This is not an e-mail address"),
        ({"zone": "Lisbon"}, "zone", '"Lisbon" is not a time zone; write "Europe/Lisbon"'),
        ({"letters": "daily"}, "letters", "There is no address to send them to."),
        ({"offers": ["gone"]}, "offers", 'No service has the slug "gone"'),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(desk, shop, typed, field, said):
    before = stored(shop)
    sent = fields(desk.page(ANA)) | {"about": "Typed"} | typed
    answer = desk.post(ANA, data=sent)
    assert answer.status_code == 422
    assert said in errors(answer)[field]
    assert fields(page_of(answer))["about"] == ["Typed"]
    assert stored(shop) == before


def test_somebody_new_goes_on_to_their_hours(desk, shop):
    sent = fields(desk.page("/desk/new-staff")) | {"name": "Any"}
    answer = desk.post("/desk/staff", data=sent)
    assert answer.headers["Location"] == "/desk/hours/any-2", "any stands for whoever is free"
    assert stored(shop, "any-2").offers == ("short", "long")
    taken = desk.post("/desk/staff", data=sent | {"slug": "ana"})
    assert "“ana” is taken" in errors(taken)["slug"]
    assert (
        "write another, such as the first name"
        in errors(desk.post("/desk/staff", data=sent | {"slug": "any"}))["slug"]
    )


def test_somebody_who_is_called_new_is_opened_like_anybody_else(desk):
    sent = fields(desk.page("/desk/new-staff")) | {"name": "New"}
    assert desk.post("/desk/staff", data=sent).status_code == 303
    way = desk.page("/desk/staff").find("a", string="New")["href"]
    assert desk.page(way).h1.text == "New"


def test_whoever_has_appointments_is_taken_out_only_after_they_were_seen(desk, shop):
    reference = shop.appointment(TOMORROW)
    answer = desk.post(f"{ANA}/removal")
    page = page_of(answer)
    assert page.select_one(f'[data-booking-reference="{reference}"]')
    agreed = page.select_one("[name=agreed]")["value"]
    assert desk.post(f"{ANA}/removal", data={"agreed": agreed}).status_code == 303
    assert stored(shop) is None
    desk.post(f"{ANA}/return")
    assert stored(shop).hours


def test_the_second_of_two_is_told(desk, shop):
    sent = fields(desk.page(ANA)) | {"name": "Ana Maria"}
    with shop.writing() as session:
        change_business(
            session, lambda plan: with_member(plan, replace(member_of(plan, "ana"), name="Anna"))
        )
    answer = desk.post(ANA, data=sent)
    assert answer.status_code == 409
    assert "Anna" in page_of(answer).select_one("#changed-name").text
    assert fields(page_of(answer))["name"] == ["Ana Maria"]


def test_the_order_is_changed_by_a_button(desk):
    desk.post("/desk/staff/ben/place", data={"to": "up"})
    assert [one.text for one in desk.page("/desk/staff").select(".sb-desk-things a")] == [
        "Ben",
        "Ana",
    ]
