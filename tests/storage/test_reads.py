"""One named question each."""

import hashlib

import pytest

from booking.storage import reads
from booking.storage.before_booking import booking_by_draft
from tests.fixtures.small_shop import NOW, at, find

pytestmark = pytest.mark.both_databases


def test_a_booking_is_found_by_reference_draft_and_token(shop):
    reference = shop.book(None, "cut", "ann", at("10:00"), draft="d1")
    with shop.reading() as session:
        booking = reads.booking_by_reference(session, reference)
        spoken = f"{reference[:4].lower()} {reference[4:]}"
        assert reads.booking_by_reference(session, spoken) is booking
        assert booking_by_draft(session, "d1") is booking
        assert reads.booking_by_token_hash(session, booking.manage_token_hash) is booking
        assert reads.booking_by_token_hash(session, hashlib.sha256(b"").digest()) is None
        assert reads.booking_by_reference(session, "") is None


def test_bookings_between_include_the_first_instant_and_not_the_last(shop):
    for start in ("12:00", "10:00", "11:00"):
        shop.book(None, "cut", "ann", at(start))
    with shop.reading() as session:
        found = reads.bookings_between(session, at("10:00"), at("12:00"))
        assert [booking.starts_at for booking in found] == [at("10:00"), at("11:00")]


def test_a_hold_is_found_even_when_its_time_ran_out(shop):
    tab = shop.tab()
    shop.hold(tab, "cut", "ann", at("10:00"))
    with shop.reading() as session:
        found = reads.hold_of(session, tab)
        assert (found.staff_member_id, found.visitor) == (find(session, "ann").id, None)
        assert not found.is_over(NOW)
        assert found.is_over(found.expires)
        assert reads.hold_of(session, None) is reads.hold_of(session, tab + 1) is None
