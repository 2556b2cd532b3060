"""Everything in this folder drives a real Chromium."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)


@pytest.fixture
def page(page_of):
    """A tab that has opened the wizard."""
    return page_of("/book/")
