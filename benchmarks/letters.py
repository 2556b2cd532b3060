"""What letters cost: who books and is written to, who books while they leave, and they alone."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from statistics import median

import psutil
from sqlalchemy import Engine, text

from benchmarks.contenders import STAFF, Shop, engine_of, sidebook
from benchmarks.desk import Book, Figures, desk, turn
from benchmarks.places import PLACES, engine_at
from benchmarks.report import Goal, Section, in_turns, main, ratios, spread
from benchmarks.servers import ROOT, SETTINGS
from benchmarks.sizes import size
from benchmarks.stock import fill_the_diary
from booking import create_app
from booking.state import current_sidebook
from tests.fixtures.clusters import free_port, wait_until

LETTERS, BEGUN = size(1_000, 10_000), 50  # due reminders; how many make a deliverer warm
ROUNDS, BOOKINGS, CUSTOMERS = size(9, 25), size(40, 80), 8
QUARTER = LETTERS // 4
DAYS = -(-LETTERS // (20 * STAFF))  # so many are full, after as many in which everybody books
OFF, WRITTEN, SENT = "off", "written", "written, and sent by a thread"
DELIVERY = {WRITTEN: "command", SENT: "thread"}
ABOVE = {OFF: OFF, WRITTEN: OFF, SENT: WRITTEN}
DUE = "UPDATE booking_letter SET due_at = :at WHERE state = 'waiting'"
LINKED = """
UPDATE booking_booking SET link_number = :number, manage_token_hash = :token_hash WHERE id = :id
"""


def measure() -> Section:
    """On each database three shops in turns, and then the reminders of the first, all at once."""
    section = Section(
        "Letters",
        f"{CUSTOMERS} customers book where {LETTERS:,} reminders are due: without mail, with "
        "letters written, and while they leave at the usual pace; then all leave at once. Goal: "
        "writing them costs a booking at most 8 % more CPU, sending them a step at most 10 % at "
        "its p95, and memory is flat.",
        [
            *("database", "letters", "CPU of a booking, ms", "÷ the row above"),
            *("p95 of a step, ms", "÷ the row above", "letters that left"),
            f"memory after {BEGUN}, and after each {QUARTER:,}, MB",
        ],
    )
    told = []
    for place in PLACES:
        with _mail_server() as mail, ExitStack() as stack:
            shops = {way: stack.enter_context(_shop(place, way, mail)) for way in ABOVE}
            rows, cpu, late = _beside(shops)
            rate, memory = _alone(shops[OFF].database, mail)
        left, held = f"{LETTERS:,}, {rate:.0f}/s", " ".join(f"{one:.1f}" for one in memory)
        rows.append(["flask booking deliver, unpaced, alone", *4 * [""], left, held])
        section.rows += [[place, *row] for row in rows]
        grown = "memory of who delivers, at its most ÷ at its beginning"
        section.goals += [
            Goal.at_most(f"{place}: CPU of a booking with letters ÷ without", 1.08, cpu),
            Goal.at_most(f"{place}: p95 of a step while letters leave ÷ while none do", 1.1, late),
            Goal.at_most(f"{place}: {grown}", 1.1, max(memory) / memory[0]),
        ]
        told.append(f"{place} {rate:.0f} letters a second, a booking's CPU {cpu:.2f} times")
    section.short = "; ".join(told)
    section.notes = _notes()
    return section


@contextmanager
def _running(words: str, settings: Mapping[str, str]) -> Iterator[psutil.Process]:
    command, environment = [sys.executable, "-m", *words.split()], {**os.environ, **settings}
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        yield psutil.Process(process.pid)
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait(timeout=30)


@contextmanager
def _mail_server() -> Iterator[dict[str, str]]:
    """The settings for a server, in a process of its own, that forgets whatever it is given."""
    port = free_port()
    with _running(f"aiosmtpd -n -c aiosmtpd.handlers.Sink -l 127.0.0.1:{port}", {}):
        wait_until(lambda: _listens(port))
        yield {
            "BOOKING_MAIL_URL": f"smtp://127.0.0.1:{port}?tls=none",
            "BOOKING_MAIL_FROM": "letters@shop.example",
            "BOOKING_PUBLIC_URL": "https://shop.example",
            "SECRET_KEY": secrets.token_hex(),
        }


def _listens(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def _shop(place: str, way: str, mail: Mapping[str, str]) -> Iterator[Shop]:
    """An open shop with reminders that are due."""
    settings = {**mail, "BOOKING_DELIVERY": DELIVERY[way]} if way in DELIVERY else {}
    with sidebook(place, settings=settings) as shop:
        _remind(shop.database, mail)
        yield shop
        shop.server.go_on()


def _remind(url: str, mail: Mapping[str, str]) -> None:
    """Bookings with links of their own, and a reminder of each, due by now."""
    app = create_app({"BOOKING_DATABASE_URL": url, **mail})
    fill_the_diary(engine_of(app), STAFF, 2 * DAYS, f"day >= {DAYS}")
    with app.app_context(), engine_of(app).begin() as connection:
        links = current_sidebook().links
        numbers = connection.execute(text("SELECT id FROM booking_booking")).scalars().all()
        new = [{"id": number, **links.new()._asdict()} for number in numbers]
        connection.execute(text(LINKED), new)
    planned = app.test_cli_runner().invoke(args=["booking", "letters", "plan"])
    assert planned.exit_code == 0, planned.output
    with engine_of(app).begin() as connection:
        connection.execute(text(DUE), {"at": int(time.time()) - 1})
    engine_of(app).dispose()


def _beside(shops: Mapping[str, Shop]) -> tuple[list[list[str]], float, float]:
    """A row of each shop, what writing letters costs, and what it is to others that they leave."""
    figures = {way: Figures() for way in shops}
    jobs = [
        partial(_turn, shop, desk(shop, figures[way]), figures[way]) for way, shop in shops.items()
    ]
    for job in jobs:
        job()  # warm: every worker has everything imported
    late = dict(zip(shops, in_turns(ROUNDS, *jobs), strict=True))
    gone = {way: _sent_from(shop) for way, shop in shops.items()}
    assert gone[OFF] == gone[WRITTEN] == 0 < gone[SENT], gone
    assert not any(one.busy() for one in figures.values()), "nobody is too busy for eight"
    cpu = {way: [1000 * seconds for seconds in one.cpu[1:]] for way, one in figures.items()}
    rows = [
        [way, *_compared(cpu, way, 1), *_compared(late, way, 0), str(gone[way]), ""]
        for way in shops
    ]
    return rows, median(ratios(cpu[WRITTEN], cpu[OFF])), median(ratios(late[SENT], late[WRITTEN]))


def _compared(took: dict[str, list[float]], way: str, digits: int) -> list[str]:
    times = "" if way == OFF else spread(ratios(took[way], took[ABOVE[way]]))
    return [spread(took[way], digits), times]


def _turn(shop: Shop, book: Book, figures: Figures) -> float:
    """So many bookings; the p95 of their steps, in ms. Then the shop stands still."""
    figures.steps.clear()
    shop.server.go_on()
    turn(shop.server, book, figures, CUSTOMERS, BOOKINGS)
    shop.server.stand_still()
    return figures.quantile(95)


def _alone(url: str, mail: Mapping[str, str]) -> tuple[float, list[float]]:
    """Letters a second, and the deliverer's memory when it has begun, and after each quarter."""
    settings = {**mail, "BOOKING_DATABASE_URL": url, "BOOKING_MAILS_A_SECOND": "0"}
    when, memory = [], []
    watch = _running("flask --app app booking deliver --watch", settings)
    with engine_at(url) as engine, watch as deliverer:
        for many in (BEGUN, *range(QUARTER, LETTERS + 1, QUARTER)):
            wait_until(lambda many=many: _sent(engine) >= many, seconds=1800)
            when.append((time.perf_counter(), _sent(engine)))
            memory.append(deliverer.memory_info().rss / 2**20)
    (began, first), *_, (ended, last) = when
    return (last - first) / (ended - began), memory


def _sent_from(shop: Shop) -> int:
    with engine_at(shop.database) as engine:
        return _sent(engine)


def _sent(engine: Engine) -> int:
    with engine.connect() as connection:
        sent = text("SELECT count(*) FROM booking_letter WHERE state = 'sent'")
        return int(connection.execute(sent).scalar_one())


def _notes() -> list[str]:
    return [
        (
            f"{ROUNDS} turns of {BOOKINGS} bookings, {SETTINGS}; a shop stands still while it is "
            "not its turn. A booking writes three letters: to its customer, to the shop, and a "
            "reminder. What is new leaves before the reminders."
        ),
        (
            "Written: BOOKING_DELIVERY=command with nobody who runs it, so that sending is not in "
            "a booking's CPU. Sent by a thread: by one of the serving processes, 5 a second; its "
            "CPU is the letters', too, and whatever it takes from customers is in their p95."
        ),
        (
            "What it does not show: a mail server that is slow, far away or asks for TLS (this one "
            "is on the same machine and throws everything away), and whether a booking without "
            "mail costs what it did before there were letters: compare Whole bookings of both."
        ),
    ]


if __name__ == "__main__":
    main(measure)
