"""The desk's page of the shop itself: its address, its file, and its own words in letters."""

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from booking.business_file.load import read_business
from booking.operations.current_plan import current_plan
from booking.operations.plan_versions import versions_of
from booking.storage.models import Booking
from tests.fixtures.clocks import MONDAY_MORNING
from tests.owner.conftest import page_of, text_of
from tests.owner.test_services import errors, fields

TOKYO = ZoneInfo("Asia/Tokyo")
PAGE, REMINDER = "/desk/settings", "/desk/settings/texts/reminder"


def plan(shop):
    with shop.reading() as session:
        return current_plan(session)


@pytest.mark.both_databases
def test_what_is_typed_is_saved(desk, shop):
    before = plan(shop)
    sent = fields(desk.page(PAGE))
    assert desk.post(PAGE, data=sent).status_code == 303
    assert plan(shop) == before
    sent |= {"name": "New name", "address": "2 Street\r\n1000 Lisbon"}
    answer = desk.post(PAGE, data=sent, follow_redirects=True)
    assert "It is saved." in text_of(answer)
    assert (plan(shop).shop.name, plan(shop).shop.address) == ("New name", "2 Street\n1000 Lisbon")


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"name": ""}, "name", "This is empty"),
        ({"phone": "none"}, "phone", "This is not a phone number"),
        ({"email": "x"}, "email", "This is not an e-mail address"),
        ({"accent": "teal"}, "accent", "This is not a colour; write one such as"),
        (
            {"accent": "#ffcc00"},
            "accent",
            "On light paper its contrast is 1.3 to 1, and it takes 4.5 to be read",
        ),
        ({"zone": "Mars"}, "zone", '"Mars" is not a time zone'),
        ({"address": "x" * 400}, "address", "This has 400 characters; write at most 300."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(desk, shop, typed, field, said):
    before = plan(shop)
    answer = desk.post(PAGE, data=fields(desk.page(PAGE)) | {"about": "Typed"} | typed)
    assert answer.status_code == 422
    assert said in errors(answer)[field]
    assert fields(page_of(answer))["about"] == ["Typed"]
    assert plan(shop) == before


def test_another_zone_takes_along_who_works_in_the_shops_own_and_says_whom_it_touches(desk, shop):
    shop.appointment(MONDAY_MORNING.replace(hour=16, day=3))
    sent = fields(desk.page(PAGE)) | {"zone": "Asia/Tokyo"}
    answer = desk.post(PAGE, data=sent)
    assert answer.status_code == 409
    page = page_of(answer)
    agreed = page.select_one("[name=agreed]")["value"]
    assert desk.post(PAGE, data=fields(page) | {"agreed": agreed}).status_code == 303
    zones = {one.slug: one.zone for one in plan(shop).staff}
    assert zones == {"ana": "Asia/Tokyo", "ben": "America/New_York"}


PAGES = {
    "the shop's, where ana works by it": (PAGE, "Asia/Tokyo"),
    "her own": ("/desk/staff/ana", "Asia/Tokyo"),
}


@pytest.mark.parametrize("whose", PAGES)
def test_another_zone_leaves_time_off_at_its_hours_and_appointments_when_they_are(
    desk, shop, whose
):
    off = {"from_day": "2026-03-04", "to_day": "2026-03-04", "why_away": "Dentist"}
    off |= {"member": "ana", "from_time": "10:00", "to_time": "12:30"}
    assert desk.post("/desk/closures/time-off", data=off).status_code == 303
    reference = shop.appointment(MONDAY_MORNING.replace(hour=16, day=3))
    page, zone = PAGES[whose]
    answer = desk.post(page, data=fields(desk.page(page)) | {"zone": zone})
    if answer.status_code == 409:
        shown = page_of(answer)
        agreed = shown.select_one("[name=agreed]")["value"]
        answer = desk.post(page, data=fields(shown) | {"agreed": agreed})
    assert answer.status_code == 303
    (ana,) = [one for one in plan(shop).staff if one.slug == "ana"]
    assert ana.zone == zone
    (away,) = [one for one in ana.time_off if one.reason == "Dentist"]
    by_her_clock = [f"{each.astimezone(TOKYO):%d %H:%M}" for each in (away.starts_at, away.ends_at)]
    assert by_her_clock == ["04 10:00", "04 12:30"]
    with shop.reading() as session:
        booked = session.scalars(select(Booking).where(Booking.reference == reference)).one()
        assert booked.starts_at == MONDAY_MORNING.replace(hour=16, day=3)


def test_the_file_that_is_downloaded_is_the_business_as_it_is(desk, shop):
    answer = desk.get(f"{PAGE}/file")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="shop-2026-03-02.toml"'
    assert answer.headers["Cache-Control"] == "no-store"
    read = read_business(answer.data, name="shop.toml", now=MONDAY_MORNING)
    assert read.versions == versions_of(plan(shop)) == versions_of(read)


@pytest.mark.both_databases
def test_the_shops_colour_is_a_style_sheet_whose_address_is_its_content(desk, shop, desk_app):
    pages = "/book/", "/desk/settings"
    for path in pages:
        assert not desk.page(path).select('link[href*="accent"]')
    desk.post(PAGE, data=fields(desk.page(PAGE)) | {"accent": "#6B21A8 "})
    assert plan(shop).shop.accent == "#6b21a8"
    for path in pages:
        [sheet] = [one["href"] for one in desk.page(path).select('link[href*="accent"]')]
        answer = desk_app.test_client().get(sheet)
        assert answer.text == ":root{--sidebook-accent:#6b21a8}"
        assert answer.mimetype == "text/css"
        assert "immutable" in answer.headers["Cache-Control"]
        assert desk_app.test_client().get(sheet.replace("6b21a8", "6b21aX")).status_code == 404


# -- words of letters ------------------------------------------------------------------------------


def test_own_words_are_tried_shown_and_saved(desk, shop):
    sent = fields(desk.page(REMINDER)) | {"text": "Bring {service} shoes."}
    shown = desk.post(REMINDER, data=sent | {"do": "preview"})
    assert shown.status_code == 200
    assert "Bring Short visit shoes." in page_of(shown).select_one(".sb-desk-letter").text
    assert plan(shop).shop.mail == {}
    assert desk.post(REMINDER, data=fields(page_of(shown))).status_code == 303
    words = {"en": {"reminder": {"text": "Bring {service} shoes."}}}
    assert plan(shop).shop.mail == {"texts": words}
    where = "your own words in: English; ours in: Deutsch"
    assert where in text_of(desk.get("/desk/settings/texts"))
    assert where in text_of(desk.get(f"{REMINDER}?language=de"))
    desk.post(REMINDER, data=fields(desk.page(REMINDER)) | {"text": " "})
    assert plan(shop).shop.mail == {}


def test_where_own_words_do_not_stand_is_told_of_each_letter_that_may_be_in_that_language(
    desk, shop
):
    def write(letter, language):
        path = f"/desk/settings/texts/{letter}?language={language}"
        sent = fields(desk.page(path)) | {"text": "Bring shoes."}
        assert desk.post(path, data=sent).status_code == 303

    def told():
        page = desk.page("/desk/settings/texts")
        return [each.parent.span.get_text() for each in page.select("li > a") if each.parent.span]

    write("booked", "en")
    write("booked", "de")
    write("shop_booked", "en")
    assert told() == ["your own words in: English, Deutsch", "your own words in: English"]
    assert desk.post(PAGE, data=fields(desk.page(PAGE)) | {"language": "de"}).status_code == 303
    english = {"Accept-Language": "en"}
    page = desk.page("/desk/settings/texts", headers=english).get_text()
    assert "your own words in: English; ours in: Deutsch" in page


def test_letters_are_named_in_the_language_of_whoever_writes_them(desk, shop):
    german = {"Accept-Language": "de"}
    page = desk.page("/desk/settings/texts", headers=german)
    names = [one.get_text() for one in page.select(".sb-desk-texts a")]
    assert names[:2] == ["Bestätigung", "Verschoben"]
    assert not {"booked", "lost link", "to decide"} & set(names)
    one = desk.page("/desk/settings/texts/staff_booked", headers=german)
    assert one.h1.get_text() == "Texte der E-Mail „Bestätigung“"
    assert [each.get_text() for each in one.select("nav [lang]")] == ["English", "Deutsch"]


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"text": "Dear {customer}"}, "text", "{customer}"),
        ({"text": "Half a {bracket"}, "text", "{"),
        ({"subject": "{when} " * 10}, "subject", "write one of at most"),
        ({"subject": "x" * 130}, "subject", "This has 130 characters; write at most 120."),
    ],
)
def test_words_of_which_no_letter_can_be_made_are_refused_beside_the_field(
    desk, shop, typed, field, said
):
    answer = desk.post(REMINDER, data=fields(desk.page(REMINDER)) | typed)
    assert answer.status_code == 422
    assert said in errors(answer)[field]
    assert fields(page_of(answer))[field] == [typed[field]]
    assert plan(shop).shop.mail == {}


def test_every_letter_has_a_page_with_how_it_would_look(desk):
    links = [one["href"] for one in desk.page("/desk/settings/texts").select(".sb-desk-texts a")]
    assert len(links) > 20
    for link in links:
        assert desk.page(link).select_one(".sb-desk-letter").text.strip(), link
    assert desk.get("/desk/settings/texts/nothing").status_code == 404
