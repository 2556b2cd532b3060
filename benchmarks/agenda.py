"""What a week at the desk costs where ten people have three thousand appointments in a month."""

import time
from datetime import UTC, datetime, timedelta
from functools import partial

from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from werkzeug.test import EnvironBuilder, run_wsgi_app

from benchmarks.contenders import engine_of, in_process, shop_of
from benchmarks.places import PLACES
from benchmarks.report import Goal, Section, in_turns, main, ratios, spread
from benchmarks.sizes import size
from benchmarks.stock import fill_the_diary
from benchmarks.stopwatch import statements
from booking.now import utc_now
from booking.operations.accounts import AccountPlan, add_account
from booking.operations.sign_ins import Limits, begin_session
from booking.owner import cookies
from booking.tab_sessions import write_transaction

ROUNDS, STAFF, DAYS = size(20, 100), 10, 30
EVERY_SECOND = "place % 2 = 0"  # of the twenty half hours of a day: ten a day for each person
A_VIEW, A_QUESTION = 60, 1.5  # ms of CPU
VIEWS = ("day", "week", "list")
ASKED = {"HX-Request": "true", "HX-Request-Type": "partial"}


def measure() -> Section:
    """Each view and the question after it, in turns with the floor, on both databases."""
    section = Section(
        "The desk's agenda",
        f"{STAFF} staff, {STAFF * DAYS * 10:,} bookings in a month: CPU of an answer in ms, in "
        f"process, and its statements. Goal: a week and a list at most {A_VIEW} ms with as many "
        "statements as an empty one; the question whether anything changed at most "
        f"{A_QUESTION} ms.",
        ["database", "what is asked", "CPU", "÷ floor", "statements", "of an empty one", "kB"],
    )
    for place in PLACES:
        with in_process(place, shop_of(STAFF)) as app:
            engine = engine_of(app)
            fill_the_diary(engine, STAFF, DAYS, EVERY_SECOND)
            _add_rows(section, place, app, create_floor(engine))
    section.short = "; ".join(f"{row[0]}, {row[1]}: {row[2]} ms" for row in section.rows)
    section.notes = [
        f"{ROUNDS} turns. The floor is Flask with one SELECT. Answers are not compressed.",
        "What it does not show: PostgreSQL's own time, which is its server's.",
    ]
    return section


def _add_rows(section: Section, place: str, app: Flask, floor: Flask) -> None:
    signed_in = {"Cookie": "=".join(sign_in(app)), **ASKED}
    paths = {view: f"/desk/agenda?day={_in_days(10)}&view={view}" for view in VIEWS}
    empty = {view: f"/desk/agenda?day={_in_days(100)}&view={view}" for view in VIEWS}
    stamps = {view: stamp_of(app, path, signed_in) for view, path in paths.items()}
    jobs = {f"a {view}": (paths[view], signed_in, empty[view], "") for view in VIEWS} | {
        f"has the {view} changed?": (path, signed_in | {"Tab-Live": stamps[view]}, empty[view], "?")
        for view, path in paths.items()
    }
    asked = [partial(answer, app, path, headers) for path, headers, *_ in jobs.values()]
    took = in_turns(ROUNDS, partial(answer, floor, "/", {}), *asked, warm=3)
    for (what, (path, headers, other, is_question)), seconds in zip(
        jobs.items(), took[1:], strict=True
    ):
        in_ms = [1000 * each for each in seconds]
        with_it = (
            headers if not is_question else headers | {"Tab-Live": stamp_of(app, other, headers)}
        )
        counts = counted(app, path, headers), counted(app, other, with_it)
        size_of = len(body_of(app, path, headers)) / 1000
        cells = [spread(in_ms), spread(ratios(seconds, took[0]), 1), *map(str, counts)]
        section.rows.append([place, what, *cells, f"{size_of:.0f}"])
        if "day" not in what:
            most = A_QUESTION if is_question else A_VIEW
            section.goals.append(
                Goal.at_most(f"{place}: {what} CPU in ms", most, sorted(in_ms)[len(in_ms) // 2])
            )
            assert counts[0] == counts[1], (what, counts)


def create_floor(engine: Engine) -> Flask:
    """The least that an app with a database does for an answer."""
    app, read = Flask("floor"), text("SELECT name FROM booking_service")

    @app.get("/")
    def page() -> str:
        with Session(engine) as session:
            return str(session.execute(read).first())

    return app


def sign_in(app: Flask) -> tuple[str, str]:
    """The name and the content of the cookie of somebody who has signed in."""
    with app.app_context(), write_transaction(app.extensions["booking"].session) as session:
        plan = AccountPlan("bench@example.com", "Bench", "owner", "")
        limits = Limits(timedelta(hours=8), timedelta(days=7))
        account = add_account(session, plan, now=utc_now())
        token = begin_session(session, account, limits, browser="", now=utc_now())
    with app.test_request_context("/desk/"):
        return cookies.full_name(cookies.SESSION), token


def answer(app: Flask, path: str, headers: dict[str, str]) -> float:
    """Seconds of CPU for one answer."""
    environ = EnvironBuilder(path=path, headers=headers).get_environ()
    began = time.process_time()
    body, status, _ = run_wsgi_app(app, environ, buffered=True)
    b"".join(body)
    took = time.process_time() - began
    wanted = "204" if "Tab-Live" in headers else "200"
    assert status.startswith(wanted), (path, status)
    return took


def stamp_of(app: Flask, path: str, headers: dict[str, str]) -> str:
    """What the page would ask with."""
    plain = {name: value for name, value in headers.items() if name != "Tab-Live"}
    environ = EnvironBuilder(path=path, headers=plain).get_environ()
    stamp: str = run_wsgi_app(app, environ, buffered=True)[2]["Tab-Live"]
    return stamp


def body_of(app: Flask, path: str, headers: dict[str, str]) -> bytes:
    """What is answered."""
    environ = EnvironBuilder(path=path, headers=headers).get_environ()
    return b"".join(run_wsgi_app(app, environ, buffered=True)[0])


def counted(app: Flask, path: str, headers: dict[str, str]) -> int:
    """How many statements one answer takes."""
    with statements(engine_of(app)) as seen:
        body_of(app, path, headers)
    return len(seen)


def _in_days(days: int) -> str:
    return f"{datetime.now(UTC).date() + timedelta(days=days)}"


if __name__ == "__main__":
    main(measure)
