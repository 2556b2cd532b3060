"""Fixtures for pytest: `pytest_plugins = "booking.testing.plugin"` in your top conftest.py.

Each is made of the others, so that yours takes one's place: `booking_app` may be your own app,
`booking_shop` another business, `booking_database_url` a PostgreSQL.
"""

import os
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from booking import create_app, now
from booking.state import NAME, SidebookState

from .clock import Clock
from .letters import WrittenLetter, letters_of
from .shop import SHOP, load_shop
from .tab import TabClient

_SETTINGS = {
    "TESTING": True,
    "SECRET_KEY": "of a test",
    "BOOKING_MAIL_URL": "log:",
    "BOOKING_MAIL_FROM": "hello@barber.example",
    "BOOKING_PUBLIC_URL": "https://barber.example",
}


@pytest.fixture
def booking_shop() -> dict[str, Any]:
    """The business, as a dict with a business file's keys: a small barber's."""
    return deepcopy(SHOP)


@pytest.fixture
def booking_settings() -> dict[str, Any]:
    """Settings for `booking_app` beside its own: `{"BOOKING_HOLD_MINUTES": 5}`."""
    return {}


@pytest.fixture
def booking_database_url(tmp_path: Path) -> str:
    """Where `booking_app` keeps its bookings: an SQLite file of this test alone."""
    return f"sqlite:///{tmp_path / 'booking.db'}"


@pytest.fixture
def booking_app(
    booking_database_url: str,
    booking_settings: dict[str, Any],
    booking_shop: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Flask]:
    """An app with the business of `booking_shop`, which writes letters and sends none.

    The environment's BOOKING_* settings are left out: a test is the same on every machine.
    """
    for key in [key for key in os.environ if key.upper().startswith("BOOKING_")]:
        monkeypatch.delenv(key)
    settings = _SETTINGS | {"BOOKING_DATABASE_URL": booking_database_url} | booking_settings
    app = create_app(settings)
    load_shop(app, booking_shop)
    yield app
    with app.app_context():
        app.extensions[NAME].engine.dispose()


@pytest.fixture
def booking_start(booking_app: Flask) -> str:
    """The address that `tab` and `two_tabs` open: where the wizard begins, else the app."""
    sidebook = booking_app.extensions.get(NAME)
    prefix = sidebook.url_prefix if isinstance(sidebook, SidebookState) else ""
    return f"{prefix.rstrip('/')}/"


@pytest.fixture
def tab(booking_app: Flask, booking_start: str) -> TabClient:
    """A browser tab at the start."""
    return TabClient(booking_app, booking_start, base=booking_start)


@pytest.fixture
def two_tabs(tab: TabClient, booking_start: str) -> tuple[TabClient, TabClient]:
    """Two tabs of one browser, both at the start."""
    return tab, tab.new_tab(booking_start)


@pytest.fixture
def booking_clock() -> Iterator[Clock]:
    """The clock that holds, limits, notice and letters go by; put right afterwards."""
    with now.put_right_afterwards():
        yield Clock()


@pytest.fixture
def letters(booking_app: Flask) -> Callable[..., list[WrittenLetter]]:
    """The letters of the app: `letters()`, `letters(to="ada@example.com", kind="booked")`."""
    return partial(letters_of, booking_app)
