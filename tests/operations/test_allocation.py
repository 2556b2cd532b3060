"""One way to a claim: a candidate is had with all its resources, or with none of them.

A room is one more resource, as the table of claims has it; no service asks for one yet.
"""

from contextlib import nullcontext
from functools import partial

import pytest

from booking.operations.allocation import Claimant, allocate, attempt
from booking.operations.requests import Candidate, SlotRequest
from booking.scheduling.slots import Reason
from booking.storage.claims import owned
from booking.storage.models import Hold, Resource
from booking.storage.reads import hold_of
from booking.transactions.errors import RollbackOnly
from tests.fixtures.small_shop import NOW, at, find, refused
from tests.operations.racing import at_once, won

pytestmark = pytest.mark.both_databases


class HeldBefore:
    """A hold that is there already, as the record that claims belong to."""

    def __init__(self, held: Hold) -> None:
        self.claimant = Claimant(hold_id=held.id, expires_at=held.expires_at)

    def write(self, session, terms) -> Claimant:
        return self.claimant

    def assign(self, session, terms, chosen) -> None:
        pass


@pytest.fixture
def rooms(shop) -> list[int]:
    """The resources of two rooms."""
    with shop.writing() as session:
        made = [Resource(kind="staff", name=name) for name in ("Front room", "Back room")]
        session.add_all(made)
        session.flush()
        return [room.id for room in made]


AFTERNOON = at("14:00")


def request(session, tab, candidates, start=AFTERNOON) -> SlotRequest:
    """What moves the tab's hold to that start, with one of the candidates and all its resources."""
    people = [(find(session, slug), rooms) for slug, *rooms in candidates]
    return SlotRequest(
        service=find(session, "cut"),
        candidates=[
            Candidate(member, frozenset({member.resource_id, *rooms})) for member, rooms in people
        ],
        start=start,
        now=NOW,
        own_hold=hold_of(session, tab, lock=True),
    )


def move(shop, tab, candidates, start=AFTERNOON) -> str:
    """Move what the tab holds to that start; whom and which resources it has then."""
    with shop.writing() as session, attempt(session):
        wanted = request(session, tab, candidates, start)
        return allocate(session, wanted, HeldBefore(wanted.own_hold)).member.slug


def claimed(shop, tab) -> dict[int, int]:
    """How many ticks of each resource the tab has."""
    with shop.reading() as session:
        held = hold_of(session, tab)
        pairs = owned(session, hold_id=held.id)
        return {resource: sum(one == resource for one, _ in pairs) for resource in dict(pairs)}


def resource_of(shop, slug) -> int:
    with shop.reading() as session:
        return find(session, slug).resource_id


def holding(shop, who, start) -> int:
    tab = shop.tab()
    shop.hold(tab, "cut", who, start)
    return tab


def test_all_resources_of_a_candidate_are_claimed_for_the_same_time(shop, rooms):
    tab = holding(shop, "ann", at("10:00"))
    assert move(shop, tab, [("ann", *rooms)]) == "ann"
    assert claimed(shop, tab) == dict.fromkeys([resource_of(shop, "ann"), *rooms], 8)


@pytest.mark.parametrize("savepoint", [True, False])
def test_without_one_of_its_resources_nothing_is_ever_committed(shop, rooms, savepoint):
    first, second = holding(shop, "ann", at("10:00")), holding(shop, "ben", at("10:00"))
    move(shop, first, [("ann", rooms[0])])
    with nullcontext() if savepoint else pytest.raises(RollbackOnly), shop.writing() as session:
        wanted = request(session, second, [("ben", *rooms)])
        with refused(Reason.TAKEN), attempt(session, savepoint=savepoint):
            allocate(session, wanted, HeldBefore(wanted.own_hold))
    assert claimed(shop, second) == {resource_of(shop, "ben"): 8}


def test_of_several_candidates_one_is_had_whose_resources_are_all_free(shop, rooms):
    first, second = holding(shop, "ann", at("10:00")), holding(shop, "ben", at("10:00"))
    move(shop, first, [("ann", rooms[0])])
    assert move(shop, second, [("ben", rooms[0]), ("ben", rooms[1])]) == "ben"
    assert claimed(shop, second) == {resource_of(shop, "ben"): 8, rooms[1]: 8}


def test_two_people_want_one_room_at_once_and_one_of_them_has_it_whole(shop, rooms):
    for hour in range(10):
        start = at(f"{9 + hour % 5:02}:00", day=3 + hour // 5)
        tabs = {who: holding(shop, who, at("16:00", day=10 + hour)) for who in ("ann", "ben")}
        results = at_once(
            *[partial(move, shop, tab, [(who, *rooms)], start) for who, tab in tabs.items()]
        )
        [winner] = won(results)
        for who, tab in tabs.items():
            everything = [resource_of(shop, who), *(rooms if who == winner else [])]
            assert claimed(shop, tab) == dict.fromkeys(everything, 8)
