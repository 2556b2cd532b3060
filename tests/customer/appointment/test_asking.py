"""Where moving needs approval the customer asks, and the old time stands until it is given."""

from datetime import UTC, datetime, timedelta
from threading import Thread
from urllib.parse import urlsplit

import pytest
import time_machine
from sqlalchemy import select

from booking.commands import decisions
from booking.customer.wizard.state import slot_value
from booking.storage.models import Booking
from booking.tab_sessions import read_transaction
from booking.testing import TabClient
from booking.testing.letters import letters_of
from tests.customer.appointment.links import ON_SQLITE, change, form_of, link_of
from tests.customer.walks import ADA, alert, at_done, at_time, notice, slots, text

MAIL = {"mail_url": "log:", "mail_from": "shop@shop.example", "public_url": "http://localhost"}
pytestmark = pytest.mark.settings(**MAIL)
NINE, TEN, QUARTER_PAST, ELEVEN = (
    f"2026-03-03T{clock}Z" for clock in ("09:00", "10:00", "10:15", "11:00")
)
BROWSER = {"Sec-Fetch-Site": "same-origin"}


def at_move(app, slot=TEN) -> TabClient:
    done = at_done(app, slot, staff="ana")
    change(app, "short", approval=True)
    return TabClient(app, f"{link_of(done)}/time")


def asked(app, slot=ELEVEN) -> TabClient:
    """The page of an appointment for which another time is asked."""
    return at_move(app).submit(slot=slot)


def link(page) -> str:
    return page.url.partition("?")[0].removesuffix("/time")


def decision(app) -> str:
    """The path of the button in the letter to whoever decides."""
    letter = letters_of(app, kind="move_to_decide")[-1]
    return next(urlsplit(each).path for each in letter.links if "/decision/" in each)


def press(app, path, form, page=None, **fields):
    shown = page or app.test_client().get(path).text
    sent = form_of(shown, f"#{form}") | fields
    return app.test_client().post(f"{path}?do={form}", data=sent, headers=BROWSER)


def start(bookings) -> str:
    return slot_value(bookings()[0].starts_at)


@pytest.mark.both_databases
def test_what_is_asked_for_is_kept_and_the_old_time_stands(app, bookings):
    page = at_move(app)
    assert "needs our approval" in text(page)
    assert "Ask for this time" in text(page)
    page.submit(slot=ELEVEN)
    assert (page.step, page.booking_state) == ("appointment", "confirmed")
    assert page.pending_move == "2026-03-03T11:00:00Z"
    assert notice(page) == "You asked for another time. Your appointment is not moved yet."
    assert "You asked for Tuesday 3 March 2026, 11:00 to 11:30, and it is not moved yet." in text(
        page
    )
    assert "decides about it until Tuesday 3 March 2026, 08:00." in text(page)
    assert "Until then your appointment stands as you see it here." in text(page)
    assert (start(bookings), bookings()[0].changes) == (TEN, 0)
    free = slots(at_time(app, staff="ana").open("time?day=2026-03-03"))
    assert not {TEN, ELEVEN} & {*free}


@pytest.mark.both_databases
def test_whoever_decides_sees_both_times_and_gives_the_new_one(app, bookings):
    page = asked(app, QUARTER_PAST)
    path = decision(app)
    shown = TabClient(app, path)
    assert shown.page.h1.get_text() == "Another time is asked for"
    assert shown.pending_move == "2026-03-03T10:15:00Z"
    for words in ("Tuesday 3 March 2026, 10:00", "10:15 to 10:45", ADA["email"], ADA["name"]):
        assert words in text(shown)
    assert link(page) not in str(shown.page), "the customer's own link is nobody else's"
    assert app.test_client().head(path).status_code == 200
    assert start(bookings) == TEN, "a look changes nothing"
    assert press(app, path, "confirm").status_code == 303
    assert (start(bookings), bookings()[0].changes) == (QUARTER_PAST, 1)
    used = TabClient(app, path)
    assert used.page.form is None
    assert "It was moved to the time that you see here." in text(used)
    page.refresh()
    assert page.pending_move is None
    assert "asked for" not in text(page)
    told = {(one.role, one.kind) for one in letters_of(app) if one.kind != "reminder"}
    assert told == {("customer", "moved"), ("shop", "moved")}
    assert "has confirmed the time that you asked for" in letters_of(app, kind="moved")[0].text


def test_declined_the_old_time_stands_and_one_letter_says_why(app, bookings):
    page = asked(app)
    path = decision(app)
    assert press(app, path, "decline", words="We are full.").status_code == 303
    assert start(bookings) == TEN
    assert "was declined, and it stays where it is" in text(TabClient(app, path))
    [told] = letters_of(app, kind="move_declined")
    assert (told.recipient, told.invitation) == (ADA["email"], None)
    assert "cannot move it to Tuesday 3 March 2026, 11:00." in told.text
    assert "We are full." in told.text
    assert page.refresh().pending_move is None
    assert ELEVEN in slots(at_time(app, staff="ana").open("time?day=2026-03-03"))
    answer = press(app, path, "confirm", page=str(page.page), sure="x")
    assert (answer.status_code, start(bookings)) == (409, TEN)


