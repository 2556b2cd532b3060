"""One time, many customers who confirm it at the same moment, over real HTTP."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from itertools import count
from statistics import quantiles
from threading import Barrier

from benchmarks.contenders import Shop, django_appointment, sidebook
from benchmarks.report import Section, main, middle, spread
from benchmarks.servers import SETTINGS
from benchmarks.sizes import size
from benchmarks.tabs import Tab, wish
from benchmarks.wire import Line

CLIENTS = (50, 200)
ROUNDS = size(3, 10)
AT_A_TIME = 8  # how many walk to the last step together
Outcome = tuple[int, list[float]]
"""How many were confirmed, and how long each client waited."""
SYSTEMS: dict[str, Callable[[], AbstractContextManager[Shop]]] = {
    "Sidebook, SQLite": sidebook,
    "Sidebook, PostgreSQL": partial(sidebook, "PostgreSQL"),
    "django-appointment, SQLite": django_appointment,
}


def measure() -> Section:
    """All clients walk to the step that takes the time; then a starting shot."""
    section = Section(
        "One time, many customers",
        "Everybody sends the answer that takes one and the same time, at once. Goal: confirmed "
        "once.",
        ["system", "clients", "confirmed", "p50, s", "p99, s"],
    )
    with ExitStack() as stack:
        shops = {name: stack.enter_context(open_shop()) for name, open_shop in SYSTEMS.items()}
        rounds = _in_turns(shops)
    section.rows = [_row(*which, outcomes) for which, outcomes in rounds.items()]
    section.short = _short(section.rows)
    section.notes = [
        (
            f"{ROUNDS} rounds in turns, each for another time. Confirmed: rows stored for "
            "that time. p50 and p99: from the starting shot until a client knows: refused, or "
            "confirmed after all its further steps."
        ),
        f"{SETTINGS}; the clients are threads beside it on the same machine.",
        "What it does not show: customers who choose a time that is already shown as taken.",
    ]
    return section


def _short(rows: Sequence[Sequence[str]]) -> str:
    told = "; ".join(
        f"{name} {confirmed} (99 of 100 know within {middle(p99)} s)"
        for name, clients, confirmed, _, p99 in rows
        if clients == str(CLIENTS[-1])
    )
    return f"of {CLIENTS[-1]} customers at once are confirmed, in each round: {told}"


def _in_turns(shops: dict[str, Shop]) -> dict[tuple[str, int], list[Outcome]]:
    rounds: dict[tuple[str, int], list[Outcome]] = defaultdict(list)
    numbers = count()
    for _ in range(ROUNDS):
        for name, shop in shops.items():
            for clients in CLIENTS:
                rounds[name, clients].append(_round(shop, next(numbers), clients))
    return rounds


def _row(name: str, clients: int, outcomes: list[Outcome]) -> list[str]:
    confirmed, waited = zip(*outcomes, strict=True)
    cuts = [quantiles(one, n=100, method="inclusive") for one in waited]
    return [
        name,
        str(clients),
        " ".join(map(str, confirmed)),
        spread([cut[49] for cut in cuts]),
        spread([cut[98] for cut in cuts]),
    ]


def _round(shop: Shop, number: int, clients: int) -> Outcome:
    tabs = [_tab(shop, number, client) for client in range(clients)]
    with ThreadPoolExecutor(AT_A_TIME) as threads:
        list(threads.map(_walk_to_the_time, tabs))
    shot = Barrier(clients)
    with ThreadPoolExecutor(clients) as threads:
        waited = list(threads.map(partial(_take, shot), tabs))
    taken = (tabs[0].wish.staff, tabs[0].wish.start)
    stored = [one for one in shop.bookings() if (one.staff, one.start) == taken]
    for tab in tabs:
        tab.line.close()
    return len(stored), waited


def _tab(shop: Shop, number: int, client: int) -> Tab:
    own = wish(1000 * (number + 1) + client, "Ada", 0)
    same = wish(number, "Ada", 0)
    return shop.tab(Line(shop.server.url), own._replace(start=same.start))


def _walk_to_the_time(tab: Tab) -> None:
    tab.open()
    while tab.step != "time":
        tab.answer()


def _take(shot: Barrier, tab: Tab) -> float:
    """From the time to the end, or to where the customer is told that it is gone."""
    shot.wait(timeout=120)
    started = time.perf_counter()
    while tab.step != "done":
        tab.answer()
        if tab.shown is None or tab.shown.status >= 400:
            break
    return time.perf_counter() - started


if __name__ == "__main__":
    main(measure)
