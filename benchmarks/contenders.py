"""Who is measured: each contender as an open shop."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from subprocess import run
from tempfile import NamedTemporaryFile, TemporaryDirectory

from sqlalchemy import text

from benchmarks.peers import python
from benchmarks.places import PLACES, engine_at
from benchmarks.servers import ROOT, WORKERS, Server, serving
from benchmarks.tabs import (
    AppointmentTab,
    Booking,
    DjangoTab,
    FormtoolsTab,
    NamedFormtoolsTab,
    SidebookTab,
    Tab,
)
from benchmarks.wire import Line
from booking import create_app

STAFF = 4
# What limits one visitor would limit the load: all of it comes from one address.
UNLIMITED = {
    "BOOKING_HOLDS_PER_VISITOR": "1000000",
    "BOOKING_BOOKINGS_PER_VISITOR": "1000000",
    "BOOKING_VISITOR_SHARE": "100",
    "BOOKING_HELD_SHARE": "100",
    "BOOKING_PRESSURE_SHARE": "0",
}
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
booking_window = "52 weeks"

[[services]]
slug = "long"
name = "Long visit"
duration = "1 h"
booking_window = "52 weeks"
"""
MEMBER = """
[[staff]]
slug = "staff-{number}"
name = "Staff {number}"
offers = ["short", "long"]
hours.mon-sun = ["08:00-18:00"]
"""


@dataclass(frozen=True)
class Shop:
    """A contender that is open."""

    server: Server
    tab: Callable[[Line, Booking], Tab]
    bookings: Callable[[], list[Booking]]


@contextmanager
def sidebook(place: str = "SQLite") -> Iterator[Shop]:
    """Sidebook over a database of its own."""
    with PLACES[place]() as url:
        _load(url)

        def bookings() -> list[Booking]:
            with engine_at(url) as engine, engine.connect() as connection:
                return [
                    Booking(row[0], row[1], _aware(row[2]), *row[3:])
                    for row in connection.execute(text(SIDEBOOK_BOOKINGS))
                ]

        environment = {"BOOKING_DATABASE_URL": url, **UNLIMITED}
        with serving("app:create_app()", environment) as server:
            yield Shop(server, lambda line, wish: SidebookTab(line, wish, url), bookings)


SIDEBOOK_BOOKINGS = """
SELECT service.slug, staff.slug, starts_at, customer_name, customer_email, customer_note
FROM booking_booking AS booking JOIN booking_service AS service ON service.id = booking.service_id
JOIN booking_staff_member AS staff ON staff.id = booking.staff_member_id
"""


def _load(url: str) -> None:
    app = create_app({"BOOKING_DATABASE_URL": url})
    with NamedTemporaryFile("w", suffix=".toml") as file:
        staff = "".join(MEMBER.format(number=number) for number in range(STAFF))
        Path(file.name).write_text(SHOP + staff, encoding="utf-8")
        answer = app.test_cli_runner().invoke(args=["booking", "load", file.name])
    assert answer.exit_code == 0, answer.output


@contextmanager
def _django(tab: type[DjangoTab], query: str, workers: int = WORKERS) -> Iterator[Shop]:
    with TemporaryDirectory(prefix="sidebook-bench-") as folder:
        place = str(Path(folder) / "peers.db")
        environment = {"PEERS_DATABASE": place}
        prepare = [python(), "-m", "benchmarks.peers.site"]
        run(prepare, cwd=ROOT, env=environment, check=True, capture_output=True)

        def bookings() -> list[Booking]:
            with sqlite3.connect(place) as database:
                rows = database.execute(query).fetchall()
            database.close()
            return [Booking(row[0], row[1], _aware(row[2]), *row[3:]) for row in rows]

        app = "benchmarks.peers.site:application"
        with serving(app, environment, python=python(), workers=workers) as server:
            yield Shop(server, lambda line, wish: tab(line, wish, place), bookings)


def formtools_plain() -> AbstractContextManager[Shop]:
    return _django(FormtoolsTab, FORMTOOLS_BOOKINGS)


def formtools_named() -> AbstractContextManager[Shop]:
    return _django(NamedFormtoolsTab, FORMTOOLS_BOOKINGS)


def django_appointment(workers: int = WORKERS) -> AbstractContextManager[Shop]:
    return _django(AppointmentTab, APPOINTMENT_BOOKINGS, workers)


FORMTOOLS_BOOKINGS = "SELECT service, staff, slot, name, email, note FROM wizard_booking"
APPOINTMENT_BOOKINGS = """
SELECT 'short', 'staff-' || (request.staff_member_id - 1),
  request.date || ' ' || request.start_time,
  trim(person.first_name || ' ' || person.last_name), person.email, appointment.additional_info
FROM appointment_appointment AS appointment
JOIN appointment_appointmentrequest AS request ON request.id = appointment.appointment_request_id
JOIN auth_user AS person ON person.id = appointment.client_id
"""


def _aware(when: str | datetime) -> datetime:
    found = datetime.fromisoformat(when) if isinstance(when, str) else when
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
