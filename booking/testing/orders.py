"""The orders in which several tabs can take their steps: for who wants to try them all.

A wizard that mixes tabs up does so in some order and not in others. Two tabs with three steps each
have 20 orders, with five each 252.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from math import factorial, prod
from operator import itemgetter
from string import ascii_uppercase
from typing import Any, Self

from .forms import Typed

Step = Mapping[str, Typed] | Callable[[Any], object]
"""What a tab does: fields that it submits, or a function that is handed the tab."""

Moment = tuple[tuple[int, ...], str]
"""How far every tab had come, and who takes the next turns."""

MOST = 10_000
"""Orders, or places to cover: more than anybody waits for."""


class Order(str):
    """One order, as a text with a letter for each turn: "ABBA". `walk` takes the steps."""

    __slots__ = ("_walks",)
    _walks: tuple[Sequence[Step], ...]

    @classmethod
    def of(cls, turns: str, walks: Sequence[Sequence[Step]]) -> Self:
        """Return the order that these turns are, of tabs that take these steps."""
        order = cls(turns)
        order._walks = tuple(walks)
        return order

    def walk(self, tabs: Sequence[Any], *, refreshing: bool = False) -> None:
        """Let each tab take its steps, in this order; `refreshing`, with a reload after each.

        Raises: AssertionError where an answer's status is 400 or above, and what a step raises;
        a note says at which turn that was.
        """
        steps = [iter(walk) for walk in self._walks]
        for turn, letter in enumerate(self):
            which = ascii_uppercase.index(letter)
            tab, step = tabs[which], next(steps[which])
            try:
                _take(tab, step)
                if refreshing:
                    tab.refresh()
            except Exception as error:
                error.add_note(f"In the order {self}, turn {turn + 1}: tab {letter}, {step!r}")
                raise


def every_order(*walks: Sequence[Step], covering: int | None = None) -> list[Order]:
    """Return every order in which tabs can take their steps, a walk for each tab.

        @pytest.mark.parametrize("order", every_order(ADA, BEN))
        def test_each_tab_keeps_its_own(two_tabs, order):
            order.walk(two_tabs)

    `covering=1` returns a few of them, in which each step of a tab is taken wherever the others may
    stand; with `covering=2` any two turns that can follow each other are, and so on.

    Raises: ValueError for more orders than anybody waits for.
    """
    lengths = [len(walk) for walk in walks]
    number = factorial(sum(lengths)) // prod(map(factorial, lengths))
    places = prod(steps + 1 for steps in lengths) * len(walks) ** (covering or 0)
    if (places if covering else number) > MOST or len(walks) > len(ascii_uppercase):
        raise ValueError(
            f"There are {number:,} orders of {' and '.join(map(str, lengths))} steps. Put steps "
            "that belong together into one, a function that is handed the tab"
            + (", or cover less." if covering else ", or take a few of them: covering=1.")
        )
    left = {letter: steps for letter, steps in zip(ascii_uppercase, lengths, strict=False) if steps}
    orders = _few(left, min(covering, sum(lengths))) if covering else _orders(left)
    return [Order.of(turns, walks) for turns in orders]


def moments(order: str, turns: int) -> set[Moment]:
    """Return so many turns in a row, each time with how far every tab had come before them."""
    letters = sorted(set(order))
    return {
        (tuple(order.count(letter, 0, at) for letter in letters), order[at : at + turns])
        for at in range(len(order) - turns + 1)
    }


def _take(tab: Any, step: Step) -> None:
    if callable(step):
        step(tab)
        return
    tab.submit(**step)
    if tab.status >= 400:
        said = [alert.get_text(" ", strip=True) for alert in tab.page.select("[role=alert]")]
        raise AssertionError(f"{tab} was refused. {' '.join(said)}".strip())


def _orders(left: dict[str, int]) -> Iterator[str]:
    if not any(left.values()):
        yield ""
    for letter, steps in left.items():
        if steps:
            yield from (letter + rest for rest in _orders({**left, letter: steps - 1}))


def _few(lengths: dict[str, int], turns: int) -> list[str]:
    """A few orders in which there is every moment that there is in any.

    Each is one with the most moments that are in none before it, found step by step and not among
    all orders, of which there may be billions.
    """
    left, chosen = _every_moment(lengths, turns), list[str]()
    while left:
        chosen.append(_richest(lengths, turns, left))
        left -= moments(chosen[-1], turns)
    return chosen


def _every_moment(lengths: dict[str, int], turns: int) -> set[Moment]:
    places = product(*(range(steps + 1) for steps in lengths.values()))
    return {
        (place, "".join(turn))
        for place, turn in product(places, product(lengths, repeat=turns))
        if all(
            had + turn.count(letter) <= steps
            for had, (letter, steps) in zip(place, lengths.items(), strict=True)
        )
    }


def _richest(lengths: dict[str, int], turns: int, wanted: set[Moment]) -> str:
    """The first of the orders in which there are the most of these moments."""

    @cache
    def rest(place: tuple[int, ...], last: str) -> tuple[int, str]:
        found: list[tuple[int, str]] = []
        for at, (letter, steps) in enumerate(lengths.items()):
            if place[at] == steps:
                continue
            after = (*place[:at], place[at] + 1, *place[at + 1 :])
            seen = (last + letter)[-turns:]
            before = tuple(had - seen.count(tab) for had, tab in zip(after, lengths, strict=True))
            number, way = rest(after, seen[1:] if len(seen) == turns else seen)
            found.append((number + ((before, seen) in wanted), letter + way))
        return max(found, key=itemgetter(0), default=(0, ""))

    return rest((0,) * len(lengths), "")[1]
