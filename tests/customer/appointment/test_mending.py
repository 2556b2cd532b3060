"""Mending name, address, phone and note by the link, with the details step's own checks."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from booking.customer.appointment.presenter import form_mark
from booking.operations.bookings import Customer
from booking.operations.details import mend_details
from booking.operations.pending import lock
from booking.storage.models import Booking
from booking.tab_sessions import write_transaction
from booking.testing import TabClient
from tests.customer.appointment.links import ON_SQLITE, form_of, link_of
from tests.customer.walks import ADA, alert, at_done, slots, text, value

BY_BROWSER = {"Sec-Fetch-Site": "same-origin"}
NEW_PHONE = "+351 911 111 111"
NEW = {"name": "Ada King", "email": "ada.king@example.org"}


def by_the_shop(app, **typed) -> None:
    """Mend the one booking as the desk does."""
    with app.app_context(), write_transaction(app.extensions["booking"].session) as session:
        mended_in(session, session.scalars(select(Booking)).one(), **typed)


def mended_in(session, booking, **typed) -> None:
    customer, before = Customer(**ADA | typed), booking.starts_at - timedelta(hours=1)
    mend_details(session, booking, customer, now=before, renew=lambda *_: "", by="owner")


def at_details(app, **choices) -> TabClient:
    return TabClient(app, f"{link_of(at_done(app, **choices))}/details")


@pytest.mark.both_databases
def test_what_was_mistyped_is_mended_and_the_link_stays(app, bookings):
    page = at_details(app)
    assert page.step == "mend"
    assert [value(page, name) for name in ADA] == [*ADA.values()]
    page.submit(name="Ada King", phone="+351 210 000 001", note="")
    assert page.step == "appointment"
    assert "Your details are changed" in text(page)
    [booking] = bookings()
    assert (booking.customer_name, booking.customer_note) == ("Ada King", "")
    assert booking.customer_phone.replace(" ", "") == "+351210000001"
    assert booking.customer_email == ADA["email"]


@pytest.mark.both_databases
def test_another_address_makes_a_new_link_and_ends_the_earlier_ones(app, bookings):
    done = at_done(app)
    old = link_of(done)
    page = TabClient(app, f"{old}/details").submit(**NEW)
    new = page.url.partition("?")[0]
    assert new != old
    assert "earlier links do not work any more" in text(page)
    assert bookings()[0].customer_email == NEW["email"]
    client = app.test_client()
    assert client.get(new).status_code == 200
    for path in ("", "/time", "/details", "/calendar.ics"):
        assert client.get(old + path).status_code == 404
    for path in ("/cancellation", "/time", "/details"):
        assert client.post(old + path).status_code == 404
    assert link_of(done.refresh()) == new, "the tab that booked it leads there as well"


@pytest.mark.both_databases
@pytest.mark.parametrize("path", ["/cancellation", "/details", "/time"])
def test_a_link_that_ends_while_somebody_uses_it_changes_nothing(app, bookings, path):
    page = TabClient(app, link_of(at_done(app)))
    link, client = page.url, app.test_client()
    asked = client.get(link + path.replace("/cancellation", "")).text
    form = form_of(asked) | {"slot": slots(TabClient(app, f"{link}/time"))[-1]} | NEW

    def use() -> int:
        return client.post(link + path, data=form, headers=BY_BROWSER).status_code

    with app.app_context(), ThreadPoolExecutor(1) as elsewhere:
        sidebook = app.extensions["booking"]
        with write_transaction(sidebook.session) as session:
            booking = session.scalars(select(Booking)).one()
            lock(session, booking)
            used = elsewhere.submit(use)
            time.sleep(0.5)  # it waits for the row, or on SQLite for its turn
            sidebook.links.renew(session, booking)
        assert used.result() == 404
    [booking] = bookings()
    assert (booking.state, booking.changes) == ("confirmed", 0)
    assert booking.customer_email == ADA["email"]


@ON_SQLITE
def test_a_refusal_keeps_all_that_was_typed(app, bookings):
    page = at_details(app)
    page.submit(name="", email="ada@", phone="12", note="By the door")
    assert (page.status, page.step) == (422, "mend")
    assert "Enter your name" in alert(page)
    assert [value(page, name) for name in ("email", "phone", "note")] == [
        "ada@",
        "12",
        "By the door",
    ]
    assert bookings()[0].customer_email == ADA["email"]
    assert page.submit(**NEW, phone="").step == "appointment"


@ON_SQLITE
def test_without_scripts_the_form_does_the_same(app):
    page = at_details(app)
    plain, url, headers = app.test_client(), page.url, {"Origin": "null"}
    refused = plain.post(url, data=page.fields | {"name": ""}, headers=headers)
    assert refused.status_code == 422
    assert "<title>Error: " in refused.text
    answer = plain.post(url, data=form_of(refused.text) | {"name": "Bea"}, headers=headers)
    assert (answer.status_code, answer.location.partition("?")[2]) == (303, "done=mended")


@ON_SQLITE
def test_software_that_sends_a_form_is_asked_once_more_before_anything_is_changed(app, bookings):
    page = at_details(app)
    plain, url = app.test_client(), page.url
    first = plain.post(url, data=page.fields | NEW)
    assert first.status_code == 422
    assert "press the button once more" in first.text
    assert bookings()[0].customer_name == ADA["name"]
    assert form_of(first.text)["name"] == NEW["name"]
    assert plain.post(url, data=form_of(first.text)).status_code == 303
    assert bookings()[0].customer_name == NEW["name"]


@ON_SQLITE
def test_what_is_too_long_or_from_another_site_changes_nothing(app, bookings):
    page = at_details(app)
    for headers, more, status in (
        ({"Sec-Fetch-Site": "cross-site"}, {}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, {"note": "y" * 70_000}, 413),
        ({"Sec-Fetch-Site": "same-origin"}, {"note": "y" * 2_001}, 422),
    ):
        answer = app.test_client().post(page.url, data=page.fields | more, headers=headers)
        assert answer.status_code == status
    assert bookings()[0].customer_note == ADA["note"]


@ON_SQLITE
def test_the_page_asks_nothing_of_the_service_that_was_answered(app, bookings):
    page = at_details(app, service="long", staff="ana")
    assert page.page.select_one("[name=question_first_visit]") is None
    page.submit(name="Bea")
    assert bookings()[0].answers[0]["value"] == "Yes"


@pytest.mark.both_databases
def test_who_presses_twice_reads_that_it_was_done_and_gets_no_new_link(app, bookings):
    page = at_details(app)
    plain, form = app.test_client(), page.fields | NEW
    first, again = (plain.post(page.url, data=form, headers=BY_BROWSER) for _ in range(2))
    assert first.status_code == 303
    new = first.location.partition("?")[0]
    assert plain.get(new).status_code == 200
    assert again.status_code == 200
    assert "Your details are changed" in again.text
    assert "Please ask us for the new one. Please call +351 21 000 00 00." in again.text
    assert new.rpartition("/")[2] not in again.text
    assert NEW["email"] not in again.text
    assert bookings()[0].changes == 1, "once"
    third = plain.post(page.url, data=form | {"email": "c@example.org"}, headers=BY_BROWSER)
    assert third.status_code == 200
    assert bookings()[0].customer_email == NEW["email"]


@ON_SQLITE
def test_a_link_that_never_led_anywhere_or_ended_otherwise_says_nothing(app):
    page = at_details(app)
    old, plain = page.url.removesuffix("/details"), app.test_client()
    with app.app_context(), write_transaction(app.extensions["booking"].session) as session:
        app.extensions["booking"].links.renew(session, session.scalars(select(Booking)).one())
    for link in (old, "/book/appointment/made-up"):
        mark = form_mark(link.rpartition("/")[2], "mend", 1)
        form = page.fields | NEW | {"sure": mark}
        answer = plain.post(f"{link}/details", data=form, headers=BY_BROWSER)
        assert answer.status_code == 404


@ON_SQLITE
@pytest.mark.settings(mail_url="log:", mail_from="shop@shop.example", public_url="http://localhost")
def test_where_letters_are_sent_who_presses_twice_reads_where_the_new_link_is(app):
    page = at_details(app)
    plain, form = app.test_client(), page.fields | NEW
    first, again = (plain.post(page.url, data=form, headers=BY_BROWSER) for _ in range(2))
    assert (first.status_code, again.status_code) == (303, 200)
    assert "The new link is in our letter to the new address." in again.text
    assert "/book/appointment/lost" in again.text
    assert first.location.partition("?")[0].rpartition("/")[2] not in again.text


@ON_SQLITE
def test_two_presses_at_one_moment_change_it_once_and_both_are_told_so(app, bookings):
    page = at_details(app)
    form = page.fields | NEW

    def press(_number) -> int:
        return app.test_client().post(page.url, data=form, headers=BY_BROWSER).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(press, range(4))) == [200, 200, 200, 303]
    assert bookings()[0].changes == 1


@pytest.mark.both_databases
def test_what_the_shop_mended_meanwhile_is_shown_and_not_undone(app, bookings):
    page = at_details(app)
    by_the_shop(app, phone=NEW_PHONE, note="Second floor")
    page.submit(name="Ada King")
    assert (page.status, page.step) == (409, "mend")
    assert "This was changed meanwhile: Phone number, Note." in alert(page)
    assert [value(page, name) for name in ("name", "phone", "note")] == [
        *("Ada King", NEW_PHONE, "Second floor"),
    ]
    assert bookings()[0].customer_name == ADA["name"], "nothing is saved unseen"
    assert page.submit().step == "appointment"
    [booking] = bookings()
    assert (booking.customer_name, booking.customer_phone) == ("Ada King", NEW_PHONE)
    assert (booking.customer_note, booking.changes) == ("Second floor", 0)


@ON_SQLITE
def test_what_both_wrote_is_said_beside_what_was_typed_which_stays(app, bookings):
    page = at_details(app)
    by_the_shop(app, note="Second floor")
    page.submit(note="Third floor")
    assert (page.status, value(page, "note")) == (409, "Third floor")
    assert "Note was changed meanwhile to: Second floor." in alert(page)
    assert bookings()[0].customer_note == "Second floor"
    assert page.submit().step == "appointment"
    assert bookings()[0].customer_note == "Third floor"


@pytest.mark.both_databases
def test_what_the_shop_mends_while_it_is_saved_is_not_lost(app, bookings):
    page = at_details(app)
    form, client = page.fields | {"name": "Ada King"}, app.test_client()

    def save() -> int:
        return client.post(page.url, data=form, headers=BY_BROWSER).status_code

    with app.app_context(), ThreadPoolExecutor(1) as elsewhere:
        with write_transaction(app.extensions["booking"].session) as session:
            booking = session.scalars(select(Booking)).one()
            lock(session, booking)
            saved = elsewhere.submit(save)
            time.sleep(0.5)  # it waits for the row, or on SQLite for its turn
            mended_in(session, booking, phone=NEW_PHONE)
        assert saved.result() == 409
    [booking] = bookings()
    assert (booking.customer_name, booking.customer_phone) == (ADA["name"], NEW_PHONE)


@ON_SQLITE
@pytest.mark.parametrize("headers", [{}, BY_BROWSER], ids=["once more", "mistyped"])
def test_a_page_that_is_shown_again_for_another_reason_undoes_nothing_either(app, headers):
    page = at_details(app)
    by_the_shop(app, phone=NEW_PHONE)
    form = page.fields | ({"name": ""} if headers else {"note": "By the door"})
    answer = app.test_client().post(page.url, data=form, headers=headers)
    assert answer.status_code == 422
    assert form_of(answer.text)["phone"] == NEW_PHONE
    assert "This was changed meanwhile: Phone number." in answer.text


@ON_SQLITE
def test_who_presses_twice_is_not_told_that_it_was_changed_meanwhile(app, bookings):
    page = at_details(app)
    form = page.fields | {"phone": "00351911111111", "note": "One\r\nTwo"}
    for _time in range(2):
        answer = app.test_client().post(page.url, data=form, headers=BY_BROWSER)
        assert answer.status_code == 303
    assert bookings()[0].customer_phone == NEW_PHONE


@ON_SQLITE
def test_a_form_that_says_not_what_it_showed_is_taken_as_it_is(app, bookings):
    page = at_details(app)
    form = page.fields | {"name": "Ada King"}
    del form["was"]
    answer = app.test_client().post(page.url, data=form, headers=BY_BROWSER)
    assert answer.status_code == 303
    assert bookings()[0].customer_name == "Ada King"
