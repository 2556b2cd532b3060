"""The link that calls the shop dials what its owner meant, however the number is written."""

import pytest
from sqlalchemy import update

from booking.contact.phones import dialled
from booking.storage.models import Shop
from booking.tab_sessions import write_transaction

BERLIN = "tel:+49301234567"


def links(line: str, region: str | None = "DE") -> list[str]:
    return [words.href for words in dialled(line, region) if words.href]


@pytest.mark.parametrize(
    "line",
    [
        *("+49 (0)30 1234567", "+49 (0) 30 / 123 45 67", "+49-30-1234567", "0049 30 1234567"),
        *("030 1234567", "(030) 1234567", "030/1234567", "(0)30 1234567", "+49 030 1234567"),
        *("Tel.: 030 1234567", "030 1234567 (ask for Ann)", "Mo-Fr 9-17: 030 1234567"),
        *("tel:+49-30-1234567", "030 1234567/68", "030 1234567 Durchwahl 12"),
        *("\u202a+49 30 1234567\u202c", "+٤٩ ٣٠ ١٢٣٤٥٦٧", "+49\u201130\u20111234567"),
    ],
)
def test_one_number_is_dialled_however_it_is_written(line):
    assert links(line) == [BERLIN]


@pytest.mark.parametrize(
    ("line", "region", "dials"),
    [
        ("0800 123 4567", "GB", ["tel:+448001234567"]),
        ("+800 1234 5678", "DE", ["tel:+80012345678"]),
        ("+44 (0)20 7946 0018", "DE", ["tel:+442079460018"]),
        ("+39 06 12345678", "DE", ["tel:+390612345678"]),  # Italy keeps its zero
        ("+1 202 555 0143 ext. 12", "DE", ["tel:+12025550143;ext=12"]),
        ("030 1234567-0", "DE", ["tel:+493012345670"]),
        ("1-800-FLOWERS", "US", ["tel:+18003569377"]),
        ("089 / 12 34 56", "DE", ["tel:+4989123456"]),
        ("030 1 / 030 2", "DE", ["tel:0301", "tel:0302"]),
        ("020 7946 0018 or 020 7946 0019", "GB", ["tel:+442079460018", "tel:+442079460019"]),
        ("+49 30 1234567, +49 171 1234567", None, [BERLIN, "tel:+491711234567"]),
        ("030 1234567; 030 7654321", "DE", [BERLIN, "tel:+49307654321"]),
        ("030 1234567", None, ["tel:0301234567"]),  # no country is known
        ("+49 (0)30 1", "DE", ["tel:+49301"]),
        ("116117", "DE", ["tel:116117"]),
        ("*2700", "IL", ["tel:*2700"]),
        ("Ask in room 101", "DE", []),
        ("Call us", "DE", []),
        ("", None, []),
    ],
)
def test_other_numbers_and_words(line, region, dials):
    assert links(line, region) == dials
    assert "".join(words.text for words in dialled(line, region)) == line


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("phone", "dials"), [("+49 (0)30 1234567", {BERLIN}), ("Ring the bell 123", set())]
)
def test_every_page_has_the_same_link_or_none(app, phone, dials):
    with app.app_context(), write_transaction(app.extensions["booking"].session) as session:
        session.execute(update(Shop).values(phone=phone))
    for path in ("/book/", "/book/details", "/book/nowhere", "/book/appointment/none"):
        html = app.test_client().get(path).text
        assert phone in html
        found = {part.split('"')[0] for part in html.split('href="')[1:] if part[:4] == "tel:"}
        assert found == dials
