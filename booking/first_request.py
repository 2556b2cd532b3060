"""What waits for an app's first request, and goes with the app if there never is one."""

from collections import deque
from collections.abc import Callable
from typing import Any

from flask import Flask, request_started

Work = Callable[[Flask], object]
_WAITING = "booking.first_request"


def at_the_first_request(app: Flask, work: Work) -> None:
    """Have `work(app)` called once, as this app's first request begins.

    What one of them raises is that request's error, and the next request begins with those that
    came after it.

    Flask's signal is one for all apps of a process and keeps what it is given, also after a
    `disconnect` from one app. So it is given one function for all, and each app keeps its own work:
    a closure would keep its app for as long as the process runs.
    """
    app.extensions.setdefault(_WAITING, deque()).append(work)
    request_started.connect(_begin, app)


def _begin(app: Flask, **_: Any) -> None:
    waiting: deque[Work] = app.extensions[_WAITING]
    while work := _next_of(waiting):
        work(app)
    request_started.disconnect(_begin, app)


def _next_of(waiting: deque[Work]) -> Work | None:
    try:
        return waiting.popleft()
    except IndexError:  # not by its length: two threads may have the first request at once
        return None
