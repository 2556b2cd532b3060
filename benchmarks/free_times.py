"""Free times of a day and of a month over HTTP, with ever more bookings stored."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial

from benchmarks.contenders import STAFF, UNLIMITED, django_appointment
from benchmarks.places import engine_at, sqlite_file
from benchmarks.report import Section, in_turns, main, middle, ratios, spread
from benchmarks.servers import Server, serving
from benchmarks.sizes import size
from benchmarks.stock import fill_the_past, open_shop
from benchmarks.tabs import SidebookTab, wish
from benchmarks.wire import Line

STORED = (0, 10_000, 100_000, 1_000_000)
ROUNDS, QUESTIONS = size(5, 15), 50  # the system counts CPU in hundredths of a second
Ask = Callable[[], None]


def measure() -> Section:
    """Server CPU of one question, at each number of stored bookings."""
    section = Section(
        "Free times beside django-appointment",
        "CPU of the server for one question, in ms. Goal: as much with a million stored bookings "
        "as with none.",
        ["system", "question", *(f"{stored:,} stored" for stored in STORED), "last ÷ first"],
    )
    with ExitStack() as open_shops:
        desks = [
            open_shops.enter_context(shop(stored))
            for shop in (_sidebook, _appointment)
            for stored in STORED
        ]
        taken = in_turns(ROUNDS, *(partial(_cpu, *desk) for desk in desks), warm=1)
    ours, theirs = taken[: len(STORED)], taken[len(STORED) :]
    section.rows = [
        ["Sidebook", "a month and the times of a day, as a page", *_times(ours)],
        ["django-appointment", "the times of a day, as JSON", *_times(theirs)],
    ]
    section.short = "CPU of a question with none and with a million stored, in ms: " + ", ".join(
        f"{row[0]} {middle(row[2])} and {middle(row[-2])}" for row in section.rows
    )
    section.notes = [
        (
            "Sidebook has one question only: the step's fragment, a calendar of the month with the "
            "times of a day in it, as HTML. django-appointment asks for a "
            "day at a time: a month is thirty of its questions."
        ),
        (
            f"{STAFF} staff; what is stored lies in the past and belongs to all of them; the days "
            "that are asked for are free. "
            f"SQLite, one worker; {ROUNDS} turns of {QUESTIONS} questions, so that a step of the "
            f"system's clock is {10 / QUESTIONS:.1f} ms of a question."
        ),
        (
            "What it does not show: full days. Those make a page shorter and django-appointment's "
            "search for the next free date longer."
        ),
    ]
    return section


def _times(taken: list[list[float]]) -> list[str]:
    in_ms = [spread([1000 * seconds for seconds in one], 1) for one in taken]
    return [*in_ms, spread(ratios(taken[-1], taken[0]))]


def _cpu(server: Server, ask: Ask) -> float:
    before = server.cpu()
    for _ in range(QUESTIONS):
        ask()
    return (server.cpu() - before) / QUESTIONS


@contextmanager
def _sidebook(stored: int) -> Iterator[tuple[Server, Ask]]:
    with sqlite_file() as url:
        with engine_at(url) as engine:
            open_shop(engine, STAFF)
            fill_the_past(engine, stored, STAFF, datetime.now(UTC))
        environment = {"BOOKING_DATABASE_URL": url, **UNLIMITED}
        with serving("app:create_app()", environment, workers=1) as server:
            tab = SidebookTab(Line(server.url), wish(7, "Ada", 0), url)
            tab.open()
            while tab.step != "time":
                tab.answer()

            def ask() -> None:
                answer = tab.line.get("/book/time/form", **tab.headers)
                assert 'name="slot"' in answer.text

            yield server, ask


@contextmanager
def _appointment(stored: int) -> Iterator[tuple[Server, Ask]]:
    with django_appointment(workers=1) as here:
        tab = here.tab(Line(here.server.url), wish(7, "Ada", 0))
        _fill(tab.place, stored)
        day = f"{tab.wish.start:%Y-%m-%d}"
        path = f"/appointment/ajax/available_slots/?selected_date={day}&staff_member=1&service_id=1"

        def ask() -> None:
            answer = tab.line.get(path, **{"X-Requested-With": "XMLHttpRequest"})
            assert '"available_slots": [[' in answer.text

        yield here.server, ask


def _fill(place: str, stored: int) -> None:
    """Past appointments, twenty a day of each member of staff."""
    with sqlite3.connect(place) as database:
        database.execute(
            """
            WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
            INSERT INTO appointment_appointmentrequest (id, date, start_time, end_time, service_id,
                staff_member_id, payment_type, id_request, reschedule_attempts, created_at,
                updated_at)
            SELECT n, date('now', '-' || (2 + n / 80) || ' days'),
                printf('%02d:%02d:00', 8 + n / 4 % 20 / 2, n / 4 % 2 * 30),
                printf('%02d:%02d:00', 8 + (n / 4 % 20 + 1) / 2, (n / 4 + 1) % 2 * 30),
                1, 1 + n % 4, 'full', 'R' || n, 0, datetime('now'), datetime('now')
            FROM numbers WHERE n <= ?
            """,
            (stored, stored),
        )
        database.execute(
            """
            INSERT INTO appointment_appointment (appointment_request_id, client_id, phone, address,
                want_reminder, additional_info, paid, amount_to_pay, id_request, created_at,
                updated_at)
            SELECT id, 1, '+351210000000', '', 0, '', 0, 0, id_request, created_at, updated_at
            FROM appointment_appointmentrequest
            """
        )
        database.execute("ANALYZE")
    database.close()


if __name__ == "__main__":
    main(measure)
