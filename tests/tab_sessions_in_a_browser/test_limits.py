"""How a page is warned before its tab's progress ends, and how it stays alive."""

import pytest
from sqlalchemy import create_engine

from tests.conftest import served
from tests.tab_sessions_in_a_browser.notes import notes_app
from tests.tab_sessions_in_a_browser.tabs import events, hears, note_down, shows


@pytest.fixture
def live_server(tmp_path):
    """The notes, forgotten after ten minutes."""
    engine = create_engine(f"sqlite:///{tmp_path}/notes.db")
    with served(notes_app(engine, [], idle_minutes=10)) as server:
        yield server


@pytest.fixture
def page(context_of):
    """A tab that has to be warned a minute before the end, with a clock that no other tab has."""
    page = context_of().new_page()
    page.clock.install()
    page.goto("/brief")
    shows(page, "(nothing)")
    return page


def test_the_page_hears_of_its_end_before_it_comes_and_staying_alive_puts_it_off(page):
    page.clock.fast_forward("20:00")
    assert events(page, "ending") == [], "there is no progress that could end"
    note_down(page, "milk")
    page.clock.fast_forward("08:00")
    assert events(page, "ending") == []
    note_down(page, "milk and bread")  # any answer puts the end off
    page.clock.fast_forward("08:00")
    assert events(page, "ending") == []
    page.clock.fast_forward("01:30")
    assert 0 < hears(page, "ending")["seconds"] <= 60
    page.evaluate("window.heard = []")
    page.evaluate("TabSession.keepAlive()")
    page.clock.fast_forward("08:00")
    assert events(page, "ending") == []
    page.clock.fast_forward("01:30")
    hears(page, "ending")


def test_a_computer_that_slept_is_warned_as_it_wakes(page):
    """Its timers stood still, its clock did not."""
    note_down(page, "milk")
    page.clock.set_system_time(page.evaluate("Date.now()") / 1000 + 3600)
    page.clock.run_for(15_000)
    assert hears(page, "ending")["seconds"] == 0


def test_after_the_goal_nobody_is_warned_of_an_end(page):
    note_down(page, "milk")
    page.evaluate("TabSession.fetch('/notes/finish', {method: 'POST'})")
    page.clock.fast_forward("20:00")
    assert events(page, "ending") == []


def test_a_late_answer_to_the_session_before_warns_nobody_in_the_new_one(page):
    note_down(page, "milk")
    page.evaluate("""async () => {
        const plain = window.fetch;
        window.fetch = async (...all) => {
            const late = await plain(...all);
            await TabSession.startNew();
            return late;
        };
        await TabSession.fetch("/notes/note");
        window.fetch = plain;
    }""")
    page.clock.fast_forward("20:00")
    assert events(page, "ending") == []
