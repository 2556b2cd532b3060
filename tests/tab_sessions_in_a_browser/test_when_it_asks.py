"""When a page that keeps up asks: by a clock of its own, so that nobody waits a minute."""

from itertools import pairwise

import pytest
from playwright.sync_api import Page, Route, expect

from tests.fixtures.browsers import intercept

SIGHT = """(what) => {
  Object.defineProperty(document, "hidden", { value: what === "hidden", configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
LINE = """(what) => {
  Object.defineProperty(navigator, "onLine", { value: what === "online", configurable: true });
  window.dispatchEvent(new Event(what));
}"""
# How many questions were begun, and how many of them are not over: what they brought is read last.
COUNTED = """window.begun = window.underWay = 0;
let live;
const counted = (question) => (...given) => {
  window.begun += 1;
  window.underWay += 1;
  return question(...given).finally(() => { window.underWay -= 1; });
};
Object.defineProperty(window, "TabLive", { get: () => live, set(parts) {
  live = parts;
  Object.defineProperty(live, "question", { configurable: true, set(question) {
    Object.defineProperty(live, "question", { value: counted(question) });
  } });
} });"""
STILL = {"status": 204, "headers": {"Tab-Live": "the same"}}


class Watched:
    """A page whose clock the test moves, and what it asks for meanwhile."""

    def __init__(self, page: Page) -> None:
        self.page, self.seconds, self.asked = page, 0, []
        self.answer: dict | None = STILL
        self.held: list[Route] | None = None

    def hear(self, route: Route) -> None:
        self.asked.append(self.seconds)
        if self.held is not None:
            self.held.append(route)
        elif self.answer is None:
            route.abort()
        else:
            route.fulfill(**self.answer)

    def settle(self) -> None:
        """Let no time pass on the page's clock while a question is on its way to us, or back."""
        while self.page.evaluate("window.underWay") if self.held is None else self.is_unheard():
            self.page.wait_for_timeout(2)

    def is_unheard(self) -> bool:
        return self.page.evaluate("window.begun") > len(self.asked)

    def wait(self, seconds: int) -> list[int]:
        """Let that long pass, and return when it asked meanwhile, in seconds from now."""
        self.settle()
        began, before = self.seconds, len(self.asked)
        for _ in range(seconds):
            self.seconds += 1
            self.page.clock.run_for(1000)
            self.settle()
        return [second - began for second in self.asked[before:]]


@pytest.fixture
def watched(context, live_server):
    page = context.new_page()
    page.clock.install()
    page.add_init_script(COUNTED)
    page.goto(f"{live_server.url}/live/shelf")
    expect(page.locator("#shelf")).to_have_text("3 loaves")
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)
    watched = Watched(page)
    intercept(page, "**/list/shelf", watched.hear)
    watched.settle()
    watched.asked.clear()
    page.evaluate("window.begun = 0")
    page.keyboard.press("Shift")  # the pauses begin anew
    watched.wait(3)
    yield watched
    page.clock.resume()  # it is that of all tabs


def gaps(times):
    return [later - earlier for earlier, later in pairwise([0, *times])]


def test_two_seconds_at_first_and_fifteen_when_nothing_happens(watched):
    watched.page.keyboard.press("Shift")
    asked = watched.wait(100)
    waited = gaps(asked)
    assert waited[0] <= 3, asked
    assert waited[0] < waited[2] < waited[4], asked
    assert max(waited) <= 17, asked
    assert min(waited[-3:]) >= 13, asked


@pytest.mark.parametrize("event", ["pointerdown", "keydown", "input", "wheel"])
def test_any_input_makes_it_two_seconds_again(watched, event):
    watched.wait(60)
    watched.page.evaluate(
        "event => document.body.dispatchEvent(new Event(event, {bubbles: true}))", event
    )
    assert watched.wait(6)[0] <= 3


def test_nothing_is_asked_while_the_tab_is_hidden_and_at_once_when_it_is_looked_at(watched):
    watched.page.evaluate(SIGHT, "hidden")
    watched.page.evaluate("() => TabLive.ask()")
    assert watched.wait(60) == []
    watched.page.evaluate(SIGHT, "looked at")
    assert watched.wait(2)[0] == 1


def test_nothing_is_asked_while_offline_and_at_once_afterwards(watched):
    watched.page.evaluate(LINE, "offline")
    assert watched.wait(60) == []
    watched.page.evaluate(LINE, "online")
    assert watched.wait(2)[0] == 1


@pytest.mark.parametrize("status", [204, 429, 503])
def test_the_server_can_ask_to_be_left_alone(watched, status, complaints):
    watched.answer = {"status": status, "headers": {"Tab-Live": "the same", "Retry-After": "40"}}
    watched.wait(20)
    watched.answer = STILL
    watched.page.keyboard.press("Shift")
    watched.page.evaluate("() => TabLive.ask()")
    (last,) = watched.asked[-1:]
    assert min(watched.wait(60)) + watched.seconds - 60 - last in (40, 41)
    complaints[:] = [
        each for each in complaints if "status of 503" not in each and "503 http" not in each
    ]


def test_what_fails_is_asked_again_after_ever_longer_pauses(watched, forgiven):
    watched.answer = None
    asked = gaps(watched.wait(400))
    assert max(asked) >= 60
    assert max(asked[-2:]) > 4 * min(asked[:2])
    watched.page.keyboard.press("Shift")
    assert watched.wait(2) == [], "a key makes a broken server no better"
    watched.answer = STILL
    watched.wait(200)
    watched.page.keyboard.press("Shift")
    assert watched.wait(6)[0] <= 3, "it is as before once it works again"


def test_one_question_at_a_time_and_once_more_for_what_was_hinted_meanwhile(watched):
    watched.held = []
    watched.page.evaluate("() => TabLive.ask()")
    watched.wait(2)
    for _ in range(3):
        watched.page.evaluate("() => TabLive.ask()")
        watched.wait(5)
    (only,) = watched.held
    watched.held = None
    only.fulfill(**STILL)
    assert watched.wait(2) == [1]


def test_an_answer_that_does_not_come_is_given_up_after_a_while(watched, forgiven):
    watched.held = []
    watched.page.evaluate("() => TabLive.ask()")
    watched.wait(15)
    assert len(watched.held) == 1
    watched.wait(15)
    assert len(watched.held) == 2
