"""One app for hundreds of walks: the diary is emptied after each, the shop stays as it is."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text

from booking.transactions.sessions import write_transaction
from tests.conftest import app_over
from tests.fixtures.databases import database_at

EMPTIED = ("claim", "hold", "booking", "tab_session", "past_hold", "visitor_drafts")
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="package")
def sqlite_walks(migrated_file, tmp_path_factory) -> str:
    file = shutil.copy(migrated_file, tmp_path_factory.mktemp("walks") / "booking.db")
    return f"sqlite:///{file}"


@pytest.fixture(scope="package")
def postgresql_walks(postgres_url, on_postgres, migrated_database) -> Iterator[str]:
    on_postgres(f"CREATE DATABASE walks TEMPLATE {migrated_database} STRATEGY file_copy")
    yield database_at(postgres_url, "walks")
    on_postgres("DROP DATABASE walks WITH (FORCE)")


@pytest.fixture(
    scope="package",
    params=[
        "sqlite",
        pytest.param("postgresql", marks=[pytest.mark.postgresql, pytest.mark.extra]),
    ],
)
def walked_app(request) -> Iterator[Flask]:
    with app_over(request.getfixturevalue(f"{request.param}_walks")) as app:
        yield app


@pytest.fixture
def app(walked_app) -> Iterator[Flask]:
    """The test shop on a Monday morning, 2 March 2026, with an empty diary."""
    with time_machine.travel(NOW):
        yield walked_app
        session = walked_app.extensions["booking"].session
        with walked_app.app_context(), write_transaction(session) as writer:
            for emptied in EMPTIED:
                writer.execute(text(f"DELETE FROM booking_{emptied}"))
