"""A real Chromium, and a tab in it that tells when what was shown and what it cost."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from benchmarks.report import NotHere
from tests.fixtures.browsers import CHROMIUMS, FLAGS, REMEDY, no_sandbox

QUIET = 300  # ms in which whatever a step sends after it was shown has begun
WATCH = """
window.shifts = 0;
window.shown = {};
window.sent = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
}).observe({ type: "layout-shift", buffered: true });
addEventListener("submit", () => { window.sent = performance.now(); }, true);
// A step can be used once its form is in the page and HTMX has gone over it, in the same task.
const look = () => {
  const step = document.querySelector("#wizard [data-step]")?.dataset.step;
  if (step && !(step in window.shown)) {
    window.shown[step] = 0;
    setTimeout(() => { window.shown[step] = performance.now(); });
  }
};
new MutationObserver(look).observe(document, { childList: true, subtree: true });
"""


def flags() -> list[str]:
    """Nothing that talks to the outside; and as root no sandbox, which Chromium then refuses."""
    return [*FLAGS, *no_sandbox()]


@contextmanager
def chromium() -> Iterator[tuple[Browser, str]]:
    """A headless one, and where it lies."""
    with sync_playwright() as playwright:
        path = _path(playwright.chromium.executable_path)
        try:
            browser = playwright.chromium.launch(executable_path=path, args=flags())
        except Error as error:
            raise NotHere(f"{path} does not start. {REMEDY}") from error
        try:
            yield browser, path
        finally:
            browser.close()


def _path(own: str) -> str:
    """The one that is named, else one on the path, else Playwright's own."""
    found = os.environ.get("E2E_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if found or Path(own).exists():
        return found or own
    raise NotHere(f"there is no Chromium. {REMEDY}")


class Received(NamedTuple):
    """An answer's bytes, headers included, and whether it is a file that browsers keep."""

    size: int
    is_file: bool


def watched_tab(context: BrowserContext, latency: int) -> tuple[Page, Callable[[], list[Received]]]:
    """A tab over a line of that round trip (ms), and what tells of the answers.

    It is told of those that came since it was last asked; whether what is shown still holds is
    asked later, and counted by `live`.
    """
    page = context.new_page()
    page.add_init_script(WATCH)
    came, under_way = list[Received](), dict[str, str]()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": latency,
            "downloadThroughput": -1,
            "uploadThroughput": -1,
        },
    )

    def begin(told: dict[str, Any]) -> None:
        if "Tab-Live" not in told["request"]["headers"]:
            under_way[told["requestId"]] = told["request"]["url"]

    def finish(told: dict[str, Any]) -> None:
        if url := under_way.pop(told["requestId"], ""):
            came.append(Received(int(told["encodedDataLength"]), "/static/" in url))

    wire.on("Network.requestWillBeSent", begin)
    wire.on("Network.loadingFinished", finish)
    wire.on("Network.loadingFailed", lambda told: under_way.pop(told["requestId"], None))

    def since() -> list[Received]:
        page.wait_for_timeout(QUIET)
        while under_way:
            page.wait_for_timeout(QUIET)
        found = [each for each in came if each.size]  # the rest came out of the cache
        came.clear()
        return found

    return page, since
