"""In each process that serves an app: a thread that delivers its letters, also with no visitor.

A host's own functions that hear of bookings have one of their own: if they never return, letters
leave all the same.

What serves is known by who makes the app: a worker of gunicorn, granian or waitress, or
`flask run`, but not the parent of its reloader. gunicorn's --preload makes it before the workers
are there, so their forks tell. Any other server is known by its first request. A command, a
script, a test or an import starts nothing.
"""

import atexit
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from io import BytesIO
from threading import Event, Thread
from weakref import WeakKeyDictionary, WeakSet

import click
from blinker import NamedSignal
from flask import Flask, request
from flask.cli import run_command
from flask.helpers import get_debug_flag

from booking import signals
from booking.first_request import at_the_first_request
from booking.notifications.delivery import FAREWELL, watch
from booking.state import NAME, SidebookState
from booking.storage.turns import Queue

_SERVERS = ("gunicorn.workers.", "granian.", "waitress.")
_SETTLING = 1
"""Seconds until the first look: the app is still being made, and its server gives up root."""
_HEARD: Mapping[Queue, tuple[NamedSignal, ...]] = {
    Queue.LETTERS: (signals.booked, signals.moved, signals.cancelled, signals.letter),
    Queue.HANDLERS: (signals.booked, signals.moved, signals.cancelled),
}
"""What has somebody look at once."""


@dataclass(frozen=True)
class _Deliverer:
    """A thread of one app in this process, and how it is told to look, or to end."""

    thread: Thread
    stop: Event = field(default_factory=Event)
    wake: Event = field(default_factory=Event)


_running: WeakKeyDictionary[Flask, dict[Queue, _Deliverer]] = WeakKeyDictionary()
_preloaded: WeakSet[Flask] = WeakSet()


def deliver_where_served(app: Flask, sidebook: SidebookState) -> None:
    """Have a thread deliver in each process that serves this app, where the setting says thread."""
    if sidebook.settings.delivery != "thread" or app.testing:
        return
    if _is_made_by_a_server():
        _start(app)
    elif _is_below("gunicorn.arbiter"):
        _preloaded.add(app)
        _listen_for_forks()
    at_the_first_request(app, _start_if_served)


def _is_made_by_a_server() -> bool:
    context = click.get_current_context(silent=True)
    if context is not None and context.command is run_command:
        return not _is_a_reloaders_parent(context)
    return _is_below(*_SERVERS)


def _is_a_reloaders_parent(run: click.Context) -> bool:
    reloads = run.params.get("reload")
    if reloads is None:  # as flask run decides itself
        reloads = get_debug_flag()
    return bool(reloads) and os.environ.get("WERKZEUG_RUN_MAIN") != "true"


def _is_below(*modules: str) -> bool:
    """Whether one of these modules, or packages with a dot behind them, is calling."""
    return any(f"{name}.".startswith(modules) for name in _callers())


def _callers() -> Iterator[str]:
    frame = sys._getframe()  # noqa: SLF001 - inspect's way reads every caller's file
    while frame := frame.f_back:  # type: ignore[assignment]
        yield str(frame.f_globals.get("__name__", ""))


@cache
def _listen_for_forks() -> None:
    os.register_at_fork(after_in_child=_start_in_a_worker)


def _start_in_a_worker() -> None:
    # A worker of gevent's replaces threads, but only later: there the first request starts it. A
    # process that a serving one forks is no worker.
    if "gunicorn.workers.ggevent" not in sys.modules and not _running:
        for app in _preloaded:
            _start(app)


def _start_if_served(app: Flask) -> None:
    # A test client's requests come out of memory, a server's by its socket.
    if not isinstance(request.environ["wsgi.input"], BytesIO):
        _start(app)


def _start(app: Flask) -> None:
    """Start what does not run yet: a host's functions may have come after the first call."""
    if app.testing:
        return
    running = _running.setdefault(app, {})
    for queue in Queue:
        if queue not in running or not running[queue].thread.is_alive():
            running[queue] = _started(app, queue)
    _end_with_the_process()


def _started(app: Flask, queue: Queue) -> _Deliverer:
    stop, wake = Event(), Event()
    name = queue.name.lower()
    thread = Thread(target=_deliver, args=(app, queue, stop, wake), name=name, daemon=True)
    for event in _HEARD[queue]:
        event.connect(partial(_wake, wake), app, weak=False)
    thread.start()
    return _Deliverer(thread, stop, wake)


def _deliver(app: Flask, queue: Queue, stop: Event, wake: Event) -> None:
    stop.wait(_SETTLING)
    sidebook: SidebookState = app.extensions[NAME]
    wanted = {Queue.LETTERS: sidebook.settings.mail_url, Queue.HANDLERS: sidebook.handlers}
    if not app.testing and wanted[queue]:
        watch(app, queue, stop, wake)


def _wake(wake: Event, _app: Flask, **_: object) -> None:
    wake.set()


@cache
def _end_with_the_process() -> None:
    atexit.register(_end)


def _end() -> None:
    """Let what is under way be done, and begin nothing else."""
    running = [each for queues in _running.values() for each in queues.values()]
    for deliverer in running:
        deliverer.stop.set()
        deliverer.wake.set()
    until = time.monotonic() + FAREWELL
    for deliverer in running:
        deliverer.thread.join(max(0, until - time.monotonic()))
