"""The manage link: who has it sees, keeps and cancels the appointment; nobody else does."""

from datetime import timedelta

import pytest
import time_machine
from icalendar import Calendar
from sqlalchemy import update

from booking.customer.appointment.presenter import form_mark
from booking.storage.models import Booking
from booking.testing import TabClient
from tests.commands.shell import execute
from tests.customer.appointment.links import ON_SQLITE, form_of, link_of
from tests.customer.walks import at_done, at_time, first_slot, slots, text


def event_at(app, path):
    answer = app.test_client().get(path)
    assert answer.status_code == 200
    return answer, Calendar.from_ical(answer.data)


def test_the_link_shows_the_appointment(app, bookings):
    tab = at_done(app, service="short", staff="ana")
    page = TabClient(app, link_of(tab))
    assert page.status == 200
    for words in (bookings()[0].reference, "Short visit", "Ana", "1 Test Street"):
        assert words in text(page)


def test_the_link_is_the_same_after_a_refresh_and_only_its_hash_is_stored(app, bookings):
    tab = at_done(app)
    link = link_of(tab)
    assert link_of(tab.refresh()) == link
    token = link.rpartition("/")[2]
    assert len(token) == 43
    assert token.encode() not in bookings()[0].manage_token_hash
    assert len(bookings()[0].manage_token_hash) == 32


@pytest.mark.both_databases
def test_cancelling_lets_the_time_go_and_cannot_be_done_twice_over(app, bookings, rows):
    tab = at_time(app, service="short", staff="ana")
    slot = first_slot(tab)
    done = at_done(app, slot, service="short", staff="ana")
    page = TabClient(app, link_of(done))
    page.submit()
    assert (page.status, page.url) == (200, link_of(done))
    assert "This appointment is cancelled" in text(page)
    assert page.page.select_one("form") is None
    assert (bookings()[0].state, bookings()[0].cancelled_by) == ("cancelled", "customer")
    assert rows()["claims"] == 0
    again = app.test_client().post(link_of(done) + "/cancellation")
    assert again.status_code == 303
    assert slot in slots(tab.open(f"time?day={slot[:10]}"))


@pytest.mark.parametrize("state", ["completed", "no_show"])
def test_who_came_or_did_not_sees_an_appointment_that_was_and_no_cancelled_one(app, state):
    link = link_of(at_done(app))
    execute(app, update(Booking).values(state=state))
    page = TabClient(app, link)
    assert page.status == 200
    assert page.page.select_one(".sb-appointment-void") is None
    assert page.page.select_one("form") is None
    assert "cancelled" not in text(page)


def test_an_appointment_that_has_begun_cannot_be_cancelled(app, bookings):
    link = link_of(at_done(app))
    start = bookings()[0].starts_at
    with time_machine.travel(start + timedelta(minutes=1), tick=False):
        page = TabClient(app, link)
        assert page.page.select_one("form") is None
        answer = app.test_client().post(link + "/cancellation")
    assert answer.status_code == 409
    assert "cannot be cancelled" in answer.text
    assert bookings()[0].state == "confirmed"


def test_a_wrong_link_is_404_and_says_nothing(app):
    at_done(app)
    client = app.test_client()
    for token in ("x", "A" * 43, "%00", "é" * 43, "9" * 5000):
        link = f"/book/appointment/{token}"
        asked = (client.get(link), client.get(f"{link}/calendar.ics"))
        for answer in (*asked, client.post(f"{link}/cancellation")):
            assert answer.status_code == 404
            assert "There is no such page" in answer.text
            assert "Ada" not in answer.text


def test_the_calendar_file_opens_at_the_right_instant(app, bookings):
    tab = at_done(app, service="long", staff="ana", time_zone="Asia/Tokyo")
    link = tab.page.select_one("a[download]")["href"]
    answer, calendar = event_at(app, link)
    [booking], [event] = bookings(), calendar.walk("VEVENT")
    assert answer.content_type.startswith("text/calendar")
    assert f"appointment-{booking.reference}.ics" in answer.headers["Content-Disposition"]
    assert calendar["method"] == "PUBLISH"
    assert event.decoded("dtstart") == booking.starts_at
    assert event.decoded("dtend") == booking.starts_at + timedelta(hours=1)
    assert event["dtstart"].to_ical().endswith(b"Z")
    assert event["summary"] == "Long visit, Test Shop"
    assert event["location"] == "1 Test Street"
    assert (event["status"], event["sequence"]) == ("CONFIRMED", 0)


def test_a_cancelled_appointment_offers_its_file_to_calendars_that_have_it(app):
    done = at_done(app)
    page = TabClient(app, link_of(done))
    page.submit()
    for shown in (page, done.refresh()):
        link = shown.page.select_one("a[download]")["href"]
        [event] = event_at(app, link)[1].walk("VEVENT")
        assert event["status"] == "CANCELLED"
    assert "was cancelled" in text(done)


def test_the_address_of_the_cancellation_leads_to_the_appointment(app, bookings):
    link = link_of(at_done(app))
    for method in ("GET", "HEAD"):
        answer = app.test_client().open(f"{link}/cancellation", method=method)
        assert (answer.status_code, answer.location) == (303, link)
        assert answer.headers["Cache-Control"] == "no-store"
    assert bookings()[0].state == "confirmed"


def test_another_site_cannot_cancel_even_with_the_link(app, bookings):
    link = link_of(at_done(app))
    for headers, body, status in (
        ({"Sec-Fetch-Site": "cross-site"}, {}, 403),
        ({"Origin": "https://evil.example"}, {}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, {"x": "y" * 9000}, 413),
    ):
        answer = app.test_client().post(f"{link}/cancellation", data=body, headers=headers)
        assert answer.status_code == status
        assert bookings()[0].state == "confirmed"


