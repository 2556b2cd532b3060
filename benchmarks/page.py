"""What a customer's browser waits for: a real Chromium walks through the demo business."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Page

from benchmarks import lighthouse
from benchmarks.chromium import chromium, watched_tab
from benchmarks.contenders import UNLIMITED
from benchmarks.places import sqlite_file
from benchmarks.report import NotHere, Section, main, spread
from benchmarks.servers import SETTINGS, Server, serving
from benchmarks.sizes import size
from booking import create_app
from tests.browser.wizard import answer_in_the_demo

DEMO = Path(__file__).resolve().parents[1] / "demo.toml"
ROUNDS, LIGHTHOUSE_RUNS = size(7, 25), size(3, 9)
LINES = {"localhost": 0, "150 ms": 150}  # round trip, in ms
COLD, WARM = "first page, nothing kept", "first page, another tab"
WALK = tuple(pairwise(("service", "staff", "time", "details", "review", "done")))
VIEWPORT = {"width": 390, "height": 844}


@dataclass
class Figures:
    """What one page or step came to, in each round; times in ms, by the line they came over."""

    requests: list[int] = field(default_factory=list)
    received: list[int] = field(default_factory=list)  # bytes, headers included
    painted: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    usable: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


@dataclass
class Walked:
    """All rounds."""

    figures: dict[str, Figures] = field(default_factory=lambda: defaultdict(Figures))
    shifts: list[float] = field(default_factory=list)


def measure() -> Section:
    """Both lines in turns; then Lighthouse."""
    section = Section(
        "The page",
        "The demo business in a real Chromium, on a phone's screen. Goal: first load at most "
        "40 kB, everything included, each further step one request of at most 6 kB, layout shift "
        "0, Lighthouse's four scores 100.",
        [
            "what",
            "requests",
            "bytes",
            *(f"first paint, ms, {line}" for line in LINES),
            *(f"usable, ms, {line}" for line in LINES),
        ],
    )
    walked = Walked()
    with _demo() as server:
        with chromium() as (browser, chromium_path):
            for line in LINES:
                _walk(browser, server, line, Walked())  # warm: the workers know their templates
            for _ in range(ROUNDS):
                for line in LINES:
                    _walk(browser, server, line, walked)
            version = browser.version
        scores = _scores(server, chromium_path)
    section.rows = [_row(name, one) for name, one in walked.figures.items()]
    section.short = _short(walked.figures, scores)
    section.notes = _notes(walked, scores, version)
    return section


def _scores(server: Server, chromium_path: str) -> lighthouse.Scores | str:
    """Or the reason why there are none, which is not worth the rest."""
    try:
        return lighthouse.scores(f"{server.url}/book/", LIGHTHOUSE_RUNS, chromium_path)
    except NotHere as reason:
        return f"There are no scores of Lighthouse: {reason}."


@contextmanager
def _demo() -> Iterator[Server]:
    with sqlite_file() as url:
        app = create_app({"BOOKING_DATABASE_URL": url})
        loaded = app.test_cli_runner().invoke(args=["booking", "load", str(DEMO)])
        assert loaded.exit_code == 0, loaded.output
        environment = {"BOOKING_DATABASE_URL": url, **UNLIMITED}
        with serving("app:create_app()", environment) as server:
            yield server


def _walk(browser: Browser, server: Server, line: str, walked: Walked) -> None:
    """One customer, whose browser keeps nothing yet, books; then opens another tab."""
    context = browser.new_context(base_url=server.url, viewport=VIEWPORT)
    page, came = watched_tab(context, LINES[line])
    _open(page, came, line, walked.figures[COLD])
    for step, following in WALK:
        answer_in_the_demo(page, step)
        _note(
            page,
            came,
            following,
            walked.figures[f"{step} to {following}"],
            line,
            since="window.sent",
        )
    page.wait_for_timeout(600)  # past the half second in which a shift is put down to the click
    assert not came(), "no step sends anything once it is shown"
    walked.shifts.append(page.evaluate("window.shifts"))
    _open(*watched_tab(context, LINES[line]), line, walked.figures[WARM])
    context.close()


def _open(page: Page, came: Callable[[], list[int]], line: str, figures: Figures) -> None:
    page.goto("/book/", wait_until="commit")
    _note(page, came, "service", figures, line, since="0")
    painted = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    figures.painted[line].append(page.evaluate(painted))


def _note(
    page: Page,
    came: Callable[[], list[int]],
    step: str,
    figures: Figures,
    line: str,
    *,
    since: str,
) -> None:
    page.wait_for_function("step => window.shown && window.shown[step] > 0", arg=step)
    received = came()
    figures.requests.append(len(received))
    figures.received.append(sum(received))
    figures.usable[line].append(page.evaluate(f"window.shown['{step}'] - {since}"))


def _row(name: str, one: Figures) -> list[str]:
    painted = [spread(one.painted[line], 0) if one.painted[line] else "" for line in LINES]
    usable = [spread(one.usable[line], 0) for line in LINES]
    requests, received = median(one.requests), median(one.received)
    return [name, f"{requests:.0f}", f"{received:,.0f}", *painted, *usable]


def _short(figures: dict[str, Figures], scores: lighthouse.Scores | str) -> str:
    first, slow = figures[COLD], list(LINES)[-1]
    steps = [figures[f"{step} to {following}"] for step, following in WALK]
    told = (
        f"first page at most {max(first.received):,} bytes in {max(first.requests)} requests, "
        f"usable after {median(first.usable[slow]):.0f} ms over a line of {slow}; a step takes "
        f"at most {max(max(step.requests) for step in steps)} requests and "
        f"{max(max(step.received) for step in steps):,} bytes"
    )
    if isinstance(scores, str):
        return f"{told}; {scores.rstrip('.')}"
    least = min(min(runs) for found in scores.values() for runs in found.values())
    return f"{told}; no Lighthouse score below {least:.0f}"


def _notes(walked: Walked, scores: lighthouse.Scores | str, version: str) -> list[str]:
    return [
        (
            f"Layout shift of a whole walk: {spread(walked.shifts)}. As browsers count it: what "
            "moves within half a second of a click is what the click was for."
        ),
        *_lighthouse(scores),
        (
            f"Chromium {version}, headless, {ROUNDS} walks over each line, {SETTINGS}. First "
            "paint: something to read is there. Usable: from asking for the page, or from sending "
            "the form, until the step's form is in the page. The 150 ms are Chromium's own "
            "emulation: each request waits for them, setting up a connection does not."
        ),
        "What it does not show: a slow processor (Lighthouse's phone has one), other browsers.",
    ]


def _lighthouse(scores: lighthouse.Scores | str) -> list[str]:
    if isinstance(scores, str):
        return [scores]
    return [
        f"Lighthouse {lighthouse.VERSION}, {preset}, {LIGHTHOUSE_RUNS} runs: "
        + ", ".join(f"{name} {spread(found, 0)}" for name, found in by_category.items())
        + "."
        for preset, by_category in scores.items()
    ]


if __name__ == "__main__":
    main(measure)
