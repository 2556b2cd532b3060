"""What the wizard weighs on the wire, in the demo business: sizes and counts, which are no timings.

A whole page costs less than one photograph, and each further step one small request.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from time import sleep

import pytest
from playwright.sync_api import Page, expect

from tests.browser.wizard import answer_in_the_demo, at
from tests.conftest import app_over, served
from tests.fixtures.browsers import until

DEMO = Path(__file__).parents[2] / "demo.toml"
DESK = {"width": 1280, "height": 900}
FIRST_LOAD, ONE_STEP = 40_000, 6_000  # bytes, headers included
FILES_OF_TIMES = 1  # the script that keeps the free times up to date
PAUSE = 0.2  # seconds, in which a browser shows what it has
QUIET = 300  # ms in which whatever a step sends after it was shown has begun
WALK = list(pairwise(["service", "staff", "time", "details", "review", "done"]))
# Half a second after a click, and after the answer to it, what moves was asked for.
SHIFTS = """
window.shifts = 0;
let asked = false, answered = -500;
const painted = () => { answered = performance.now(); };
addEventListener("click", () => { asked = true; }, true);
document.addEventListener("htmx:before:swap", () => {
  if (!asked) return;
  asked = false;
  answered = Infinity;  // until it is on the screen, however long that takes
  requestAnimationFrame(() => requestAnimationFrame(painted));
});
new PerformanceObserver((list) => {
  for (const entry of list.getEntries())
    if (!entry.hadRecentInput && entry.startTime - answered > 500) window.shifts += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


@dataclass
class Sent:
    """One answer as it came over the wire."""

    url: str
    size: int


@pytest.fixture
def live_server(sqlite_url) -> Iterator:
    with app_over(sqlite_url, DEMO) as app, served(app) as server:
        yield server


@pytest.fixture
def page(context_of) -> Page:
    """A telephone that was never here."""
    page = context_of().new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.add_init_script(SHIFTS)
    return page


@contextmanager
def in_two_pieces(app, end: bytes) -> Iterator[None]:
    """Whatever `app` answers comes in two pieces, the first of which ends so."""
    whole = app.wsgi_app

    def paused(environ: dict, start_response: Callable) -> Iterator[bytes]:
        environ.pop("HTTP_ACCEPT_ENCODING", None)
        first, found, last = b"".join(whole(environ, start_response)).partition(end)
        yield first + found
        sleep(PAUSE)
        yield last

    app.wsgi_app = paused
    yield
    app.wsgi_app = whole


@pytest.fixture
def wire(page) -> Callable[[], list[Sent]]:
    """What has come since it was last asked for, but for whether the times still hold."""
    came, asked, under_way = [], {}, set()
    browser = page.context.new_cdp_session(page)
    browser.send("Network.enable")

    def begin(event: dict) -> None:
        if "Tab-Live" in event["request"]["headers"]:
            return
        asked[event["requestId"]] = event["request"]["url"]
        under_way.add(event["requestId"])

    def finish(event: dict) -> None:
        under_way.discard(event["requestId"])
        if event["requestId"] in asked:
            size = int(event["encodedDataLength"])
            came.append(Sent(asked[event["requestId"]], size))

    browser.on("Network.requestWillBeSent", begin)
    browser.on("Network.loadingFinished", finish)
    browser.on("Network.loadingFailed", lambda event: under_way.discard(event["requestId"]))

    def since(least: int = 0) -> list[Sent]:
        until(page, lambda: sum(each.size > 0 for each in came) >= least)
        page.wait_for_timeout(QUIET)
        while under_way:
            page.wait_for_timeout(QUIET)
        found = [answer for answer in came if answer.size]  # the rest came out of the cache
        came.clear()
        return found

    return since


@pytest.mark.parametrize(
    "size", [None, pytest.param({"width": 1280, "height": 900}, marks=pytest.mark.extra)]
)
def test_the_first_load_is_light_every_step_one_small_answer_and_nothing_moves(page, wire, size):
    page.set_viewport_size(size or page.viewport_size)
    page.goto("/book/")
    at(page, "service")
    first = wire()
    assert sum(answer.size for answer in first) <= FIRST_LOAD, first
    assert len(first) <= 7, first
    for step, following in WALK:
        answer_in_the_demo(page, step)
        at(page, following)
        files_to_come = FILES_OF_TIMES if following == "time" else 0
        came = [each for each in wire(1 + files_to_come) if not each.url.endswith("/typed")]
        (answer,) = [each for each in came if "/static/" not in each.url]
        assert answer.size <= ONE_STEP, answer
        files = [each for each in came if each is not answer]
        assert len(files) == files_to_come, files
        assert sum(each.size for each in files) <= ONE_STEP, files
        assert page.evaluate("window.shifts") == 0, following
    page.wait_for_timeout(600)  # past the half second in which a shift is put down to the click
    assert page.evaluate("window.shifts") == 0


def test_a_page_that_comes_in_two_pieces_moves_nothing(page, live_server):
    """The browser could show the header when only half of it is there."""
    page.set_viewport_size(DESK)
    with in_two_pieces(live_server.app, b"</svg>"):
        page.goto("/book/")
    at(page, "service")
    assert page.evaluate("window.shifts") == 0


def test_a_second_visit_fetches_no_file_and_the_list_of_zones_comes_once_when_it_is_opened(
    page, wire
):
    page.goto("/book/")
    for step, following in WALK[:2]:
        at(page, step)
        answer_in_the_demo(page, step)
        at(page, following)
    wire()
    page.goto("/book/staff")
    answer_in_the_demo(page, "staff")
    at(page, "time")
    assert [answer.url for answer in wire() if "/static/" in answer.url] == []
    choices = page.locator("#field-zone option")
    assert choices.count() <= 2
    page.locator("details.sb-zone summary").click()
    expect(choices.filter(has_text="Asia/Kathmandu")).to_have_count(1)
    (listed,) = wire(1)
    assert listed.url.endswith("/book/zones")
    assert listed.size <= ONE_STEP
    page.locator("details.sb-zone summary").click()
    page.locator("details.sb-zone summary").click()
    assert wire() == []
    page.locator("#field-zone").select_option("Asia/Kathmandu")
    page.locator("[name=change]").click()
    expect(page.locator(".sb-zone-note")).to_contain_text("Kathmandu time (UTC+5:45)")
