"""Signing in by the keyboard alone, and what is left of a form when a session ends in it."""

import pytest
from playwright.sync_api import expect

from booking.owner import passwords
from booking.storage.models import Account, desk_session
from tests.commands.shell import in_database
from tests.fixtures.axe import violations_by_day_and_night

PASSWORD = "seven little boats"


@pytest.fixture
def desk(desk_at):
    """A tab at the desk, of the owner."""
    return desk_at("account")


@pytest.fixture
def with_password(desk, live_server) -> None:
    def work(session) -> None:
        session.query(Account).one().password_hash = passwords.hashed(PASSWORD)

    in_database(live_server.app, work)


def end_all_sessions(server) -> None:
    in_database(server.app, lambda session: session.execute(desk_session.delete()))


def test_the_keyboard_alone_signs_in_and_out(context, desk, with_password, live_server):
    end_all_sessions(live_server)
    desk.goto("/desk/accounts")
    expect(desk.locator("h1")).to_have_text("Sign in")
    assert violations_by_day_and_night(desk) == []
    press_until(desk, "#field-email")
    desk.keyboard.type("owner@example.com")
    desk.keyboard.press("Tab")
    desk.keyboard.type(PASSWORD)
    desk.keyboard.press("Enter")
    expect(desk.locator("h1")).to_have_text("Who may come in")
    press_until(desk, "button:has-text('Sign out')")
    desk.keyboard.press("Enter")
    expect(desk.locator("h1")).to_have_text("Sign in")
    assert desk.goto("/desk/accounts").url.endswith("/desk/login?next=/desk/accounts")


def press_until(page, selector: str) -> None:
    """Go from one thing to the next by Tab until that one has the focus."""
    for _ in range(40):
        if page.locator(selector).evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not come to {selector}")


def test_a_form_that_is_sent_after_the_session_ended_goes_on_after_signing_in(
    desk, with_password, live_server
):
    desk.goto("/desk/accounts/new")
    desk.locator("#field-email").fill("ben@example.com")
    desk.locator("#field-name").fill("Ben")
    end_all_sessions(live_server)
    desk.get_by_role("button", name="Let them in").click()
    expect(desk.get_by_role("alert")).to_contain_text("nothing that you typed is lost")
    assert violations_by_day_and_night(desk) == []
    desk.locator("#field-email").fill("owner@example.com")
    desk.locator("#field-password").fill(PASSWORD)
    desk.get_by_role("button", name="Sign in").click()
    desk.get_by_role("button", name="Send it now").click()
    expect(desk.locator("h1")).to_have_text("A link to set a password")


def test_a_form_of_htmx_stays_on_the_page_while_somebody_signs_in_again(
    desk, with_password, live_server
):
    """As pages of the desk send their fragments: with the script that every one of them has."""
    desk.goto("/desk/account")
    form = desk.locator("form[action$='/account/password']")
    form.evaluate("each => { each.setAttribute('hx-post', each.action); htmx.process(each); }")
    end_all_sessions(live_server)
    desk.locator("#field-current").fill("what was typed")
    desk.get_by_role("button", name="Change it").click()
    again = desk.locator("#sign-in-again")
    expect(again.get_by_role("heading")).to_have_text("Sign in again")
    again.locator("[name=email]").fill("owner@example.com")
    again.locator("[name=password]").fill(PASSWORD)
    again.get_by_role("button", name="Sign in").click()
    expect(again).to_contain_text("send it once more")
    assert desk.locator("#field-current").input_value() == "what was typed"


def test_pages_of_accounts_are_for_everyone(desk, with_password):
    for path in ("/desk/accounts", "/desk/accounts/new", "/desk/account"):
        desk.goto(path)
        assert violations_by_day_and_night(desk) == [], path
        for width in (320, 768, 1440):
            desk.set_viewport_size({"width": width, "height": 800})
            wide = desk.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{path} is {wide} pixels wide on a screen of {width}"