@ON_SQLITE
def test_the_customer_may_keep_the_time_that_stands_after_all(app, bookings):
    page = asked(app)
    path = decision(app)
    page.click("Keep the time you have")
    assert (page.pending_move, page.booking_state, start(bookings)) == (None, "confirmed", TEN)
    assert notice(page) == "Your appointment stays where it is."
    assert "not asked for any more" in text(TabClient(app, path))
    answer = press(app, path, "confirm", page="<form id=confirm></form>")
    assert (answer.status_code, start(bookings)) == (409, TEN)
    again = app.test_client().get(f"{link(page)}/time/withdrawal")
    assert (again.status_code, again.location) == (303, link(page))


@ON_SQLITE
def test_a_page_that_shows_another_wish_than_the_one_that_waits_decides_nothing(app, bookings):
    page = asked(app)
    path = decision(app)
    old = app.test_client().get(path).text
    page.open(f"{link(page)}/time").submit(slot=NINE)
    assert page.pending_move == "2026-03-03T09:00:00Z"
    assert decision(app) == path, "the link of the first letter shows what is asked for now"
    answer = press(app, path, "confirm", page=old)
    assert (answer.status_code, start(bookings)) == (409, TEN)
    assert "another time is asked for by now" in answer.text
    assert press(app, path, "confirm", page=answer.text).status_code == 303
    assert start(bookings) == NINE


@ON_SQLITE
def test_software_that_sends_what_it_finds_is_asked_once_more(app, bookings):
    page = asked(app)
    path, plain = decision(app), app.test_client()
    first = plain.post(f"{path}?do=confirm", data=form_of(plain.get(path).text, "#confirm"))
    assert (first.status_code, start(bookings)) == (422, TEN)
    back = f"{link(page)}/time/withdrawal"
    found = plain.post(back, data=form_of(plain.get(link(page)).text, "#take-back"))
    assert found.status_code == 422
    assert page.refresh().pending_move
    assert plain.post(back, data=form_of(found.text, "#take-back")).status_code == 303
    assert page.refresh().pending_move is None


def test_when_the_while_is_over_the_old_time_stands_and_the_link_revives_nothing(app, bookings):
    page = asked(app)
    path = decision(app)
    shown = app.test_client().get(path).text
    told = {(one.role, one.kind) for one in letters_of(app, kind="move_not_confirmed")}
    assert told == {("customer", "move_not_confirmed"), ("shop", "move_not_confirmed")}
    with time_machine.travel(datetime(2026, 3, 3, 8, 0, 1, tzinfo=UTC), tick=False):
        assert page.refresh().pending_move is None
        assert "Nobody decided about another time" in text(TabClient(app, path))
        answer = press(app, path, "confirm", page=shown)
        assert (answer.status_code, start(bookings)) == (409, TEN)
        at_done(app, ELEVEN, staff="ana")


@ON_SQLITE
def test_a_time_that_is_taken_meanwhile_is_not_given(app, bookings):
    asked(app)
    path = decision(app)
    change(app, "short", approval=False)
    at_done(app, "2026-03-04T10:00Z", staff="ana")
    taken = "UPDATE booking_claim SET booking_id = (SELECT max(id) FROM booking_booking), "
    with app.app_context(), app.extensions["booking"].engine.begin() as connection:
        connection.exec_driver_sql(f"{taken} expires_at = NULL WHERE expires_at IS NOT NULL")
    answer = press(app, path, "confirm")
    assert (answer.status_code, start(bookings)) == (409, TEN)
    assert "Somebody else has that time now" in answer.text


@ON_SQLITE
def test_a_time_that_somebody_takes_first_cannot_be_asked_for(app, bookings):
    page = at_move(app)
    change(app, "short", approval=False)
    at_done(app, ELEVEN, staff="ana")
    change(app, "short", approval=True)
    page.submit(slot=ELEVEN)
    assert (page.status, page.step) == (409, "move")
    assert "Somebody was faster" in alert(page)
    assert page.open(link(page)).pending_move is None


@ON_SQLITE
@pytest.mark.settings(holds_per_visitor=1)
def test_whoever_holds_enough_is_told_so_and_nothing_is_lost(app, bookings):
    page = at_move(app)
    other = at_time(app, staff="ben")
    other.submit(slot=slots(other)[0])
    page.submit(slot=ELEVEN)
    assert (page.status, page.step) == (429, "move")
    assert page.page.select_one(f"[value='{ELEVEN}'][checked]")


