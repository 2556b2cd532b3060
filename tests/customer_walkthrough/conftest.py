"""What the walks stand on."""

from tests.customer.conftest import always_the_same_time

__all__ = ["always_the_same_time"]
