"""Where a request's time goes: `python -m benchmarks.profile [rounds]`.

Whole bookings of the demo business, through the WSGI app in this process, in turns with the floor:
Flask with one SELECT, one UPDATE and a commit by SQLAlchemy Core, and a page as long as the
step's. CPU time of this process, without what a server and a socket add, so a share is a share of
the app's own work. `--gzip` asks for compressed answers.
"""

import gzip
import re
import secrets
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from statistics import median

import jinja2
from flask import Flask, render_template
from sqlalchemy import Engine, bindparam, create_engine, event, text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session
from werkzeug.routing import MapAdapter
from werkzeug.test import EnvironBuilder, run_wsgi_app

from booking import create_app
from booking.customer import forms
from booking.extension import prepare_sqlite
from booking.tab_sessions import sealing

from .places import sqlite_file

DEMO = Path(__file__).parents[1] / "demo.toml"
MANY = "1000000"
STEPS = ("page", "service?", "service", "staff", "time", "details", "confirm")
FORM = {
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "phone": "+351 210 000 001",
    "note": "",
    forms.field_name("call"): "Telephone",
}


@dataclass
class Cost:
    """What one step took, in each of its rounds."""

    cpu: list[float] = field(default_factory=list)
    parts: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    queries: int = 0
    sent: int = 0
    squeezed: int = 0


class Stopwatch:
    """How long a request spends in what; a part inside another part counts once."""

    def __init__(self) -> None:
        self.parts: dict[str, float] = defaultdict(float)
        self._open: list[float] = []

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        self._open.append(0.0)
        began = time.perf_counter()
        try:
            yield
        finally:
            took = time.perf_counter() - began
            self.parts[name] += took - self._open.pop()
            if self._open:
                self._open[-1] += took

    def watch(self, owner: object, function: str, name: str) -> None:
        plain = getattr(owner, function)

        def timed(*args: object, **kwargs: object) -> object:
            with self.part(name):
                return plain(*args, **kwargs)

        setattr(owner, function, timed)


def watch_all(watch: Stopwatch) -> None:
    """From here on the watch knows how long these take; they are slower for it."""
    watch.watch(jinja2.Template, "render", "template")
    watch.watch(MapAdapter, "match", "routing")
    watch.watch(MapAdapter, "build", "routing")
    for function in ("execute", "exec_driver_sql", "scalar", "scalars", "_commit_impl"):
        watch.watch(Connection, function, "database")
    for function in ("execute", "scalar", "scalars", "flush", "connection", "rollback"):
        watch.watch(Session, function, "database")
    for function in ("wrap", "unwrap", "seal", "unseal", "derive"):
        watch.watch(sealing, function, "sealing")


class Customer:
    """One tab that books, request by request."""

    def __init__(self, app: Flask, headers: dict[str, str]) -> None:
        self.app = app
        self.headers = {"Tab-Session": secrets.token_urlsafe(32), "HX-Request": "true", **headers}
        self.shown = ""

    def environ(self, step: str) -> dict[str, object]:
        """The next request, not yet sent."""
        path, data = f"/book/{step}/form", self._answer(step)
        if step == "page":
            path = "/book/"
        elif step == "service?":
            path = "/book/form"
        elif step == "confirm":
            path = "/book/review/form"
        method = "POST" if data else "GET"
        built = EnvironBuilder(path, method=method, data=data, headers=self.headers)
        return built.get_environ() | {"REMOTE_ADDR": "203.0.113.7"}

    def _answer(self, step: str) -> dict[str, str] | None:
        if step in ("page", "service?"):
            return None
        if step == "details":
            return FORM
        if step == "confirm":
            return {name: self._value(name) for name in ("draft", "answers")}
        given = {"service": "video-coaching", "staff": "any"}.get(step)
        return {step: given} if given else {"slot": self._value("slot"), "zone": "Europe/Lisbon"}

    def _value(self, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]*)"', self.shown)
        assert found, f"no {name} in {self.shown}"
        return unescape(found[1])


def send(app: Callable, environ: dict[str, object]) -> tuple[float, bytes]:
    began = time.process_time()
    body, status, _ = run_wsgi_app(app, environ, buffered=True)
    whole = b"".join(body)
    took = time.process_time() - began
    assert status.startswith("200"), (status, whole)
    return took, whole


