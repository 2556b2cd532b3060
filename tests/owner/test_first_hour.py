"""The first hour asks for what is missing, and says beside the field what cannot be."""

from dataclasses import replace

import pytest

from booking.operations.current_plan import current_plan
from booking.operations.plan_edits import with_member, with_service, with_shop
from booking.operations.shop_changes import change_business
from booking.scheduling.slots import TimeRange
from booking.testing import TabClient
from tests.commands.shell import done
from tests.conftest import app_over
from tests.fixtures.clocks import MONDAY_MORNING
from tests.owner.conftest import PASSWORD, Desk, page_of, text_of
from tests.owner.test_services import fields

SHOP = {"name": "Maré", "address": "Rua 1\n1200 Lisboa", "phone": "+351 210 000 000"}
SHOP |= {"zone": "Europe/Lisbon"}
SERVICE = {"name": "Ma\u0301ssage & more", "duration": "60", "price": "€45"}
MORNINGS = {"open": "yes", "from": "9:00", "to": "13:00"}
HOURS = {"open_0": "yes", "from_0": "9:00", "to_0": "17.30"}


@pytest.fixture
def new_desk(sqlite_url):
    """The first owner of a new installation, who came in by the link that `init` printed."""
    with app_over(sqlite_url, None) as app:
        app.test_client_class = Desk
        said = done(app, "init")
        client = app.test_client()
        link = next(word for word in said.split() if "/desk/one-time-link/" in word)
        assert "make your account" in text_of(client.get(link)).lower()
        who = {"name": "Ola", "email": "Ola@Mare.example", "password": PASSWORD}
        assert client.post(link, data=who | {"email": "no address"}).status_code == 422
        came = client.post(link, data=who)
        assert client.get(came.headers["Location"]).headers["Location"] == "/desk/first-hour"
        assert "one-time-link" not in done(app, "init"), "somebody may come in by now"
        yield client


def asks(desk, **more) -> str:
    return desk.page("/desk/first-hour", **more).h1.text


def answer(desk, step, data):
    """Send it from the page as it is now."""
    return send(desk, step, data, was=marks(desk, step))


def marks(desk, step) -> str:
    field = desk.page(f"/desk/first-hour?step={step}").select_one("[name=was]")
    return field["value"] if field else ""


def send(desk, step, data, was):
    return desk.post(f"/desk/first-hour/{step}", data=data | {"was": was})


def edited(shop, edit) -> None:
    """Somebody changes the business on another page."""
    with shop.writing() as session:
        change_business(session, edit)


def with_hours(hours):
    return lambda plan: with_member(plan, replace(plan.staff[0], hours=hours))


def stored(shop):
    with shop.reading() as session:
        return current_plan(session)


def test_each_answer_leads_to_what_is_still_missing_until_customers_can_book(new_desk):
    assert "Customers cannot book yet" in text_of(new_desk.get("/desk/"))
    for step, typed, heading in (
        ("shop", SHOP, "Who are you?"),
        ("service", SERVICE, "What can customers book?"),
        ("person", {"name": "Olá"}, "Who does it?"),
        ("hours", HOURS, "When can they be booked?"),
    ):
        assert asks(new_desk) == heading
        assert answer(new_desk, step, typed).status_code == 303
    shown = new_desk.get("/desk/first-hour")
    assert "Customers can book" in text_of(shown)
    assert "No letters are sent yet" in text_of(shown)
    assert page_of(shown).select_one("input[readonly]")["value"] == "http://localhost/book/"
    assert "Customers cannot book yet" not in text_of(new_desk.get("/desk/"))
    assert "Mássage & more" in TabClient(new_desk.application, "/book/").page.get_text()


def test_what_was_answered_is_shown_again_and_can_be_changed(new_desk):
    for step, typed in (("shop", SHOP), ("service", SERVICE), ("person", {"name": "Olá"})):
        answer(new_desk, step, typed)
    assert asks(new_desk, query_string={"step": "hours"}) == "When can they be booked?"
    page = new_desk.page("/desk/first-hour?step=service")
    assert page.select_one("[name=price]")["value"] == "€45"
    answer(new_desk, "service", SERVICE | {"name": "Massage", "price": ""})
    answer(new_desk, "shop", SHOP | {"zone": "Atlantic/Azores"})
    answer(new_desk, "hours", HOURS)
    page = new_desk.page("/desk/first-hour?step=hours")
    assert page.select_one("#field-to_0")["value"] == "17:30"
    assert not page.select_one("#field-open_1").has_attr("checked")
    assert "Massage" in TabClient(new_desk.application, "/book/").page.get_text()


