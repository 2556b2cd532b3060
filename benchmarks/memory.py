"""Whether a worker grows: its peak memory after a hundred bookings and after ten thousand."""

from pathlib import Path

import psutil

from benchmarks.contenders import sidebook
from benchmarks.desk import Figures, desk, turn
from benchmarks.report import Section, main
from benchmarks.sizes import size

FEW, MANY = 100, size(1_000, 10_000)
CUSTOMERS = 4


def measure() -> Section:
    """Whole bookings over real HTTP, four customers at a time, against one worker."""
    section = Section(
        "Memory of a worker",
        f"Peak memory of one gunicorn worker. Goal: after {MANY:,} bookings at most 10 % more than "
        f"after {FEW}.",
        ["bookings", "peak, MB", "compared"],
    )
    with sidebook(workers=1, threads=8) as shop:
        book, [worker] = desk(shop, Figures(is_timing=False)), shop.server.workers()
        turn(shop.server, book, Figures(), CUSTOMERS, FEW)
        few = _peak(worker)
        turn(shop.server, book, Figures(), CUSTOMERS, MANY - FEW)
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


def _peak(process: psutil.Process) -> float:
    for line in Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise LookupError("this system does not tell a process's peak memory")


if __name__ == "__main__":
    main(measure)