@ON_SQLITE
def test_where_the_shop_needs_not_agree_any_more_it_is_moved_and_nothing_is_asked(app, bookings):
    page = asked(app)
    change(app, "short", approval=False)
    page.open(f"{link(page)}/time").submit(slot=NINE)
    assert (start(bookings), page.pending_move) == (NINE, None)
    assert ELEVEN in slots(at_time(app, staff="ana").open("time?day=2026-03-03"))


@ON_SQLITE
def test_a_new_address_is_told_of_what_waits_and_the_link_to_decide_stays_good(app, bookings):
    page = asked(app)
    path = decision(app)
    page.click("Change your details").submit(email="ada@example.org")
    assert page.pending_move
    kinds = {one.kind for one in letters_of(app, to="ada@example.org")}
    assert {"booked", "move_awaiting_approval", "move_not_confirmed"} <= kinds
    assert {one.kind for one in letters_of(app, to=ADA["email"])} == {"address_changed"}
    assert press(app, path, "confirm").status_code == 303
    assert start(bookings) == ELEVEN


@ON_SQLITE
def test_an_appointment_that_is_cancelled_says_so_to_whoever_decides(app, bookings):
    page = asked(app)
    path = decision(app)
    page.submit("form[action$=cancellation]")
    shown = TabClient(app, path)
    assert (shown.booking_state, shown.page.form) == ("cancelled", None)
    assert press(app, path, "confirm", page="<form id=confirm></form>").status_code == 409


@ON_SQLITE
def test_a_link_to_decide_opens_nothing_but_its_own_appointment(app, bookings):
    page = asked(app)
    path = decision(app)
    word = path.rpartition("/")[2]
    other = at_done(app, "2026-03-04T10:00Z", staff="ana")
    reference = other.page.select_one("[data-booking-reference]")["data-booking-reference"]
    for wrong in (
        path.replace(bookings()[0].reference, reference),
        path.replace("/decision/", "/confirmation/"),
        path.replace(word, link(page).rpartition("/")[2]),
        f"/book/appointment/{word}",
    ):
        assert app.test_client().get(wrong).status_code == 404
        assert app.test_client().post(f"{wrong}?do=confirm", headers=BROWSER).status_code in (
            404,
            405,
        )
    with time_machine.travel(bookings()[0].ends_at + timedelta(days=31), tick=False):
        assert app.test_client().get(path).status_code == 410


@ON_SQLITE
@pytest.mark.settings(mail_url="", mail_from="")
def test_without_mail_the_page_says_whom_to_ask(app):
    page = asked(app)
    assert "no letters are sent" in text(page)
    assert "Please call +351 21 000 00 00." in text(page)


@pytest.mark.both_databases
@pytest.mark.parametrize("verb", ["confirm", "decline"])
def test_the_shell_decides_about_what_it_has_seen_and_nobody_changes_that_meanwhile(
    app, monkeypatch, verb
):
    page, seen = asked(app), decisions.waits_for_decision
    data = form_of(app.test_client().get(link(page)).text, "#take-back")
    sent = {"path": f"{link(page)}/time/withdrawal", "data": data, "headers": BROWSER}
    customer = Thread(target=app.test_client().post, kwargs=sent)

    def seen_as_it_is_taken_back(*what):
        waits = seen(*what)
        customer.start()
        customer.join(0.5)
        return waits

    monkeypatch.setattr(decisions, "waits_for_decision", seen_as_it_is_taken_back)
    with app.app_context(), read_transaction(app.extensions["booking"].session) as session:
        reference = session.scalar(select(Booking.reference))
    done = app.test_cli_runner().invoke(args=["booking", verb, reference])
    customer.join()
    assert done.exit_code == 0, done.output


@ON_SQLITE
def test_the_shell_decides_about_it_and_shows_it(app, bookings):
    def tell(*words):
        answer = app.test_cli_runner().invoke(args=["booking", *words])
        assert answer.exit_code == 0, answer.output
        return answer.output

    page, reference = asked(app), bookings()[0].reference
    assert "confirmed, asked for 2026-03-03 11:00-11:30" in tell("list", "--all")
    shown = "2026-03-03 11:00-11:30 with Ana, waits for the shop's approval until 2026-03-03 08:00"
    assert shown in tell("show", reference)
    assert "no appointments not wholly claimed" in tell("doctor")
    told = tell("decline", reference, "--why", "We are full.")
    assert "10:00-10:30 stands as it was. A letter tells the customer." in told
    page.open(f"{link(page)}/time").submit(slot=NINE)
    done = f"{reference} on 2026-03-03 09:00-09:30 is where its customer wished it to be."
    assert f"{done} A letter tells the customer." in tell("confirm", reference)
    assert start(bookings) == NINE
    assert "is confirmed already" in tell("confirm", reference)
    page.open(f"{link(page)}/time").submit(slot=ELEVEN)
    tell("reschedule", reference, "2026-03-03 11:15")
    assert page.refresh().pending_move is None
