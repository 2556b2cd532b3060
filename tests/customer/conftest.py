"""What the wizard's tests look at beside the pages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from booking.storage.models import Booking, claim, hold
from booking.tab_sessions import read_transaction
from booking.tab_sessions import tab_session as tab_sessions


@pytest.fixture(autouse=True)
def always_the_same_time(monday_morning: None) -> None:
    """So that no test depends on the hour it runs at, when the day's times may be over."""


@pytest.fixture
def database(app: Flask) -> Callable:
    """`with database() as session:` reads what the app wrote."""

    @contextmanager
    def look():
        with app.app_context(), read_transaction(app.extensions["booking"].session) as session:
            yield session

    return look


@pytest.fixture
def bookings(database) -> Callable[[], list[Booking]]:
    def all_bookings() -> list[Booking]:
        with database() as session:
            found = list(session.scalars(select(Booking).order_by(Booking.id)))
            for booking in found:
                _ = booking.service, booking.staff_member
            session.expunge_all()
            return found

    return all_bookings


@pytest.fixture
def rows(database) -> Callable[[], dict[str, int]]:
    """How many rows there are of what a tab leaves behind."""
    tables = {"tabs": tab_sessions, "holds": hold, "claims": claim, "bookings": Booking.__table__}

    def count() -> dict[str, int]:
        with database() as session:
            return {
                name: session.scalar(select(func.count()).select_from(table))
                for name, table in tables.items()
            }

    return count


@pytest.fixture
def later() -> Iterator[Callable]:
    """`later(minutes=11)` moves every clock."""
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        yield lambda **by: clock.shift(timedelta(**by))
