"""Where another address was given, the old one is told so and learns nothing more."""

from sqlalchemy import update

from booking.operations.bookings import Customer
from booking.operations.details import mend_details
from booking.storage.models import letter
from booking.storage.reads import booking_by_reference
from tests.fixtures.small_shop import NOW, at, later
from tests.notifications.conftest import LINK, MAIL, text_of

NEW = Customer("Bea Secret", "bea@example.org")


def test_the_old_address_is_told_without_the_link_the_name_or_the_new_address(shop, letters):
    reference = shop.book(None, "cut", "ann", at("10:00", day=3), outbox=MAIL)
    with shop.writing() as session:
        booking = booking_by_reference(session, reference)
        renew = lambda *_: "token"  # noqa: E731
        mend_details(session, booking, NEW, now=NOW, renew=renew, outbox=MAIL)
    (told,) = letters("customer", "address_changed")
    for secret in ("Bea", "bea@", LINK):
        assert secret not in told.as_string()
        assert secret not in text_of(told)
    assert told["To"] == "asa@example.com"
    assert "Another e-mail address was given" in text_of(told)
    before, confirmation = letters("customer", "booked")
    assert before is None, "one that was under way to the old address is not made any more"
    assert confirmation["To"] == NEW.email
    assert LINK in text_of(confirmation)


def test_an_address_that_reads_like_that_of_today_does_not_get_its_letter(shop, letters):
    today, other = "asa@strasse.example", "asa@straße.example"
    reference = shop.book(None, "cut", "ann", at("10:00", day=3), outbox=MAIL)
    with shop.writing() as session:
        booking_by_reference(session, reference).customer_email = today
    for address, count in ((other, 0), (today.upper(), 1)):
        with shop.writing() as session:
            session.execute(
                update(letter).where(letter.c.role == "customer"), {"recipient": address}
            )
        assert len(list(filter(None, letters("customer", "booked")))) == count


def test_an_address_that_is_asked_hears_of_the_appointment_as_it_stands(shop, letters):
    shop.change("cut", confirm_by_mail=True)
    reference = shop.book(None, "cut", "ann", at("10:00", day=3), outbox=MAIL)
    with shop.writing() as session:
        booking = booking_by_reference(session, reference)
        given = {"now": NOW, "renew": lambda *_: "token", "outbox": MAIL}
        mend_details(session, booking, NEW, until=later(30), **given)
    shop.move(reference, at("11:00", day=3), outbox=MAIL)
    (asked,) = letters("customer", "confirm_address")
    assert asked["To"] == NEW.email
    assert "11:00" in text_of(asked)
    assert "10:00" not in text_of(asked)
