"""A day at the desk in a second engine, by real keys alone: no mouse, and no field is filled."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from datetime import time as clock

import pytest

from booking.operations.current_plan import current_plan
from booking.operations.plan_edits import member_of
from booking.owner import passwords
from booking.scheduling.slots import TimeRange
from booking.storage.models import Account
from tests.commands import shell
from tests.fixtures.firefox import Firefox
from tests.log_in.windows import SECONDS, FirefoxTab
from tests.owner.conftest import cookie_name
from tests.owner.days import TODAY, booked
from tests.owner_in_a_browser.conftest import IN_TWO_DAYS, YESTERDAY, session_begun
from tests.owner_in_a_browser.test_a_booking import booking_at
from tests.owner_in_a_browser.test_booking_for_a_caller import booked as everyone_booked

pytestmark = [pytest.mark.browser, pytest.mark.extra, pytest.mark.xdist_group("firefox")]
AT_TEN = datetime.combine(IN_TWO_DAYS, clock(10), UTC)
DAY = f"/desk/agenda?day={IN_TWO_DAYS}"
PASSWORD = "seven little boats"
TAB, ENTER, DOWN = "\ue004", "\ue007", "\ue015"
# What has the focus is one of those, or, of several with these words, one.
IS_AT = """
const [css, words] = arguments, at = document.activeElement;
return at.matches(css) && (!words || at.textContent.trim().replace(/\\s+/g, " ") === words);
"""
STATE = "return document.querySelector('.sb-one-state')?.textContent.trim() === arguments[0]"
PRESSED = "button, a, summary"


class Hands(FirefoxTab):
    """A tab of which nothing is used but its keys, each pressed and let go of."""

    def keys(self, *keys: str) -> None:
        strokes = [
            {"type": way, "value": each} for each in "".join(keys) for way in ("keyDown", "keyUp")
        ]
        keyboard = {"type": "key", "id": "keyboard", "actions": strokes}
        self._turn_to()("WebDriver:PerformActions", actions=[keyboard])

    def tab_to(self, css: str, words: str = "") -> None:
        """Press Tab until that has the focus, as whoever has no mouse does."""
        for _ in range(150):
            if self.asked(IS_AT, css, words):
                return
            self.keys(TAB)
        raise AssertionError(f"Tab never comes to {css} {words}")

    def press_by_keyboard(self, words: str) -> None:
        self.tab_to(PRESSED, words)
        self.keys(ENTER)

    def asked(self, script: str, *arguments: str):
        return self._turn_to().run(script, *arguments)

    def until(self, what: str, script: str, *arguments: str) -> None:
        """Wait until the page says so; between two pages it says nothing."""
        last = time.monotonic() + SECONDS
        while True:
            try:
                said = self.asked(script, *arguments)
            except LookupError as error:
                said = error
            if said is True:
                return
            assert time.monotonic() < last, f"{what}: {said!r}, {self._where()}"
            time.sleep(0.05)

    def _where(self) -> str:
        return self.asked(
            "return location.pathname + ': ' + document.body.innerText.slice(0, 2000)"
        )

    def until_at(self, css: str, words: str = "") -> None:
        self.until(f"the focus is not on {css}", IS_AT, css, words)

    def until_headed(self, words: str) -> None:
        self.until(
            f"not headed {words}",
            "return document.readyState === 'complete'"
            " && document.querySelector('h1')?.textContent.trim() === arguments[0]",
            words,
        )

    def until_words(self, words: str) -> None:
        self.until(f"no {words}", "return document.body.innerText.includes(arguments[0])", words)

    def until_state(self, state: str) -> None:
        self.until(f"not {state}", STATE, state)

    def until_screen(self, name: str) -> None:
        """That screen of the way to a booking, with the focus on what it is about."""
        self.until(f"not at {name}", f"return !!document.querySelector('#step[data-step={name}]')")
        if name != "service":
            self.until_at("#step-heading")


@pytest.fixture
def app(live_server):
    return live_server.app


@pytest.fixture
def nobodys_tab(firefox: Firefox, live_server, complaints) -> Iterator[Callable[[], Hands]]:
    """Opens a tab; afterwards no cookie is left, and no page may have complained."""
    firefox.complaints()
    tabs: list[Hands] = []

    def open_tab() -> Hands:
        tabs.append(Hands(firefox, live_server.url))
        tabs[-1].open("/desk/static/favicon.svg")
        return tabs[-1]

    yield open_tab
    complaints += firefox.complaints()
    tabs[0].lose_cookies()
    for each in tabs:
        each.close()


@pytest.fixture
def desk_in_firefox(nobodys_tab, firefox, live_server) -> Callable[[str], Hands]:
    """Opens a page of the desk in a tab of its own, as the owner: `desk_in_firefox("/desk/")`."""
    token = session_begun(live_server, browser="Firefox")

    def open_page(path: str) -> Hands:
        tab = nobodys_tab()
        firefox(
            "WebDriver:AddCookie", cookie={"name": cookie_name(live_server.app), "value": token}
        )
        tab.open(path)
        return tab

    return open_page


def test_somebody_signs_in_finds_a_booking_moves_it_cancels_it_and_undoes_that(
    nobodys_tab, live_server
):
    session_begun(live_server, browser="another")

    def with_password(session) -> None:
        session.query(Account).one().password_hash = passwords.hashed(PASSWORD)

    shell.in_database(live_server.app, with_password)
    reference = shell.appointment(live_server.app, AT_TEN, made_at=YESTERDAY)
    tab = nobodys_tab()
    tab.open(DAY)
    tab.until_headed("Sign in")
    tab.tab_to("#field-email")
    tab.keys("owner@example.com", TAB, PASSWORD, ENTER)
    tab.until("no agenda", "return !!document.querySelector('[data-agenda-item]')")
    tab.until("not in", "return document.readyState === 'complete'")

    tab.keys("/")
    tab.until_at("#field-q")
    tab.keys(reference, ENTER)
    tab.until_headed("Find a booking")
    tab.until(
        "not found",
        "return !!document.querySelector(`[data-booking-reference='${arguments[0]}']`)",
        reference,
    )
    tab.keys(DOWN)
    tab.until_at("[data-agenda-item]")
    tab.keys(ENTER)
    tab.until_state("Confirmed")

    tab.press_by_keyboard("Move")
    tab.until(
        "no times",
        "return location.pathname.endsWith('/time') && !!document.querySelector('[name=slot]')",
    )
    tab.tab_to("[name=slot]")
    tab.keys(DOWN)
    chosen = tab.asked("return document.querySelector('[name=slot]:checked').value")
    tab.press_by_keyboard("Move it")
    tab.until_words("Moved")
    moved = booking_at(live_server, reference, "starts_at")
    assert moved.strftime("%Y-%m-%dT%H:%M:%SZ") == chosen
    assert moved != AT_TEN

    tab.press_by_keyboard("Cancel the appointment")
    tab.keys(TAB, "We have the painters in.")
    tab.press_by_keyboard("Cancel it")
    tab.until_state("Cancelled")
    assert booking_at(live_server, reference, "cancel_reason") == "We have the painters in."
    tab.press_by_keyboard("Undo")
    tab.until_state("Confirmed")
    assert booking_at(live_server, reference, "starts_at") == moved


def test_two_callers_in_two_tabs_side_by_side_never_mix(desk_in_firefox, live_server):
    plans = [("ana", "10:00", "Ada"), ("ben", "15:00", "Zoë Ω")]
    calls = [
        (desk_in_firefox(f"/desk/bookings/new?day={IN_TWO_DAYS}&time={at}&staff={staff}"), name)
        for staff, at, name in plans
    ]
    for tab, _ in calls:
        tab.until_screen("service")
        tab.tab_to("[name=service]")
        tab.keys(" ", ENTER)
    for tab, _ in reversed(calls):
        tab.until_screen("time")
        tab.tab_to("[name=slot]")
        tab.keys(ENTER)  # what the agenda said is chosen
    for tab, name in calls:
        tab.until_screen("customer")
        tab.tab_to("[name=name]")
        tab.keys(name)
    for tab, _ in reversed(calls):
        tab.keys(ENTER)
        tab.until_state("Confirmed")
    assert {(name, staff, hour) for name, _, staff, hour in everyone_booked(live_server)} == {
        ("Ada", "ana", 10),
        ("Zoë Ω", "ben", 15),
    }


def test_wednesdays_hours_are_changed(desk_in_firefox, app):
    tab = desk_in_firefox("/desk/hours")
    tab.tab_to('a[href="/desk/hours/ana"]')
    tab.keys(ENTER)
    tab.until_headed("Hours of Ana")
    tab.tab_to('[name="open-2-0-to"]')
    tab.keys("0400PM")
    tab.tab_to('[name="do"][value="open-2"]')
    tab.keys(ENTER)
    tab.until_at('[name="open-2-1-from"]')
    tab.keys("0500PM")
    tab.tab_to('[name="open-2-1-to"]')
    tab.keys("0700PM", ENTER)
    tab.until_words("Ana is saved.")
    hours = member_of(shell.in_database(app, current_plan), "ana").hours
    assert hours[2] == (TimeRange(540, 960), TimeRange(1020, 1140))
    assert hours[3] == (TimeRange(540, 1020),)


def test_a_new_booking_appears_by_itself_and_the_focus_stays(desk_in_firefox, app):
    days = (IN_TWO_DAYS - TODAY).days
    there = booked(app, "09:00", "Ada Lovelace", "ana", days=days)
    tab = desk_in_firefox(DAY)
    tab.keys(DOWN)
    tab.until_at(f"[data-booking-reference='{there}']")
    made = booked(app, "13:00", "New Customer", "ana", days=days)
    tab.until_words("New Customer")
    assert tab.asked(IS_AT, f"[data-booking-reference='{there}']", "")
    tab.keys(DOWN)
    tab.until_at(f"[data-booking-reference='{made}']")
