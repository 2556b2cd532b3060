"""Counts of what visitors began go with the day's key."""

from datetime import timedelta

import pytest

from booking.operations import visitors
from booking.operations.errors import VisitorLimit
from booking.operations.slot_request import Visitor
from booking.operations.visitors import count_drafts, purge_drafts
from booking.storage.models import visitor_drafts
from tests.fixtures.small_shop import NOW


def begin(shop, address="203.0.113.7", **more):
    with shop.writing() as session:
        who = Visitor(address, 1, 1, 1, networks=("203.0.113.0/24",), **more)
        count_drafts(session, who, drafts=1, size=100, now=NOW)


def test_counts_are_forgotten_two_days_later(shop):
    begin(shop)
    for days, left in ((1, 2), (2, 0)):
        with shop.writing() as session:
            purge_drafts(session, now=NOW + timedelta(days=days))
        assert shop.count(visitor_drafts) == left


def test_a_few_addresses_do_not_use_up_what_their_whole_network_may_begin(shop):
    most = visitors.DRAFT_MULTIPLES[1]
    for number in range(most):
        begin(shop, f"203.0.113.{number}", drafts=1)
        with pytest.raises(VisitorLimit):
            begin(shop, f"203.0.113.{number}", drafts=1)
    with pytest.raises(VisitorLimit):
        begin(shop, f"203.0.113.{most}", drafts=1)


def test_at_a_shared_address_nothing_is_counted(shop):
    begin(shop, shared=True, drafts=0)
    assert shop.count(visitor_drafts) == 0
