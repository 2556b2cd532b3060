"""One letter lists all dates of a series, with one file of all their events."""

from datetime import timedelta

from icalendar import Calendar
from sqlalchemy import update

from booking.operations.series import cancel_following, move_following
from booking.storage.models import Booking, Service, Shop, letter
from booking.storage.reads import booking_by_reference
from tests.fixtures.small_shop import NOW, at, find
from tests.notifications.conftest import LINK, MAIL, html_of, text_of
from tests.operations.test_series import STARTS, WEEK, made


def book(shop, starts=STARTS) -> list[str]:
    with shop.writing() as session:
        return [each.reference for each in made(session, starts)]


def change(shop, verb, reference, **more) -> None:
    with shop.writing() as session:
        verb(session, booking_by_reference(session, reference), now=NOW, outbox=MAIL, **more)


def events_in(message) -> list:
    """The events of the one file that the letter brings."""
    [file] = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    assert file.get_param("method") is None
    return Calendar.from_ical(file.get_content()).walk("VEVENT")


def test_one_letter_lists_all_dates_each_with_its_link_and_brings_all_events(shop, letters) -> None:
    references = book(shop)
    [message] = letters("customer", "series_booked")
    text = text_of(message)
    assert message["Subject"] == "Booked: Cut, 4 appointments"
    assert [day in text for day in ("2 March", "9 March", "16 March", "23 March")] == [True] * 4
    assert all(reference in text for reference in references)
    assert text.count(LINK) == html_of(message).count(f'href="{LINK}"') == 4
    events = events_in(message)
    assert [each["dtstart"].dt for each in events] == STARTS
    assert len({str(each["uid"]) for each in events}) == 4
    assert {str(each["status"]) for each in events} == {"CONFIRMED"}


def test_the_shop_hears_once_with_who_comes_and_no_link(shop, letters) -> None:
    book(shop)
    [message] = letters("shop", "series_booked")
    assert "Åsa Öberg" in text_of(message)
    assert LINK not in text_of(message)
    assert len(events_in(message)) == 4


def test_fifty_two_dates_are_less_than_a_mail_program_cuts(shop, letters) -> None:
    with shop.writing() as session:
        session.get(Shop, 1).address = "Rua da Boavista 84\n1200-068 Lisboa"
        session.get(Service, find(session, "cut").id).booking_window = 400
    book(shop, [at("10:00", day=1) + n * timedelta(days=2) for n in range(13)])
    book_rest = [at("12:00", day=1) + n * timedelta(days=1) for n in range(26)]
    book(shop, [*book_rest, *(at("14:00", day=1) + n * timedelta(days=1) for n in range(26))])
    _, message = letters("customer", "series_booked")
    assert len(events_in(message)) == 52
    assert len(html_of(message).encode()) < 100_000


def test_the_letter_names_what_stands_when_it_goes_out(shop, letters) -> None:
    first, *others = book(shop)
    shop.cancel(first, outbox=MAIL)
    shop.move(others[0], at("15:00", day=8), by="owner", outbox=MAIL)
    [message] = letters("customer", "series_booked")
    assert [each["dtstart"].dt for each in events_in(message)] == [at("15:00", day=8), *STARTS[2:]]
    assert first not in text_of(message)


def test_an_address_that_is_not_theirs_any_more_gets_nothing_of_it(shop, letters) -> None:
    book(shop)
    with shop.engine.begin() as connection:
        connection.execute(update(Booking).values(customer_email="new@example.com"))
    assert letters("customer", "series_booked") == [None]


def test_a_move_of_several_says_their_new_times_in_one_letter(shop, letters) -> None:
    references = book(shop)
    change(shop, move_following, references[2], start=STARTS[2] + timedelta(hours=2))
    [message] = letters("customer", "series_moved")
    assert message["Subject"] == "Moved: Cut, 2 appointments"
    assert [each["dtstart"].dt.hour for each in events_in(message)] == [12, 12]
    assert [each["sequence"] for each in events_in(message)] == [1, 1]


def test_a_cancel_of_several_says_why_and_calls_all_of_them_off(shop, letters) -> None:
    references = book(shop)
    change(shop, cancel_following, references[2], words="We move house.")
    [message] = letters("customer", "series_cancelled")
    assert "“We move house.”" in text_of(message)
    assert LINK not in text_of(message)
    assert {str(each["status"]) for each in events_in(message)} == {"CANCELLED"}
    assert {str(each["transp"]) for each in events_in(message)} == {"TRANSPARENT"}


def test_a_shops_own_words_and_what_it_turned_off_hold_for_a_series_too(shop, letters) -> None:
    with shop.writing() as session:
        texts = {"en": {"booked": {"subject": "See you, {when}!", "text": "Bring a towel."}}}
        session.get(Shop, 1).mail = {"texts": texts, "off": ["shop_booked"]}
    book(shop, [STARTS[0], STARTS[0] + WEEK])
    [message] = letters("customer", "series_booked")
    assert message["Subject"] == "See you, Tuesday 2 March 2027, 10:00 and 1 more!"
    assert "Bring a towel." in text_of(message)
    assert letters("shop", "series_booked") == []


def test_an_address_that_reads_like_that_of_today_hears_of_no_series(shop, letters) -> None:
    book(shop)
    for address, count in (("asa@straße.example", 0), ("ASA@strasse.example", 1)):
        with shop.writing() as session:
            session.execute(update(Booking), {"customer_email": "asa@strasse.example"})
            session.execute(
                update(letter).where(letter.c.role == "customer"), {"recipient": address}
            )
        assert len(list(filter(None, letters("customer", "series_booked")))) == count
