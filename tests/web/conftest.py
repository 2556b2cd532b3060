"""What the tests of `web/` stand on."""

from tests.customer.conftest import always_the_same_time, bookings, database, rows

__all__ = ["always_the_same_time", "bookings", "database", "rows"]
