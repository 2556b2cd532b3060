"""Customers who book at an open shop, whoever's it is: what each step took, what they were told."""

import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from statistics import median, quantiles
from threading import Lock

from benchmarks.contenders import STAFF, Shop
from benchmarks.servers import Server
from benchmarks.tabs import wish
from benchmarks.wire import Answer, Line

Book = Callable[[], list[Answer]]


@dataclass
class Figures:
    """What one system's turns came to."""

    per_second: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    cpu: list[float] = field(default_factory=list)  # seconds, of one booking
    answers: list[Answer] = field(default_factory=list)
    bookings: int = 0
    steps: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    is_timing: bool = True

    def timed(self, step: str, act: Callable[[], None]) -> None:
        started = time.perf_counter()
        act()
        if self.is_timing:
            self.steps[step].append(time.perf_counter() - started)

    def quantile(self, percent: int) -> float:
        """Of all steps together, in ms: so many of a hundred were not slower."""
        taken = [seconds for step in self.steps.values() for seconds in step]
        return 1000 * quantiles(taken, n=100, method="inclusive")[percent - 1]

    def by_step(self) -> str:
        return ", ".join(
            f"{step} {1000 * median(taken):.0f} / {1000 * quantiles(taken, n=20)[18]:.0f}"
            for step, taken in self.steps.items()
        )

    def busy(self) -> float:
        """The share of the answers by which the server said that it could not."""
        return sum(answer.status >= 500 for answer in self.answers) / len(self.answers)


def desk(shop: Shop, figures: Figures) -> Book:
    """Where the next customer books the next time that nobody else wants.

    Who is told that the server is busy sends the same once more, as a browser's customer does.
    """
    numbers, lock = count(), Lock()

    def book() -> list[Answer]:
        with lock:
            place, staff = divmod(next(numbers), STAFF)
        line = Line(shop.server.url, headers={"Accept-Encoding": "gzip"})  # as browsers ask
        tab = shop.tab(line, wish(place, f"Ada{staff}", staff))
        while tab.step != "done":
            step = tab.step or "open"
            figures.timed(step, tab.answer if tab.step else tab.open)
            last = line.answers[-1]
            assert last.status >= 500 or (last.status == 200 and tab.step), (step, last)
        line.close()
        return line.answers

    return book


def turn(server: Server, book: Book, figures: Figures, customers: int, bookings: int) -> None:
    """So many customers at once, until that many bookings are made."""
    before, started = server.cpu(), time.perf_counter()
    with ThreadPoolExecutor(customers) as threads:
        booked = list(threads.map(lambda _: _lean(book()), range(bookings)))
    _note(figures, booked, customers, time.perf_counter() - started, server.cpu() - before)


def rush(server: Server, book: Book, figures: Figures, customers: int, seconds: float) -> None:
    """So many customers at once, each booking after booking, for so long.

    What is begun is finished, and counts in proportion to its time.
    """
    before, started = server.cpu(), time.perf_counter()

    def customer(_: int) -> list[list[Answer]]:
        booked = []
        while time.perf_counter() < started + seconds:
            booked.append(_lean(book()))
        return booked

    with ThreadPoolExecutor(customers) as threads:
        booked = [one for each in threads.map(customer, range(customers)) for one in each]
    _note(figures, booked, customers, time.perf_counter() - started, server.cpu() - before)


def _note(
    figures: Figures, booked: list[list[Answer]], customers: int, seconds: float, cpu: float
) -> None:
    figures.per_second[customers].append(len(booked) / seconds)
    figures.cpu.append(cpu / len(booked))
    figures.bookings += len(booked)
    figures.answers += [answer for answers in booked for answer in answers]


def _lean(answers: list[Answer]) -> list[Answer]:
    """Ten thousand bookings fill the memory with their pages."""
    return [answer._replace(headers={}, body=b"") for answer in answers]
