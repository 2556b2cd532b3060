"""Who looks for a booking finds it by a beginning, by the end of a number, by the reference."""

from dataclasses import replace

import pytest
from sqlalchemy import event, select

from booking.operations.bookings import Customer
from booking.operations.details import mend_details
from booking.storage.models import Booking
from booking.storage.reads import booking_by_reference
from booking.storage.search import find_bookings, says_enough
from booking.storage.search_keys import keys_of
from tests.fixtures.small_shop import NOW, at, later
from tests.fixtures.write_locks import fill, reads_all
from tests.storage.conftest import counted
from tests.storage.test_live import plan

pytestmark = pytest.mark.both_databases

BJORK = Customer("Anna-Lena Björk O\u2019Brien", "Al.Bjork@example.com", "+49 30 123456")


@pytest.fixture
def bjork(shop) -> str:
    shop.book(None, "cut", "ann", at("09:00"), customer=Customer("Zoë Ander", "z@example.com"))
    return shop.book(None, "cut", "ben", at("10:00"), customer=BJORK)


def found(shop, text, *, now=NOW, **more) -> list[str]:
    with shop.reading() as session:
        return [each.reference for each in find_bookings(session, text, now=now, **more)]


MEANT = ["bjo", "BJÖRK", "björk", "lena", "anna-l", "o'b", "obrien", "ann bj", "bjork anna",
         "al.b", "AL.BJORK@EXAMPLE.COM", "456", "123 456", "030 123456", "(030) 12 34-56",
         "+4930123456", " Bjork "]  # fmt: skip


def test_a_beginning_or_the_end_of_a_number_finds_it(shop, bjork):
    assert {text: found(shop, text) for text in MEANT} == {text: [bjork] for text in MEANT}


NOT_MEANT = ["jork", "rien", "anna zo", "bjork@", "example.com", "1234567", "49 30", "b%", "b_",
             "anna x", "al bjork"]  # fmt: skip


def test_the_middle_of_something_does_not(shop, bjork):
    assert {text: found(shop, text) for text in NOT_MEANT} == {text: [] for text in NOT_MEANT}


TOO_LITTLE = ["", " ", "a", "12", "0012", "-", "'", "\x00", "%", "\ud800", "@"]


def test_too_little_is_not_looked_for(shop, bjork):
    assert not [text for text in TOO_LITTLE if says_enough(text)]
    with counted(shop.engine) as statements:
        assert not [text for text in TOO_LITTLE if found(shop, text)]
    assert not [each for each in statements if "booking_search_key" in each]


def test_a_reference_finds_only_whole_and_however_it_is_written(shop, bjork):
    assert found(shop, f" {bjork[:4].lower()}-{bjork[4:]} ") == [bjork]
    assert found(shop, bjork[:7]) == []


def test_a_name_of_another_alphabet_is_found_by_its_first_sign(shop):
    made = shop.book(None, "cut", "ann", at("09:00"), customer=replace(BJORK, name="山田 太郎"))
    assert found(shop, "山") == found(shop, "太郎") == [made]


def test_the_next_to_come_stands_first_and_then_the_last_that_was(shop):
    days = {day: shop.book(None, "cut", "ann", at("10:00", day=day)) for day in (0, 1, 2, 3)}
    assert found(shop, "öberg", now=at("12:00", day=1)) == [days[2], days[3], days[1], days[0]]
    assert found(shop, "öberg", now=at("12:00", day=1), most=2) == [days[2], days[3]]


def test_who_is_named_is_found_with_these_people_alone(shop, bjork):
    with shop.reading() as session:
        ann, ben = session.scalars(select(Booking.staff_member_id).order_by(Booking.starts_at))
    for text in ("bjo", bjork, "456", "al.b"):
        assert found(shop, text, staff=[ben]) == [bjork]
        assert found(shop, text, staff=[ann]) == found(shop, text, staff=[]) == []


def test_who_was_mended_is_found_by_what_is_said_now(shop, bjork):
    with shop.writing() as session:
        booking = booking_by_reference(session, bjork)
        mended = Customer("Ida Larsson", "ida@example.com", "+46 8 555")
        mend_details(session, booking, mended, now=later(1), by="owner", renew=lambda *_: "")
    assert found(shop, "ida") == found(shop, "lars") == found(shop, "ida@") == [bjork]
    assert found(shop, "555") == [bjork]
    assert found(shop, "bjork") == found(shop, "al.b") == found(shop, "456") == []


def test_a_booking_that_the_session_itself_writes_is_found_too(shop, bjork):
    with shop.writing() as session:
        made = booking_by_reference(session, bjork)
        columns = [each.key for each in Booking.__table__.c if each.key != "id"]
        again = {name: getattr(made, name) for name in columns}
        again |= {"reference": "COPY", "draft": "copy", "manage_token_hash": b"copy"}
        session.add(Booking(**again))
    assert found(shop, "bjork") == [bjork, "COPY"]


def test_a_long_name_is_found_by_its_first_words_and_letters(shop):
    name = "x" * 300 + " " + " ".join(f"word{number}" for number in range(30))
    made = shop.book(None, "cut", "ann", at("09:00"), customer=replace(BJORK, name=name))
    assert found(shop, "word3") == found(shop, "x" * 200) == [made]


def test_keys_hold_each_word_once_and_no_more_than_there_is():
    assert keys_of("Ada ADA áda Łada", "", "") == [b"nada", b"nlada"]
    assert keys_of("", "A@B.c", "+1 (2)") == [b"ea@b.c", b"p21"]


@pytest.mark.fresh_database
def test_it_reads_by_indexes_alone(shop):
    """In a database with ten thousand rows in each table that grows."""
    fill(shop.engine, int(NOW.timestamp()))
    asked = []
    event.listen(shop.engine, "before_cursor_execute", lambda *told: asked.append(told[2:4]))
    for text in ("bjork", "anna bjork", "456789", "al.bjork@example.com"):
        assert found(shop, text) == []
    queries = [each for each in asked if "booking_search_key" in each[0]]
    assert len(queries) == 4, "one for each text"
    for query in queries:
        assert not [step for step in plan(shop.engine, *query) if reads_all(step)]
