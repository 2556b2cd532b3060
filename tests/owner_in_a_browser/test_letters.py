"""Letters at the desk in a real browser: by keyboard, on each screen, by day and in the dark."""

import pytest
from playwright.sync_api import expect

from tests.fixtures.axe import violations_by_day_and_night
from tests.owner.days import booked
from tests.owner.test_letters import NOW, refused, state_of, written
from tests.owner_in_a_browser.conftest import SCREENS
from tests.owner_in_a_browser.test_agenda import DAYS


@pytest.fixture
def letters(live_server) -> dict[str, int]:
    """A letter in each state that can be met."""
    app = live_server.app
    reference = booked(app, "10:00", days=DAYS)
    long = "a.very.long.address.of.somebody.who.typed.it.in.full@mail.subdomain.example.org"
    return {
        "sent": written(app, reference, state="sent", ended_at=NOW, answer="250 OK", tries=1),
        "again": written(app, reference, tries=2, leased_until=2**33, answer="451 later"),
        "refused": refused(app, reference, recipient=long),
    }


def test_what_was_refused_is_found_and_sent_again_by_keyboard(desk_at, letters, live_server):
    page = desk_at("letters")
    page.get_by_label("State").focus()
    page.keyboard.type("Refused")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/letters?state=refused*")
    expect(page.locator("[data-letter]")).to_have_count(1)
    button = page.get_by_role("button", name="Try again: Confirmation, to a.very.long")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**due=1*")
    expect(page.get_by_role("status")).to_have_text("A letter is due now.")
    assert state_of(live_server.app, letters["refused"])[0] == "waiting"


@pytest.mark.parametrize("width", SCREENS)
def test_every_page_of_letters_is_for_everybody_on_every_screen(width, desk_at, letters):
    for path in ("letters", f"letters/{letters['refused']}", "letters/preview"):
        page = desk_at(path, width=width)
        assert violations_by_day_and_night(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
