"""A server to attack for each database, with its guard and without."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.field import Field
from tests.conftest import app_over
from tests.fixtures.databases import database_at
from tests.fixtures.gunicorns import gunicorn_over
from tests.fixtures.small_shop import open_engine

SHOP = Path(__file__).parent / "shop.toml"


@pytest.fixture(scope="package")
def sqlite_under_attack(migrated_file, tmp_path_factory) -> str:
    file = shutil.copy(migrated_file, tmp_path_factory.mktemp("attacks") / "booking.db")
    return f"sqlite:///{file}"


@pytest.fixture(scope="package")
def postgresql_under_attack(postgres_url, on_postgres, migrated_database) -> Iterator[str]:
    on_postgres(f"CREATE DATABASE attacks TEMPLATE {migrated_database} STRATEGY file_copy")
    yield database_at(postgres_url, "attacks")
    on_postgres("DROP DATABASE attacks WITH (FORCE)")


@pytest.fixture(
    scope="package",
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
)
def attacked_url(request) -> str:
    url = request.getfixturevalue(f"{request.param}_under_attack")
    with app_over(url, SHOP):
        return url


@pytest.fixture(scope="package")
def guarded_server(attacked_url) -> Iterator[Field]:
    yield from serve(attacked_url, guarded=True)


@pytest.fixture(scope="package")
def unguarded_server(attacked_url) -> Iterator[Field]:
    yield from serve(attacked_url, guarded=False)


def serve(url: str, *, guarded: bool) -> Iterator[Field]:
    guard = "on" if guarded else "off"
    workers = 4 if guarded else 2  # two are enough for the damage
    app = "tests.attacks.served:create_app()"
    with (
        gunicorn_over(url, app=app, workers=workers, GUARD=guard) as server,
        open_engine(url) as engine,
    ):
        yield Field(server, engine, guarded)


@pytest.fixture
def field(guarded_server) -> Iterator[Field]:
    guarded_server.empty()
    yield guarded_server
    assert guarded_server.server.tracebacks() == []


@pytest.fixture
def unguarded_field(unguarded_server) -> Field:
    unguarded_server.empty()
    return unguarded_server
