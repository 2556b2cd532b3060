"""A service that asks for a word by mail or for approval: nothing is booked before it is given."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from sqlalchemy import select

from booking.operations.pending import lock
from booking.storage.models import Booking
from booking.tab_sessions import write_transaction
from booking.testing import TabClient
from booking.testing.letters import letters_of
from tests.conftest import SHOP
from tests.customer.appointment.links import change, form_of, link_of
from tests.customer.walks import ADA, alert, at_done, at_review, text, value
from tests.storage.conftest import counted

MAIL = {
    "mail_url": "log:",
    "mail_from": "shop@shop.example",
    "public_url": "http://localhost",
}
pytestmark = pytest.mark.settings(**MAIL)
KINDS = {"mail": "confirm_by_mail", "approval": "approval"}
BY_BROWSER = {"Sec-Fetch-Site": "same-origin"}


def asked(app, kind) -> TabClient:
    """At the last step of whoever has asked for a short visit."""
    change(app, "short", **{KINDS[kind]: True})
    return at_done(app, service="short", staff="ana")


def way_to(app, kind) -> str:
    """The path of the button in that letter."""
    paths = [urlsplit(link).path for link in letters_of(app, kind=kind)[0].links]
    return next(path for path in paths if "/confirmation/" in path or "/decision/" in path)


def state_of(app, path) -> str:
    return TabClient(app, path).page.select_one("[data-booking-state]")["data-booking-state"]


def press(app, path, form, **fields):
    page = app.test_client().get(path)
    assert page.status_code == 200
    sent = form_of(page.text, f"#{form}") | fields
    do = f"?do={form}" if "/decision/" in path else ""
    return app.test_client().post(path + do, data=sent, headers=BY_BROWSER)


@pytest.mark.parametrize("kind", KINDS)
def test_who_asks_is_told_first_that_nothing_is_booked_yet(app, bookings, kind):
    tab = asked(app, kind)
    assert (tab.step, bookings()[0].state) == ("done", "pending")
    assert (tab.booking_state, tab.page.h1.get_text()) == ("pending", "Not booked yet")
    section = tab.page.select_one("#step")
    assert section["data-booking-state"] == "pending"
    assert "calendar" not in str(section)
    assert tab.refresh().page.h1.get_text() == "Not booked yet"
    page = TabClient(app, link_of(tab))
    assert page.page.h1.get_text() == "Not booked yet"
    assert "Move to another time" not in text(page)
    first = letters_of(app)[0]
    assert "Not booked yet" in first.text
    assert first.invitation is None


def test_the_letters_button_confirms_and_a_look_does_not(app, bookings):
    asked(app, "mail")
    path = way_to(app, "please_confirm")
    assert state_of(app, path) == "pending"
    assert app.test_client().head(path).status_code == 200
    assert bookings()[0].state == "pending"
    assert press(app, path, "confirm").status_code == 303
    assert bookings()[0].state == "confirmed"
    told = [(one.kind, one.role) for one in letters_of(app) if one.role == "customer"]
    assert told[0] == ("booked", "customer")
    assert {kind for kind, _role in told} <= {"booked", "reminder"}
    used = TabClient(app, path)
    assert used.page.h1.get_text() == "The appointment is confirmed"
    assert used.page.form is None
    assert letters_of(app, kind="booked")[0].invitation


def test_software_that_sends_what_it_finds_is_asked_once_more(app, bookings):
    asked(app, "mail")
    path = way_to(app, "please_confirm")
    sent = form_of(app.test_client().get(path).text)
    answer = app.test_client().post(path, data=sent)
    assert (answer.status_code, bookings()[0].state) == (422, "pending")
    answer = app.test_client().post(path, data=form_of(answer.text))
    assert (answer.status_code, bookings()[0].state) == (303, "confirmed")


@pytest.mark.parametrize(("button", "state"), [("confirm", "confirmed"), ("decline", "cancelled")])
def test_the_shop_decides_by_one_of_two_buttons(app, bookings, button, state):
    tab = asked(app, "approval")
    path = way_to(app, "to_decide")
    page = TabClient(app, path)
    assert ADA["email"] in text(page)
    assert link_of(tab) not in str(page.page), "the customer's own link is nobody else's"
    words = {"words": "We are full."} if button == "decline" else {}
    assert press(app, path, button, **words).status_code == 303
    assert bookings()[0].state == state
    told = [(one.kind, one.text) for one in letters_of(app, to=ADA["email"])]
    assert told[0][0] == ("booked" if button == "confirm" else "declined")
    assert ("We are full." in told[0][1]) == (button == "decline")
    assert state_of(app, path) == state
    again = app.test_client().post(f"{path}?do=decline", headers=BY_BROWSER)
    assert (again.status_code, bookings()[0].state) == (409 if state == "confirmed" else 303, state)


@pytest.mark.both_databases
def test_of_a_reason_to_decline_what_cannot_be_printed_is_left_out(app, bookings):
    asked(app, "approval")
    path = way_to(app, "to_decide")
    assert press(app, path, "decline", words="We\0 are\x1b full.\u202e").status_code == 303
    assert (bookings()[0].state, bookings()[0].cancel_reason) == ("cancelled", "We are full.")


@pytest.mark.both_databases
def test_a_letters_link_that_ends_while_somebody_uses_it_changes_nothing(app, bookings):
    asked(app, "mail")
    path = way_to(app, "please_confirm")
    with app.app_context(), ThreadPoolExecutor(1) as elsewhere:
        sidebook = app.extensions["booking"]
        with write_transaction(sidebook.session) as session:
            booking = session.scalars(select(Booking)).one()
            lock(session, booking)
            used = elsewhere.submit(press, app, path, "confirm")
            time.sleep(0.5)  # it waits for the row, or on SQLite for its turn
            sidebook.links.renew(session, booking)
        assert used.result().status_code == 404
    assert bookings()[0].state == "pending"


@pytest.mark.parametrize(
    ("kind", "letter"), [("mail", "please_confirm"), ("approval", "to_decide")]
)
def test_when_the_while_is_over_the_link_revives_nothing(app, bookings, kind, letter):
    tab = asked(app, kind)
    path, manage = way_to(app, letter), link_of(tab)
    fields = form_of(app.test_client().get(path).text, "#confirm")
    do = "?do=confirm" if kind == "approval" else ""
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=24, minutes=1)):
        assert state_of(app, path) == "cancelled"
        page = TabClient(app, manage)
        assert "not confirmed in time" in text(page)
        answer = app.test_client().post(path + do, data=fields, headers=BY_BROWSER)
        assert (answer.status_code, bookings()[0].state) == (409, "pending")
        assert "Nothing was changed" in answer.text
        letters = {(one.kind, one.role) for one in letters_of(app, kind="not_confirmed")}
    assert ("not_confirmed", "customer") in letters


def test_neither_the_done_pages_link_nor_one_for_another_purpose_confirms(app, bookings):
    tab = asked(app, "mail")
    path = way_to(app, "please_confirm")
    word, token = path.rpartition("/")[2], link_of(tab).rpartition("/")[2]
    assert word != token
    reference = bookings()[0].reference
    for wrong in (
        f"/book/appointment/{reference}/confirmation/{token}",
        f"/book/appointment/{reference}/decision/{word}",
        f"/book/appointment/NOSUCH/confirmation/{word}",
        f"/book/appointment/{reference}/confirmation/ü",
    ):
        assert app.test_client().get(wrong).status_code == 404
        assert app.test_client().post(wrong, headers=BY_BROWSER).status_code == 404
    assert bookings()[0].state == "pending"


def test_what_waits_can_be_cancelled_by_its_customer(app, bookings):
    page = TabClient(app, link_of(asked(app, "approval")))
    page.submit()
    assert (bookings()[0].state, bookings()[0].cancelled_by) == ("cancelled", "customer")


def test_another_time_of_what_needs_approval_is_asked_for_as_page_and_letter_say(app):
    tab = asked(app, "approval")
    press(app, way_to(app, "to_decide"), "confirm")
    page = TabClient(app, link_of(tab))
    assert "Move to another time" not in text(page)
    assert "You can ask for another time here until" in text(page)
    [booked] = letters_of(app, kind="booked", to=ADA["email"])
    assert "You can ask for another time until it begins; it needs our approval." in booked.text
    assert "or ask for another time:" in booked.text
    assert "move" not in booked.text


@pytest.mark.settings(mail_url="", mail_from="", confirm_minutes=30)
def test_with_mail_off_nobody_waits_for_a_letter(app, bookings):
    asked(app, "mail")
    assert bookings()[0].state == "confirmed"


@pytest.mark.settings(mail_url="", mail_from="")
def test_a_shop_that_sends_no_letters_cannot_ask_for_a_word_by_mail(app, tmp_path):
    file = tmp_path / "shop.toml"
    asks = SHOP.read_text().replace("[[services]]", "[[services]]\nconfirm_by_mail = true", 1)
    file.write_text(asks)
    answer = app.test_cli_runner().invoke(args=["booking", "load", str(file)])
    assert (answer.exit_code, "Set BOOKING_MAIL_URL" in answer.output) == (1, True)


def test_the_shell_confirms_and_declines_and_shows_what_waits(app, bookings):
    def tell(*words):
        return app.test_cli_runner().invoke(args=["booking", *words])

    asked(app, "approval")
    first = bookings()[0].reference
    assert "pending, waits for the shop's approval until" in tell("show", first).output
    assert "is confirmed. A letter tells the customer." in tell("confirm", first).output
    assert "is confirmed already. The customer was not told." in tell("confirm", first).output
    refused = tell("decline", first)
    assert (refused.exit_code, "is confirmed already" in refused.output) == (1, True)
    at_review(app, service="short", staff="ana").submit()
    second = next(one.reference for one in bookings() if one.reference != first)
    assert "is declined" in tell("decline", second, "--why", "We are full.").output
    again = tell("decline", second, "--why", "We are full.").output
    assert "is cancelled already. The customer was not told." in again
    assert "is cancelled, or waited too long" in tell("confirm", second).output


def assert_neutral(said):
    """It says what to do, and nothing of what others did with that address."""
    assert "We cannot write to that e-mail address just now" in said
    assert "Please call +351 21 000 00 00." in said
    assert not re.search(r"today|tomorrow|often|many|letters", said)


LONG = f"{'a' * 60}@example.com"


@pytest.mark.settings(letters_per_address=1)
def test_at_the_limit_of_an_address_nothing_waits_for_a_letter_that_is_not_sent(app, bookings):
    at_done(app, service="short", staff="ana")
    change(app, "short", confirm_by_mail=True)
    tab = at_review(app, service="short", staff="ana").submit()
    assert (tab.status, tab.step, len(bookings())) == (409, "review", 1)
    assert_neutral(alert(tab))
    assert "By the window" in text(tab), "nothing that was typed is lost"
    tab.open("details").submit(email="ada@example.org").submit()
    assert (tab.step, tab.booking_state) == ("done", "pending")
    first = letters_of(app, kind="please_confirm")[0]
    assert first.recipient == "ada@example.org"


def test_an_address_that_was_mistyped_is_mended_and_its_letter_confirms(app, bookings):
    tab = asked(app, "mail")
    [old] = [way_to(app, "please_confirm")]
    page = tab.new_tab(tab.page.select_one("a[href$='/details']")["href"])
    page.submit(email="ada@example.org")
    assert page.booking_state == "pending"
    assert "earlier links do not work any more" in text(page)
    assert "We have written to ada@example.org" in text(page)
    assert "Is the address wrong?" in text(page)
    assert "We have written to ada@example.org" in text(tab.refresh())
    assert app.test_client().get(old).status_code == 404
    [letter] = letters_of(app, kind="please_confirm")
    assert letter.recipient == "ada@example.org"
    [last] = letters_of(app, to=ADA["email"])
    assert (last.kind, last.invitation) == ("address_changed", None), "it was never invited"
    assert press(app, way_to(app, "please_confirm"), "confirm").status_code == 303
    assert bookings()[0].state == "confirmed"


@pytest.mark.settings(letters_per_address=1)
def test_a_new_address_at_its_limit_is_refused_and_what_was_typed_stays(app, bookings):
    at_done(app, service="short", staff="ana")
    change(app, "short", confirm_by_mail=True)
    tab = at_review(app, service="short", staff="ana").open("details")
    tab.submit(email="ada@example.org").submit()
    page = tab.new_tab(tab.page.select_one("a[href$='/details']")["href"])
    page.submit(name="Ada King", email=ADA["email"])
    assert (page.status, page.step) == (409, "mend")
    assert_neutral(alert(page))
    assert value(page, "name") == "Ada King"
    assert {one.customer_email for one in bookings()} == {ADA["email"], "ada@example.org"}


def test_what_waits_for_approval_says_nothing_of_a_wrong_address(app):
    tab = asked(app, "approval")
    assert tab.page.select_one("a[href$='/details']") is None
    assert "Is the address wrong?" not in text(TabClient(app, link_of(tab)))


@pytest.mark.settings(mail_url="", mail_from="")
def test_where_nobody_is_told_that_there_is_something_to_decide_the_page_says_whom_to_ask(app):
    tab = asked(app, "approval")
    assert "no letters are sent" in text(tab)
    assert "Please call +351 21 000 00 00." in text(tab)


def test_the_done_page_says_where_the_link_was_sent_and_asks_nobody_for_it(app):
    tab = at_review(app, service="short", staff="ana")
    with app.app_context():
        engine = app.extensions["booking"].engine
    with counted(engine) as statements:
        tab.submit()
    asked = [each for each in statements if each.startswith("SELECT") and "_letter" in each]
    assert len(asked) == 1, "how many letters its address had today"
    said = f"We have written to {ADA['email']} with this link."
    assert said in text(tab)
    assert said in text(tab.refresh())


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_shop_decides_about_is_nowhere_said_to_be_moved_by_its_customer(app, kind):
    tab = asked(app, kind)
    letter, button = {
        "mail": ("please_confirm", "See, move or cancel the appointment"),
        "approval": ("to_decide", "See the appointment, cancel it, or ask for another time"),
    }[kind]
    press(app, way_to(app, letter), "confirm")
    assert tab.refresh().booking_state == "confirmed"
    assert button in [each.get_text() for each in tab.page.select("a.sb-button")]
    file = app.test_client().get(f"{link_of(tab)}/calendar.ics").text.replace("\r\n ", "")
    assert button.replace(",", "\\,") in file


def test_of_a_very_long_address_the_done_page_shows_both_ends(app):
    tab = at_review(app, service="short", staff="ana").open("details")
    tab.submit(email=LONG).submit()
    assert f"We have written to {LONG[:30]}…{LONG[-30:]} with this link." in text(tab)


@pytest.mark.settings(letters_per_address=1)
def test_the_done_page_claims_no_letter_that_was_not_written(app, bookings):
    at_done(app, service="short", staff="ana")
    tab = at_done(app, service="short", staff="ana")
    assert (len(bookings()), tab.booking_state) == (2, "confirmed")
    assert "We have written" not in text(tab)
    assert "We have written" not in text(tab.refresh())


@pytest.mark.settings(mail_url="", mail_from="")
def test_without_mail_the_done_page_says_nothing_of_letters(app):
    assert "We have written" not in text(at_done(app, service="short", staff="ana"))


@pytest.mark.settings(mail_url="", mail_from="")
def test_who_lets_the_shop_decide_is_told_that_nobody_hears_of_it(app, tmp_path):
    file = tmp_path / "shop.toml"
    file.write_text(SHOP.read_text().replace("[[services]]", "[[services]]\napproval = true", 1))
    loaded = app.test_cli_runner().invoke(args=["booking", "load", str(file)])
    assert (loaded.exit_code, "no letters are sent that tell you so" in loaded.output) == (0, True)
    looked = app.test_cli_runner().invoke(args=["booking", "doctor"])
    assert "nobody is told that there is something to decide" in looked.output


def test_what_was_decided_is_shown_to_the_shop_whatever_address_its_customer_gives(app, bookings):
    page = link_of(asked(app, "approval"))
    path = way_to(app, "to_decide")
    assert press(app, path, "confirm").status_code == 303
    TabClient(app, f"{page}/details").submit(email="another@example.org")
    assert app.test_client().get(page).status_code == 404, "the customer's own links end"
    assert state_of(app, path) == "confirmed"


def test_a_link_to_decide_that_was_sent_by_the_version_before_is_good(app, bookings):
    asked(app, "approval")
    [booking], links = bookings(), app.extensions["booking"].links
    path = urlsplit(links.url_for(booking, "decision", booking.link_number)).path
    assert path != way_to(app, "to_decide")
    assert press(app, path, "confirm").status_code == 303
    assert bookings()[0].state == "confirmed"
