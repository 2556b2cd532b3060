"""What a list costs in rows of one's own, beside the tab's one document."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from secrets import token_urlsafe
from statistics import median

from flask import Flask, json, request
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, scoped_session, sessionmaker
from werkzeug.test import EnvironBuilder, run_wsgi_app

from benchmarks.places import PLACES, engine_at
from benchmarks.report import Section, in_turns, main, middle, ratios, spread
from benchmarks.sizes import size
from booking.tab_sessions import TabOwned, TabSession, TabSessions, session_route

ROUNDS, CALLS = size(11, 41), size(20, 60)
LINES = (1, 20, 200)
TEXT = "A line of a basket, with a note that somebody typed: "
WAYS = ("document", "rows")


class Base(DeclarativeBase):
    """Of the models here."""


class Line(TabOwned, Base):
    """A line of a basket, in a row."""

    __tablename__ = "bench_line"
    __outlives_tab__ = "never"
    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int]
    text: Mapped[str]


def measure() -> Section:
    """Read the list, change one line of it, and end the tab; in turns."""
    section = Section(
        "Rows beside one document",
        "A list of lines kept in the tab's draft, and in rows by tab (TabOwned). CPU of one "
        "request in ms, in process. Goal: the docs say which way costs what.",
        ["database", "lines", "asked", "one document", "own rows", "÷ document"],
    )
    for place, make in PLACES.items():
        with make() as url, _app(url) as app:
            for lines in LINES:
                section.rows += _rows_of(place, lines, app)
    times_of = {
        place: {way[2]: float(middle(way[5])) for way in section.rows if way[:2] == [place, "20"]}
        for place in PLACES
    }
    section.short = "with 20 lines own rows take, of what one document takes, " + "; ".join(
        f"on {place} " + ", ".join(f"{times:.1f} to {asked}" for asked, times in each.items())
        for place, each in times_of.items()
    )
    section.notes = [
        (
            f"{ROUNDS} turns of {CALLS} requests, of the ends {CALLS} tabs a turn. A line has "
            f"{len(TEXT) + 3} letters. SQLite as Sidebook opens it, PostgreSQL as it comes."
        ),
        (
            "What it does not show: PostgreSQL's own work and waiting for a disk (no CPU of "
            "ours), many who write at once, and what only rows can do: a query over all tabs, a "
            "key, a list longer than a draft may be."
        ),
    ]
    return section


def _rows_of(place: str, lines: int, app: Flask) -> list[list[str]]:
    tabs = {way: token_urlsafe(32) for way in WAYS}
    for way, tab in tabs.items():
        _send(app, way, tab, "fill", lines)
    jobs: dict[str, Callable[[str], float]] = {
        "read all": lambda way: _timed(app, way, [tabs[way]] * CALLS, "read", lines),
        "change one": lambda way: _timed(app, way, [tabs[way]] * CALLS, "change", lines),
        "end the tab": lambda way: _ended(app, way, lines),
    }
    return [_row(place, lines, asked, job) for asked, job in jobs.items()]


def _row(place: str, lines: int, asked: str, job: Callable[[str], float]) -> list[str]:
    took = in_turns(ROUNDS, lambda: job("document"), lambda: job("rows"), warm=1)
    document, rows = ([1000 * seconds for seconds in way] for way in took)
    times = spread(ratios(rows, document))
    return [place, str(lines), asked, f"{median(document):.2f}", f"{median(rows):.2f}", times]


def _ended(app: Flask, way: str, lines: int) -> float:
    tabs = [token_urlsafe(32) for _ in range(CALLS)]
    for tab in tabs:
        _send(app, way, tab, "fill", lines)
    return _timed(app, way, tabs, "end", lines)


def _timed(app: Flask, way: str, tabs: list[str], verb: str, lines: int) -> float:
    began = time.process_time()
    for tab in tabs:
        _send(app, way, tab, verb, lines)
    return (time.process_time() - began) / len(tabs)


def _send(app: Flask, way: str, tab: str, verb: str, lines: int) -> None:
    method = "GET" if verb == "read" else "POST"
    headers = {"Tab-Session": tab, "Sec-Fetch-Site": "same-origin"}
    query = {"lines": str(lines)}
    asked = EnvironBuilder(f"/{way}/{verb}", method=method, query_string=query, headers=headers)
    answer, status, _ = run_wsgi_app(app.wsgi_app, asked.get_environ(), buffered=True)
    assert status == "200 OK", b"".join(answer)


@contextmanager
def _app(url: str) -> Iterator[Flask]:
    app = Flask(__name__)
    with engine_at(url) as engine:
        session = scoped_session(sessionmaker(engine))
        TabSessions(app, session, models=Base)
        app.teardown_appcontext(lambda _error: session.remove())
        for way, verbs in (("document", _in_document), ("rows", _in_rows)):
            _add_routes(app, way, verbs)
        Base.metadata.create_all(engine)
        yield app


def _add_routes(app: Flask, way: str, verbs: Callable[[TabSession, str, int], object]) -> None:
    for verb in ("read", "fill", "change", "end"):

        def view(tab: TabSession, verb: str = verb) -> str:
            return json.dumps(verbs(tab, verb, int(request.args["lines"])))

        methods = ["GET"] if verb == "read" else ["POST"]
        session_route(app, f"/{way}/{verb}", endpoint=f"{way}_{verb}", methods=methods)(view)


def _in_document(tab: TabSession, verb: str, lines: int) -> object:
    if verb == "fill":
        tab.data["lines"] = [f"{TEXT}{place:03}" for place in range(lines)]
    elif verb == "change":
        tab.data["lines"][lines // 2] = TEXT + token_urlsafe(2)
    elif verb == "end":
        tab.end()
    return tab.data.get("lines") if verb == "read" else None


def _in_rows(tab: TabSession, verb: str, lines: int) -> object:
    if verb == "fill":
        for place in range(lines):
            Line(place=place, text=f"{TEXT}{place:03}").give_to(tab)
    elif verb == "change":
        [line] = Line.of(tab, Line.place == lines // 2)
        line.text = TEXT + token_urlsafe(2)
    elif verb == "end":
        tab.end()
    return [line.text for line in Line.of(tab)] if verb == "read" else None


if __name__ == "__main__":
    main(measure)
