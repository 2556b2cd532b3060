"""An app that nobody needs any more goes: a suite that makes one for each test does not grow."""

import gc
from threading import Event
from weakref import ref

import pytest
from flask import Flask

from booking import Sidebook, create_app
from booking.notifications import delivery, handlers
from booking.now import utc_now
from booking.storage.turns import Queue
from tests.customer.walks import at_done, at_time
from tests.fixtures.hosts import loaded

pytestmark = pytest.mark.usefixtures("monday_morning")


def our_own(url: str) -> Flask:
    return create_app({"BOOKING_DATABASE_URL": url, "TESTING": True})


def of_a_host(url: str) -> Flask:
    """As most factories make it: with a function in it that knows the app."""
    app = Flask("host")
    app.config.update(BOOKING_DATABASE_URL=url, TESTING=True)
    sidebook = Sidebook(app, desk_prefix="/desk")

    @sidebook.on("booked")
    def told(booking, manage_url) -> None:
        app.logger.info("%s %s", booking.reference, manage_url)

    return app


def nothing(app: Flask) -> None:
    """No request ever comes."""


def one_page(app: Flask) -> None:
    assert app.test_client().get("/book/").status_code == 200


def all_there_is(app: Flask) -> None:
    loaded(app)
    assert at_done(app).step == "done"
    assert at_time(app).ask().step == "time"
    assert app.test_client().get("/desk/", follow_redirects=True).status_code == 200
    command = app.test_cli_runner().invoke(args=["booking", "list"])
    assert command.exit_code == 0, command.output


@pytest.mark.parametrize("use", [nothing, one_page, all_there_is])
@pytest.mark.parametrize("make", [our_own, of_a_host])
def test_nothing_keeps_an_app_that_nobody_needs(sqlite_url, make, use):
    app = make(sqlite_url)
    use(app)
    closed = close(app)
    del app
    assert is_gone(closed)


def test_a_handler_that_returned_too_late_keeps_no_app(sqlite_url, monkeypatch):
    monkeypatch.setattr(handlers, "PATIENCE", 0)
    app, returns = of_a_host(sqlite_url), Event()

    @app.extensions["booking"].on("booked")
    def waits(_booking, _link) -> None:
        returns.wait(90)

    loaded(app)
    assert at_done(app).step == "done"
    assert delivery.deliver_queue(app, Queue.HANDLERS, now=utc_now()).ended["waiting"]
    returns.set()
    for call in app.extensions[handlers._CALLS].values():
        call.join()
    closed = close(app)
    del app, call
    assert is_gone(closed)


def close(app: Flask) -> ref[Flask]:
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()
    return ref(app)


def is_gone(closed: ref[Flask]) -> bool:
    gc.collect()
    return closed() is None
