"""What a customer's browser waits for: a real Chromium walks through the demo business."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from playwright.sync_api import Browser, Page

from benchmarks import lighthouse
from benchmarks.chromium import Received, chromium, watched_tab
from benchmarks.contenders import DEMO, sidebook
from benchmarks.report import Goal, NotHere, Section, main, spread
from benchmarks.servers import SETTINGS, Server
from benchmarks.sizes import size
from tests.browser.wizard import answer_in_the_demo
from tests.fixtures.browsers import wait_until

ROUNDS, LIGHTHOUSE_RUNS = size(7, 25), size(3, 9)
SLOW = "150 ms"
LINES = {"localhost": 0, SLOW: 150}  # round trip, in ms
COLD, WARM = "first page, nothing kept", "first page, another tab"
WALK = tuple(pairwise(("service", "staff", "time", "details", "review", "done")))
VIEWPORT = {"width": 390, "height": 844}
# Somebody who presses as soon as there is something to press: a frame after it was there to be
# drawn. What leads nowhere within a second is pressed again. The tab keeps the times, because a
# press may bring another page.
PRESS = """
sessionStorage.began ??= performance.timeOrigin;
let frames = 0;
const press = () => {
  const button = document.querySelector("#wizard [data-step=service] .sb-actions [type=submit]");
  const waits = Date.now() - (sessionStorage.pressed ?? 0) < 1000;
  if (button && frames++ && !waits) {
    sessionStorage.pressed = Date.now();
    button.form.querySelector("[name=service][value=video-coaching]").click();
    button.click();
  }
  requestAnimationFrame(press);
};
press();
"""


@dataclass
class Figures:
    """What one page or step came to, in each round; times in ms, by the line they came over."""

    requests: list[int] = field(default_factory=list)
    received: list[int] = field(default_factory=list)  # bytes, headers included
    files: list[int] = field(default_factory=list)  # of those that a step brings, bytes
    painted: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    usable: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


@dataclass
class Walked:
    """All rounds."""

    figures: dict[str, Figures] = field(default_factory=lambda: defaultdict(Figures))
    shifts: list[float] = field(default_factory=list)
    pressed: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    answered: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


def measure() -> Section:
    """Both lines in turns; then Lighthouse."""
    section = Section(
        "The page",
        "The demo business in a real Chromium, on a phone's screen. Goal: first load at most "
        "40 kB, everything included, each further step one request of at most 6 kB, layout shift "
        "0, Lighthouse's four scores 100, and a press counts after 420 ms over a line of 150 ms.",
        [
            "what",
            "requests",
            "bytes",
            *(f"first paint, ms, {line}" for line in LINES),
            *(f"usable, ms, {line}" for line in LINES),
        ],
    )
    walked = Walked()
    with sidebook(shop=DEMO.read_text(encoding="utf-8")) as shop:
        server = shop.server
        with chromium() as (browser, chromium_path):
            for line in LINES:
                _walk(browser, server, line, Walked())  # warm: the workers know their templates
            for _ in range(ROUNDS):
                for line in LINES:
                    _walk(browser, server, line, walked)
            version = browser.version
        scores = _scores(server, chromium_path)
    section.rows = [_row(name, one) for name, one in walked.figures.items()]
    section.short = _short(walked, scores)
    section.goals = _goals(walked, scores)
    section.notes = _notes(walked, scores, version)
    return section


def _scores(server: Server, chromium_path: str) -> lighthouse.Scores | str:
    """Or the reason why there are none, which is not worth the rest."""
    try:
        return lighthouse.scores(f"{server.url}/book/", LIGHTHOUSE_RUNS, chromium_path)
    except NotHere as reason:
        return f"There are no scores of Lighthouse: {reason}."


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
    _press(browser, server, line, walked)


def _press(browser: Browser, server: Server, line: str, walked: Walked) -> None:
    """Another customer, whose browser keeps nothing either, presses as soon as they can."""
    context = browser.new_context(base_url=server.url, viewport=VIEWPORT)
    page, _ = watched_tab(context, LINES[line])
    page.add_init_script(PRESS)
    page.goto("/book/", wait_until="commit")
    wait_until(page, "window.shown?.staff > 0")
    page.evaluate("sessionStorage.answered = performance.timeOrigin + window.shown.staff")
    kept = page.evaluate("({...sessionStorage})")
    began, pressed, answered = (float(kept[name]) for name in ("began", "pressed", "answered"))
    walked.pressed[line].append(pressed - began)
    walked.answered[line].append(answered - began)
    context.close()


def _open(page: Page, came: Callable[[], list[Received]], line: str, figures: Figures) -> None:
    page.goto("/book/", wait_until="commit")
    _note(page, came, "service", figures, line, since="0")
    painted = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    figures.painted[line].append(page.evaluate(painted))


def _note(
    page: Page,
    came: Callable[[], list[Received]],
    step: str,
    figures: Figures,
    line: str,
    *,
    since: str,
) -> None:
    wait_until(page, "step => window.shown?.[step] > 0", step)
    received = came()
    files = [] if since == "0" else [each.size for each in received if each.is_file]
    figures.files.append(sum(files))
    figures.requests.append(len(received) - len(files))
    figures.received.append(sum(each.size for each in received) - sum(files))
    figures.usable[line].append(page.evaluate(f"window.shown['{step}'] - {since}"))


def _row(name: str, one: Figures) -> list[str]:
    painted = [spread(one.painted[line], 0) if one.painted[line] else "" for line in LINES]
    usable = [spread(one.usable[line], 0) for line in LINES]
    requests, received = median(one.requests), median(one.received)
    return [name, f"{requests:.0f}", f"{received:,.0f}", *painted, *usable]


def _short(walked: Walked, scores: lighthouse.Scores | str) -> str:
    first, steps = walked.figures[COLD], _steps(walked)
    told = (
        f"first page at most {max(first.received):,} bytes in {max(first.requests)} requests, "
        f"a press counts after {median(walked.pressed[SLOW]):.0f} ms over a line of {SLOW}; a step "
        f"takes at most {max(max(step.requests) for step in steps)} requests and "
        f"{max(max(step.received) for step in steps):,} bytes"
    )
    if isinstance(scores, str):
        return f"{told}; {scores.rstrip('.')}"
    return f"{told}; no Lighthouse score below {_least(scores):.0f}"


def _goals(walked: Walked, scores: lighthouse.Scores | str) -> list[Goal]:
    """What the slow line takes until a press counts; the rest is to be no worse than it was."""
    first = max(walked.figures[COLD].received) / 1000
    step = max(max(step.received) for step in _steps(walked)) / 1000
    shift, pressed = max(walked.shifts), median(walked.pressed[SLOW])
    goals = [
        Goal.at_most(f"a press counts, ms, over a line of {SLOW}", 420, pressed, 0),
        Goal.at_most("first load, kB", 35.7, first, 1),
        Goal.at_most("a further step, kB", 3.6, step, 1),
        Goal.at_most("layout shift of a walk", 0, shift),
    ]
    if isinstance(scores, str):
        return goals
    return [*goals, Goal.at_least("the lowest of Lighthouse's scores", 100, _least(scores), 0)]


def _steps(walked: Walked) -> list[Figures]:
    return [walked.figures[f"{step} to {following}"] for step, following in WALK]


def _least(scores: lighthouse.Scores) -> float:
    return min(min(runs) for found in scores.values() for runs in found.values())


def _notes(walked: Walked, scores: lighthouse.Scores | str, version: str) -> list[str]:
    return [
        (
            f"Layout shift of a whole walk: {spread(walked.shifts)}. As browsers count it: what "
            "moves within half a second of a click is what the click was for."
        ),
        (
            "The time step also brings, once for each browser, the script that keeps free times up "
            f"to date: {max(walked.figures['staff to time'].files):,} bytes."
        ),
        *_presses(walked),
        *_lighthouse(scores),
        (
            f"Chromium {version}, headless, {ROUNDS} walks over each line, {SETTINGS}. First "
            "paint: something to read is there. Usable: from asking for the page, or from sending "
            "the form, until the step's form is in the page. The 150 ms are Chromium's own "
            "emulation: each request waits for them, setting up a connection does not."
        ),
        "What it does not show: a slow processor (Lighthouse's phone has one), other browsers.",
    ]


def _presses(walked: Walked) -> list[str]:
    return [
        f"A press over {line} counts after {spread(walked.pressed[line], 0)} ms and is answered "
        f"with the next step after {spread(walked.answered[line], 0)}, both from asking for the "
        "first page with nothing kept. It is the first one that leads on, of a customer who "
        "presses as soon as they see the button, and again after a second in which nothing came."
        for line in LINES
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
