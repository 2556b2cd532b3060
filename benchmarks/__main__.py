"""`./run bench` measures everything, `./run bench claims` one thing; each writes to results.md.

With `--long` it measures for longer: every order, ten thousand bookings, more turns.
"""

import os
import platform
import sqlite3
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from benchmarks.peers import versions
from benchmarks.report import GOAL, SHORT, NotHere, goals_in
from benchmarks.sizes import LONG, SWITCH

NAMES = (
    "two_tabs",
    "one_slot",
    "whole_bookings",
    "queue_of_customers",
    "letters",
    "web_servers",
    "free_times",
    "page",
    "profile",
    "tab_cost",
    "live",
    "agenda",
    "rows",
    "claims",
    "availability",
    "full_diary",
    "growth",
    "crowd",
    "housekeeping",
    "lock_out",
    "memory",
)
RESULTS = Path(__file__).with_name("results.md")
LIBRARIES = ("flask", "sqlalchemy", "psycopg", "gunicorn")
PEERS = ("django", "django-formtools", "django-appointment", "flask-session")


def main(arguments: Sequence[str]) -> None:
    names = [one for one in arguments if one != SWITCH]
    if unknown := set(names) - set(NAMES):
        sys.exit(
            f"There is no benchmark {', '.join(sorted(unknown))}. There are: {', '.join(NAMES)}."
        )
    left = []
    for name in names or NAMES:
        print(f"Measuring {name} ...", file=sys.stderr, flush=True)
        try:
            part = measured(name)
        except NotHere as reason:
            left.append(f"{name} was not measured: {reason}")
            continue
        print(part, flush=True)
        write(part)
    if left:
        sys.exit("\n".join(left))


def measured(name: str) -> str:
    """The table, and under which circumstances it came to be."""
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    started = time.monotonic()
    part: str = import_module(f"benchmarks.{name}").measure().markdown()
    minutes = (time.monotonic() - started) / 60
    switch = f" {SWITCH}" if LONG else ""
    return (
        f"{part}\n- `./run bench{switch} {name}`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, in "
        f"{minutes:.1f} minutes; load before it {load} on {os.cpu_count()} processors."
    )


def write(part: str) -> None:
    """Put the table into results.md, in the place of the one with its title."""
    _, *parts = RESULTS.read_text(encoding="utf-8").strip().split("\n\n## ")
    found = {_title(one): one for one in parts}
    fresh = part.removeprefix("## ")
    found[_title(fresh)] = fresh
    parts = list(found.values())
    head = "\n\n".join([header(), goals(parts), overview(parts)])
    RESULTS.write_text("\n\n## ".join([head, *found.values()]) + "\n", encoding="utf-8")


def goals(parts: Sequence[str]) -> str:
    """What the project has set itself, and what came out; each is measured by a table below."""
    rows = [f"| {' | '.join(one)} | {_title(part)} |" for part in parts for one in goals_in(part)]
    head = "| figure | goal | measured | goal met | measured by |"
    return "\n".join([head, "| --- | --- | --- | --- | --- |", *rows])


def overview(parts: Sequence[str]) -> str:
    """What came out, a line for each table."""
    rows = [f"| {_title(part)} | {_goal(part)} | {_short(part)} |" for part in parts]
    return "\n".join(["| question | goal | in short |", "| --- | --- | --- |", *rows])


def _title(part: str) -> str:
    return part.partition("\n")[0]


def _goal(part: str) -> str:
    return part.split("\n")[2].partition(GOAL)[2].rstrip(".")


def _short(part: str) -> str:
    lines = [line for line in part.splitlines() if line.startswith(SHORT)]
    return lines[0].removeprefix(SHORT) if lines else "not measured yet"


def header() -> str:
    lines = (
        f"Python {platform.python_version()}, {_told(LIBRARIES)}, SQLite {sqlite3.sqlite_version},",
        f"{platform.system()} on {platform.machine()}; beside {_peers()}, in an",
        "environment of their own. `./run bench` measures all of it in twenty minutes of a quiet",
        "machine, `./run bench --long` more of it, `./run bench two_tabs` one table.",
        "",
        "Contenders take turns, A B A B. A figure is the median (lowest to highest) of its turns.",
        "Times are this machine's, and other work may have shared it: compare within a table only,",
        "and look at the load below it.",
    )
    return "\n".join(["# Measured", "", *lines])


def _told(names: Sequence[str]) -> str:
    return ", ".join(f"{name} {version(name)}" for name in names)


def _peers() -> str:
    installed = versions()
    return ", ".join(f"{name} {installed[name]}" for name in PEERS)


if __name__ == "__main__":
    main(sys.argv[1:])
