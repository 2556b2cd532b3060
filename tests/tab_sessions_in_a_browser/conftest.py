"""One Chromium for this whole folder: with an extension that duplicates tabs, with the memory for
Back that Playwright switches off, and with host names for sites that are not this computer."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Error, Page, Playwright
from sqlalchemy import create_engine

from tests.conftest import LiveServer, served
from tests.fixtures.browsers import FLAGS, REMEDY, chromium, ears, lent, no_sandbox
from tests.fixtures.requirements import missing
from tests.tab_sessions_in_a_browser.notes import notes_app
from tests.tab_sessions_in_a_browser.tabs import note_down, shows

DUPLICATOR = Path(__file__).parent / "duplicator"
CUT_OFF = re.compile("net::ERR_FAILED|Failed to fetch")
NOT_WANTED = ["--disable-extensions", "--disable-back-forward-cache"]
OURS = (
    f"--load-extension={DUPLICATOR}",
    f"--disable-extensions-except={DUPLICATOR}",
    "--disable-features=DisableLoadExtensionCommandLineSwitch",
    "--host-resolver-rules=MAP *.example 127.0.0.1",
)


def launch(playwright: Playwright, profile: Path) -> BrowserContext:
    """A whole Chromium with that profile; headless-shell cannot load an extension."""
    path = chromium(playwright)
    if "shell" in path:
        missing("The tests of duplicated tabs need a whole Chromium, not headless-shell.", REMEDY)
    try:
        return playwright.chromium.launch_persistent_context(
            profile,
            executable_path=path,
            args=[*FLAGS, *OURS, *no_sandbox()],
            ignore_default_args=NOT_WANTED,
        )
    except Error as error:
        missing(f"{path} does not start ({error.message.splitlines()[0]}).", REMEDY)
        raise


@pytest.fixture(scope="session")
def ever_heard() -> list[dict]:
    return []


@pytest.fixture(scope="session")
def notes_server(tmp_path_factory, ever_heard) -> Iterator[LiveServer]:
    engine = create_engine(f"sqlite:///{tmp_path_factory.mktemp('notes')}/notes.db")
    with served(notes_app(engine, ever_heard)) as server:
        yield server
    engine.dispose()


@pytest.fixture
def live_server(notes_server) -> LiveServer:
    return notes_server


@pytest.fixture
def heard(ever_heard) -> list[dict]:
    """What the server is asked from now on."""
    ever_heard.clear()
    return ever_heard


@pytest.fixture(scope="session")
def whole_chromium(playwright, notes_server, tmp_path_factory) -> Iterator[BrowserContext]:
    context = launch(playwright, tmp_path_factory.mktemp("profile"))
    context.set_default_timeout(30_000)
    context.new_page().goto(f"{notes_server.url}/tab-session.js")
    yield context
    context.close()


@pytest.fixture
def forgiven(complaints, context) -> Iterator[None]:
    """For a test that cuts the network: what the browser says about that is no complaint."""
    yield
    for page in context.pages[1:]:
        page.close()  # what was cut off may still be told
    complaints[:] = [each for each in complaints if not CUT_OFF.search(each)]


@pytest.fixture
def context(whole_chromium, complaints, live_server) -> Iterator[BrowserContext]:
    """The shared Chromium; every tab of the test is closed after it."""
    with lent(whole_chromium, ears(complaints)) as context:
        yield context


@pytest.fixture
def page_of(context, live_server) -> Callable[[str], Page]:
    """Opens a new tab: `page_of("/")`, or of another site `page_of("/", site="notes.example")`.

    `first` is a script that runs in it before any page's own.
    """

    def open_tab(path: str = "/", site: str = "127.0.0.1", first: str = "") -> Page:
        page = context.new_page()
        page.add_init_script(first)
        page.goto(live_server.url.replace("127.0.0.1", site) + path)
        return page

    return open_tab


@pytest.fixture
def page(page_of) -> Page:
    """A tab with a note in it."""
    page = page_of("/")
    shows(page, "(nothing)")
    note_down(page, "milk")
    return page


@pytest.fixture
def menu(context) -> Callable[..., Page]:
    """What a person does from a tab's menu: `menu(context, "duplicate", page)`, "reopen"."""

    def choose(what: str, page: Page | None = None) -> Page:
        worker = context.service_workers[0] if context.service_workers else None
        worker = worker or context.wait_for_event("serviceworker")
        with context.expect_page() as opened:
            worker.evaluate("([what, address]) => self[what](address)", [what, page and page.url])
        return opened.value

    return choose
