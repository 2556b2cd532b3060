"""What the time step costs as the business grows: a thousand staff, a hundred services."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from statistics import median

from flask import Flask

from benchmarks.contenders import engine_of, in_process, shop_of
from benchmarks.full_diary import at_the_time
from benchmarks.report import Section, in_turns, main, middle, ratios, spread
from benchmarks.sizes import size
from benchmarks.stock import fill_the_diary
from benchmarks.stopwatch import statements
from benchmarks.walk import Customer, send

ROUNDS, DAYS = size(15, 50), 31
HALF = "place % 2 = 0"
Business = tuple[int, int]
"""How many staff, and how many services that each of them offers."""
SMALLEST: Business = (1, 1)
BUSINESSES: tuple[Business, ...] = (
    SMALLEST,
    (10, 1),
    (100, 1),
    (1_000, 1),
    (10, 10),
    (10, 100),
)


def measure() -> Section:
    """Every business open, in turns."""
    section = Section(
        "Growth",
        "CPU of the time step for anybody's times, in ms, in process, in a month half taken. "
        "Goal: at 10 staff, or 100 services, at most 1.5 times the smallest business's.",
        ["staff", "services", "CPU, ms", "÷ the smallest's", "statements"],
    )
    with ExitStack() as stack:
        tabs = {one: stack.enter_context(_open(*one)) for one in BUSINESSES}
        jobs = [partial(_cpu, *tab) for tab in tabs.values()]
        took = dict(zip(tabs, in_turns(ROUNDS, *jobs, warm=2), strict=True))
        section.rows = [
            [
                *(f"{many:,}" for many in one),
                spread([1000 * seconds for seconds in took[one]]),
                spread(ratios(took[one], took[SMALLEST])),
                str(_statements(*tabs[one])),
            ]
            for one in BUSINESSES
        ]
    section.short = "CPU of the time step in ms: " + ", ".join(
        f"{row[0]} staff and {row[1]} services {middle(row[2])}" for row in section.rows
    )
    section.notes = _notes(took)
    return section


def _notes(took: dict[Business, list[float]]) -> list[str]:
    few, many = (median(took[one]) for one in ((100, 1), (1_000, 1)))
    return [
        (
            "It is flat as to services, because only the chosen one is asked about, and in "
            "statements. With staff it stops being flat at ten: until then the page costs more "
            "than the times. Each further member's claims of the month are read and merged (three "
            "fifths of it, half of that in the database) and their free times worked out (two "
            f"fifths): from a hundred on {1_000_000 * (many - few) / 900:.0f} µs for each."
        ),
        f"{ROUNDS} turns, SQLite. Everybody offers every service and has the same hours.",
        (
            "What it does not show: PostgreSQL; staff in eight sets of hours, who cost a process "
            "as many calculations (A month of free times has them)."
        ),
    ]


@contextmanager
def _open(staff: int, services: int) -> Iterator[tuple[Flask, Customer]]:
    shop = shop_of(staff, {f"visit-{number}": 30 for number in range(services)})
    with in_process(shop=shop) as app:
        fill_the_diary(engine_of(app), staff, DAYS, HALF)
        yield app, at_the_time(app, "visit-0")


def _statements(app: Flask, tab: Customer) -> int:
    with statements(engine_of(app)) as seen:
        _cpu(app, tab)
    return len(seen)


def _cpu(app: Flask, tab: Customer) -> float:
    return send(app, tab.asking("/book/time/form"))[0]


if __name__ == "__main__":
    main(measure)
