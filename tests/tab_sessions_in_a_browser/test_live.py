"""Pages that keep up while they are looked at."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import create_engine

from booking.testing.plugin import booking_clock
from tests.conftest import served
from tests.fixtures.browsers import intercept, until, wait_until
from tests.tab_sessions_in_a_browser.notes import notes_app
from tests.tab_sessions_in_a_browser.tabs import events, hears
from tests.tab_sessions_in_a_browser.test_storage_by_choice import DEAF

FIXTURES = (booking_clock,)
EAVESDROP = """() => {
  window.overheard = [];
  new BroadcastChannel("tab-live").onmessage = ({ data }) => window.overheard.push(data);
}"""
LISTEN = """(what) => document.addEventListener("tab-session:" + what, ({ detail }) => {
  (window.details ||= []).push(detail);
})"""


# So nothing comes by itself: a page that shows it soon was told, or has asked at once.
NO_PAUSES = """const own = window.setTimeout;
window.setTimeout = (act, wait) => own(act, wait > 1000 ? wait * 100 : wait);"""


@pytest.fixture
def pair(page_of):
    """Two tabs of one new session, which would not ask for minutes if nobody told them."""
    page_of("/live/shared").evaluate("TabSession.startNew()")
    pair = tuple(page_of("/live/shared", first=NO_PAUSES) for _ in range(2))
    for page in pair:
        expect(page.locator("h1")).to_have_text("For (nobody)")
    return pair


def keep(page, **fields):
    for name, value in fields.items():
        page.locator(f"[name={name}]").fill(value)
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator("h1")).to_have_text(f"For {fields['shop']}")


def test_what_one_tab_writes_the_others_of_its_session_show_at_once(pair):
    one, two = pair
    keep(one, shop="Ada", milk="1 l")
    expect(two.locator("h1")).to_have_text("For Ada")
    expect(two.locator("[name=milk]")).to_have_value("1 l")


NO_CHANNEL = """Object.defineProperty(window, "BroadcastChannel", {
    value: function () { throw new DOMException("The user says no", "SecurityError"); },
});"""


@pytest.mark.parametrize("first", [DEAF, NO_CHANNEL], ids=["a channel", "storage"])
def test_one_way_to_hear_of_it_is_enough(page_of, first):
    """Each by itself, where the page would not have asked for minutes."""
    page_of("/live/shared").evaluate("TabSession.startNew()")
    one, two = page_of("/live/shared"), page_of("/live/shared", first=NO_PAUSES + first)
    expect(two.locator("h1")).to_have_text("For (nobody)")
    one.evaluate(EAVESDROP)
    keep(one, shop="Ada", milk="1 l")
    expect(two.locator("h1")).to_have_text("For Ada")
    wait_until(one, "() => window.overheard.length")
    assert one.evaluate("window.overheard") == [None], "a hint says nothing"


def test_focus_scroll_and_what_was_typed_stay(pair):
    one, two = pair
    two.locator("summary").click()
    two.locator("[name=milk]").fill("2 l, typ")
    two.locator("[name=milk]").evaluate("field => field.setSelectionRange(2, 4)")
    two.evaluate("window.scrollTo({ top: 300, behavior: 'instant' })")
    before = two.evaluate("[document.activeElement.name, window.scrollY]")
    keep(one, shop="Ada", milk="1 l")
    expect(two.locator("h1")).to_have_text("For Ada")
    milk = two.locator("[name=milk]")
    expect(milk).to_have_value("2 l, typ")
    assert milk.evaluate("field => [field.selectionStart, field.selectionEnd]") == [2, 4]
    assert two.evaluate("[document.activeElement.name, window.scrollY]") == before
    expect(two.locator("#more")).to_have_text("1 l of milk")
    assert two.locator("details").evaluate("each => each.open")


CHOSEN = {
    "shop": ("Bo", lambda page: page.locator("[name=shop]").fill("Bo")),
    "words": ("typed", lambda page: page.locator("[name=words]").fill("typed")),
    "gift": (True, lambda page: page.locator("[name=gift]").check()),
    "size": ("large", lambda page: page.locator("[name=size]").select_option("large")),
}
STORED = {"shop": "Ada", "words": "", "gift": False, "size": "small", "milk": "1 l", "version": "1"}
VALUES = """() => Object.fromEntries([...document.querySelectorAll("#list [name]")].map(
  (field) => [field.name, field.type === "checkbox" ? field.checked : field.value]))"""


@pytest.mark.parametrize("name", CHOSEN)
def test_a_form_in_which_something_was_typed_is_sent_as_it_was_filled_in(pair, name):
    """With its version: so the server sees that something else was stored meanwhile."""
    one, two = pair
    value, choose = CHOSEN[name]
    choose(two)
    keep(one, shop="Ada", milk="1 l")
    expect(two.locator("h1")).to_have_text("For Ada")
    before = {"shop": "", "words": "", "gift": False, "size": "small", "milk": "", "version": "0"}
    assert two.evaluate(VALUES) == before | {name: value}


def test_one_in_which_nothing_was_typed_shows_what_is_stored(pair):
    one, two = pair
    gift = two.locator("[name=gift]")
    gift.check()
    gift.uncheck()  # as it was, but the browser remembers that somebody was at it
    two.locator("[name=shop]").fill("Bo")
    two.locator("[name=shop]").fill("")
    one.locator("[name=gift]").check()
    keep(one, shop="Ada", milk="1 l")
    expect(two.locator("h1")).to_have_text("For Ada")
    assert two.evaluate(VALUES) == STORED | {"gift": True}


def test_the_page_is_told_what_was_kept_though_something_else_is_stored(pair):
    one, two = pair
    two.evaluate(LISTEN, "refreshed")
    two.locator("[name=milk]").fill("2 l")
    two.locator("[name=words]").fill("please")
    keep(one, shop="Ada", milk="1 l")
    wait_until(two, "() => window.details")
    assert two.evaluate("window.details") == [{"kept": ["milk"]}]


def test_who_listens_may_merge_by_itself(pair):
    one, two = pair
    two.evaluate(
        """() => document.addEventListener("tab-session:live", (event) => {
          event.preventDefault();
          window.offered = event.detail.fragment.querySelector("h1").textContent;
        })"""
    )
    keep(one, shop="Ada", milk="1 l")
    wait_until(two, "() => window.offered === 'For Ada'")
    assert two.locator("h1").text_content() == "For (nobody)"
    keep(one, shop="Bo", milk="2 l")
    wait_until(two, "() => window.offered === 'For Bo'")


def test_what_belongs_to_another_session_is_replaced_with_all_that_was_typed(pair):
    one, two = pair
    keep(one, shop="Ada", milk="1 l")
    expect(two.locator("h1")).to_have_text("For Ada")
    two.locator("[name=words]").fill("a secret")
    one.evaluate("TabSession.end()")
    expect(two.locator("h1")).to_have_text("For (nobody)")
    assert "a secret" not in two.evaluate(VALUES).values()


def test_a_renewal_is_no_other_session(pair):
    one, two = pair
    keep(one, shop="Ada", milk="1 l")
    expect(two.locator("h1")).to_have_text("For Ada")
    two.locator("[name=words]").fill("still here")
    one.evaluate("TabSession.renew()")
    keep(one, shop="Bo", milk="1 l")
    expect(two.locator("h1")).to_have_text("For Bo")
    expect(two.locator("[name=words]")).to_have_value("still here")


def test_an_answer_from_before_what_the_customer_sent_is_let_go(page_of):
    page = page_of("/live")
    held = []
    expect(page.locator("h1")).to_have_text("For (nobody)")
    page.locator("form").evaluate(
        """form => {
          form.setAttribute("hx-swap", "outerMorph");  // the element stays
          delete form.dataset.tabLiveStamp;  // so the answer is a whole one
        }"""
    )
    intercept(page, "**/list/items", lambda route: hold_questions(route, held))
    until(page, lambda: held)
    old = held[0].fetch()
    assert "For (nobody)" in old.text()
    page.locator("[name=shop]").fill("Ada")
    page.get_by_role("button").click()
    expect(page.locator("h1")).to_have_text("For Ada")
    held[0].fulfill(response=old)
    page.wait_for_timeout(200)
    expect(page.locator("h1")).to_have_text("For Ada")


def hold_questions(route, held):
    if "tab-live" in route.request.headers:
        held.append(route)
    else:
        route.continue_()


def test_a_page_that_comes_back_from_the_browsers_memory_asks_before_anybody_reads_it(page_of):
    page_of("/live/shared").evaluate("TabSession.startNew()")
    page, other = page_of("/live/shared", first=NO_PAUSES), page_of("/live/shared")
    keep(page, shop="Ada", milk="1 l")
    page.locator("[name=words]").fill("a secret")
    page.get_by_role("link", name="Away").click()
    page.wait_for_url("**/elsewhere")
    other.evaluate("TabSession.end()")
    page.evaluate("history.back()")
    wait_until(page, "() => location.pathname === '/live/shared' && 'cameBack' in window")
    assert page.evaluate("window.cameBack"), "the browser did not remember the page"
    expect(page.locator("h1")).to_have_text("For (nobody)")
    assert set(page.evaluate(VALUES).values()) <= {"", "0", "small", False}


def test_each_script_asks_with_its_own_id(page_of, heard):
    page = page_of("/live/basket")
    expect(page.locator("#shelf")).to_be_visible()
    page.evaluate("TabLive.ask()")
    until(page, lambda: any("Tab-Live" in each for each in heard))
    basket = page.evaluate("Basket.id")
    assert {each["Tab-Session"] for each in heard} == {basket}
    assert basket != page.evaluate("TabSession.id")


def test_a_script_that_comes_again_with_each_fragment_asks_once(page_of, heard):
    page = page_of("/live/shelf", first=NO_PAUSES)
    expect(page.locator("#shelf")).to_be_visible()
    for _ in range(3):
        page.add_script_tag(url="/tab-live.js")
    heard.clear()
    page.evaluate("TabLive.ask()")
    until(page, lambda: heard)
    page.wait_for_timeout(500)  # in which the others would ask
    assert len(heard) == 1


MISTAKES = {"/live/nowhere": "no data-prefix", "/live/not": "is no live route"}


@pytest.mark.parametrize("path", MISTAKES)
def test_what_cannot_keep_up_is_told_to_developers_once(page_of, complaints, path):
    page = page_of("/live/shelf" if path == "/live/nowhere" else path)
    expect(page.locator("#shelf")).to_be_visible()
    if path == "/live/nowhere":
        page.locator("#shelf").evaluate("each => { each.dataset.tabLive = '/elsewhere'; }")
    page.evaluate("TabLive.ask()")
    until(page, lambda: complaints)
    page.evaluate("TabLive.ask()")
    page.wait_for_timeout(400)
    assert [each for each in complaints if MISTAKES[path] in each] == complaints
    assert len(complaints) == 1
    complaints.clear()


@pytest.fixture
def open_list(context_of, tmp_path):
    """Opens tabs of a browser with a clock of its own, at lists forgotten after ten minutes."""
    context = context_of()
    context.clock.install()
    engine = create_engine(f"sqlite:///{tmp_path}/lists.db")

    def open_tab(path):
        page = context.new_page()
        page.goto(server.url + path)
        expect(page.locator("h1")).to_have_text("For (nobody)")
        return page

    with served(notes_app(engine, [], idle_minutes=10)) as server:
        yield open_tab
    engine.dispose()


@pytest.fixture
def pass_time(booking_clock):
    """Moves the clocks of the page and of the server, which go on by themselves, too."""

    def move(page, seconds):
        # The page's last: an answer between the two must not tell it that more is left.
        booking_clock.shift(seconds=seconds)
        page.clock.fast_forward(seconds * 1000)

    return move


def test_a_visible_tab_that_only_asks_is_warned_and_expires_on_time(open_list, pass_time):
    """The warning is due when half of the ten minutes are over."""
    page = open_list("/live")
    keep(page, shop="Ada", milk="1 l")
    page.locator("[name=words]").fill("a secret")
    passed, status = 0, 204
    while status != 410:
        assert passed < 700
        passed += 30
        with page.expect_response("**/list/items") as answer:
            pass_time(page, 30)
            page.evaluate("TabLive.ask()")
        status = answer.value.status
    assert passed > 500
    expect(page.locator("#over")).to_have_text("expired")
    assert 250 < events(page, "ending")[0]["seconds"] <= 300
    assert "Ada" not in page.content()
    assert "a secret" not in page.content()


def test_who_is_there_in_another_tab_of_the_session_puts_the_warning_off(open_list, pass_time):
    one, two = open_list("/live/shared"), open_list("/live/shared")
    for name in ("Ada", "Bo"):
        keep(one, shop=name, milk="1 l")
        expect(two.locator("h1")).to_have_text(f"For {name}")
        pass_time(two, 200)
    assert events(two, "ending") == [], "it would have been due after three hundred"
    pass_time(two, 150)
    hears(two, "ending")
