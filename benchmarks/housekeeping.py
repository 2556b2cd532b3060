"""How long a customer has to wait while old drafts, their traces and old holds are purged."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from benchmarks.contenders import DEMO, UNLIMITED
from benchmarks.crowd import fill
from benchmarks.places import PLACES, engine_at
from benchmarks.report import Section, main
from benchmarks.servers import WORKERS, serving
from benchmarks.sizes import size
from benchmarks.stock import DIALECTS
from benchmarks.walk import STEPS, Customer
from benchmarks.wire import Answer, Line
from booking.tab_sessions import read_transaction

ROWS, DUE, HOLDS = size(100_000, 1_000_000), size(5_000, 50_000), size(2_000, 20_000)
ALONE = 15  # seconds
MOST = 200  # appointments that the demo business has room for, until they are given back


class Waited:
    """What one customer met who books all the time, one appointment after the other."""

    def __init__(self) -> None:
        self.steps, self.slowest, self.busy = 0, 0.0, 0


def measure() -> Section:
    """The same customer at the same server, alone and with `flask booking purge` beside."""
    section = Section(
        "Housekeeping",
        f"One customer books all the time at a live server, whose database has {ROWS:,} live "
        f"drafts and {ROWS:,} tombstones. Meanwhile {DUE:,} outlived drafts, as many old "
        f"tombstones and {HOLDS:,} old holds are purged. The slowest step in ms. "
        "Goal: no 503, no step over 250 ms.",
        ["database", "alone", "503", "beside the purge", "503", "steps", "purge took, s"],
    )
    for name, place in PLACES.items():
        with place() as url, engine_at(url) as engine:
            flask(url, "load", str(DEMO))
            fill(engine, ROWS, due=DUE)
            hold(engine, HOLDS)
            with serving("app:create_app()", {"BOOKING_DATABASE_URL": url, **UNLIMITED}) as server:
                for _ in range(2 * WORKERS):  # what each of them does only once
                    busy_customer(server.url, engine, iter([True, False]).__next__)
                until = time.monotonic() + ALONE
                alone = busy_customer(
                    server.url, engine, lambda until=until: time.monotonic() < until
                )
                started = time.monotonic()
                with purging(url) as goes_on:
                    beside = busy_customer(server.url, engine, goes_on)
                took = time.monotonic() - started
            nothing_is_left(engine)
        told = [f"{alone.slowest:.0f}", str(alone.busy), f"{beside.slowest:.0f}", str(beside.busy)]
        section.rows.append([name, *told, str(beside.steps), f"{took:.0f}"])
    section.short = "the slowest step beside a purge, in ms: " + ", ".join(
        f"{row[0]} {row[3]} (alone {row[1]})" for row in section.rows
    )
    section.notes = [
        f"One run each, {ALONE} seconds alone: the slowest of some hundred steps.",
        "What it does not show: many customers at once, and a disk that is slow to sync.",
    ]
    return section


def busy_customer(url: str, engine: Engine, goes_on: Callable[[], bool]) -> Waited:
    waited, booked = Waited(), 0
    while goes_on():
        if booked % MOST == 0:
            give_back(engine)
        booked += 1
        customer = Customer()
        for step in STEPS:
            answer = ask(url, customer.environ(step))
            waited.slowest = max(waited.slowest, 1000 * answer.seconds)
            waited.steps += 1
            if answer.status == 503:
                waited.busy += 1
                break
            assert answer.status == 200, answer
            customer.see(answer.body)
    return waited


def give_back(engine: Engine) -> None:
    """Free the times of all appointments: a quick server's customer would sell the shop out."""
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM booking_claim WHERE booking_id IS NOT NULL"))
        connection.execute(text("DELETE FROM booking_booking"))


def ask(url: str, environ: dict[str, object]) -> Answer:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-"): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_") and name != "HTTP_HOST"
    }
    body = environ["wsgi.input"].read() or None  # type: ignore[attr-defined]
    line = Line(url)
    answer = line.ask(str(environ["REQUEST_METHOD"]), str(environ["PATH_INFO"]), body, headers)
    line.close()
    return answer


def flask(url: str, *words: str) -> None:
    command = [sys.executable, "-m", "flask", "--app", "app", "booking", *words]
    subprocess.run(command, env={"BOOKING_DATABASE_URL": url, "PATH": ""}, check=True)


@contextmanager
def purging(url: str) -> Iterator[Callable[[], bool]]:
    """`flask booking purge`, and whether it still runs."""
    command = [sys.executable, "-m", "flask", "--app", "app", "booking", "purge"]
    purge = subprocess.Popen(command, env={"BOOKING_DATABASE_URL": url, "PATH": ""})
    yield lambda: purge.poll() is None
    assert purge.wait() == 0


def nothing_is_left(engine: Engine) -> None:
    with read_transaction(Session(engine)) as session:
        due = "SELECT count(*) FROM booking_tab_session WHERE absolute_expires_at < 1000000"
        over = "SELECT count(*) FROM booking_hold WHERE expires_at = 1"
        assert [session.scalar(text(query)) for query in (due, over)] == [0, 0]


def hold(engine: Engine, many: int) -> None:
    """Holds long over, with four claims each."""
    words = DIALECTS[engine.dialect.name]
    numbers, a_few = (words["numbers"].format(many=count) for count in (many, 4))
    with engine.begin() as connection:
        first = connection.execute(text("SELECT max(id) FROM booking_tab_session")).scalar_one()
        token = words["bytes"].format(number="(90000000 + n)")
        connection.execute(
            text(
                "INSERT INTO booking_tab_session (flow, token_hash, state, version, created_at,"
                f" seen_at, idle_expires_at, absolute_expires_at) {numbers} SELECT 'booking',"
                f" {token}, 'active', 1, 0, 0, 4000000000, 4000000000 FROM numbers"
            )
        )
        connection.execute(
            text(
                "INSERT INTO booking_hold (tab_session_id, service_id, staff_member_id, starts_at,"
                f" ends_at, expires_at, held_since, extensions) {numbers} SELECT {first} + n + 1,"
                " (SELECT min(id) FROM booking_service), (SELECT min(id) FROM"
                " booking_staff_member), '2037-03-01 10:00', '2037-03-01 11:00', 1, 1, 0"
                " FROM numbers"
            )
        )
        connection.execute(
            text(
                f"INSERT INTO booking_claim (resource_id, tick, hold_id, expires_at) {a_few}"
                " SELECT staff.resource_id, 9000000 + 4 * hold.id + n, hold.id, 1"
                " FROM booking_hold AS hold JOIN booking_staff_member AS staff"
                " ON staff.id = hold.staff_member_id JOIN numbers ON 1 = 1"
            )
        )


if __name__ == "__main__":
    main(measure)
