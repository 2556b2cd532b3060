"""How a page is warned before its tab's progress ends, and how it stays alive."""

import pytest
from sqlalchemy import create_engine

from tests.conftest import served
from tests.tab_sessions_in_a_browser.notes import notes_app
from tests.tab_sessions_in_a_browser.tabs import events, hears, note_down, shows


@pytest.fixture
def live_server(tmp_path):
    """The notes, forgotten after ten seconds."""
    engine = create_engine(f"sqlite:///{tmp_path}/notes.db")
    with served(notes_app(engine, [], idle_minutes=1 / 6)) as server:
        yield server
    engine.dispose()


@pytest.fixture
def page(page_of):
    """A tab with a note in it, which has to be warned five seconds before the end."""
    page = page_of("/brief")
    page.clock.install()
    page.reload()
    note_down(page, "milk")
    return page


def test_the_page_hears_of_its_end_before_it_comes(page):
    page.clock.fast_forward(4000)
    page.wait_for_timeout(50)
    assert events(page, "ending") == []
    page.clock.fast_forward(2000)
    assert hears(page, "ending")["seconds"] in (3, 4, 5)


def test_any_answer_puts_the_end_off(page):
    page.clock.fast_forward(4000)
    note_down(page, "milk and bread")
    page.clock.fast_forward(4000)
    page.wait_for_timeout(50)
    assert events(page, "ending") == []


def test_staying_alive_puts_the_end_off(page):
    page.clock.fast_forward(6000)
    hears(page, "ending")
    page.evaluate("window.heard = []")
    page.evaluate("TabSession.keepAlive()")
    page.clock.fast_forward(4000)
    page.wait_for_timeout(50)
    assert events(page, "ending") == []
    page.clock.fast_forward(2000)
    hears(page, "ending")


def test_a_computer_that_slept_is_warned_as_it_wakes(page):
    """Its timers stood still, its clock did not."""
    page.clock.set_system_time(page.evaluate("Date.now()") / 1000 + 3600)
    page.clock.run_for(15_000)
    assert hears(page, "ending")["seconds"] == 0


def test_a_tab_without_progress_is_not_warned(page_of):
    page = page_of("/brief")
    page.clock.install()
    page.reload()
    shows(page, "(nothing)")
    page.clock.fast_forward(20_000)
    page.wait_for_timeout(50)
    assert events(page, "ending") == []
