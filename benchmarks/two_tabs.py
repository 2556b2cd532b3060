"""Two tabs of one browser, in every order of their steps: whose answers are in what is stored."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from itertools import combinations

from benchmarks.contenders import (
    Shop,
    django_appointment,
    formtools_named,
    formtools_plain,
    sidebook,
)
from benchmarks.report import Section, main
from benchmarks.sizes import LONG
from benchmarks.tabs import Booking, Tab, wish
from benchmarks.wire import Line

Order = tuple[int, ...]
BROWSERS = 8  # at work at the same time, each with its own cookies and its own two tabs
PATIENCE = 10  # more answers that a customer gives where the same is asked again
ORDERS_SHORT = 42
OUTCOMES = ("right first time", "asked again", "mixed", "lost")
SYSTEMS: dict[str, tuple[Callable[[], AbstractContextManager[Shop]], int, bool]] = {
    "Sidebook": (sidebook, 5, False),
    "formtools SessionWizardView": (formtools_plain, 5, False),
    "formtools NamedUrlSessionWizardView": (formtools_named, 5, False),
    "django-appointment, two addresses": (django_appointment, 3, False),
    "django-appointment, one address": (django_appointment, 3, True),
}


def measure() -> Section:
    """Every order, or some, with and without a refresh after every step."""
    section = Section(
        "Two tabs",
        "Two bookings side by side in one browser; each customer answers what their tab asks. "
        "Goal: both stored as they were answered, in every order.",
        ["system", "refresh", "orders", *OUTCOMES],
    )
    for name, (shop, steps, one_address) in SYSTEMS.items():
        for refresh in (False, True):
            told = _all(shop, steps, refresh=refresh, one_address=one_address)
            counts = [str(told[outcome]) for outcome in OUTCOMES]
            section.rows.append([name, "yes" if refresh else "no", str(told.total()), *counts])
    section.short = _short(section.rows)
    section.notes = [
        (
            "Asked again: right in the end, but some answers had to be given twice. Mixed: a "
            "stored booking has answers of both tabs. Lost: one is missing, or stored twice."
        ),
        (
            "Both tabs are opened first; then five answers each, in "
            f"{'all 252' if LONG else f'{ORDERS_SHORT} of the 252'} orders"
            f"{'' if LONG else ', drawn by lot (all with --long)'}. "
            "django-appointment asks three times (time, person, e-mailed code): all 20 orders."
        ),
        (
            "SessionWizardView starts over when it is reloaded: with a refresh after every step "
            "not even one tab alone comes to its end."
        ),
        "What it does not show: two people's bookings from two browsers.",
        (
            "django-appointment's customers have no account. formtools' wizard is its manual's, "
            "sessions in the database."
        ),
    ]
    return section


def _short(rows: Sequence[Sequence[str]]) -> str:
    """Everything of a system together, with a refresh and without."""
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for name, _, played, right, again, *_ in rows:
        system = name.split()[0].rstrip(",")
        sums[system] += Counter(played=int(played), right=int(right), again=int(again))
    told = "; ".join(
        f"{system} {one['right']} of {one['played']} (and {one['again']} after asking again)"
        for system, one in sums.items()
    )
    return f"both bookings come out right: {told}"


def orders(steps: int) -> Iterator[Order]:
    """Which tab is next, at each step."""
    for first in combinations(range(2 * steps), steps):
        yield tuple(0 if place in first else 1 for place in range(2 * steps))


def _chosen(steps: int) -> list[Order]:
    found = list(orders(steps))
    if LONG or len(found) <= ORDERS_SHORT:
        return found
    return random.Random(1).sample(found, ORDERS_SHORT)


def _all(
    shop: Callable[[], AbstractContextManager[Shop]],
    steps: int,
    *,
    refresh: bool,
    one_address: bool,
) -> Counter[str]:
    chosen = _chosen(steps)
    pairs = [_pair(number, one_address=one_address) for number in range(len(chosen))]
    with shop() as here:
        with ThreadPoolExecutor(BROWSERS) as browsers:
            play = partial(_play, here, refresh=refresh)
            again = list(browsers.map(play, pairs, chosen))
        stored = here.bookings()
    return Counter(
        _outcome(pair, [one for one in stored if _concerns(one, pair)], asked_again=asked)
        for pair, asked in zip(pairs, again, strict=True)
    )


def _pair(number: int, *, one_address: bool) -> tuple[Booking, Booking]:
    ada, ben = wish(number, "Ada", 0), wish(number, "Ben", 1)
    return ada, ben._replace(name=ada.name, email=ada.email) if one_address else ben


def _play(shop: Shop, pair: tuple[Booking, Booking], order: Order, *, refresh: bool) -> bool:
    """Both bookings in this order; whether somebody was asked more often than there are steps."""
    line = Line(shop.server.url)  # one browser: its cookies are its tabs' cookies
    tabs = [shop.tab(line, wish) for wish in pair]
    for tab in tabs:
        tab.open()
    for turn in order:
        _step(tabs[turn], refresh=refresh)
    asked_again = any(tab.step != "done" for tab in tabs)
    for _ in range(PATIENCE):
        for tab in tabs:
            _step(tab, refresh=refresh)
    line.close()
    return asked_again


def _step(tab: Tab, *, refresh: bool) -> None:
    if tab.step == "done":
        return
    tab.answer()
    if refresh and tab.step != "done":
        tab.refresh()


def _concerns(stored: Booking, pair: tuple[Booking, Booking]) -> bool:
    """Whether it has an answer that only this pair gave."""
    return any(set(_telling(stored)) & set(_telling(wanted)) for wanted in pair)


def _telling(booking: Booking) -> list[object]:
    return [(booking.staff, booking.start), booking.name, booking.email, booking.note]


def _outcome(pair: tuple[Booking, Booking], stored: list[Booking], *, asked_again: bool) -> str:
    if set(stored) - set(pair):
        return "mixed"
    if len(stored) != 2 or set(stored) != set(pair):
        return "lost"
    return "asked again" if asked_again else "right first time"


if __name__ == "__main__":
    main(measure)
