"""`./run bench` measures everything and writes results.md; `./run bench claims` prints one."""

import platform
import sqlite3
import sys
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

NAMES = ("claims", "availability", "housekeeping", "memory")
RESULTS = Path(__file__).with_name("results.md")
LIBRARIES = ("flask", "sqlalchemy", "psycopg", "gunicorn")


def main(names: list[str]) -> None:
    if unknown := set(names) - set(NAMES):
        sys.exit(
            f"There is no benchmark {', '.join(sorted(unknown))}. There are: {', '.join(NAMES)}."
        )
    parts = [header()]
    for name in names or NAMES:
        print(f"Measuring {name} ...", file=sys.stderr, flush=True)
        part = import_module(f"benchmarks.{name}").measure().markdown()
        print(part, flush=True)
        parts.append(part)
    if not names:
        RESULTS.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def header() -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    machine = f"{platform.system()} on {platform.machine()}"
    lines = (
        f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {libraries},",
        f"SQLite {sqlite3.sqlite_version}, {machine}. Made by `./run bench` in half an hour.",
        "Times are this machine's: compare within a table only.",
    )
    return "\n".join(["# Measured", "", *lines])


main(sys.argv[1:])
