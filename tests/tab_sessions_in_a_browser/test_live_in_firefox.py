"""Pages that keep up in a second engine, where a tab behind another one really is hidden."""

import time

import pytest

from tests.log_in.windows import FirefoxTab

pytestmark = [pytest.mark.browser, pytest.mark.extra, pytest.mark.xdist_group("firefox")]
TYPED = "return document.querySelector('[name=words]').value"


@pytest.fixture
def pair(firefox, live_server, complaints):
    pair = [FirefoxTab(firefox, live_server.url) for _ in range(2)]
    for each in pair:
        each.open("/live/shared")
        each.shows("h1", "For (nobody)")
    yield pair
    firefox.run("localStorage.clear()")
    complaints += firefox.complaints()
    for each in pair:
        each.close()


def test_a_hidden_tab_asks_nothing_and_shows_what_was_written_as_soon_as_it_is_looked_at(
    pair, firefox, heard
):
    one, two = pair
    two.type("[name=words]", "typed")
    one.type("[name=shop]", "Ada")
    one.press("button")
    one.shows("h1", "For Ada")
    asked = len(heard)
    firefox.run("TabLive.hint()")  # the other one hears it, and is hidden
    time.sleep(3)
    own = firefox.run("return TabSession.id")
    assert {each["Tab-Session"] for each in heard[asked:]} == {own}
    assert len(heard) - asked <= 2, "only the tab that is looked at"
    two.shows("h1", "For Ada")
    assert firefox.run(TYPED) == "typed"
