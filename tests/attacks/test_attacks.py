"""A time is sold once: over real HTTP, against several processes, on both databases.

Each attack is made twice: on the app as it is, where an independent look at the tables must find
nothing, and on the app without its guard, where that look must find the damage.
"""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from tests.attacks import attacks
from tests.attacks.attacks import Answers
from tests.attacks.field import STAFF, Field


class Attack(NamedTuple):
    run: Callable[[Field, int], Answers]
    clients: int
    expected: Callable[[Field, Answers], None]


def won(answers: Answers) -> int:
    return sum(answer.status == 200 for answer in answers)


def one_wins(field: Field, answers: Answers) -> None:
    assert Counter(answer.status for answer in answers) == {200: 1, 409: len(answers) - 1}


def each_staff_member_once(field: Field, answers: Answers) -> None:
    assert won(answers) == len(STAFF)
    assert field.count("hold") == len(STAFF)


def as_many_as_fit(field: Field, answers: Answers) -> None:
    assert won(answers) == field.count("hold")
    assert 1 <= won(answers) <= 7
    assert {answer.status for answer in answers} == {200, 409}


def one_for_each_time(field: Field, answers: Answers) -> None:
    """Of a holder and two rivals, or of three rivals, exactly one has the time in the end."""
    times = len(answers) // 3
    assert Counter(answer.status for answer in answers) == {200: times, 409: 2 * times}
    now = int(datetime.now(UTC).timestamp())
    assert field.count("hold", f"expires_at > {now}") + field.count("booking") == times


def one_booking(field: Field, answers: Answers) -> None:
    assert {answer.status for answer in answers} == {200}
    assert len({answer.reference for answer in answers}) == 1
    assert field.count("booking") == 1


def nobody_moves(field: Field, answers: Answers) -> None:
    assert {answer.status for answer in answers} == {409}


ATTACKS = {
    "one slot held": Attack(attacks.one_slot_held, 200, one_wins),
    "one slot confirmed": Attack(attacks.one_slot_confirmed, 200, one_wins),
    "overlapping slots": Attack(attacks.overlapping_slots_held, 100, as_many_as_fit),
    "anybody": Attack(attacks.anybody_held, 60, each_staff_member_once),
    "taken as holds run out": Attack(attacks.taken_as_holds_run_out, 32, one_for_each_time),
    "extended against takeover": Attack(
        attacks.extended_as_others_take_over, 24, one_for_each_time
    ),
    "confirmed against takeover": Attack(
        attacks.confirmed_as_others_take_over, 24, one_for_each_time
    ),
    "one tab confirmed": Attack(attacks.one_tab_confirmed_many_times, 20, one_booking),
    "moved to each other's": Attack(attacks.moved_to_each_others_times, 16, nobody_moves),
    "every door": Attack(attacks.one_slot_from_every_door, 40, one_wins),
}


EVERY = [
    "every door",
    *[pytest.param(name, marks=pytest.mark.extra) for name in ATTACKS if name != "every door"],
]

pytestmark = pytest.mark.xdist_group("load")


@pytest.mark.parametrize("name", EVERY)
def test_an_attack_finds_nothing_sold_twice(field, figures, name):
    attack = ATTACKS[name]
    answers = attack.run(field, attack.clients)
    field.audit()
    attack.expected(field, answers)
    slowest = max(answer.seconds for answer in answers)
    figures(
        f"attack on {field.engine.dialect.name}, {name}: {len(answers)} tried, {won(answers)} won, "
        f"{len(answers) - won(answers)} were told, 0 minutes sold twice, {slowest:.1f} s at most"
    )


POSTGRESQL = pytest.param("postgresql", marks=(pytest.mark.postgresql, pytest.mark.extra))


@pytest.mark.parametrize("attacked_url", ["sqlite", POSTGRESQL], indirect=True, scope="package")
@pytest.mark.parametrize("name", EVERY)
def test_without_the_guard_the_same_attack_does_damage(unguarded_field, name):
    attack = ATTACKS[name]
    attack.run(unguarded_field, min(attack.clients, 24))
    with pytest.raises(AssertionError, match="minutes sold twice"):
        unguarded_field.audit()
