"""Whole bookings per second, and what each costs the server, beside the peers and the floor."""

import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from secrets import token_urlsafe
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from threading import Lock

from benchmarks.contenders import (
    STAFF,
    Shop,
    django_appointment,
    formtools_named,
    formtools_plain,
    sidebook,
)
from benchmarks.report import Section, main, middle, ratios, spread
from benchmarks.servers import ROOT, SETTINGS, Server, serving
from benchmarks.sizes import size
from benchmarks.tabs import wish
from benchmarks.wire import Answer, Line

ROUNDS = size(5, 15)
BOOKINGS = size(40, 80)  # of each turn
MANY = 8
CUSTOMERS = (1, MANY)
OURS, FLOOR = "Sidebook", "floor: SELECT + UPDATE + commit + page"
SYSTEMS: dict[str, Callable[[], AbstractContextManager[Shop]]] = {
    OURS: sidebook,
    "formtools, one address": formtools_plain,
    "formtools, an address a step": formtools_named,
    "django-appointment": django_appointment,
}
Book = Callable[[], list[Answer]]


@dataclass
class Figures:
    """What one system's turns came to."""

    per_second: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    cpu: list[float] = field(default_factory=list)  # seconds, of one booking
    answers: list[Answer] = field(default_factory=list)
    bookings: int = 0
    steps: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    is_timing: bool = False


def measure() -> Section:
    """All shops open; turn by turn each books so many, by one customer and by eight."""
    section = Section(
        "Whole bookings",
        "From the first page to the confirmation. Goal: 4 times the bookings per second of the "
        "fastest peer at 8 customers, and CPU per request at most 1.5 times the floor's.",
        [
            "system",
            *(f"per second, {customers} at once" for customers in CUSTOMERS),
            "Sidebook's rate ÷ this one's",
            "CPU of a booking, ms",
            "requests",
            "CPU of a request, ms",
            "kB received",
        ],
    )
    figures = {name: Figures() for name in (*SYSTEMS, FLOOR)}
    with ExitStack() as open_shops:
        desks = {
            name: _desk(open_shops.enter_context(shop()), figures[name])
            for name, shop in SYSTEMS.items()
        }
        sample = desks[OURS][1]()
        desks[FLOOR] = open_shops.enter_context(_floor(sample))
        for server, book in desks.values():
            _turn(server, book, Figures(), MANY)  # warm: every worker has everything imported
        for _ in range(ROUNDS):
            for customers in CUSTOMERS:
                for name, (server, book) in desks.items():
                    figures[name].is_timing = customers == MANY
                    _turn(server, book, figures[name], customers)
    section.rows = [_row(name, one, figures[OURS]) for name, one in figures.items()]
    section.short = _short(section.rows, figures)
    section.notes = _notes(figures)
    return section


def _turn(server: Server, book: Book, figures: Figures, customers: int) -> None:
    before, started = server.cpu(), time.perf_counter()
    with ThreadPoolExecutor(customers) as threads:
        booked = list(threads.map(lambda _: book(), range(BOOKINGS)))
    taken = time.perf_counter() - started
    figures.per_second[customers].append(BOOKINGS / taken)
    figures.cpu.append((server.cpu() - before) / BOOKINGS)
    figures.bookings += BOOKINGS
    figures.answers += [answer for answers in booked for answer in answers]


def _desk(shop: Shop, figures: Figures) -> tuple[Server, Book]:
    numbers, lock = count(), Lock()

    def book() -> list[Answer]:
        with lock:
            place, staff = divmod(next(numbers), STAFF)
        line = Line(shop.server.url, headers={"Accept-Encoding": "gzip"})  # as browsers ask
        tab = shop.tab(line, wish(place, f"Ada{staff}", staff))
        _timed(figures, "open", tab.open)
        while tab.step != "done":
            _timed(figures, tab.step, tab.answer)
            assert tab.shown
            assert tab.shown.status == 200, (tab.step, tab.shown)
        line.close()
        return line.answers

    return shop.server, book


