"""Whole bookings per second, and what each costs the server, beside the peers and the floor."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from secrets import token_urlsafe
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.contenders import (
    Shop,
    django_appointment,
    formtools_named,
    formtools_plain,
    sidebook,
)
from benchmarks.desk import Book, Figures, desk, turn
from benchmarks.report import Goal, Section, main, middle, ratios, spread
from benchmarks.servers import ROOT, SETTINGS, Server, serving
from benchmarks.sizes import size
from benchmarks.wire import Answer, Line

ROUNDS = size(5, 15)
BOOKINGS = size(40, 80)  # of each turn
MANY = 8
CUSTOMERS = (1, MANY)
OURS, FLOOR = "Sidebook", "floor: SELECT + UPDATE + commit + page"
FORMTOOLS, APPOINTMENT = "formtools, one address", "django-appointment"
SYSTEMS: dict[str, Callable[[], AbstractContextManager[Shop]]] = {
    OURS: sidebook,
    FORMTOOLS: formtools_plain,
    "formtools, an address a step": formtools_named,
    APPOINTMENT: django_appointment,
}


def measure() -> Section:
    """All shops open; turn by turn each books so many, by one customer and by eight."""
    section = Section(
        "Whole bookings",
        "From the first page to the confirmation. Goal: at most 0.85 of the CPU of formtools' "
        "wizard with one address, and at 8 customers 1.2 times its bookings per second.",
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
    figures = {name: Figures(is_timing=False) for name in (*SYSTEMS, FLOOR)}
    with ExitStack() as open_shops:
        shops = {name: open_shops.enter_context(shop()) for name, shop in SYSTEMS.items()}
        desks = {name: (shop.server, desk(shop, figures[name])) for name, shop in shops.items()}
        sample = desks[OURS][1]()
        desks[FLOOR] = open_shops.enter_context(_floor(sample))
        for server, book in desks.values():
            turn(
                server, book, Figures(), MANY, BOOKINGS
            )  # warm: every worker has everything imported
        for _ in range(ROUNDS):
            for customers in CUSTOMERS:
                for name, (server, book) in desks.items():
                    figures[name].is_timing = customers == MANY
                    turn(server, book, figures[name], customers, BOOKINGS)
    assert not any(one.busy() for one in figures.values()), "nobody is too busy for eight"
    section.rows = [_row(name, one, figures[OURS]) for name, one in figures.items()]
    section.short = _short(section.rows, figures)
    section.goals = _goals(figures)
    section.notes = _notes(figures)
    return section


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


def _goals(figures: dict[str, Figures]) -> list[Goal]:
    ours, formtools = figures[OURS], figures[FORMTOOLS]
    rates = {
        name: median(ratios(ours.per_second[MANY], figures[name].per_second[MANY]))
        for name in (FORMTOOLS, APPOINTMENT)
    }
    rate = f"bookings a second at {MANY} customers ÷"
    cpu = median(ratios(ours.cpu, formtools.cpu))
    requests = len(ours.answers) / ours.bookings
    return [
        Goal.at_most(f"CPU of a whole booking ÷ {FORMTOOLS}", 0.85, cpu),
        Goal.at_least(f"{rate} {FORMTOOLS}", 1.2, rates[FORMTOOLS]),
        Goal.at_least(f"{rate} {APPOINTMENT}", 3, rates[APPOINTMENT]),
        Goal.at_most("requests of a booking from a cold tab", 6, requests, 0),
        Goal.at_most(f"p95 of a step at {MANY} customers, SQLite, ms", 60, ours.quantile(95), 0),
    ]


def _notes(figures: dict[str, Figures]) -> list[str]:
    ours, floor = figures[OURS], figures[FLOOR]
    over = ratios(ours.cpu, floor.cpu)
    return [
        f"CPU of a request over the floor's: {spread(over)}.",
        *(
            f"{name}, p50 / p95 of each step at {MANY} customers, in ms: {one.by_step()}."
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


if __name__ == "__main__":
    main(measure)
