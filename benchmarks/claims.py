"""Claims per second, beside the same statements by the bare driver."""

import multiprocessing
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.synchronize import Barrier
from typing import Any

import psycopg
from sqlalchemy import Engine, make_url, text
from sqlalchemy.orm import Session

from benchmarks.places import PLACES, engine_at
from benchmarks.report import Section, main, middle, ratios, spread
from benchmarks.sizes import size
from benchmarks.stock import open_shop
from booking.storage.claims import _statement, claim_and_release
from booking.tab_sessions import write_transaction
from booking.transactions.sessions import LOCK_WAIT

TICKS = 16  # an hour with a quarter of an hour of buffers
ROUNDS, CLAIMS = size(7, 15), size(1_000, 2_000)
UNTIL, NOW = 2_000_000_000, 1_000


def measure() -> Section:
    """One and four writers on both databases, in turns with the floor."""
    section = Section(
        "Claims per second",
        f"Each claim is a transaction of its own: {TICKS} ticks of one hold, committed durably. "
        "Goal: at least 60 % of what the bare driver does with the same statements.",
        ["database", "writers", "bare driver", "Sidebook", "ratio"],
    )
    for name, place in PLACES.items():
        with place() as url:
            hold = _prepare(url)
            for writers in (1, 4):
                section.rows.append([name, str(writers), *_compare(url, hold, writers)])
    section.short = "share of the bare driver's rate: " + ", ".join(
        f"{row[0]}, {row[1]} at a time, {middle(row[4])}" for row in section.rows
    )
    section.notes = [
        "Writers are processes; their claims never meet, so nobody waits for anybody's rows.",
        "SQLite has one writer at a time, whoever they are.",
        (
            "What it does not show: claims that meet, and all that is looked up before a time is "
            "claimed; that is in the whole bookings."
        ),
    ]
    return section


def _prepare(url: str) -> int:
    with engine_at(url) as engine:
        open_shop(engine, 1)
        with write_transaction(Session(engine)) as session:
            session.execute(
                text(
                    "INSERT INTO booking_tab_session (id, flow, token_hash, state, version,"
                    " created_at, seen_at, idle_expires_at, absolute_expires_at)"
                    " VALUES (1, 'bench', 'x', 'active', 1, 0, 0, 9, 9)"
                )
            )
            session.execute(
                text(
                    "INSERT INTO booking_hold (id, tab_session_id, service_id, staff_member_id,"
                    " starts_at, ends_at, expires_at, held_since, extensions) SELECT 1, 1,"
                    " service.id, staff.id, '2027-03-01 10:00', '2027-03-01 11:00', 9, 0, 0"
                    " FROM booking_service AS service, booking_staff_member AS staff"
                )
            )
            return int(session.scalar(text("SELECT resource_id FROM booking_staff_member")) or 0)


def _compare(url: str, resource: int, writers: int) -> list[str]:
    bare, ours = [], []
    for _ in range(ROUNDS):
        bare.append(_rate(url, writers, partial(by_the_driver, url, resource)))
        ours.append(_rate(url, writers, partial(by_sidebook, url, resource)))
    return [spread(bare, 0), spread(ours, 0), spread(ratios(ours, bare))]


def _rate(url: str, writers: int, work: Callable[[int, Barrier], None]) -> float:
    ready = multiprocessing.Barrier(writers + 1)
    processes = [
        multiprocessing.Process(target=work, args=(number, ready)) for number in range(writers)
    ]
    for process in processes:
        process.start()
    ready.wait()
    started = time.perf_counter()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    taken = time.perf_counter() - started
    with engine_at(url) as engine, engine.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM booking_claim")) == (
            writers * CLAIMS * TICKS
        )
        connection.execute(text("DELETE FROM booking_claim"))
    return writers * CLAIMS / taken


def ticks(writer: int, number: int) -> list[int]:
    first = (writer * CLAIMS + number) * TICKS
    return list(range(first, first + TICKS))


def by_sidebook(url: str, resource: int, writer: int, ready: Barrier) -> None:
    with engine_at(url, pool_pre_ping=not url.startswith("sqlite")) as engine:
        session = Session(engine)
        _warm(engine)
        ready.wait()
        for number in range(CLAIMS):
            wanted = {(resource, tick) for tick in ticks(writer, number)}
            with write_transaction(session) as here:
                lost = claim_and_release(
                    here, wanted, (), hold_id=1, own_hold_id=1, expires_at=UNTIL, now=NOW
                )
                assert not lost


def _warm(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))


def by_the_driver(url: str, resource: int, writer: int, ready: Barrier) -> None:
    lite = url.startswith("sqlite")
    run, commit = _sqlite(url) if lite else _postgresql(url)
    statement = _statement(TICKS, "?" if lite else "%s")
    begin = "BEGIN IMMEDIATE" if lite else f"SET LOCAL lock_timeout = '{LOCK_WAIT}'"
    ready.wait()
    for number in range(CLAIMS):
        values = [
            value for tick in ticks(writer, number) for value in (resource, tick, 1, None, UNTIL)
        ]
        run(begin, ())
        assert run(statement, (*values, NOW, 1, None)).rowcount == TICKS
        commit()


def _sqlite(url: str) -> tuple[Callable[..., Any], Callable[[], None]]:
    connection = sqlite3.connect(make_url(url).database or "", isolation_level=None)
    for pragma in ("busy_timeout = 15000", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection.execute, connection.commit


def _postgresql(url: str) -> tuple[Callable[..., Any], Callable[[], None]]:
    where = make_url(url)
    connection = psycopg.connect(
        host=str(where.query["host"]), user=where.username, dbname=where.database
    )
    return connection.execute, connection.commit


if __name__ == "__main__":
    main(measure)
