"""What letters bring to calendars: one event from first to last, as whoever gets it should have it.

Each is made of the rows that the verbs really write, and read by two parsers that know nothing of
each other.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from urllib.parse import urlsplit

import ics
import pytest
from icalendar import Calendar
from sqlalchemy import select

from booking.notifications.calendar_file import calendar_file
from booking.notifications.invitations import way_for, way_of
from booking.notifications.letters import Sender, compose
from booking.operations.details import mend_details
from booking.operations.outbox import Outbox
from booking.storage.models import Booking, Shop, letter
from booking.storage.outbox import ABOUT_A_MOVE, Letter
from booking.storage.reads import booking_by_reference
from tests.customer.appointment.test_calendar_file import assert_strict
from tests.fixtures.mail_servers import mail_server
from tests.fixtures.small_shop import CUSTOMER, NOW, at, waiting
from tests.notifications.delivering import app_that_sends, deliver

pytestmark = pytest.mark.usefixtures("post")
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MAIL = Outbox(mail=True)
NINE, TEN, NOON = (at(clock, day=3) for clock in ("09:00", "10:00", "12:00"))
ORGANIZER, LINK = "termine@small.example", "https://small.example/book/appointment/s3cret"
ASA, ANN, BEN = "asa@example.com", "ann+cal@example.com", "ben@example.com"
SHOP, NEW = "shop@example.com", "new@example.com"


@pytest.fixture
def shop(shop):
    set_shop(shop, email=SHOP)
    shop.change("ann", email=ANN)
    shop.change("ben", email=BEN)
    return shop


def set_shop(shop, **values) -> None:
    with shop.writing() as session:
        for name, value in values.items():
            setattr(session.get(Shop, 1), name, value)


def booked(shop, who="ann", start=TEN, **more) -> str:
    return shop.book(None, "cut", who, start, **{"outbox": MAIL, **more})


def rows(shop, *, waiting: bool = True) -> list[Letter]:
    """The letters that wait, or all, in their order."""
    found = select(letter).order_by(letter.c.id)
    with shop.engine.connect() as connection:
        every = [Letter(**row._mapping) for row in connection.execute(found)]
    return [one for one in every if one.state == "waiting" or not waiting]


def letters(shop, *, waiting: bool = True) -> list[tuple[Letter, EmailMessage]]:
    """Each as a message that came over the wire."""
    with shop.reading() as session:
        return [(one, message(session, one)) for one in rows(shop, waiting=waiting)]


def message(session, one: Letter, organizer: str = ORGANIZER) -> EmailMessage:
    sender = Sender(organizer, "Small Shop")
    due = datetime.fromtimestamp(one.due_at, UTC)
    made = compose(session, one, now=due, sender=sender, manage_url=lambda *_: LINK)
    return message_from_bytes(made.as_bytes(policy=policy.SMTPUTF8), policy=policy.default)


def parts(one: EmailMessage) -> list[EmailMessage]:
    kinds = ("text/calendar", "application/ics")
    return [part for part in one.walk() if part.get_content_type() in kinds]


def file_in(one: EmailMessage) -> bytes:
    return parts(one)[-1].get_payload(decode=True)


def calendar_in(one: EmailMessage):
    return Calendar.from_ical(file_in(one))


def event_in(one: EmailMessage):
    [event] = calendar_in(one).walk("VEVENT")
    return event


def brought(one: EmailMessage) -> str | None:
    """The method; "file" for a file without one; None for nothing."""
    return str(calendar_in(one).get("method", "file")) if parts(one) else None


def to(role: str, found: Sequence[tuple[Letter, EmailMessage]]) -> EmailMessage:
    [one] = [each for row, each in found if row.role == role and row.kind != "reminder"]
    return one


# -- change, recipient, kind, method ---------------------------------------------------------------


def move(who: str, start=NINE, by: str = "customer"):
    return lambda shop, reference: shop.move(reference, start, who, by=by, outbox=MAIL)


def cancel(by: str):
    return lambda shop, reference: shop.cancel(reference, by=by, outbox=MAIL)


def change_address(shop, reference) -> None:
    with shop.writing() as session:
        mend_details(
            session,
            booking_by_reference(session, reference),
            replace(CUSTOMER, email=NEW),
            now=NOW,
            renew=lambda *_: "s3cret",
            outbox=MAIL,
        )


REMINDED = ("reminder", ASA, None)
NEW_BOOKING = [
    ("booked", ASA, "REQUEST"),
    ("booked", ANN, "REQUEST"),
    ("booked", SHOP, "file"),
    REMINDED,
]
MOVED = [
    ("moved", ASA, "REQUEST"),
    ("moved", ANN, "REQUEST"),
    ("moved", SHOP, "file"),
    REMINDED,
]
CANCELLED = [
    ("cancelled", ASA, "CANCEL"),
    ("cancelled", ANN, "CANCEL"),
    ("cancelled", SHOP, "file"),
]
CHANGES = {
    "new": (lambda *_: None, NEW_BOOKING),
    "moved by the customer": (move("ann"), MOVED),
    "moved by the shop": (move("ann", by="owner"), MOVED),
    "another person": (
        move("ben", TEN),
        [
            ("moved", ASA, "REQUEST"),
            ("cancelled", ANN, "CANCEL"),
            ("booked", BEN, "REQUEST"),
            ("moved", SHOP, "file"),
            REMINDED,
        ],
    ),
    "another address": (
        change_address,
        [
            # Nobody has begun to send these.
            ("booked", ANN, "REQUEST"),
            ("booked", SHOP, "file"),
            ("booked", NEW, "REQUEST"),
            ("reminder", NEW, None),
            ("address_changed", ASA, "CANCEL"),
        ],
    ),
    "cancelled by the customer": (cancel("customer"), CANCELLED),
    "cancelled by the shop": (cancel("owner"), CANCELLED),
}


@pytest.mark.both_databases
@pytest.mark.parametrize("change", CHANGES)
def test_each_change_brings_each_recipient_its_method(shop, change):
    make, expected = CHANGES[change]
    make(shop, booked(shop))
    found = [(row.kind, row.recipient, brought(one)) for row, one in letters(shop)]
    assert found == expected


def confirm(shop, reference) -> None:
    shop.confirm(reference, outbox=MAIL)


def decline(shop, reference) -> None:
    shop.decline(reference, outbox=MAIL)


ASKED = [
    ("awaiting_approval", ASA, None),
    ("not_confirmed", ASA, None),
    ("to_decide", ANN, None),
    ("not_confirmed", ANN, None),
    ("to_decide", SHOP, None),
    ("not_confirmed", SHOP, None),
]
WHILE_PENDING = {
    "pending and then lapsed": ("approval", lambda *_: None, ASKED),
    "pending and then lapsed, by mail": (
        "mail",
        lambda *_: None,
        [
            ("please_confirm", ASA, None),
            ("not_confirmed", ASA, None),
            ("not_confirmed", SHOP, None),
        ],
    ),
    "confirmed": ("approval", confirm, NEW_BOOKING),
    "confirmed by mail": ("mail", confirm, NEW_BOOKING),
    "declined": ("approval", decline, [("declined", ASA, None)]),
    "cancelled by its customer": (
        "approval",
        cancel("customer"),
        [("cancelled", ASA, None), ("cancelled", ANN, None), ("cancelled", SHOP, None)],
    ),
}


def ask(shop, reference) -> None:
    shop.ask_to_move(reference, NOON, outbox=MAIL)
    leave(shop)


def leave(shop) -> None:
    """Let all letters that are due have left."""
    with shop.engine.begin() as connection:
        due = letter.c.due_at <= int(NOW.timestamp())
        connection.execute(letter.update().where(due).values(state="sent", tries=1))


def asked_and(verb: str):
    def change(shop, reference) -> None:
        ask(shop, reference)
        getattr(shop, verb)(reference, outbox=MAIL)

    return change


ASKED_TO_MOVE = {
    "asked, before anybody decides": (
        lambda shop, reference: shop.ask_to_move(reference, NOON, outbox=MAIL),
        [
            REMINDED,
            ("move_awaiting_approval", ASA, None),
            ("move_not_confirmed", ASA, None),
            ("move_to_decide", ANN, None),
            ("move_not_confirmed", ANN, None),
            ("move_to_decide", SHOP, None),
            ("move_not_confirmed", SHOP, None),
        ],
    ),
    "asked and then lapsed": (
        ask,
        [REMINDED, *(("move_not_confirmed", whom, None) for whom in (ASA, ANN, SHOP))],
    ),
    "asked and given": (asked_and("approve_move"), MOVED),
    "asked and declined": (
        asked_and("decline_move"),
        [REMINDED, ("move_declined", ASA, None)],
    ),
    "asked and taken back": (
        asked_and("take_move_back"),
        [REMINDED, ("move_taken_back", SHOP, None), ("move_taken_back", ANN, None)],
    ),
    "asked and cancelled": (asked_and("cancel"), CANCELLED),
}


@pytest.mark.both_databases
@pytest.mark.parametrize("change", ASKED_TO_MOVE)
def test_until_another_time_is_given_calendars_and_reminders_stay_with_the_old_one(shop, change):
    make, expected = ASKED_TO_MOVE[change]
    shop.change("cut", approval=True)
    reference = booked(shop)
    leave(shop)
    make(shop, reference)
    with shop.reading() as session:
        business = session.get(Shop, 1)
        ways = [(one, way_for(one, business, organizer=ORGANIZER)) for one in rows(shop)]
        changes = booking_by_reference(session, reference).changes
    assert [(one.kind, one.recipient, way) for one, way in ways] == expected
    is_changed = change in ("asked and given", "asked and cancelled")
    assert changes == is_changed, "SEQUENCE goes up once, and only by what calendars are to hear of"
    assert {one.sequence for one, way in ways if way} <= {1}


@pytest.mark.both_databases
@pytest.mark.parametrize("change", WHILE_PENDING)
def test_what_waits_is_in_no_calendar_before_it_is_confirmed(shop, change):
    kind, make, expected = WHILE_PENDING[change]
    make(shop, booked(shop, pending=waiting(30, kind)))
    with shop.reading() as session:
        business = session.get(Shop, 1)
        ways = [(one, way_for(one, business, organizer=ORGANIZER)) for one in rows(shop)]
    assert [(one.kind, one.recipient, way) for one, way in ways] == expected


@pytest.mark.parametrize(
    "kind",
    [
        *("reminder", "please_confirm", "awaiting_approval", "to_decide", "not_confirmed"),
        *("declined", "tomorrow", "lost_link", "confirm_address", *ABOUT_A_MOVE),
    ],
)
def test_a_letter_about_anything_else_brings_nothing(kind):
    assert [way_of(kind, role) for role in ("customer", "staff", "shop")] == [None] * 3


@pytest.mark.parametrize("kind", ["booked", "moved", "cancelled"])
def test_of_what_was_never_confirmed_no_calendar_hears(kind):
    for role in ("customer", "staff", "shop"):
        assert way_of(kind, role, was_confirmed=False) is None


@on_sqlite
def test_an_address_that_is_left_is_called_off_and_undoes_no_invitation_of_the_new_one(shop):
    change_address(shop, booked(shop))
    by_recipient = {row.recipient: one for row, one in letters(shop) if row.kind != "reminder"}
    old, new = by_recipient[ASA], by_recipient[NEW]
    assert (brought(old), brought(new)) == ("CANCEL", "REQUEST")
    assert event_in(old)["uid"] == event_in(new)["uid"]
    assert event_in(old)["sequence"] < event_in(new)["sequence"]
    assert b"s3cret" not in file_in(old)
    assert NEW.encode() not in file_in(old)
    set_shop(shop, mail={"invitation": "file", "reminders": []})
    assert [brought(one) for row, one in letters(shop) if row.recipient == ASA] == [None]


@on_sqlite
def test_a_shop_that_wishes_for_files_sends_them_to_customers_and_still_invites_its_staff(shop):
    set_shop(shop, mail={"invitation": "file", "reminders": []})
    reference = booked(shop)
    assert [brought(one) for _, one in letters(shop)] == ["file", "REQUEST", "file"]
    shop.cancel(reference, outbox=MAIL)
    assert [brought(one) for _, one in letters(shop)] == ["file", "CANCEL", "file"]
    assert event_in(to("customer", letters(shop)))["status"] == "CANCELLED"


@on_sqlite
@pytest.mark.parametrize("role", ["customer", "staff", "shop"])
def test_nobody_is_invited_by_himself(shop, role):
    booked(shop)
    with shop.reading() as session:
        [row] = [row for row, _ in letters(shop) if (row.kind, row.role) == ("booked", role)]
        written = replace(row, recipient=row.recipient.title())
        made = message(session, written, organizer=row.recipient.upper())
    assert brought(made) == "file"


@on_sqlite
def test_an_address_is_the_same_in_the_letters_of_mail_servers(shop):
    shop.change("ann", email="ann@müller.example")
    booked(shop)
    [row] = [row for row in rows(shop) if row.role == "staff"]
    with shop.reading() as session:
        shop_row = session.get(Shop, 1)
        assert way_for(row, shop_row, organizer="Ann@xn--mller-kva.example") == "file"
        assert way_for(row, shop_row, organizer="ben@xn--mller-kva.example") == "REQUEST"


@on_sqlite
def test_who_reads_like_the_sender_is_invited_all_the_same(shop):
    shop.change("ann", email="ann@straße.example")
    booked(shop)
    [row] = [row for row in rows(shop) if row.role == "staff"]
    with shop.reading() as session:
        shop_row = session.get(Shop, 1)
        assert way_for(row, shop_row, organizer="ann@strasse.example") == "REQUEST"
        assert way_for(row, shop_row, organizer="ANN@xn--strae-oqa.example") == "file"


# -- as mail ---------------------------------------------------------------------------------------


def structure(part: EmailMessage) -> list:
    inner = [structure(each) for each in part.iter_parts()] if part.is_multipart() else []
    return [part.get_content_type(), *inner]


TEXTS = ["multipart/alternative", ["text/plain"], ["text/html"]]


@on_sqlite
@pytest.mark.parametrize(
    ("make", "method"), [(move("ann"), "REQUEST"), (cancel("owner"), "CANCEL")]
)
def test_an_invitation_is_the_last_alternative_and_attached_as_the_same_bytes(shop, make, method):
    make(shop, booked(shop))
    for role in ("customer", "staff"):
        one = to(role, letters(shop))
        assert structure(one) == [
            "multipart/mixed",
            [*TEXTS, ["text/calendar"]],
            ["application/ics"],
        ]
        shown, attached = parts(one)
        assert dict(shown["content-type"].params) == {"method": method, "charset": "utf-8"}
        assert (shown.get_filename(), shown.is_attachment()) == (None, False)
        assert (attached.get_filename(), attached.is_attachment()) == ("invite.ics", True)
        assert attached["content-type"].params["name"] == "invite.ics"
        assert shown.get_payload(decode=True) == attached.get_payload(decode=True)
        assert brought(one) == method


@on_sqlite
def test_a_file_is_attached_and_invites_nobody(shop):
    set_shop(shop, mail={"invitation": "file"})
    booked(shop)
    one = to("customer", letters(shop))
    assert structure(one) == ["multipart/mixed", TEXTS, ["text/calendar"]]
    [attached] = parts(one)
    assert (attached.get_filename(), attached.is_attachment()) == ("invite.ics", True)
    assert "method" not in attached["content-type"].params
    assert not {"organizer", "attendee"} & {name.lower() for name in event_in(one)}
    assert "method" not in calendar_in(one)


@on_sqlite
def test_what_brings_nothing_is_left_as_it_was(shop):
    booked(shop)
    [reminder] = [one for row, one in letters(shop) if row.kind == "reminder"]
    assert structure(reminder) == TEXTS


# -- one event -------------------------------------------------------------------------------------


def history(shop) -> list[EmailMessage]:
    """What the customer is sent of a booking that is moved twice and cancelled."""
    reference, at_last = booked(shop), []
    at_last.append(to("customer", letters(shop)))
    for start, minutes in ((NINE, 1), (NOON, 2)):
        shop.move(reference, start, now=NOW + timedelta(minutes=minutes), outbox=MAIL)
        at_last.append(to("customer", letters(shop)))
    shop.cancel(reference, now=NOW + timedelta(minutes=3), outbox=MAIL)
    return [*at_last, to("customer", letters(shop))]


@pytest.mark.both_databases
def test_booked_moved_moved_cancelled_is_one_event_whose_sequence_never_falls(shop):
    events = [event_in(one) for one in history(shop)]
    with shop.reading() as session:
        [booking] = session.scalars(select(Booking))
    assert {str(event["uid"]) for event in events} == {booking.calendar_uid}
    assert [event["sequence"] for event in events] == [0, 1, 2, 3]
    assert [event.decoded("dtstart") for event in events] == [TEN, NINE, NOON, NOON]
    assert [str(event["status"]) for event in events] == [*["CONFIRMED"] * 3, "CANCELLED"]
    stamps = [event.decoded("dtstamp") for event in events]
    assert stamps == [NOW + timedelta(minutes=minutes) for minutes in range(4)]


@on_sqlite
def test_another_parser_reads_the_same_event(shop):
    for one in history(shop):
        [read] = ics.Calendar(file_in(one).decode()).events
        event = event_in(one)
        assert (read.uid, read.name) == (event["uid"], event["summary"])
        assert (read.begin.datetime, read.end.datetime) == (
            event.decoded("dtstart"),
            event.decoded("dtend"),
        )
        assert (read.status, read.organizer.email) == (event["status"], ORGANIZER)
        assert [each.email for each in read.attendees] == [ASA]


@on_sqlite
def test_page_and_letter_agree(shop):
    reference = booked(shop)
    shop.move(reference, NINE, outbox=MAIL)
    letter_says = event_in(to("customer", letters(shop)))
    with shop.reading() as session:
        booking = booking_by_reference(session, reference)
        page = calendar_file(booking, session.get(Shop, 1), url=LINK, now=NOW)
    [page_says] = Calendar.from_ical(page).walk("VEVENT")
    own = {"ORGANIZER", "ATTENDEE", "DTSTAMP"}
    assert set(page_says) >= {"UID", "SEQUENCE", "DTSTART", "DTEND", "URL", "LAST-MODIFIED"}
    assert {name: page_says[name] for name in set(page_says) - own} == {
        name: letter_says[name] for name in set(letter_says) - own
    }


@on_sqlite
def test_every_try_sends_the_same_bytes_whatever_has_changed_meanwhile(shop):
    reference = booked(shop)
    first = [file_in(one) for row, one in letters(shop) if row.kind == "booked"]
    shop.move(reference, NINE, "ben", outbox=Outbox())
    again = letters(shop, waiting=False)
    assert [file_in(one) for row, one in again if row.kind == "booked"] == first


@on_sqlite
def test_a_booking_of_before_keeps_the_name_that_its_files_had(shop):
    reference = booked(shop)
    [row] = [row for row, _ in letters(shop) if (row.kind, row.role) == ("booked", "customer")]
    with shop.writing() as session:
        booking_by_reference(session, reference).calendar_uid = None
    with shop.reading() as session:
        assert event_in(message(session, row))["uid"] == f"{reference}@small.example"


@on_sqlite
def test_whoever_loses_an_appointment_is_told_of_the_time_that_was_theirs(shop):
    shop.move(booked(shop), NINE, "ben", outbox=MAIL)
    lost, won = (event_in(one) for row, one in letters(shop) if row.role == "staff")
    assert (lost["uid"], lost["sequence"]) == (won["uid"], won["sequence"])
    assert (lost.decoded("dtstart"), won.decoded("dtstart")) == (TEN, NINE)
    assert ("With Ann" in lost["description"], "With Ben" in won["description"]) == (True, True)
    assert (lost["status"], won["status"]) == ("CANCELLED", "CONFIRMED")


# -- who is named, and what is kept back -----------------------------------------------------------


@on_sqlite
def test_whoever_is_invited_has_accepted_and_nobody_waits_for_an_answer(shop):
    booked(shop)
    for role, address, name in (("customer", ASA, None), ("staff", ANN, "Ann")):
        event = event_in(to(role, letters(shop)))
        assert event["organizer"] == f"mailto:{ORGANIZER}"
        assert event["organizer"].params["CN"] == "Small Shop"
        assert event["attendee"] == f"mailto:{address}"
        asked = dict(event["attendee"].params)
        assert asked.pop("CN", None) == name
        assert asked == {"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"}


@on_sqlite
def test_the_link_is_in_the_customers_file_alone_and_not_where_the_shop_keeps_it_out(shop):
    booked(shop)
    assert event_in(to("customer", letters(shop)))["url"] == LINK
    for role in ("staff", "shop"):
        assert b"s3cret" not in file_in(to(role, letters(shop)))
    set_shop(shop, mail={"link_in_invitation": False})
    kept_out = to("customer", letters(shop))
    assert b"s3cret" not in file_in(kept_out)
    assert event_in(kept_out)["description"].startswith("With Ann. Reference ")


@on_sqlite
def test_a_visitors_words_are_quoted_to_the_staff_and_stand_nowhere_else(shop):
    typed = 'Win "big”,\nnow; at https://evil.example ' + "x" * 90
    reference = booked(shop)
    with shop.writing() as session:
        booking = booking_by_reference(session, reference)
        booking.customer_name, booking.customer_note = typed, "Call me"
        booking.customer_phone = "+351 912 345 678"
    assert "evil" not in str(event_in(to("customer", letters(shop))))
    event = event_in(to("staff", letters(shop)))
    said = event.pop("description").splitlines()
    assert len(said) == 2
    assert said[1].startswith("Customer: “Win 'big', now; at https: / /evil. example xx")
    assert said[1].endswith("x…”")
    assert not [word for word in ("Call me", "912", ASA) if word in "".join(said)]
    assert "evil" not in str(event)


@on_sqlite
def test_whatever_things_are_called_the_file_keeps_to_the_letters_that_are_allowed(shop):
    awkward = 'A "Quoted", name; with\\ all: 李\x07 \N{HAIRCUT} ' + "ä" * 80
    kept = awkward.replace("\x07", "")
    set_shop(shop, name=awkward, address=f"{awkward}\r\nsecond line")
    shop.change("cut", name=awkward)
    shop.change("ann", name=awkward, email="jörg@müller.de")
    booked(shop)
    for role in ("customer", "staff"):
        one = to(role, letters(shop))
        assert_strict(file_in(one))
        event = event_in(one)
        assert event["summary"] == f"{kept}, {kept}"
        assert event["location"] == f"{kept}\nsecond line"
        assert event["organizer"].params["CN"] == kept.replace('"', "'")
    assert event["attendee"] == "mailto:j%C3%B6rg@m%C3%BCller.de"
    assert event["attendee"].params["CN"] == kept.replace('"', "'")


@on_sqlite
@pytest.mark.parametrize(("place", "said"), [("", None), ("Video call", "Video call")])
def test_online_is_not_at_the_shop(shop, place, said):
    set_shop(shop, address="1 Main Street")
    shop.change("cut", is_online=True, place=place)
    booked(shop)
    assert event_in(to("customer", letters(shop))).get("location") == said


# -- over the wire ---------------------------------------------------------------------------------


@on_sqlite
def test_over_real_smtp_the_letter_and_its_links_page_hand_out_the_same_event(shop):
    booked(shop)
    with mail_server() as server, app_that_sends(shop, server.url) as app:
        deliver(app)
        came = {one.recipient: one.message for one in server.received}
        assert {who: brought(one) for who, one in came.items()} == {
            ASA: "REQUEST",
            ANN: "REQUEST",
            SHOP: "file",
        }
        invited = event_in(came[ASA])
        page = app.test_client().get(f"{urlsplit(invited['url']).path}/calendar.ics")
        assert page.status_code == 200
        [taken] = Calendar.from_ical(page.data).walk("VEVENT")
    assert_strict(file_in(came[ASA]))
    assert invited["organizer"] == taken["organizer"] == "mailto:letters@shop.example"
    assert "attendee" not in taken
    for name in ("uid", "sequence", "dtstart", "dtend", "summary", "url", "description"):
        assert invited[name] == taken[name]
