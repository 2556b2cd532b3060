"""One time, many customers who confirm it at the same moment, over real HTTP."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from statistics import quantiles
from threading import Barrier

from benchmarks.contenders import Shop, Tab, django_appointment, sidebook, wish
from benchmarks.report import Section, main, spread
from benchmarks.servers import SETTINGS
from benchmarks.sizes import size
from benchmarks.wire import Line

CLIENTS = (50, 200)
ROUNDS = size(3, 10)
AT_A_TIME = 8  # how many walk to the last step together
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
    for name, open_shop in SYSTEMS.items():
        for clients in CLIENTS:
            with open_shop() as shop:
                rounds = [_round(shop, number, clients) for number in range(ROUNDS)]
            confirmed, waited = zip(*rounds, strict=True)
            cuts = [quantiles(one, n=100) for one in waited]
            section.rows.append(
                [
                    name,
                    str(clients),
                    " ".join(map(str, confirmed)),
                    spread([cut[49] for cut in cuts]),
                    spread([cut[98] for cut in cuts]),
                ]
            )
    section.notes = [
        (
            f"{ROUNDS} rounds, each for another time of an empty shop. Confirmed: rows stored for "
            "that time. p50 and p99: from the starting shot until a client knows: refused, or "
            "confirmed after all its further steps."
        ),
        f"{SETTINGS}; the clients are threads beside it on the same machine.",
        "What it does not show: customers who choose a time that is already shown as taken.",
    ]
    return section


def _round(shop: Shop, number: int, clients: int) -> tuple[int, list[float]]:
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
