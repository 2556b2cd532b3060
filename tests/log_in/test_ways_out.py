"""Before and after log-in, in two engines and with two extensions: no way out is a dead end."""

import pytest

from tests.conftest import served
from tests.fixtures.browsers import ears, lent
from tests.hosts.stack import EMAIL, PASSWORD
from tests.log_in.basket import basket_app
from tests.log_in.windows import ChromiumTab, FirefoxTab

pytestmark = pytest.mark.browser
# All those in Firefox by one process of the run: to start it takes longer than a test.
FIREFOX = [pytest.mark.extra, pytest.mark.xdist_group("firefox")]
ENGINES = ["chromium", pytest.param("firefox", marks=FIREFOX)]


@pytest.fixture
def kind(request):
    """The extension that says who is there."""
    return request.param


@pytest.fixture
def server(kind, sqlite_url):
    with served(basket_app(sqlite_url, kind)) as server:
        yield server


@pytest.fixture(scope="module")
def visitor(browser):
    context = browser.new_context()
    context.new_page()
    yield context
    context.close()


@pytest.fixture(params=ENGINES)
def new_tab(request, server, complaints):
    """Opens another tab of the same browser, with no cookie and no complaint left afterwards."""
    if request.param == "chromium":
        with lent(request.getfixturevalue("visitor"), ears(complaints)) as context:
            yield lambda: ChromiumTab(context, server.url)
        return
    firefox, tabs = request.getfixturevalue("firefox"), []

    def open_tab():
        tabs.append(FirefoxTab(firefox, server.url))
        return tabs[-1]

    yield open_tab
    tabs[0].lose_cookies()
    complaints += firefox.complaints()
    for each in tabs:
        each.close()


@pytest.fixture
def tab(new_tab):
    """A tab with something in its basket, and nobody logged in."""
    tab = new_tab()
    tab.open("/")
    add(tab, "milk")
    return tab


def add(tab, what, then=None):
    tab.shows("#add button", "Add")
    tab.type("[name=what]", what)
    tab.press("#add button")
    tab.shows("ul", then or what)


def log_in(tab, kind):
    if kind == "flask-security":
        tab.press("#log-in")
        tab.type("[name=email]", EMAIL)
        tab.type("[name=password]", PASSWORD)
        tab.press("[name=submit]")
    else:
        tab.press("#log-in button")
    tab.shows("#log-out", "Log out")


def by_a_redirect(tab):
    """The form of a session route, which answers with one."""
    tab.press("#log-out button")


def by_a_link(tab):
    """An ordinary page, which knows no tab and leads back to this one."""
    tab.press("#leave")
    tab.shows("[role=alert]", "You are logged out.")
    tab.reload()


def by_a_lost_cookie(tab):
    """What a browser does with one that ran out; then the page is asked for."""
    tab.lose_cookies()
    tab.reload()
    tab.shows("[role=alert]", "You are logged out.")
    tab.reload()


def by_a_lost_cookie_and_a_write(tab):
    """Whoever sends something then keeps it before their eyes until they begin anew."""
    tab.lose_cookies()
    tab.type("[name=what]", "bread")
    tab.press("#add button")
    tab.shows("[role=alert]", "You are logged out.")
    tab.press("#anew")


WAYS_OUT = [by_a_redirect, by_a_link, by_a_lost_cookie, by_a_lost_cookie_and_a_write]
LOGIN, SECURITY = "flask-login", "flask-security"


def case(*what, extra=False):
    return pytest.param(*what, marks=[pytest.mark.extra] * extra)


@pytest.mark.parametrize(
    ("kind", "way_out"),
    [
        *(case(LOGIN, way) for way in WAYS_OUT),
        *(case(SECURITY, way, extra=way is not by_a_link) for way in WAYS_OUT),
    ],
    indirect=["kind"],
)
def test_what_was_written_before_is_there_after_and_the_tab_goes_on_afresh(tab, kind, way_out):
    before = tab.id()
    log_in(tab, kind)
    tab.shows("ul", "milk")
    logged_in = tab.id()
    assert logged_in != before
    way_out(tab)
    tab.shows("ul", "")
    afterwards = tab.id()
    assert afterwards not in (before, logged_in)
    add(tab, "bread")
    tab.reload()
    tab.shows("ul", "bread")
    assert tab.id() == afterwards
    log_in(tab, kind)
    tab.shows("ul", "milk bread")


@pytest.mark.parametrize("kind", [case(LOGIN, extra=True), case(SECURITY)], indirect=True)
def test_another_tab_of_the_browser_is_merged_when_it_is_looked_at_next(tab, new_tab, kind):
    other = new_tab()
    other.open("/")
    add(other, "bread")
    log_in(tab, kind)
    tab.shows("ul", "milk")
    other.reload()
    other.shows("ul", "milk bread")
    other.shows("#log-out", "Log out")
    by_a_redirect(tab)
    tab.shows("ul", "")
    other.reload()
    other.shows("[role=alert]", "You are logged out.")
    other.reload()
    other.shows("ul", "")
