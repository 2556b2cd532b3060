"""What waits for an app's first request is done once, and by that app's own."""

from threading import Barrier, Thread

import pytest
from flask import Flask

from booking.first_request import at_the_first_request


@pytest.fixture
def app():
    app = Flask("host")
    app.testing = True
    app.add_url_rule("/", "page", lambda: "page")
    return app


@pytest.fixture
def done(app):
    """What was done, in its order: "a", then "b"."""
    done = []
    for name in "ab":
        at_the_first_request(app, lambda _app, name=name: done.append(name))
    return done


def test_it_is_done_once_in_its_order_and_not_by_the_requests_of_another_app(app, done):
    other = Flask("other")
    at_the_first_request(other, lambda _app: done.append("other"))
    for _ in range(2):
        app.test_client().get("/")
    assert done == ["a", "b"]
    other.test_client().get("/")
    assert done == ["a", "b", "other"]


def test_what_comes_after_the_first_request_is_done_at_the_next(app, done):
    app.test_client().get("/")
    at_the_first_request(app, lambda _app: done.append("late"))
    for _ in range(2):
        app.test_client().get("/")
    assert done == ["a", "b", "late"]


def test_one_that_fails_keeps_no_other_from_being_done(app):
    done = []

    def fails(_app: Flask) -> None:
        raise LookupError

    for work in (fails, lambda _app: done.append("a")):
        at_the_first_request(app, work)
    with pytest.raises(LookupError):
        app.test_client().get("/")
    assert app.test_client().get("/").text == "page"
    assert done == ["a"]


def test_of_first_requests_at_once_each_thing_is_done_by_one(app):
    done, together = [], Barrier(4)
    for number in range(300):
        at_the_first_request(app, lambda _app, number=number: done.append(number))

    def ask() -> None:
        together.wait(30)
        app.test_client().get("/")

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == list(range(300))
