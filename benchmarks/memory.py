"""Whether a worker grows: its peak memory after a hundred bookings and after ten thousand."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from benchmarks.places import sqlite_file
from benchmarks.report import Section, main
from benchmarks.sizes import size
from booking import create_app
from booking.customer.wizard.draft import slot_value
from tests.fixtures.customers import Customer
from tests.fixtures.gunicorns import gunicorn_over

FEW, MANY = 100, size(1_000, 10_000)
STAFF, CUSTOMERS = 20, 4
APART = timedelta(minutes=45)
A_DAY = timedelta(days=1) // APART

SHOP = """
[shop]
name = "Bench"
zone = "UTC"
phone = "+351 21 000 00 00"
email = "bench@example.com"

[[services]]
slug = "short"
name = "Short visit"
duration = "30 min"
buffer_after = "10 min"
"""
MEMBER = """
[[staff]]
slug = "staff-{number}"
name = "Staff {number}"
offers = ["short"]
hours.mon-sun = ["00:00-24:00"]
"""


def measure() -> Section:
    """Whole bookings over real HTTP, four customers at a time, against one worker."""
    section = Section(
        "Memory of a worker",
        f"Peak memory of one gunicorn worker. Goal: after {MANY:,} bookings at most 10 % more than "
        f"after {FEW}.",
        ["bookings", "peak, MB", "compared"],
    )
    with sqlite_file() as url:
        _load(url)
        with gunicorn_over(url, workers=1, threads=8) as server:
            [worker] = server.workers()
            _book(server.url, range(FEW))
            few = _peak(worker)
            _book(server.url, range(FEW, MANY))
            many = _peak(worker)
    section.rows = [
        [str(FEW), f"{few:.1f}", "1"],
        [f"{MANY:,}", f"{many:.1f}", f"{many / few:.3f}"],
    ]
    section.short = f"after {MANY:,} bookings {many / few:.2f} times as much as after {FEW}"
    section.notes = [
        "On SQLite, whose page cache counts as the worker's: 2 MB a connection, of eight.",
        "What it does not show: memory that is given back (the peak stays), weeks of running.",
    ]
    return section


def _load(url: str) -> None:
    app = create_app({"BOOKING_DATABASE_URL": url})
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        staff = "".join(MEMBER.format(number=number) for number in range(STAFF))
        Path(file.name).write_text(SHOP + staff, encoding="utf-8")
        answer = app.test_cli_runner().invoke(args=["booking", "load", file.name])
    assert answer.exit_code == 0, answer.output


def _book(url: str, numbers: range) -> None:
    with ThreadPoolExecutor(CUSTOMERS) as customers:
        assert all(customers.map(lambda number: _one(url, number), numbers))


def _one(url: str, number: int) -> bool:
    """Book the n-th time there is: staff by staff, then on."""
    tab, place = Customer(url), number // STAFF
    tomorrow = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow += timedelta(days=1 + place // A_DAY)
    start = slot_value(tomorrow + APART * (place % A_DAY))
    tab.post("/book/service/form", service="short")
    tab.post("/book/staff/form", staff=f"staff-{number % STAFF}")
    tab.choose_time(start)
    tab.post("/book/details/form", name="Ada Lovelace", email="ada@example.com")
    return tab.confirm(tab.confirmation()).reference is not None


def _peak(process: psutil.Process) -> float:
    for line in Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise LookupError("this system does not tell a process's peak memory")


if __name__ == "__main__":
    main(measure)