@ON_SQLITE
def test_software_that_sends_a_form_is_asked_once_more_before_it_cancels(app, bookings):
    """It sends neither Origin nor Sec-Fetch-Site, which every browser sends with a form."""
    link, plain = link_of(at_done(app)), app.test_client()
    cancel = f"{link}/cancellation"
    bare = plain.post(cancel)
    first = plain.post(cancel, data=form_of(plain.get(link).text))
    for answer in (bare, first):
        assert answer.status_code == 422
        assert "press the button once more" in answer.text
        assert bookings()[0].state == "confirmed"
    assert plain.post(cancel, data=form_of(first.text)).status_code == 303
    assert bookings()[0].state == "cancelled"


@ON_SQLITE
def test_a_page_that_tells_nobody_its_address_can_still_cancel(app):
    """Over plain http a browser then sends "Origin: null", and nothing else of where it was."""
    link, client = link_of(at_done(app)), app.test_client()
    cancel, form = f"{link}/cancellation", form_of(client.get(link).text)
    hidden = {"Origin": "null"}
    elsewhere = hidden | {"Sec-Fetch-Site": "cross-site"}
    assert client.post(cancel, headers=hidden).status_code == 422
    assert client.post(cancel, data=form, headers=elsewhere).status_code == 403
    assert client.post(cancel, data=form, headers=hidden).status_code == 303


@ON_SQLITE
def test_the_mark_of_one_appointment_cancels_no_other(app, bookings):
    link, client = link_of(at_done(app)), app.test_client()
    for token in ("A" * 43, link.rpartition("/")[2]):
        sent = {"sure": form_mark(token, "cancel", 1)}
        answer = client.post(
            f"{link}/cancellation", data=sent, headers={"Sec-Fetch-Site": "same-origin"}
        )
        assert answer.status_code == (422 if token == "A" * 43 else 303)
        assert bookings()[0].state == ("confirmed" if token == "A" * 43 else "cancelled")


@ON_SQLITE
def test_a_month_after_the_appointment_its_link_shows_nothing_personal(app, bookings):
    link, ends = link_of(at_done(app)), bookings()[0].ends_at
    asked = [("get", link), ("get", f"{link}/calendar.ics"), ("post", f"{link}/cancellation")]
    for days, status in ((29, 200), (31, 410)):
        with time_machine.travel(ends + timedelta(days=days), tick=False):
            answers = [getattr(app.test_client(), verb)(path) for verb, path in asked]
        assert [answer.status_code for answer in answers[:2]] == [status] * 2
    assert answers[2].status_code == 410
    for answer in answers:
        assert "long over" in answer.text
        assert "Ada" not in answer.text
        assert "ada@example.com" not in answer.text
        assert bookings()[0].reference not in answer.text


@ON_SQLITE
def test_no_page_is_told_the_address_of_a_manage_link(app):
    link, client = link_of(at_done(app)), app.test_client()
    told = [
        client.get(link),
        client.get(f"{link}/calendar.ics"),
        client.post(f"{link}/cancellation"),
        client.post(f"{link}/cancellation", headers={"Sec-Fetch-Site": "cross-site"}),
        client.post(f"{link}/cancellation", data={"x": "y" * 9000}),
        client.post(
            f"{link}/cancellation",
            data=form_of(client.get(link).text),
            headers={"Sec-Fetch-Site": "same-origin"},
        ),
        client.get(f"{link}/nothing"),
        client.get(f"{link}x"),
        client.delete(link),
    ]
    statuses = [answer.status_code for answer in told]
    assert statuses == [200, 200, 422, 403, 413, 303, 404, 404, 404]
    assert {answer.headers["Referrer-Policy"] for answer in told} == {"no-referrer"}
    # Where a host's Talisman wins with the header, the page itself still says so.
    assert '<meta name="referrer" content="no-referrer">' in told[0].text


@pytest.mark.both_databases
def test_a_reason_is_kept_and_shown_as_it_was_written(app, bookings):
    page = TabClient(app, link_of(at_done(app)))
    page.submit(words="  I am ill.\r\n<b>Sorry</b>! ")
    assert bookings()[0].cancel_reason == "I am ill.\n<b>Sorry</b>!"
    assert "You wrote: I am ill.\n<b>Sorry</b>!" in text(page)


@ON_SQLITE
def test_a_reason_is_cut_and_kept_while_it_is_asked_once_more(app, bookings):
    link, plain = link_of(at_done(app)), app.test_client()
    words = {"words": "\N{ANATOMICAL HEART}" * 600}
    first = plain.post(f"{link}/cancellation", data=form_of(plain.get(link).text) | words)
    assert first.status_code == 422
    form = form_of(first.text)
    assert form["words"] == "\N{ANATOMICAL HEART}" * 500
    assert plain.post(f"{link}/cancellation", data=form).status_code == 303
    assert bookings()[0].cancel_reason == form["words"]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("typed", "kept"),
    [("Ill\x00 \x1b[31m.", "Ill [31m."), ("Z" + "\u0301" * 40, "")],
)
def test_a_reason_holds_nothing_that_cannot_be_printed(app, bookings, typed, kept):
    link, client = link_of(at_done(app)), app.test_client()
    form = form_of(client.get(link).text) | {"words": typed}
    answer = client.post(
        f"{link}/cancellation", data=form, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert answer.status_code == 303
    assert bookings()[0].cancel_reason == kept
