"""Counts of what visitors began go with the day's key."""

from datetime import timedelta

from booking.operations.drafts import count_drafts, purge_drafts
from booking.operations.visitors import Visitor
from booking.storage.models import visitor_drafts
from tests.fixtures.small_shop import NOW


def begin(shop, **more):
    with shop.writing() as session:
        who = Visitor("203.0.113.7", 1, 1, 1, networks=("203.0.113.0/24",), **more)
        count_drafts(session, who, drafts=1, size=100, now=NOW)


def test_counts_are_forgotten_two_days_later(shop):
    begin(shop)
    for days, left in ((1, 2), (2, 0)):
        with shop.writing() as session:
            purge_drafts(session, now=NOW + timedelta(days=days))
        assert shop.count(visitor_drafts) == left


def test_at_a_shared_address_nothing_is_counted(shop):
    begin(shop, shared=True, drafts=0)
    assert shop.count(visitor_drafts) == 0
