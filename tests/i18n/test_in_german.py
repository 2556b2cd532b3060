"""A shop in Germany: pages and letters in German, with no English left."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from booking.notifications.trying_out import preview
from booking.operations.plan import LETTERS
from booking.storage.models import Booking
from booking.tab_sessions import read_transaction
from booking.testing import TabClient
from tests.customer.walks import ADA, at_done, at_review, at_time
from tests.i18n import test_every_text_is_marked as marked
from tests.i18n.english import english_in
from tests.i18n.test_every_text_is_marked import answers, in_database, texts  # noqa: F401

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WAYS = (
    marked.a_booking_from_the_first_page_to_its_cancelling,
    marked.an_appointment_changed_by_its_link,
    marked.a_tab_that_is_over,
    marked.an_order_that_no_page_asks_for,
    marked.times_on_another_clock,
)


def make_german(app):
    with in_database(app) as connection:
        connection.exec_driver_sql("UPDATE booking_shop SET language = 'de'")


@pytest.mark.settings(visitor_share=100)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_customers_of_a_german_shop_read_german(way, app, answers):  # noqa: F811
    make_german(app)
    way(app)
    assert len(answers) > 5
    found = {
        f"{where}: {each}"
        for where, html in answers
        for text, _left in texts(html)
        for each in english_in(text)
    }
    assert not found
    whole = [html for _where, html in answers if "<html" in html]
    assert whole
    assert all('lang="de"' in html for html in whole)


def test_dates_and_times_are_written_as_in_germany(app, monday_morning):
    make_german(app)
    page = at_review(app, "2026-03-04T15:00Z", staff="ana").page.get_text(" ")
    assert "Mittwoch, 4. März 2026, 15:00 bis" in page
    services = TabClient(app, "").page.get_text(" ")
    assert "30 Minuten" in services
    assert "1 Stunde" in services


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en-US,en;q=0.9,de;q=0.8", "en"),
        ("fr,de;q=0.5", "de"),
        ("de-AT,en;q=0.5", "de"),
        ("de_CH", "de"),
        ("DE", "de"),
        ("en;q=0.4,de-DE-1996;q=0.5", "de"),
        ("de;q=0.5,en-GB", "en"),
        ("de;q=0,*", "en"),
        ("*;q=0.1,en;q=0", "de"),
        ("en;q=0.5,de;q=0.5", "the shop's"),
        ("fr,*;q=0.5", "the shop's"),
        ("fr", "the shop's"),
        ("*", "the shop's"),
        ("", "the shop's"),
    ],
)
@pytest.mark.parametrize("shops", ["de", "en"])
def test_a_page_speaks_the_browsers_language_where_it_can_else_the_shops(
    app, monday_morning, asked, spoken, shops
):
    if shops == "de":
        make_german(app)
    answer = app.test_client().get("/book/service", headers={"Accept-Language": asked})
    language = shops if spoken == "the shop's" else spoken
    assert f'lang="{language}"' in answer.text
    assert ("Termin buchen" in answer.text) == (language == "de")


def test_two_visitors_read_two_languages_and_each_booking_keeps_the_one_of_its_customer(
    app, monday_morning
):
    german = at_time(app, headers={"Accept-Language": "de-AT,en;q=0.5"})
    assert "Wann möchten Sie kommen?" in german.page.get_text()
    english = at_done(app, "2026-03-02T15:00Z")
    assert "Your appointment is confirmed" in english.page.get_text()
    german.submit(slot="2026-03-02T16:00Z")
    german.submit(**ADA).submit()
    assert "Ihr Termin ist bestätigt" in german.page.get_text()
    with in_database(app) as connection:
        kept = connection.execute(select(Booking.language).order_by(Booking.starts_at))
        assert kept.scalars().all() == ["en", "de"]


@pytest.mark.parametrize(
    "asked",
    ["de;q=0", "de;q=2", "de;q=ten", ";;;", "x" * 8000, "xx;q=0.9," * 900],
    ids=lambda asked: f"{asked[:9]} ({len(asked)})",
)
def test_what_is_no_wish_leaves_the_shops_language(app, asked):
    answer = app.test_client().get("/book/service", headers={"Accept-Language": asked})
    assert answer.status_code == 200
    assert 'lang="en"' in answer.text


@pytest.mark.parametrize("name", LETTERS)
def test_each_letter_is_in_german(app, name):
    make_german(app)
    now = datetime(2026, 3, 2, tzinfo=UTC)
    with app.app_context(), read_transaction(app.extensions["booking"].session) as session:
        letter = preview(session, name, now=now)
    parts = [part.get_content() for part in letter.walk() if part.get_content_maintype() == "text"]
    written = "\n".join([str(letter["Subject"]), *map(str, parts)])
    assert "Dienstag, 3. März 2026" in written or "Termine" in written
    assert english_in(written) == set()
