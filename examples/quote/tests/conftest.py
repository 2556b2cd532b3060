"""The app of a test: a database of its own, and the fixtures that Sidebook's plugin makes of it."""

import pytest

from examples.quote import create_app

pytest_plugins = "booking.testing.plugin"


@pytest.fixture
def booking_app(booking_database_url):
    """Take the place of the plugin's app: `tab`, `two_tabs` and the others are ours now."""
    return create_app(booking_database_url)
