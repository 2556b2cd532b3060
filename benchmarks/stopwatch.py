"""How much CPU a request spends in what."""

import gzip
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from unittest import mock

import jinja2
from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session
from werkzeug.routing import MapAdapter

from booking.tab_sessions import crypto
from booking.transactions import sessions
from booking.transactions import watching as watched_sessions


class Stopwatch:
    """How much CPU a request spends in what; a part inside another part counts once."""

    def __init__(self) -> None:
        self.parts: dict[str, float] = defaultdict(float)
        self._open: list[float] = []

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        self._open.append(0.0)
        began = time.process_time()
        try:
            yield
        finally:
            took = time.process_time() - began
            self.parts[name] += took - self._open.pop()
            if self._open:
                self._open[-1] += took

    def timed(self, name: str, plain: Callable) -> Callable:
        def timed(*args: object, **kwargs: object) -> object:
            with self.part(name):
                return plain(*args, **kwargs)

        return timed


@contextmanager
def statements(engine: Engine | type[Engine] = Engine) -> Iterator[list[str]]:
    """The statements of that engine, or of all, one after the other as they are sent."""
    seen: list[str] = []
    heard = engine, "before_cursor_execute", lambda *told: seen.append(told[2])
    event.listen(*heard)
    try:
        yield seen
    finally:
        event.remove(*heard)


@contextmanager
def watching() -> Iterator[Stopwatch]:
    """In here a watch knows how long these take; they are slower for it."""
    watch = Stopwatch()
    parts: dict[str, list[tuple[object, tuple[str, ...]]]] = {
        "template": [(jinja2.Template, ("render",))],
        "routing": [(MapAdapter, ("match", "build"))],
        "database": [
            (Connection, ("execute", "exec_driver_sql", "scalar", "scalars", "_commit_impl")),
            (Session, ("execute", "scalar", "scalars", "flush", "connection", "rollback")),
            (sessions, ("_begin_immediate",)),
            (watched_sessions, ("_begin_plainly",)),
        ],
        "sealing": [(crypto, ("wrap", "unwrap", "seal", "unseal", "derive"))],
        "compressing": [(gzip, ("compress",))],
    }
    with ExitStack() as stack:
        for name, owners in parts.items():
            for owner, functions in owners:
                for function in functions:
                    timed = watch.timed(name, getattr(owner, function))
                    stack.enter_context(mock.patch.object(owner, function, timed))
        yield watch