def _timed(figures: Figures, step: str, act: Callable[[], None]) -> None:
    started = time.perf_counter()
    act()
    if figures.is_timing:
        figures.steps[step].append(time.perf_counter() - started)


@contextmanager
def _floor(ours: list[Answer]) -> Iterator[tuple[Server, Book]]:
    """As many requests as a booking of ours has, with pages of the same size."""
    page = sum(len(answer.body) for answer in ours) // len(ours)
    with TemporaryDirectory(prefix="sidebook-bench-") as folder:
        environment = {
            "FLOOR_DATABASE_URL": f"sqlite:///{folder}/floor.db",
            "FLOOR_BYTES": str(page),
        }
        make_the_table = [sys.executable, "-m", "benchmarks.peers.floor"]
        subprocess.run(make_the_table, cwd=ROOT, env={**os.environ, **environment}, check=True)
        with serving("benchmarks.peers.floor:create_app()", environment) as server:

            def book() -> list[Answer]:
                line = Line(server.url, headers={"Tab-Session": token_urlsafe(32)})
                for step in range(len(ours)):
                    assert line.post("/step", {f"answer-{step}": "yes"}).status == 200
                line.close()
                return line.answers

            yield server, book


def _row(name: str, one: Figures, ours: Figures) -> list[str]:
    requests = len(one.answers) / one.bookings
    return [
        name,
        *(spread(one.per_second[customers], 1) for customers in CUSTOMERS),
        spread(ratios(ours.per_second[MANY], one.per_second[MANY])),
        spread([1000 * seconds for seconds in one.cpu], 1),
        f"{requests:.0f}",
        spread([1000 * seconds / requests for seconds in one.cpu]),
        f"{sum(answer.received for answer in one.answers) / one.bookings / 1000:.1f}",
    ]


def _short(rows: Sequence[Sequence[str]], figures: dict[str, Figures]) -> str:
    rates = "; ".join(f"{row[0]} {middle(row[2])}" for row in rows)
    over = median(ratios(figures[OURS].cpu, figures[FLOOR].cpu))
    told = f"bookings a second at {MANY} customers: {rates}"
    return f"{told}; CPU of a request {over:.1f} times the floor's"


def _notes(figures: dict[str, Figures]) -> list[str]:
    ours, floor = figures[OURS], figures[FLOOR]
    over = ratios(ours.cpu, floor.cpu)
    return [
        f"CPU of a request over the floor's: {spread(over)}.",
        *(
            f"{name}, p50 / p95 of each step at {MANY} customers, in ms: {_steps(one)}."
            for name, one in _stepping(figures)
        ),
        (
            f"{ROUNDS} turns of {BOOKINGS} bookings each, {SETTINGS}, SQLite in WAL with "
            "synchronous=FULL for all. A step's time runs until the next step is shown, redirects "
            "included. CPU is the workers' (user and system), at 1 and 8 customers alike."
        ),
        (
            "What it does not show: style sheets and scripts (a browser keeps them), mail (nobody "
            "sends any), the time until something is drawn. formtools looks up no free times, "
            "guards none and holds none: its figures are a wizard's, not a booking system's."
        ),
        (
            "Sidebook compresses its answers, which is in its CPU; the peers, as they come, and "
            "the floor do not."
        ),
        "The customers share the processors with the servers, so rates say less than CPU does.",
    ]


def _stepping(figures: dict[str, Figures]) -> list[tuple[str, Figures]]:
    return [(name, one) for name, one in figures.items() if one.steps]


def _steps(one: Figures) -> str:
    return ", ".join(
        f"{step} {1000 * median(taken):.0f} / {1000 * quantiles(taken, n=20)[18]:.0f}"
        for step, taken in one.steps.items()
    )


if __name__ == "__main__":
    main(measure)