def test_nobody_gets_the_short_name_that_stands_for_whoever_is_free(new_desk):
    for step, typed in (("shop", SHOP), ("service", SERVICE), ("person", {"name": "Any"})):
        answer(new_desk, step, typed)
    assert new_desk.page("/desk/staff").find("a", string="Any")["href"] == "/desk/staff/any-2"


@pytest.mark.parametrize(
    ("step", "changed", "field"),
    [
        ("shop", {"name": " "}, "name"),
        ("shop", {"name": "x" * 121}, "name"),
        ("shop", {"name": "bell\x07"}, "name"),
        ("shop", {"phone": "call me"}, "phone"),
        ("shop", {"zone": ""}, "zone"),
        ("shop", {"zone": "Europe/Nowhere"}, "zone"),
        ("shop", {"address": "y" * 501}, "address"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field_and_kept(new_desk, step, changed, field):
    refused = answer(new_desk, step, SHOP | changed)
    assert refused.status_code == 422
    page = page_of(refused)
    assert page.select_one(f"#error-{field}").text
    assert page.select_one("[role=alert] a")["href"] == f"#field-{field}"
    assert "Rua 1" in refused.text or field == "address"
    assert asks(new_desk) == "Who are you?"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({}, "open_0"),
        (HOURS | {"from_0": "nine"}, "from_0"),
        (HOURS | {"from_0": "18:00"}, "from_0"),
        (HOURS | {"from_0": "9:02"}, "from_0"),
        (HOURS | {"to_0": "24:30"}, "from_0"),
        (HOURS | {"open_6": "yes", "from_6": "", "to_6": ""}, "from_6"),
    ],
)
def test_hours_that_cannot_be_are_said_beside_their_day(new_desk, typed, field):
    for step, given in (("shop", SHOP), ("service", SERVICE), ("person", {"name": "Ola"})):
        answer(new_desk, step, given)
    refused = answer(new_desk, "hours", typed)
    assert refused.status_code == 422
    page = page_of(refused)
    assert page.select_one(f"#error-{field}").text
    for name, value in typed.items():
        if not name.startswith("open"):
            assert page.select_one(f"[name={name}]")["value"] == value
    assert asks(new_desk) == "When can they be booked?", "nothing was written"


@pytest.mark.parametrize("price", ["45", "1 200,00"])
def test_a_price_without_a_currency_is_said_beside_the_field_and_kept(new_desk, price):
    answer(new_desk, "shop", SHOP)
    refused = answer(new_desk, "service", SERVICE | {"price": price})
    page = page_of(refused)
    assert refused.status_code == 422
    assert page.select_one("#error-price").text.startswith("No currency is named.")
    assert page.select_one("[name=price]")["value"] == price
    assert page.select_one("[name=name]")["value"] == SERVICE["name"]
    assert asks(new_desk) == "What can customers book?", "nothing was written"


def test_an_answer_that_comes_too_early_or_twice_does_no_harm(new_desk):
    assert answer(new_desk, "hours", HOURS).status_code == 303
    assert asks(new_desk) == "Who are you?"
    for _ in range(2):
        answer(new_desk, "shop", SHOP)
        answer(new_desk, "service", SERVICE)
    assert asks(new_desk) == "Who does it?"
    assert answer(new_desk, "service", SERVICE | {"duration": "17"}).status_code == 422


def test_a_day_may_end_at_midnight(new_desk):
    for step, given in (("shop", SHOP), ("service", SERVICE), ("person", {"name": "Ola"})):
        answer(new_desk, step, given)
    assert answer(new_desk, "hours", HOURS | {"to_0": "24:00"}).status_code == 303
    assert asks(new_desk) == "Customers can book"
    sent = fields(new_desk.page("/desk/first-hour?step=hours"), "main form")
    assert sent["to_0"] == ["00:00"], "as a browser's clock has midnight"
    assert new_desk.post("/desk/first-hour/hours", data=sent).status_code == 303
    assert "Mo 09:00-24:00" in text_of(new_desk.get("/desk/hours"))


def test_what_touches_appointments_to_come_is_changed_where_they_are_shown(desk, shop):
    shop.appointment(MONDAY_MORNING.replace(hour=10), "Zoë Ω")
    evenings = {"open_0": "yes", "from_0": "15:00", "to_0": "16:00"}
    refused = answer(desk, "hours", evenings)
    assert refused.status_code == 409
    page = page_of(refused)
    assert "nothing was changed" in page.select_one("[role=alert]").text
    assert page.select_one("[name=from_0]")["value"] == "15:00"
    with shop.reading() as session:
        assert current_plan(session).staff[0].hours[0][0].starts == 9 * 60
    mornings = {f"{what}_{day}": value for day in range(7) for what, value in MORNINGS.items()}
    assert answer(desk, "hours", mornings).status_code == 303


# -- an answer that is changed later ---------------------------------------------------------------

ALL_DAY = (TimeRange(540, 1020),)
SPLIT = {0: (TimeRange(540, 720), TimeRange(840, 1080))}


def test_an_answer_that_is_sent_as_it_is_shown_changes_nothing(desk, shop):
    edited(shop, lambda plan: with_service(plan, replace(plan.services[0], duration=50)))
    edited(shop, with_hours({0: ALL_DAY, 1: (TimeRange(600, 1440),)}))
    before = stored(shop)
    for step in ("shop", "service", "person", "hours"):
        sent = fields(desk.page(f"/desk/first-hour?step={step}"), "main form")
        assert desk.post(f"/desk/first-hour/{step}", data=sent).status_code == 303, step
        assert stored(shop) == before, step


@pytest.mark.parametrize(
    ("step", "edit", "leads_to"),
    [
        pytest.param("hours", with_hours(SPLIT), "/desk/hours/ana", id="two ranges"),
        pytest.param("hours", with_hours({}), "/desk/hours/ana", id="no hours"),
        (
            "service",
            lambda plan: with_service(plan, replace(plan.services[0], price="€" + "1" * 70)),
            "/desk/services/short",
        ),
        (
            "person",
            lambda plan: with_member(plan, replace(plan.staff[0], name="A" * 121)),
            "/desk/staff/ana",
        ),
        ("shop", lambda plan: with_shop(plan, replace(plan.shop, zone="CET")), "/desk/settings"),
    ],
)
def test_what_has_more_to_it_than_is_asked_is_changed_on_its_own_page(
    desk, shop, step, edit, leads_to
):
    page_of_before = fields(desk.page(f"/desk/first-hour?step={step}"), "main form")
    edited(shop, edit)
    before = stored(shop)
    assert desk.get(f"/desk/first-hour?step={step}").headers["Location"] == leads_to
    refused = desk.post(f"/desk/first-hour/{step}", data=page_of_before)
    assert refused.status_code == 409
    assert "nothing was changed" in page_of(refused).select_one("[role=alert]").text
    assert stored(shop) == before


@pytest.mark.both_databases
def test_an_answer_on_a_page_of_before_gives_nothing_back_that_others_changed(desk, shop):
    sent = fields(desk.page("/desk/first-hour?step=service"), "main form")
    edited(
        shop, lambda plan: with_service(plan, replace(plan.services[0], duration=60, price="€1"))
    )
    sent |= {"name": "Massage", "price": "€2"}
    answered = desk.post("/desk/first-hour/service", data=sent)
    assert answered.status_code == 409
    page = page_of(answered)
    said = page.select_one("[role=alert]").text
    assert "this while you typed: How long it takes. It is shown as it is now." in said
    assert "this as well while you typed: Price." in said
    assert "Somebody else wrote meanwhile: €1" in page.select_one(".sb-desk-changed").text
    assert page.select_one("#field-duration [selected]")["value"] == "60"
    assert stored(shop).services[0].price == "€1"
    shown = fields(page, "main form")
    assert desk.post("/desk/first-hour/service", data=shown).status_code == 303
    service = stored(shop).services[0]
    assert (service.name, service.duration, service.price) == ("Massage", 60, "€2")


def test_a_day_that_others_changed_is_named(desk, shop):
    edited(shop, with_hours({0: ALL_DAY}))
    sent = fields(desk.page("/desk/first-hour?step=hours"), "main form")
    edited(shop, with_hours({0: (TimeRange(600, 1020),)}))
    sent |= {"from_0": "11:00", "open_1": "yes"}
    page = page_of(desk.post("/desk/first-hour/hours", data=sent))
    assert "Monday from" in page.select_one("[role=alert]").text
    assert "10:00" in page.select_one(".sb-desk-changed").text
    assert fields(page, "main form")["from_0"] == ["11:00"]


def test_whose_hours_are_asked_is_who_offers_something(desk, shop):
    edited(shop, lambda plan: with_member(plan, replace(plan.staff[0], offers=(), hours=SPLIT)))
    edited(shop, lambda plan: with_member(plan, replace(plan.staff[1], hours={})))
    assert "The usual week of Ben." in text_of(desk.get("/desk/first-hour"))
    assert answer(desk, "hours", HOURS).status_code == 303
    assert asks(desk) == "Customers can book"
    assert stored(shop).staff[0].hours == SPLIT
