"""What a tab session costs, beside other ways to remember something between two requests."""

import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from statistics import median
from tempfile import TemporaryDirectory
from threading import Barrier

from benchmarks.peers import python
from benchmarks.report import Goal, Section, main, middle, ratios, spread
from benchmarks.servers import ROOT, SETTINGS, Server, serving
from benchmarks.sizes import size
from benchmarks.wire import Answer, Line
from booking.tab_sessions.client import script_as_sent

ROUNDS, CALLS = size(9, 31), size(50, 500)
WRITERS, LOST_ROUNDS = 20, size(3, 20)
HTTP_ROUNDS, CUSTOMERS, PAIRS = size(3, 9), 8, size(25, 250)
NOTES = "benchmarks.peers.notes:create_app"
WAYS = {
    "nothing": "no session",
    "cookie": "Flask's signed cookie",
    "flask-session": "Flask-Session 0.8 on SQLAlchemy",
    "core": "bare SELECT + UPDATE + commit by Core",
    "tab-session": "session_route",
    "tab-session-in-a-host": "session_route, Flask-SQLAlchemy",
}
OURS = "tab-session"
Taken = dict[str, list[float]]


@dataclass
class Contender:
    """One way in a process of its own, called without a server."""

    process: subprocess.Popen[str]
    headers: dict[str, str]

    def take(self, method: str, times: int) -> dict[str, float]:
        """Seconds of CPU and of the clock for one request."""
        asked = {"method": method, "path": "/note", "headers": self.headers, "times": times}
        asked["body"] = "key=visits" if method == "POST" else ""
        assert self.process.stdin
        assert self.process.stdout
        print(json.dumps(asked), file=self.process.stdin, flush=True)
        told: dict[str, float] = json.loads(self.process.stdout.readline())
        return {kind: seconds / times for kind, seconds in told.items()}


def measure() -> Section:
    """CPU in process, requests over HTTP, and what parallel writers lose; in turns."""
    section = Section(
        "A tab session",
        "A view that reads, or changes, a draft of five answers. CPU of one request in µs. Goal: a "
        "write at most 1.5 times Core's, a read at most 1.5 times Core's SELECT, 3 times the "
        "requests per second of Flask-Session, no answer lost.",
        ["kept by", "read", "÷ Core", "write", "÷ Core", "requests/s", "of 20 at once, kept"],
    )
    with TemporaryDirectory(prefix="sidebook-bench-") as folder:
        reads, writes = _in_process(Path(folder))
    served = _served()
    for way, name in WAYS.items():
        per_second, kept = served[way]
        section.rows.append(
            [
                name,
                _micro(reads[way]),
                spread(ratios(reads[way], reads["core"])),
                _micro(writes[way]),
                spread(ratios(writes[way], writes["core"])),
                spread(per_second, 0),
                spread(kept, 0),
            ]
        )
    section.short = _short(
        {row[0]: row for row in section.rows}, {way: min(kept) for way, (_, kept) in served.items()}
    )
    section.goals = [
        Goal.at_most(f"session_route: {what} ÷ Core", 1.5, median(ratios(took[OURS], took["core"])))
        for what, took in (("write", writes), ("read", reads))
    ]
    section.notes = _notes({way: per_second for way, (per_second, _) in served.items()})
    return section


def _short(rows: dict[str, Sequence[str]], kept: dict[str, float]) -> str:
    ours, theirs = rows[WAYS["tab-session"]], rows[WAYS["flask-session"]]
    return (
        f"a write takes {middle(ours[4])} times bare Core's, a read {middle(ours[2])} times "
        f"(Flask-Session: {middle(theirs[4])} and {middle(theirs[2])}); of 20 answers at once at "
        f"least {kept['tab-session']:.0f} are kept (Flask-Session: {kept['flask-session']:.0f})"
    )


def _notes(per_second: Taken) -> list[str]:
    times = {
        way: spread(ratios(per_second[way], per_second["flask-session"]))
        for way in ("tab-session", "core")
    }
    script = len(gzip.compress(script_as_sent(), 9))
    return [
        (
            f"Requests per second over Flask-Session's: session_route {times['tab-session']}, "
            f"Core {times['core']}. Over HTTP the server's own work is in both."
        ),
        (
            f"SQLite, WAL, synchronous=FULL. CPU: {ROUNDS} turns of {CALLS} calls without a "
            f"server. Requests: {CUSTOMERS} customers who read and write in turns, {SETTINGS}."
        ),
        (
            "What it does not show: waiting for the disk (that is no CPU), a database elsewhere, "
            "drafts of many kilobytes. Core's row is neither sealed nor locked, and loses answers."
        ),
        f"The script for the browser: {script:,} bytes compressed (goal: at most 3,000).",
    ]


