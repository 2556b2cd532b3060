"""The desk in another language, and the language of the shop."""

import pytest

from tests.i18n.english import english_in
from tests.owner.conftest import page_of, text_of
from tests.owner.test_services import errors, fields
from tests.owner.test_settings import plan

PAGE = "/desk/settings"
GERMAN = {"Accept-Language": "de-DE,de;q=0.9"}
PAGES = (
    *("/desk/", "/desk/agenda?view=week", "/desk/agenda?view=list", "/desk/availability"),
    *("/desk/bookings/new", "/desk/customers", "/desk/services", "/desk/new-service"),
    *("/desk/services/short", "/desk/staff", "/desk/staff/ana", "/desk/hours", "/desk/hours/ana"),
    *("/desk/hours/ana/days", "/desk/closures", "/desk/letters", "/desk/history", "/desk/settings"),
    *(
        "/desk/settings/texts",
        "/desk/settings/texts/booked?language=de",
        "/desk/accounts",
        "/desk/account",
    ),
)


@pytest.mark.parametrize("path", PAGES)
def test_whoever_reads_german_has_a_german_desk(desk, path):
    answer = desk.get(path, headers=GERMAN, follow_redirects=True)
    assert answer.status_code == 200
    page = page_of(answer)
    assert page.html["lang"] == "de"
    assert english_in(text_of(answer)) == set()


def test_what_is_wrong_is_said_in_german_beside_its_field(desk):
    sent = fields(desk.page(PAGE, headers=GERMAN)) | {"phone": "none", "zone": "Mars", "name": ""}
    answer = desk.post(PAGE, data=sent, headers=GERMAN)
    assert answer.status_code == 422
    said = errors(answer)
    assert "Das ist keine Telefonnummer; schreiben Sie eine wie" in said["phone"]
    assert '"Mars" ist keine Zeitzone; schreiben Sie' in said["zone"]
    assert "Das ist leer; schreiben Sie etwas." in said["name"]
    assert english_in(text_of(answer)) == set()


def test_the_shop_has_a_language_of_its_own_and_its_pages_speak_it(desk, shop, app):
    sent = fields(desk.page(PAGE))
    assert sent["language"] == [""]
    assert desk.post(PAGE, data=sent | {"language": "de"}).status_code == 303
    assert plan(shop).shop.language == "de"
    assert page_of(app.test_client().get("/book/service")).html["lang"] == "de"
    assert desk.page(PAGE).html["lang"] == "de"
    refused = desk.post(PAGE, data=fields(desk.page(PAGE)) | {"language": "dee"})
    assert "meinten Sie" in errors(refused)["language"]
    assert plan(shop).shop.language == "de"
    assert desk.post(PAGE, data=fields(desk.page(PAGE)) | {"language": ""}).status_code == 303
    assert plan(shop).shop.language == ""
