"""The id of a tab: how it is made, what carries it, and how it is replaced."""

import pytest

from tests.fixtures.browsers import intercept, until
from tests.tab_sessions_in_a_browser.tabs import id_of, note_down, shows

KEY = "tab-session /notes/"
STORED = "[{...sessionStorage}, {...localStorage}, document.cookie]"


def test_it_is_32_random_bytes_under_one_key_and_nothing_else_is_stored(page_of):
    page = page_of("/")
    page.evaluate("localStorage.clear()")  # all tests of this folder share one browser
    page.reload()
    shows(page, "(nothing)")
    stored, *others = page.evaluate(STORED)
    assert list(stored) == [KEY]
    assert page.evaluate("text => /^[A-Za-z0-9_-]{43}$/.test(text)", stored[KEY])
    assert others == [{}, ""]


def test_the_very_first_request_already_says_it(page_of, heard):
    page = page_of("/")
    shows(page, "(nothing)")
    assert [each["Tab-Session"] for each in heard] == [id_of(page)]


def test_htmx_does_not_carry_it_outside_the_prefix(page):
    with page.expect_request("**/elsewhere") as asked:
        page.evaluate("void htmx.ajax('GET', '/elsewhere', '#here')")
    assert asked.value.headers["hx-request"] == "true"
    assert "tab-session" not in asked.value.headers


@pytest.mark.parametrize("path", ["/office", "/htmx-2/office"])
@pytest.mark.parametrize("place", ["/büro/note", "/b%C3%BCro/note"])
def test_a_prefix_is_the_same_however_its_letters_are_written(page_of, heard, path, place):
    page = page_of(path)
    note_down(page, "ink")
    page.evaluate("(place) => htmx.ajax('GET', place, '#here')", place)
    until(page, lambda: len(heard) == 3)
    shows(page, "ink")
    assert {(each["path"], each["Tab-Session"]) for each in heard} == {("/büro/note", id_of(page))}


def test_anything_else_under_the_key_counts_as_absent(page_of):
    page = page_of("/")
    shows(page, "(nothing)")
    for broken in ("undefined", "", "<script>", "A" * 42):
        page.evaluate("([key, text]) => sessionStorage.setItem(key, text)", [KEY, broken])
        page.reload()
        shows(page, "(nothing)")
        assert len(id_of(page)) == 43, broken


def test_starting_afresh_claims_a_new_one_first(page, heard):
    before = id_of(page)
    page.click("#afresh")
    shows(page, "(nothing)")
    assert heard[-1]["Tab-Session"] not in (before, "")
    page.reload()
    shows(page, "(nothing)")


def test_a_lost_one_is_claimed_anew_and_the_request_sent_again(page_of, heard):
    """A proxy that strips the header once: the server asks for an id, the script answers."""
    page = page_of("/")
    shows(page, "(nothing)")
    stripped = []

    def strip_once(route):
        headers = route.request.headers
        if not stripped:
            stripped.append(headers.pop("tab-session"))
        route.continue_(headers=headers)

    intercept(page, "**/notes/note", strip_once)
    note_down(page, "milk")
    assert "Tab-Session" not in heard[-2]
    assert heard[-1]["Tab-Session"] not in ("", stripped[0])
