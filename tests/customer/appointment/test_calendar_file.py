"""The calendar file: one event for ever, which every calendar reads as it is meant."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from icalendar import Calendar
from sqlalchemy import update

from booking import create_app
from booking.notifications.calendar_file import calendar_file
from booking.operations.bookings import reschedule
from booking.storage.models import Booking, Service, Shop, StaffMember
from booking.tab_sessions import write_transaction
from booking.testing import TabClient
from tests.customer.appointment.links import link_of
from tests.customer.walks import at_done

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def file_of(app, link, host="localhost"):
    answer = app.test_client().get(f"{link}/calendar.ics", base_url=f"https://{host}")
    assert answer.status_code == 200
    return answer


def event_of(app, link, host="localhost"):
    [event] = Calendar.from_ical(file_of(app, link, host).data).walk("VEVENT")
    return event


def change(app, **values):
    with app.app_context(), write_transaction(app.extensions["booking"].session) as session:
        session.execute(update(Booking).values(**values))


@on_sqlite
def test_whatever_host_is_asked_and_whatever_is_changed_it_is_one_event(app, bookings):
    link = link_of(at_done(app))
    first = event_of(app, link, "shop.example")
    with app.app_context(), write_transaction(app.extensions["booking"].session) as session:
        booking = session.get(Booking, bookings()[0].id)
        later = booking.starts_at + timedelta(minutes=30)
        staff, now = [booking.staff_member], booking.created_at
        reschedule(session, booking, staff=staff, start=later, now=now, by="owner")
    moved = event_of(app, link, "www.shop.example")
    TabClient(app, link).submit()
    gone = event_of(app, link, "moved.example:8080")
    assert first["uid"] == moved["uid"] == gone["uid"] == bookings()[0].calendar_uid
    assert [event["sequence"] for event in (first, moved, gone)] == [0, 1, 2]
    assert (first.decoded("dtstart"), gone["status"]) == (
        later - timedelta(minutes=30),
        "CANCELLED",
    )


@on_sqlite
def test_no_two_bookings_are_the_same_event(app, bookings):
    at_done(app, service="short", staff="ana")
    at_done(app, service="short", staff="ben")
    assert len({booking.calendar_uid for booking in bookings()}) == 2


@on_sqlite
def test_a_file_of_before_is_still_replaced_and_keeps_its_name_once_it_was_written_down(
    app, bookings
):
    link = link_of(at_done(app))
    change(app, calendar_uid=None)
    before = f"{bookings()[0].reference}@shop.example"
    assert event_of(app, link, "shop.example")["uid"] == before
    TabClient(app, link).submit()  # at localhost
    assert event_of(app, link, "shop.example")["uid"] == f"{bookings()[0].reference}@localhost"


@on_sqlite
def test_init_writes_down_what_files_of_before_were_taken_from(app, bookings, database_url):
    link = link_of(at_done(app))
    change(app, calendar_uid=None)
    command = app.test_cli_runner().invoke
    assert "run flask booking init" in command(args=["booking", "doctor"]).output
    assert command(args=["booking", "init"]).exit_code == 0
    assert bookings()[0].calendar_uid is None, "nobody has said which address that is"
    public = {"BOOKING_PUBLIC_URL": "https://shop.example:8443/mounted"}
    named = create_app({"BOOKING_DATABASE_URL": database_url} | public)
    assert named.test_cli_runner().invoke(args=["booking", "init"]).exit_code == 0
    assert event_of(app, link)["uid"] == f"{bookings()[0].reference}@shop.example"
    assert "by one name" in command(args=["booking", "doctor"]).output


@on_sqlite
def test_it_is_published_by_the_shop_and_says_when_it_was_made_and_changed(app, bookings):
    link = link_of(at_done(app))
    made = bookings()[0].created_at.replace(microsecond=0)
    with time_machine.travel(made + timedelta(minutes=1), tick=False):
        TabClient(app, link).submit()
    with time_machine.travel(made + timedelta(minutes=2), tick=False):
        answer = file_of(app, link)
    calendar = Calendar.from_ical(answer.data)
    [event] = calendar.walk("VEVENT")
    assert (calendar["method"], calendar["version"]) == ("PUBLISH", "2.0")
    assert answer.content_type == "text/calendar; charset=utf-8; method=PUBLISH"
    assert event["organizer"] == "mailto:shop@example.com"
    assert event["organizer"].params["CN"] == "Test Shop"
    times = [event.decoded(name) for name in ("created", "last-modified", "dtstamp")]
    assert times == [made, made + timedelta(minutes=1), made + timedelta(minutes=2)]
    assert "attendee" not in event


@on_sqlite
@pytest.mark.settings(mail_from="Test Shop <termine@shop.example>")
def test_where_letters_invite_it_is_published_by_whoever_invites(app):
    assert event_of(app, link_of(at_done(app)))["organizer"] == "mailto:termine@shop.example"


@pytest.mark.parametrize(
    ("email", "address"),
    [
        ("jörg@müller.de", "mailto:j%C3%B6rg@m%C3%BCller.de"),
        ("a&b=c?d@example.com", "mailto:a%26b%3Dc%3Fd@example.com"),
        ("", "https://shop.example/"),
    ],
)
def test_whatever_a_shop_is_called_the_file_says_it_in_the_letters_that_are_allowed(email, address):
    awkward = 'A "Quoted", name; with\\ all: 李\x07\u0085 \N{HAIRCUT} ' + "ä" * 80
    file = calendar_file(
        booking_of(awkward), shop_of(awkward, email), url="https://shop.example/book/x/y", now=NOW
    )
    assert_strict(file)
    [event] = Calendar.from_ical(file).walk("VEVENT")
    kept = awkward.replace("\x07", "").replace("\u0085", "")
    assert event["summary"] == f"{kept}, {kept}"
    assert event["location"] == f"{kept}\nsecond line\nthird"
    assert event["description"].startswith(f"With {kept}. Reference ABC.\nSee, move or cancel")
    assert event["organizer"] == address
    assert event["organizer"].params["CN"] == kept.replace('"', "'")


def assert_strict(file: bytes) -> None:
    """Lines as RFC 5545 wants them: 75 octets at most, CRLF, whole characters, no controls."""
    *lines, last = file.split(b"\r\n")
    assert last == b""
    assert max(map(len, lines)) <= 75
    for line in lines:
        text = line.decode()  # no character is cut in two
        assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]", text)
        assert re.match(r"[ \t]|[A-Z-]+[;:]", text)


def booking_of(name) -> Booking:
    return Booking(
        reference="ABC",
        state="confirmed",
        calendar_uid="5c1d",
        starts_at=NOW,
        ends_at=NOW + timedelta(hours=1),
        created_at=NOW,
        changes=0,
        service=Service(name=name, place=""),
        staff_member=StaffMember(name=name),
    )


def shop_of(name, email) -> Shop:
    return Shop(name=name, email=email, address=f"{name}\r\nsecond line\nthird", zone="UTC")