def _micro(seconds: list[float]) -> str:
    return spread([1_000_000 * one for one in seconds], 0)


def _in_process(folder: Path) -> tuple[Taken, Taken]:
    reads: Taken = {way: [] for way in WAYS}
    writes: Taken = {way: [] for way in WAYS}
    with ExitStack() as stack:
        contenders = {way: stack.enter_context(_contender(way, folder)) for way in WAYS}
        for contender in contenders.values():
            contender.take("POST", 50)
            contender.take("GET", 50)
        for _ in range(ROUNDS):
            for way, contender in contenders.items():
                reads[way].append(contender.take("GET", CALLS)["cpu"])
                writes[way].append(contender.take("POST", CALLS)["cpu"])
    return reads, writes


@contextmanager
def _contender(way: str, folder: Path) -> Iterator[Contender]:
    command = [_python(way), "-m", "benchmarks.peers.in_process", NOTES]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **_environment(way, folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield Contender(process, _headers())
    finally:
        process.communicate()


def _python(way: str) -> str:
    return python() if way == "flask-session" else sys.executable


def _environment(way: str, folder: Path) -> dict[str, str]:
    return {"NOTES_KEPT": way, "NOTES_DATABASE_URL": f"sqlite:///{folder / way}.db"}


def _headers() -> dict[str, str]:
    return {"Tab-Session": token_urlsafe(32), "Sec-Fetch-Site": "same-origin"}


def _served() -> dict[str, tuple[list[float], list[float]]]:
    """For each way: requests per second, and how many of twenty answers at once are kept."""
    results: dict[str, tuple[list[float], list[float]]] = {way: ([], []) for way in WAYS}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="sidebook-bench-")))
        servers = {way: stack.enter_context(_server(way, folder)) for way in WAYS}
        for _ in range(HTTP_ROUNDS):
            for way, server in servers.items():
                results[way][0].append(_requests_per_second(server))
        for _ in range(LOST_ROUNDS):
            for way, server in servers.items():
                results[way][1].append(_kept(server))
    return results


@contextmanager
def _server(way: str, folder: Path) -> Iterator[Server]:
    environment = _environment(way, folder)
    make_the_table = [_python(way), "-m", "benchmarks.peers.notes"]
    subprocess.run(make_the_table, cwd=ROOT, env={**os.environ, **environment}, check=True)
    with serving(NOTES + "()", environment, python=_python(way)) as server:
        yield server


def _requests_per_second(server: Server) -> float:
    lines = [Line(server.url, headers=_headers()) for _ in range(CUSTOMERS)]
    for line in lines:
        _must(line.post("/note", {"key": "visits"}))

    def customer(line: Line) -> None:
        for _ in range(PAIRS):
            _must(line.get("/note"))
            _must(line.post("/note", {"key": "visits"}))

    with ThreadPoolExecutor(CUSTOMERS) as customers:
        started = time.perf_counter()
        list(customers.map(customer, lines))
        taken = time.perf_counter() - started
    for line in lines:
        line.close()
    return 2 * PAIRS * CUSTOMERS / taken


def _must(answer: Answer) -> None:
    assert answer.status == 200, answer


def _kept(server: Server) -> int:
    """Twenty answers to twenty questions, sent at once by one browser: how many are there then."""
    first = Line(server.url, headers=_headers())
    first.post("/note", {"key": "visits"})
    shot = Barrier(WRITERS)

    def writer(number: int) -> None:
        line = Line(server.url, first.cookies, first.headers)  # one jar, as in one browser
        shot.wait(timeout=60)
        line.post("/note", {"key": f"question {number}"})
        line.close()

    with ThreadPoolExecutor(WRITERS) as writers:
        list(writers.map(writer, range(WRITERS)))
    kept = json.loads(first.get("/note").text)
    first.close()
    return sum(key.startswith("question") for key in kept)


if __name__ == "__main__":
    main(measure)
