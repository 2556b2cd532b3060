"""`./run bench` measures everything and writes results.md; `./run bench claims` prints one.

With `--long` first it measures for the night: every order, a million bookings, more turns.
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
from benchmarks.sizes import SWITCH

NAMES = (
    "two_tabs",
    "one_slot",
    "whole_bookings",
    "free_times",
    "tab_cost",
    "claims",
    "availability",
    "housekeeping",
    "memory",
)
RESULTS = Path(__file__).with_name("results.md")
LIBRARIES = ("flask", "sqlalchemy", "psycopg", "gunicorn")
PEERS = ("django", "django-formtools", "django-appointment", "flask-session")


def main(arguments: Sequence[str]) -> None:
    names = [one for one in arguments if one != "--long"]
    if unknown := set(names) - set(NAMES):
        sys.exit(
            f"There is no benchmark {', '.join(sorted(unknown))}. There are: {', '.join(NAMES)}."
        )
    if "--long" in arguments:
        os.environ[SWITCH] = "yes"  # before any of them is imported, and for all they start
    started, parts = time.monotonic(), []
    for name in names or NAMES:
        print(f"Measuring {name} ...", file=sys.stderr, flush=True)
        part = import_module(f"benchmarks.{name}").measure().markdown()
        print(part, flush=True)
        parts.append(part)
    if not names:
        minutes = (time.monotonic() - started) / 60
        RESULTS.write_text("\n\n".join([header(minutes), *parts]) + "\n", encoding="utf-8")


def header(minutes: float) -> str:
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    switch = " --long" if SWITCH in os.environ else ""
    lines = (
        f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {_told(LIBRARIES)},",
        f"SQLite {sqlite3.sqlite_version}; beside {_peers()}, in an environment of their own.",
        f"{platform.system()} on {platform.machine()}, {os.cpu_count()} processors, load at the "
        f"end {load}. Made by `./run bench{switch}` in {minutes:.0f} minutes; one table alone:",
        "`./run bench two_tabs`. Contenders take turns, A B A B. Figures are medians (lowest to",
        "highest) of the turns. Times are this machine's: compare within a table only.",
    )
    return "\n".join(["# Measured", "", *lines])


def _told(names: Sequence[str]) -> str:
    return ", ".join(f"{name} {version(name)}" for name in names)


def _peers() -> str:
    installed = versions()
    return ", ".join(f"{name} {installed[name]}" for name in PEERS)


if __name__ == "__main__":
    main(sys.argv[1:])
