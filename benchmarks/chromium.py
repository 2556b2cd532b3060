"""A real Chromium: which one, and with what it is started."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "chromium-headless-shell", "google-chrome")
FLAGS = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def flags() -> list[str]:
    """Nothing that talks to the outside; and as root no sandbox, which Chromium then refuses."""
    as_root = ["--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else []
    return [*FLAGS, *as_root]


def path(own: str = "") -> str:
    """The one that is named, else one on the path, else Playwright's `own`."""
    found = os.environ.get("E2E_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not found and not Path(own).exists():
        sys.exit("There is no Chromium. Run: apt install chromium. Or set E2E_CHROMIUM.")
    return found or own


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless one."""
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
        started = playwright.chromium.launch(executable_path=path(own), args=flags())
        try:
            yield started
        finally:
            started.close()
