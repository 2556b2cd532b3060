"""What every room's tests stand on: an app with a small shop, served where a browser can see it."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from werkzeug.serving import make_server

pytest_plugins = [
    "tests.fixtures.clocks",
    "tests.fixtures.databases",
    "tests.fixtures.browsers",
    "tests.fixtures.figures",
    "tests.fixtures.firefox",
    "tests.fixtures.hosts",
    "tests.fixtures.mail_servers",
    "tests.fixtures.passwords",
    "tests.fixtures.selection",
    "tests.fixtures.templates",
]

SHOP = Path(__file__).parent / "shop.toml"

# Looking for garbage among thousands of tests and pages took a fourth of the suite's time.
gc.set_threshold(50_000, 20, 20)


def pytest_collection_finish() -> None:
    """Tests and modules stay: nobody looks for garbage among them."""
    gc.freeze()


@contextmanager
def app_over(database_url: str, shop: Path | None = SHOP, **settings: object) -> Iterator[Flask]:
    """An app whose database holds the shop of that file: `app_over(url, hold_minutes=5)`.

    None: the database has a shop already, as that of `loaded_url` has.
    """
    from booking import create_app

    given = {f"BOOKING_{name.upper()}": value for name, value in settings.items()}
    app = create_app({"BOOKING_DATABASE_URL": database_url, "TESTING": True} | given)
    try:
        if shop:
            answer = app.test_cli_runner().invoke(args=["booking", "load", str(shop)])
            assert answer.exit_code == 0, answer.output
        yield app
    finally:
        with app.app_context():
            app.extensions["sqlalchemy"].engine.dispose()


@pytest.fixture
def app(request, loaded_url) -> Iterator[Flask]:
    """The app; `@pytest.mark.settings(hold_minutes=5)` is how a test gives it settings."""
    marks = reversed([*request.node.iter_markers("settings")])
    settings = {name: value for mark in marks for name, value in mark.kwargs.items()}
    with app_over(loaded_url, None, **settings) as app:
        yield app


@dataclass(frozen=True)
class LiveServer:
    url: str
    app: Flask


@contextmanager
def served(app: Flask) -> Iterator[LiveServer]:
    """The app behind a real socket, a thread for each request."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    # How often it looks whether it is to stop: every half second, unless told otherwise.
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield LiveServer(url=f"http://127.0.0.1:{server.server_port}", app=app)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def live_server(loaded_sqlite_url) -> Iterator[LiveServer]:
    """The shop as browser tests visit it."""
    with app_over(loaded_sqlite_url, None) as app, served(app) as server:
        yield server
