"""What a thousand tabs cost that are looked at while nothing happens."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from secrets import token_urlsafe

from benchmarks.contenders import STAFF, load, shop_of
from benchmarks.live_app import PATHS
from benchmarks.places import PLACES, engine_at
from benchmarks.report import Goal, Section, main, ratios, spread
from benchmarks.servers import Server, serving
from benchmarks.sizes import size
from benchmarks.stock import fill_the_diary
from benchmarks.wire import Line
from booking import create_app
from tests.fixtures.gunicorns import UNLIMITED

TABS, PAUSE = 1000, 15  # seconds between two questions of one tab
ROUNDS, SECONDS = size(2, 3), size(10, 60)
APP, FLOOR, SHARE = "benchmarks.live_app:create_app()", "a bare SELECT", 20
WIZARD, CALENDAR = "app:create_app()", "a month of free times"


def measure() -> Section:
    """A share of one processor, in turns with the floor, on both databases."""
    section = Section(
        "A thousand tabs that are looked at",
        f"{TABS} visible tabs in which nothing happens ask every {PAUSE} seconds, over a "
        f"connection each, and are answered 204 by one process. Goal: at most {SHARE} % of a core.",
        ["database", "what the page stands on", "% of a core", "ms a question", "÷ floor"],
    )
    for name, place in PLACES.items():
        with place() as url, _pages(url) as pages:
            taken = _in_turns(pages)
        for what, milliseconds in taken.items():
            shares = [TABS / PAUSE * each / 10 for each in milliseconds]
            times = spread(ratios(milliseconds, taken[FLOOR]))
            section.rows.append([name, what, spread(shares, 1), spread(milliseconds), times])
            if what != FLOOR:
                figure = f"{name}, on {what}: % of a core"
                section.goals.append(Goal.at_most(figure, SHARE, max(shares), 1))
    section.short = ", ".join(f"{row[0]}, on {row[1]}: {row[2]} %" for row in section.rows)
    section.notes = [
        f"CPU of the server's process, not the database's. {ROUNDS} turns of {SECONDS} seconds.",
        f"The month is that of {STAFF} people, half booked, and whoever looks takes any of them.",
        "What it does not show: who has just typed, and asks every two seconds for a while.",
    ]
    return section


@dataclass
class Page:
    """A page that a thousand tabs look at: where each asks, on its line, and by which stamp."""

    server: Server
    tabs: list[Line]
    path: str
    stamps: list[str]

    def quiet(self) -> float:
        """Milliseconds of CPU for one question, while nothing happens."""
        before, began, asked = self.server.cpu(), time.monotonic(), 0
        while time.monotonic() < began + SECONDS:
            tab, stamp = self.tabs[asked % TABS], self.stamps[asked % TABS]
            assert tab.get(self.path, **{"Tab-Live": stamp}).status == 204
            asked += 1
            time.sleep(max(0, began + asked * PAUSE / TABS - time.monotonic()))
        return 1000 * (self.server.cpu() - before) / asked


def _in_turns(pages: dict[str, Page]) -> dict[str, list[float]]:
    """Milliseconds of CPU for one question, of each kind."""
    taken: dict[str, list[float]] = {what: [] for what in pages}
    for _ in range(ROUNDS):
        for what, page in pages.items():
            taken[what].append(page.quiet())
    return taken


@contextmanager
def _pages(url: str) -> Iterator[dict[str, Page]]:
    """The pages of both apps over one database, each app in a process of its own."""
    load(create_app({"BOOKING_DATABASE_URL": url}), shop_of(STAFF))
    with engine_at(url) as engine:
        fill_the_diary(engine, STAFF, 60, "place % 2 = 0")
    settings = {"BOOKING_DATABASE_URL": url, **UNLIMITED}
    with (
        serving(APP, {"DATABASE_URL": url}, workers=1) as server,
        serving(WIZARD, settings, workers=1) as wizard,
    ):
        notes, looking = _tabs(server), _tabs(wizard)
        for tab in notes:
            assert tab.post("/note", {}).status == 200
        pages = {
            what: Page(server, notes, path, [_stamp(tab, path) for tab in notes])
            for what, path in PATHS.items()
        }
        yield {**pages, CALENDAR: _calendar(wizard, looking)}
        for tab in (*notes, *looking):
            tab.close()


def _tabs(server: Server) -> list[Line]:
    common = {"Sec-Fetch-Site": "same-origin", "HX-Request": "true"}
    return [
        Line(server.url, headers={"Tab-Session": token_urlsafe(32), **common}) for _ in range(TABS)
    ]


def _stamp(tab: Line, path: str) -> str:
    return tab.get(path).headers.get("tab-live", "none")


def _calendar(wizard: Server, tabs: list[Line]) -> Page:
    """What a thousand customers see who look at the whole of next month, for anyone who is free."""
    month = f"{datetime.now(UTC).replace(day=1) + timedelta(days=32):%Y-%m}"
    for tab in tabs:
        tab.post("/book/new/form", {"service": "short", "staff": "any"})
    shown = [tab.get(f"/book/time/form?month={month}").text for tab in tabs]
    addresses = {unescape(re.findall('data-tab-live="(.+?)"', each)[0]) for each in shown}
    stamps = [re.findall('data-tab-live-stamp="(.+?)"', each)[0] for each in shown]
    (address,) = addresses
    return Page(wizard, tabs, address, stamps)


if __name__ == "__main__":
    main(measure)
