"""Apps in the states a shell may find them in."""

import pytest

from booking import create_app


@pytest.fixture(autouse=True)
def always_the_same_time(monday_morning):
    """The appointments that these tests name are still to come, whenever the tests run."""


@pytest.fixture
def bare(sqlite_url):
    """An app over a database that was set up but holds no business."""
    return create_app({"BOOKING_DATABASE_URL": sqlite_url})


@pytest.fixture
def untouched(tmp_path):
    """An app over a database that nothing was ever done to."""
    return create_app({"BOOKING_DATABASE_URL": f"sqlite:///{tmp_path / 'new.db'}"})
