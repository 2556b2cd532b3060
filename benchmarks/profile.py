"""Where a request's time goes: whole bookings of the demo business, in this process.

In turns with the floor: Flask with one SELECT, and for an answer one UPDATE and a commit, by
SQLAlchemy Core, and a page as long as the step's. CPU time without what a server and a socket add,
so a share is a share of the app's own work.
"""

import secrets
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median

import jinja2
from flask import Flask, render_template
from sqlalchemy import Engine, text
from werkzeug.test import EnvironBuilder

from benchmarks.contenders import in_process
from benchmarks.places import engine_at, sqlite_file
from benchmarks.report import Goal, Section, main, middle, ratios, spread
from benchmarks.sizes import size
from benchmarks.stopwatch import statements, watching
from benchmarks.walk import STEPS, Customer, send

TIMES_THE_FLOOR, STATEMENTS = 2.8, 40
ROUNDS, WATCHED = size(60, 300), size(15, 60)
PARTS = ("routing", "template", "database", "sealing", "compressing", "the rest")


@dataclass
class Cost:
    """What one step took, in each of its rounds."""

    cpu: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    parts: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    queries: int = 0
    sent: int = 0
    squeezed: int = 0


def create_floor(engine: Engine) -> Flask:
    """What any page costs that reads a row, on POST writes it, and shows something as long."""
    app = Flask("floor")
    read = text("SELECT id, body FROM floor WHERE id = :row")
    write = text("UPDATE floor SET body = :body WHERE id = :row")
    page = "<!doctype html>{% for row in rows %}<p>{{ row }}</p>\n{% endfor %}"
    app.jinja_loader = jinja2.DictLoader({"page.html": page})  # type: ignore[misc]

    def shown(size: int) -> str:
        return render_template("page.html", rows=["x" * 60] * (size // 68))

    @app.get("/<int:size>")
    def look(size: int) -> str:
        with engine.connect() as connection:
            connection.execute(read, {"row": 1}).one()
        return shown(size)

    @app.post("/<int:size>")
    def change(size: int) -> str:
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            connection.execute(read, {"row": 1}).one()
            connection.execute(write, {"row": 1, "body": secrets.token_bytes(200)})
            connection.commit()
        return shown(size)

    return app


def one_booking(app: Flask, floor: Flask, costs: dict[str, Cost]) -> None:
    customer = Customer()
    for step in STEPS:
        environ, cost = customer.environ(step), costs[step]
        took, body = send(app, environ)
        plain = customer.see(body)
        cost.cpu.append(took)
        cost.sent, cost.squeezed = len(plain), len(body)
        least = EnvironBuilder(path=f"/{len(plain)}", method=str(environ["REQUEST_METHOD"]))
        cost.floor.append(send(floor, least.get_environ())[0])


def where_it_goes(app: Flask, costs: dict[str, Cost]) -> None:
    with statements() as seen, watching() as watch:
        for _ in range(WATCHED):
            customer = Customer()
            for step in STEPS:
                environ = customer.environ(step)
                watch.parts.clear()
                seen.clear()
                with watch.part("the rest"):
                    _, body = send(app, environ)
                customer.see(body)
                cost = costs[step]
                cost.queries = len(seen)
                whole = sum(watch.parts.values())
                for name, took in watch.parts.items():
                    cost.parts[name].append(took / whole)


def measure() -> Section:
    """Bookings without a watch, in turns with the floor; then a few with one."""
    costs: dict[str, Cost] = defaultdict(Cost)
    with ExitStack() as stack:
        app = stack.enter_context(in_process())
        engine = stack.enter_context(engine_at(stack.enter_context(sqlite_file())))
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE floor (id INTEGER PRIMARY KEY, body BLOB)")
            connection.exec_driver_sql("INSERT INTO floor VALUES (1, x'00')")
        floor = create_floor(engine)
        one_booking(app, floor, defaultdict(Cost))  # what is only done once
        for _ in range(ROUNDS):
            one_booking(app, floor, costs)
        where_it_goes(app, costs)
    return Section(
        "Where a request's time goes",
        "One booking of the demo business, step by step. CPU in ms, in process, and what of it "
        f"goes where. Goal: at most {TIMES_THE_FLOOR} times the floor, {STATEMENTS} statements.",
        ["step", "CPU", "floor", "÷ floor", "queries", "bytes", "compressed", *PARTS],
        [*(_row(step, costs[step]) for step in STEPS), _whole(costs)],
        [
            (
                f"{ROUNDS} bookings in turns with the floor: Flask, a SELECT, with an answer also "
                "an UPDATE and a durable commit, by SQLAlchemy Core, and a page of the same "
                "length. Without a server and a socket. Answers are compressed, the floor's not."
            ),
            (
                f"The shares are those of {WATCHED} more bookings under a stopwatch, which slows "
                "down what is called often. Database: SQLAlchemy and SQLite, the durable commit "
                "included, but not making objects of rows. The rest: that, Flask, the rules, the "
                "forms, what a page says."
            ),
            "page is the shell that everybody gets, with the first step in it.",
            "What it does not show: waiting for the disk or for other customers.",
        ],
        _short(costs),
        _goals(costs),
    )


def _goals(costs: dict[str, Cost]) -> list[Goal]:
    booking = _whole(costs)
    times, statements = float(middle(booking[3])), int(booking[4])
    return [
        Goal.at_most("CPU of a booking in process ÷ floor", TIMES_THE_FLOOR, times, 1),
        Goal.at_most("statements of a booking", STATEMENTS, statements, 0),
    ]


def _short(costs: dict[str, Cost]) -> str:
    booking = _whole(costs)
    shares = {part: _share(costs, part) for part in PARTS}
    largest = sorted(shares, key=lambda part: -shares[part])[:3]
    told = ", ".join(f"{part} {shares[part]:.0%}" for part in largest)
    return (
        f"a booking's requests take {booking[1]} ms of CPU, {middle(booking[3])} times the "
        f"floor's; of ours: {told}"
    )


def _share(costs: dict[str, Cost], part: str) -> float:
    """Of the whole booking."""
    whole = sum(median(cost.cpu) for cost in costs.values())
    its = (median(cost.cpu) * median(cost.parts[part] or [0]) for cost in costs.values())
    return sum(its) / whole


def _row(step: str, cost: Cost) -> list[str]:
    return [
        step,
        f"{1000 * median(cost.cpu):.2f}",
        f"{1000 * median(cost.floor):.2f}",
        spread(ratios(cost.cpu, cost.floor), 1),
        str(cost.queries),
        f"{cost.sent:,}",
        f"{cost.squeezed:,}",
        *(f"{median(cost.parts[part] or [0]):.0%}" for part in PARTS),
    ]


def _whole(costs: dict[str, Cost]) -> list[str]:
    ours = [sum(turn) for turn in zip(*(costs[step].cpu for step in STEPS), strict=True)]
    floor = [sum(turn) for turn in zip(*(costs[step].floor for step in STEPS), strict=True)]
    return [
        "booking",
        f"{1000 * median(ours):.2f}",
        f"{1000 * median(floor):.2f}",
        spread(ratios(ours, floor), 1),
        str(sum(costs[step].queries for step in STEPS)),
        f"{sum(costs[step].sent for step in STEPS):,}",
        f"{sum(costs[step].squeezed for step in STEPS):,}",
        *("" for _ in PARTS),
    ]


if __name__ == "__main__":
    main(measure)
