"""Who is measured: each contender as an open shop."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from subprocess import run
from tempfile import NamedTemporaryFile, TemporaryDirectory
from types import MappingProxyType
from typing import Any

from flask import Flask
from sqlalchemy import Engine, text

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
from tests.fixtures.gunicorns import UNLIMITED

DEMO = Path(__file__).resolve().parents[1] / "demo.toml"
STAFF = 4
SHOP = """
[shop]
name = "Bench"
zone = "UTC"
phone = "+351 21 000 00 00"
email = "bench@example.com"

"""
SERVICE = """
[[services]]
slug = "{slug}"
name = "{slug} visit"
duration = "{minutes} min"
booking_window = "52 weeks"
"""
SERVICES = {"short": 30, "long": 60}  # minutes
MEMBER = """
[[staff]]
slug = "staff-{number}"
name = "Staff {number}"
offers = {offers}
hours.mon-sun = ["08:00-18:00"]
"""


@dataclass(frozen=True)
class Shop:
    """A contender that is open."""

    server: Server
    tab: Callable[[Line, Booking], Tab]
    bookings: Callable[[], list[Booking]]
    database: str = ""


def shop_of(staff: int, services: Mapping[str, int] = SERVICES) -> str:
    """A business file: everybody offers everything, every day from eight to six."""
    offered = (SERVICE.format(slug=slug, minutes=length) for slug, length in services.items())
    members = (MEMBER.format(number=number, offers=[*services]) for number in range(staff))
    return "".join([SHOP, *offered, *members])


@contextmanager
def in_process(place: str = "SQLite", shop: str | None = None) -> Iterator[Flask]:
    """Sidebook without a server, over a database of its own; the demo business by default."""
    with PLACES[place]() as url:
        app = create_app({"BOOKING_DATABASE_URL": url, **UNLIMITED})
        load(app, shop or DEMO.read_text(encoding="utf-8"))
        try:
            yield app
        finally:
            engine_of(app).dispose()


def engine_of(app: Flask) -> Engine:
    with app.app_context():
        found: Engine = app.extensions["booking"].engine
        return found


def load(app: Flask, shop: str) -> None:
    """Load a business file, given as its text."""
    with NamedTemporaryFile("w", suffix=".toml") as file:
        Path(file.name).write_text(shop, encoding="utf-8")
        answer = app.test_cli_runner().invoke(args=["booking", "load", file.name])
    assert answer.exit_code == 0, answer.output


@contextmanager
def sidebook(
    place: str = "SQLite",
    shop: str | None = None,
    settings: Mapping[str, str] = MappingProxyType({}),
    **served: Any,
) -> Iterator[Shop]:
    """Sidebook behind a server (`served` is for `serving`), over a database of its own."""
    with PLACES[place]() as url:
        load(create_app({"BOOKING_DATABASE_URL": url}), shop or shop_of(STAFF))

        def bookings() -> list[Booking]:
            with engine_at(url) as engine, engine.connect() as connection:
                return [
                    Booking(row[0], row[1], _aware(row[2]), *row[3:])
                    for row in connection.execute(text(SIDEBOOK_BOOKINGS))
                ]

        environment = {"BOOKING_DATABASE_URL": url, **UNLIMITED, **settings}
        with serving("app:create_app()", environment, **served) as server:
            yield Shop(server, lambda line, wish: SidebookTab(line, wish, url), bookings, url)


SIDEBOOK_BOOKINGS = """
SELECT service.slug, staff.slug, starts_at, customer_name, customer_email, customer_note
FROM booking_booking AS booking JOIN booking_service AS service ON service.id = booking.service_id
JOIN booking_staff_member AS staff ON staff.id = booking.staff_member_id
"""


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
