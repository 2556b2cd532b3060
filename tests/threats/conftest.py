"""What the tests of the threats in docs/security.md stand on."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from tests.customer.conftest import always_the_same_time, bookings, database, rows

__all__ = ["always_the_same_time", "bookings", "database", "rows"]

LEFT_BEHIND = (
    *("booking_claim", "booking_hold", "booking_booking", "booking_tab_session"),
    "booking_visitor_key",
)


@pytest.fixture
def forget(app: Flask) -> Iterator[Callable[[], None]]:
    """Throws away what customers left, so that each example begins with the same empty shop."""

    def empty() -> None:
        with app.app_context(), app.extensions["booking"].engine.begin() as connection:
            for table in LEFT_BEHIND:
                connection.exec_driver_sql(f"DELETE FROM {table}")

    return empty
