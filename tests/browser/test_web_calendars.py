"""A press on a link to a calendar on the web: another tab, which learns nothing of this one."""

import pytest

from tests.browser.wizard import at, go_on
from tests.customer_walkthrough.visits import ADA
from tests.fixtures.browsers import intercept

NAMES = ["Google Calendar", "Outlook on the web"]


@pytest.mark.parametrize("name", NAMES)
def test_the_calendar_opens_beside_and_is_not_told_where_it_was_asked_for(context, tab_at, name):
    asked = []

    def answer(route) -> None:
        asked.append(route.request)
        route.fulfill(body="<title>Theirs</title>", content_type="text/html")

    page = tab_at("review", ADA)
    intercept(context, "https://*.com/**", answer)
    go_on(page)
    at(page, "done")
    manage = page.locator(".sb-keep-link").get_attribute("href")
    for _ in range(2):
        with context.expect_page() as opened:
            page.get_by_role("link", name=name).click()
        opened.value.wait_for_url("https://*.com/**")
        assert opened.value.evaluate("[document.referrer, window.opener]") == ["", None]
        page.goto(manage)
    assert [request.all_headers().get("referer") for request in asked] == [None, None]
