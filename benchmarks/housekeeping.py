"""How long somebody who books has to wait while many thousand old holds are purged."""

import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from benchmarks.places import PLACES, engine_at
from benchmarks.report import Section, main
from benchmarks.sizes import size
from benchmarks.stock import DIALECTS, open_shop
from booking.tab_sessions import writing

HOLDS = size(5_000, 100_000)


def measure() -> Section:
    """The longest of many short writes, with and without `flask booking purge` beside them."""
    section = Section(
        "Housekeeping",
        f"A writer commits small changes all the time; meanwhile {HOLDS:,} holds with four claims "
        "each, long over, are purged. How long its slowest write takes, in ms.",
        ["database", "alone", "beside the purge", "purge took, s"],
    )
    for name, place in PLACES.items():
        with place() as url, engine_at(url) as engine:
            open_shop(engine, 1)
            until = time.monotonic() + 5
            alone = _slowest(engine, partial(_is_before, until))
            _fill(engine)
            beside, took = _while_purging(url, engine)
            section.rows.append([name, f"{alone:.0f}", f"{beside:.0f}", f"{took:.0f}"])
    section.short = "the slowest write beside a purge, in ms: " + ", ".join(
        f"{row[0]} {row[2]}" for row in section.rows
    )
    section.notes = [
        "One run each: the slowest of many thousand writes says enough.",
        "What it does not show: many writers at once, and a disk that is slow to sync.",
    ]
    return section


def _while_purging(url: str, engine: Engine) -> tuple[float, float]:
    started = time.monotonic()
    purge = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "app", "booking", "purge"],
        env={"BOOKING_DATABASE_URL": url, "PATH": ""},
        stdout=subprocess.PIPE,
        text=True,
    )
    slowest = _slowest(engine, lambda: purge.poll() is None)
    said = purge.communicate()[0]
    assert f"{HOLDS} holds long over" in said, said
    return slowest, time.monotonic() - started


def _slowest(engine: Engine, goes_on: Callable[[], bool]) -> float:
    slowest, session = 0.0, Session(engine)
    # Not a table of the business: a change of that is read anew by every purging transaction.
    change = text("UPDATE booking_resource SET kind = kind")
    while goes_on():
        started = time.monotonic()
        with writing(session) as here:
            here.execute(change)
        slowest = max(slowest, time.monotonic() - started)
        time.sleep(0.001)
    return 1000 * slowest


def _is_before(moment: float) -> bool:
    return time.monotonic() < moment


def _fill(engine: Engine) -> None:
    numbers = DIALECTS[engine.dialect.name]["numbers"].format(many=HOLDS)
    a_few = DIALECTS[engine.dialect.name]["numbers"].format(many=4)
    token = DIALECTS[engine.dialect.name]["bytes"].format(number="n")
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO booking_tab_session (id, flow, token_hash, state, version, created_at,"
                f" seen_at, idle_expires_at, absolute_expires_at) {numbers} SELECT n + 1, 'bench',"
                f" {token}, 'active', 1, 0, 0, 4000000000, 4000000000 FROM numbers"
            )
        )
        connection.execute(
            text(
                "INSERT INTO booking_hold (id, tab_session_id, service_id, staff_member_id,"
                f" starts_at, ends_at, expires_at, held_since, extensions) {numbers} SELECT n + 1,"
                " n + 1, service.id, staff.id, '2037-03-01 10:00', '2037-03-01 11:00', 1, 1, 0"
                " FROM numbers JOIN booking_service AS service ON 1 = 1"
                " JOIN booking_staff_member AS staff ON 1 = 1"
            )
        )
        connection.execute(
            text(
                f"INSERT INTO booking_claim (resource_id, tick, hold_id, expires_at) {a_few}"
                " SELECT staff.resource_id, 9000000 + 4 * hold.id + n, hold.id, 1"
                " FROM booking_hold AS hold JOIN booking_staff_member AS staff ON 1 = 1"
                " JOIN numbers ON 1 = 1"
            )
        )


if __name__ == "__main__":
    main(measure)
