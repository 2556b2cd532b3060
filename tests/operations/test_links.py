"""Customers' links: said again, added where none can be, ended together; known by hashes alone."""

import pytest
from sqlalchemy.orm import Session

from booking.operations.links import Links, token_hash
from booking.storage.models import manage_link
from booking.storage.reads import booking_by_reference, booking_by_token_hash
from booking.transactions.sessions import open_write
from tests.fixtures.small_shop import SmallShop, at
from tests.operations.racing import at_once

ADDRESS = "https://shop.example/book/appointment/"
KEY, EARLIER = b"today's" * 5, b"yesterday's" * 3
LINKS, THEN = Links((KEY,), ADDRESS), Links((EARLIER,), ADDRESS)
OF_THE_TAB = "a token that the tab derived"


def booked(shop: SmallShop, links: Links = LINKS) -> str:
    number, hashed = links.new()
    return shop.book(
        None, "cut", "ann", at("10:00", day=1), link_number=number, manage_token_hash=hashed
    )


def booked_before_there_were_keys(shop: SmallShop) -> str:
    hashed = token_hash(OF_THE_TAB)
    return shop.book(None, "cut", "ann", at("10:00", day=1), manage_token_hash=hashed)


def said(shop: SmallShop, reference: str, links: Links = LINKS) -> str:
    """The link as a letter says it: asked for in a transaction that only reads."""
    with shop.reading() as session:
        return links.manage_url(session, booking_by_reference(session, reference))


def leads_to(shop: SmallShop, link: str) -> str | None:
    with shop.reading() as session:
        found = booking_by_token_hash(session, token_hash(link.removeprefix(ADDRESS)))
        return found and found.reference


@pytest.mark.both_databases
def test_the_first_link_is_said_again_and_none_is_added(shop):
    reference = booked(shop)
    link = said(shop, reference)
    assert len(link.removeprefix(ADDRESS)) == 43
    assert leads_to(shop, link) == reference
    assert said(shop, reference) == link
    assert shop.count(manage_link) == 0


def test_no_two_bookings_have_one_link():
    assert len({LINKS.new().token_hash for _ in range(100)}) == 100


@pytest.mark.both_databases
def test_a_booking_of_before_there_were_keys_gets_one_more_and_keeps_its_own(shop):
    reference = booked_before_there_were_keys(shop)
    link = said(shop, reference)
    assert leads_to(shop, link) == leads_to(shop, OF_THE_TAB) == reference
    assert said(shop, reference) == link
    assert shop.count(manage_link) == 1


@pytest.mark.both_databases
def test_where_the_key_was_lost_one_more_is_added_and_the_first_stays_good(shop):
    reference = booked(shop, THEN)
    first, second = said(shop, reference, THEN), said(shop, reference)
    assert first != second
    assert leads_to(shop, first) == leads_to(shop, second) == reference
    assert said(shop, reference) == second
    assert said(shop, reference, THEN) == first, "a key that was found again"
    assert shop.count(manage_link) == 1


def test_after_a_rotation_the_key_before_says_the_first_link(shop):
    reference = booked(shop, THEN)
    both = Links((KEY, EARLIER), ADDRESS)
    assert said(shop, reference, both) == said(shop, reference, THEN)
    assert shop.count(manage_link) == 0


@pytest.mark.both_databases
def test_several_who_add_a_link_at_once_say_the_same(shop):
    reference = booked_before_there_were_keys(shop)
    links = at_once(*[lambda: said(shop, reference)] * 4)
    assert len(set(links)) == 1
    assert leads_to(shop, links[0]) == reference
    assert shop.count(manage_link) == 1


@pytest.mark.both_databases
def test_in_a_transaction_that_writes_it_is_added_there_and_goes_with_it(shop):
    reference = booked_before_there_were_keys(shop)
    for commit in (False, True):
        with open_write(Session(shop.engine)) as transaction:
            booking = booking_by_reference(transaction.session, reference)
            link = LINKS.manage_url(transaction.session, booking)
            transaction.commit = commit
        assert leads_to(shop, link) == (reference if commit else None)


@pytest.mark.both_databases
def test_a_renewed_link_ends_all_others_of_its_booking_and_of_no_other(shop):
    reference = booked_before_there_were_keys(shop)
    number, hashed = LINKS.new()
    spared = shop.book(
        None, "cut", "ben", at("10:00", day=1), link_number=number, manage_token_hash=hashed
    )
    ended = [OF_THE_TAB, said(shop, reference), said(shop, reference, THEN)]
    stays = [said(shop, spared), said(shop, spared, THEN)]
    with shop.writing() as session:
        token = LINKS.renew(session, booking_by_reference(session, reference))
    assert [leads_to(shop, link) for link in ended] == [None] * 3
    assert [leads_to(shop, link) for link in stays] == [spared] * 2
    assert leads_to(shop, token) == reference
    assert said(shop, reference) == ADDRESS + token


def test_where_nobody_said_what_addresses_begin_with_no_link_is_said(shop):
    reference = booked_before_there_were_keys(shop)
    assert said(shop, reference, Links((KEY,))) == ""
    assert shop.count(manage_link) == 0
