"""What the tests of the pages that all doors share stand on."""

from tests.customer.conftest import always_the_same_time, bookings, database, rows

__all__ = ["always_the_same_time", "bookings", "database", "rows"]
