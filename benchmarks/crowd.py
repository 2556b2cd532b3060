"""What a customer's step costs where very many others have begun, or have been."""

import time
from collections import defaultdict
from contextlib import ExitStack
from statistics import median

from flask import Flask
from sqlalchemy import Engine, text

from benchmarks.contenders import engine_of, in_process
from benchmarks.places import PLACES
from benchmarks.report import Section, main, middle, ratios, spread
from benchmarks.sizes import size
from benchmarks.stock import DIALECTS, settle_down
from benchmarks.walk import STEPS, Customer, send

ROWS, ROUNDS = size(200_000, 1_000_000), size(40, 100)
ANSWERS = STEPS[1:]


def measure() -> Section:
    """Whole bookings in turns: in a database that is new, and in a full one."""
    section = Section(
        "Many drafts",
        f"One booking of the demo business in a new database and in one with {ROWS:,} live drafts "
        f"and {ROWS:,} tombstones. Wall clock in ms, in process. Goal: at most 1.3 times.",
        ["database", "step", "new", "full", "÷ new"],
    )
    for name in PLACES:
        with ExitStack() as stack:
            new, full = (stack.enter_context(in_process(name)) for _ in range(2))
            fill(engine_of(full), ROWS)
            took = in_turns(new, full)
        section.rows += [row(name, step, *took[step]) for step in ANSWERS]
    worst = {
        name: max(float(middle(r[4])) for r in section.rows if r[0] == name) for name in PLACES
    }
    section.short = "the step that suffers most takes " + ", ".join(
        f"{times:.2f} times as long on {name}" for name, times in worst.items()
    )
    section.notes = [
        f"{ROUNDS} bookings each, A B A B. A live draft has 300 bytes.",
        (
            "What it does not show: a cache too small for the indexes, and a PostgreSQL that has "
            "not vacuumed for days."
        ),
    ]
    return section


def fill(engine: Engine, rows: int, *, due: int = 0) -> None:
    """So many live drafts and tombstones; of each of both `due` more that are past their limit."""
    now, words = int(time.time()), DIALECTS[engine.dialect.name]
    draft = {"sqlite": "zeroblob(300)", "postgresql": "decode(repeat('00', 300), 'hex')"}
    kinds = (
        ("active", draft[engine.dialect.name], f"{now} + 600 + n % 3000", f"{now} + 86400", rows),
        ("ended", "NULL", f"{now}", f"{now} + 86400 - n % 2500000", rows),
        ("active", draft[engine.dialect.name], "1 + n", f"{now}", due),
        ("ended", "NULL", "1", "1 + n", due),
    )
    with engine.begin() as connection:
        for base, (state, sealed, idle, absolute, many) in enumerate(kinds):
            if not many:
                continue
            token = words["bytes"].format(number=f"({base}0000000 + n)")
            connection.execute(
                text(
                    "INSERT INTO booking_tab_session (flow, token_hash, state, version, sealed,"
                    " created_at, seen_at, idle_expires_at, absolute_expires_at)"
                    f" {words['numbers'].format(many=many)}"
                    f" SELECT 'booking', {token}, '{state}', 1, {sealed}, {now}, {now}, {idle},"
                    f" {absolute} FROM numbers"
                )
            )
    settle_down(engine)


Took = dict[str, tuple[list[float], list[float]]]


def in_turns(new: Flask, full: Flask) -> Took:
    took: Took = defaultdict(lambda: ([], []))
    for turn in range(ROUNDS + 2):  # two for what is only done once
        for place, app in enumerate((new, full)):
            for step, seconds in one_booking(app).items():
                if turn > 1:
                    took[step][place].append(seconds)
    return took


def one_booking(app: Flask) -> dict[str, float]:
    customer, took = Customer(), {}
    for step in STEPS:
        environ = customer.environ(step)
        began = time.perf_counter()
        _, body = send(app, environ)
        took[step] = time.perf_counter() - began
        customer.see(body)
    return took


def row(database: str, step: str, new: list[float], full: list[float]) -> list[str]:
    times = spread(ratios(full, new), 2)
    return [database, step, f"{1000 * median(new):.2f}", f"{1000 * median(full):.2f}", times]


if __name__ == "__main__":
    main(measure)
