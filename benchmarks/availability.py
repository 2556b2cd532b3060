"""A month of free times for all staff of a service, whatever the number of stored bookings."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from benchmarks.places import PLACES, engine_at
from benchmarks.report import Section, in_turns, main, middle, spread
from benchmarks.sizes import LONG
from benchmarks.stock import FIRST, LAST, NOW, fill_half_the_month, fill_the_past, open_shop
from benchmarks.stopwatch import statements
from booking.storage.catalogue import read_catalogue
from booking.storage.models import Service
from booking.storage.reads import Diary
from booking.tab_sessions import read_transaction

UTC = ZoneInfo("UTC")
STORED = (0, 10_000, 1_000_000)
STAFF = (1, 10, 100) if LONG else (10,)
ROUNDS = 15


def measure() -> Section:
    """CPU and queries of one month, in three shops on both databases."""
    section = Section(
        "A month of free times",
        "CPU of this process for one question, in ms, median (lowest to highest) of "
        f"{ROUNDS}. Goal: under 15 ms at 10 staff, at most 1.2 times as much at a million stored "
        "bookings as at none.",
        [
            "database",
            "staff",
            *(f"{count:,} stored" for count in STORED),
            "million ÷ none",
            "queries",
        ],
    )
    for name, place in PLACES.items():
        for staff in STAFF:
            with ExitStack() as open_places:
                engines = [_shop(open_places, place, staff, stored) for stored in STORED]
                section.rows.append([name, str(staff), *_row(engines)])
    section.short = "CPU of a month with none and with a million stored, in ms: " + ", ".join(
        f"{row[0]}, {row[1]} staff, {middle(row[2])} and {middle(row[4])}" for row in section.rows
    )
    section.notes = [
        "The month is half full in every column: only what is stored beside it differs.",
        "The stored bookings lie in the past, where their claims have left the table.",
        "Staff have eight different sets of hours.",
        "A process remembers what a day's hours come to, so its first question takes longer.",
        (
            "What it does not show: PostgreSQL's own time, which is its server's (SQLite works in "
            "this process); making a page of it; bookings of the month itself in the millions."
        ),
    ]
    return section


def _shop(
    open_places: ExitStack,
    place: Callable[[], AbstractContextManager[str]],
    staff: int,
    stored: int,
) -> Engine:
    engine = open_places.enter_context(engine_at(open_places.enter_context(place())))
    open_shop(engine, staff)
    fill_half_the_month(engine, staff)
    fill_the_past(engine, stored, staff)
    return engine


def _row(engines: list[Engine]) -> list[str]:
    taken = in_turns(ROUNDS, *(partial(_cpu, engine) for engine in engines))
    fastest = [min(times) for times in taken]
    return [
        *(spread([1000 * seconds for seconds in times], 1) for times in taken),
        f"{fastest[-1] / fastest[0]:.2f}",
        str(_queries(engines[-1])),
    ]


def _cpu(engine: Engine) -> float:
    with read_transaction(Session(engine)) as session:
        service = session.scalars(select(Service)).one()
        staff = list(service.staff)
        started = time.process_time()
        found = Diary(session, read_catalogue(session), service, staff, NOW).days(FIRST, LAST, UTC)
        taken = time.process_time() - started
    assert sum(len(day.starts) for day in found.values()) > 300
    return taken


def _queries(engine: Engine) -> int:
    with read_transaction(Session(engine)) as session:
        service = session.scalars(select(Service)).one()
        staff = list(service.staff)
        with statements(engine) as seen:
            Diary(session, read_catalogue(session), service, staff, NOW).days(FIRST, LAST, UTC)
    return len(seen)


if __name__ == "__main__":
    main(measure)
