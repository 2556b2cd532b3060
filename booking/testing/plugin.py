"""Fixtures for pytest: `pytest_plugins = "booking.testing.plugin"` in your conftest.py."""

from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask

from .letters import WrittenLetter, letters_of


@pytest.fixture
def letters(app: Flask) -> Callable[..., list[WrittenLetter]]:
    """The letters of your `app`: `letters()`, `letters(to="ada@example.com", kind="booked")`."""
    return partial(letters_of, app)