def create_floor(engine: Engine) -> Flask:
    """What any page costs that reads a row, writes it, and shows something as long."""
    app = Flask("floor")
    read = text("SELECT id, body FROM floor WHERE id = :row")
    write = text("UPDATE floor SET body = :body WHERE id = :row").bindparams(bindparam("body"))
    page = "<!doctype html>{% for row in rows %}<p>{{ row }}</p>\n{% endfor %}"
    app.jinja_loader = jinja2.DictLoader({"page.html": page})  # type: ignore[misc]

    @app.get("/<int:size>")
    def floor(size: int) -> str:
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            connection.execute(read, {"row": 1}).one()
            connection.execute(write, {"row": 1, "body": secrets.token_bytes(200)})
            connection.commit()
        return render_template("page.html", rows=["x" * 60] * (size // 68))

    return app


def one_booking(app: Flask, floor: Flask, costs: dict[str, Cost], *, squeeze: bool) -> None:
    customer = Customer(app, {"Accept-Encoding": "gzip"} if squeeze else {})
    for step in STEPS:
        took, body = send(app, customer.environ(step))
        plain = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
        customer.shown, cost = plain.decode(), costs[step]
        cost.cpu.append(took)
        cost.sent, cost.squeezed = len(plain), len(gzip.compress(plain, 6))
        costs["floor " + step].cpu.append(
            send(floor, EnvironBuilder(path=f"/{len(plain)}").get_environ())[0]
        )


def where_it_goes(app: Flask, costs: dict[str, Cost], rounds: int) -> None:
    watch, count = Stopwatch(), [0]
    watch_all(watch)

    def counted(*_: object) -> None:
        count[0] += 1

    event.listen(Engine, "before_cursor_execute", counted)
    for _ in range(rounds):
        customer = Customer(app, {})
        for step in STEPS:
            environ = customer.environ(step)
            watch.parts.clear()
            count[0] = 0
            with watch.part("the rest"):
                _, body = send(app, environ)
            customer.shown, cost = body.decode(), costs[step]
            cost.queries = count[0]
            whole = sum(watch.parts.values())
            for name, took in watch.parts.items():
                cost.parts[name].append(took / whole)
    event.remove(Engine, "before_cursor_execute", counted)


def profile(rounds: int, *, squeeze: bool) -> None:
    """Print the table."""
    costs: dict[str, Cost] = defaultdict(Cost)
    with sqlite_file() as url:
        app = create_app(
            {
                "BOOKING_DATABASE_URL": url,
                "BOOKING_HOLDS_PER_VISITOR": MANY,
                "BOOKING_BOOKINGS_PER_VISITOR": MANY,
                "BOOKING_VISITOR_SHARE": 100,
            }
        )
        assert app.test_cli_runner().invoke(args=["booking", "load", str(DEMO)]).exit_code == 0
        engine = create_engine(url)
        event.listen(engine, "connect", prepare_sqlite)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE floor (id INTEGER PRIMARY KEY, body BLOB)")
            connection.exec_driver_sql("INSERT INTO floor VALUES (1, x'00')")
        floor = create_floor(engine)
        one_booking(app, floor, defaultdict(Cost), squeeze=squeeze)  # what is only done once
        for _ in range(rounds):
            one_booking(app, floor, costs, squeeze=squeeze)
        where_it_goes(app, costs, max(rounds // 4, 3))
        engine.dispose()
        with app.app_context():
            app.extensions["booking"].engine.dispose()
    show(costs)


def show(costs: dict[str, Cost]) -> None:
    parts = ("routing", "template", "database", "sealing", "the rest")
    print(f"{'step':9}  CPU ms  floor  ratio  queries   bytes   gzip  {'  '.join(parts)}")
    for step in STEPS:
        cost, floor = costs[step], median(costs["floor " + step].cpu) * 1000
        mine = median(cost.cpu) * 1000
        shares = "  ".join(f"{median(cost.parts[p] or [0]):{len(p)}.0%}" for p in parts)
        print(
            f"{step:9} {mine:7.2f} {floor:6.2f} {mine / floor:6.1f} {cost.queries:8}"
            f" {cost.sent:7} {cost.squeezed:6}  {shares}"
        )
    whole = sum(median(costs[step].cpu) for step in STEPS) * 1000
    least = sum(median(costs["floor " + step].cpu) for step in STEPS) * 1000
    queries = sum(costs[step].queries for step in STEPS)
    print(f"{'booking':9} {whole:7.2f} {least:6.2f} {whole / least:6.1f} {queries:8}")


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    profile(numbers[0] if numbers else 40, squeeze="--gzip" in sys.argv)
