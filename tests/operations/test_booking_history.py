"""What became of a booking is written down once, by whatever door it came, and can be erased."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from booking.operations.attendance import note_attendance
from booking.operations.bookings import Customer
from booking.operations.details import mend_details
from booking.operations.history import SHELL, entries_of
from booking.operations.notes import write_note
from booking.operations.outbox import Outbox
from booking.operations.owners import let_go, record_taken
from booking.operations.purge import purge_pending, purge_pending_moves
from booking.operations.requests import (
    AppointmentCancelled,
    AppointmentPast,
    AppointmentPending,
    Attendance,
    NotYet,
)
from booking.storage.history import erase_history, newest_history, notes_of
from booking.storage.holds import HoldFilter
from booking.storage.models import Service, history, letter, note
from booking.storage.reads import booking_by_reference
from tests.fixtures.small_shop import CUSTOMER, NOW, at, find, later, waiting
from tests.storage.conftest import counted

pytestmark = pytest.mark.both_databases

TEN, ELEVEN = at("10:00", day=1), at("11:00", day=1)


def told(shop, reference, now=NOW) -> list[tuple[str, str, str]]:
    """What, by which door and by whom, the first first."""
    with shop.reading() as session:
        entries = entries_of(session, booking_by_reference(session, reference), now)
        return [(one.what, one.door, one.actor) for one in reversed(entries)]


def last(shop, reference):
    with shop.reading() as session:
        return entries_of(session, booking_by_reference(session, reference), NOW)[0]


def run(shop, verb, reference, *given, **named):
    with shop.writing() as session:
        return verb(session, booking_by_reference(session, reference), *given, **named)


def test_that_a_customer_booked_is_told_by_the_booking_itself(shop):
    reference = shop.book(None, "cut", "ann", TEN)
    assert told(shop, reference) == [("booked", "customer", "")]
    assert shop.count(history) == 0, "nobody who books pays for a row"


def test_each_door_says_what_it_did_and_who(shop):
    reference = shop.book(None, "cut", "ann", TEN, by="owner", actor="Rita")
    shop.move(reference, ELEVEN, by="owner", actor=SHELL, now=later(1))
    shop.move(reference, TEN, by="customer", now=later(2))
    shop.cancel(reference, by="owner", actor="Rita", now=later(3), words="Ill.")
    assert told(shop, reference) == [
        ("booked", "desk", "Rita"),
        ("moved", "shell", ""),
        ("moved", "customer", ""),
        ("cancelled", "desk", "Rita"),
    ]
    assert last(shop, reference).details["words"] == "Ill."
    assert last(shop, reference).moment == later(3)


def test_a_move_says_what_was_before_and_what_is_now(shop):
    reference = shop.book(None, "cut", "ann", TEN)
    shop.move(reference, ELEVEN, "ben", by="owner", actor="Rita")
    details = last(shop, reference).details
    before, after = details["before"], details["after"]
    assert (before["start"], before["staff"]) == ("2027-03-02T10:00:00Z", "Ann")
    assert after == {
        "start": "2027-03-02T11:00:00Z",
        "end": "2027-03-02T11:30:00Z",
        "staff": "Ben",
    }


def test_what_waits_says_who_decided_and_the_clock_where_nobody_did(shop):
    by_link = shop.book(None, "cut", "ann", TEN, pending=waiting())
    shop.confirm(by_link, by="owner")
    assert told(shop, by_link)[-1] == ("confirmed", "link", "")
    declined = shop.book(None, "cut", "ann", ELEVEN, pending=waiting())
    shop.decline(declined, by="owner", actor="Rita")
    assert told(shop, declined)[-1] == ("declined", "desk", "Rita")
    lapsed = shop.book(None, "cut", "ann", ELEVEN, pending=waiting())
    assert told(shop, lapsed, later(31))[-1] == ("lapsed", "clock", "")
    shop.run(purge_pending, now=later(31))
    assert told(shop, lapsed, later(31))[-1] == ("lapsed", "clock", ""), "noted or not"


def test_another_time_that_was_asked_for_is_told_with_its_end(shop):
    reference = shop.book(None, "cut", "ann", TEN)
    shop.change("cut", approval=True)
    shop.ask_to_move(reference, ELEVEN)
    shop.decline_move(reference, actor="Rita")
    shop.ask_to_move(reference, ELEVEN)
    shop.take_move_back(reference)
    shop.ask_to_move(reference, ELEVEN)
    shop.run(purge_pending_moves, now=later(31))
    shop.ask_to_move(reference, ELEVEN, now=later(40))
    shop.approve_move(reference, actor="Rita", now=later(41))
    assert [what for what, *_ in told(shop, reference)] == [
        *("booked", "move_asked", "move_declined", "move_asked", "move_taken_back"),
        *("move_asked", "move_lapsed", "move_asked", "moved"),
    ]


def test_mended_details_say_what_is_another_now_and_nothing_else(shop):
    reference = shop.book(None, "cut", "ann", TEN)
    answers = [{"key": "first", "label": "First visit?", "value": "no"}]
    mended = Customer("Åsa Öberg", CUSTOMER.email, phone="+351 210 000 000")
    given = {"now": NOW, "renew": None, "by": "owner", "actor": "Rita"}
    run(shop, mend_details, reference, mended, answers=answers, **given)
    entry = last(shop, reference)
    assert (entry.what, entry.actor) == ("mended", "Rita")
    assert entry.details["before"]["phone"] == ""
    assert set(entry.details["after"]) == {"phone", "answers"}
    run(shop, mend_details, reference, mended, **given)
    assert len(told(shop, reference)) == 2, "nothing was changed"


def test_a_change_by_a_customer_costs_one_statement_more_and_a_booking_none(shop):
    with counted(shop.engine) as statements:
        reference = shop.book(None, "cut", "ann", TEN, outbox=Outbox(mail=True))
    assert not [one for one in statements if "booking_history" in one]
    with counted(shop.engine) as statements:
        shop.move(reference, ELEVEN, outbox=Outbox(mail=True))
    assert len([one for one in statements if "booking_history" in one]) == 1


def test_what_is_rolled_back_did_not_happen(shop):
    reference = shop.book(None, "cut", "ann", TEN)

    def fails(session):
        write_note(session, booking_by_reference(session, reference), "x", actor="R", now=NOW)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        shop.run(fails)
    assert shop.count(history) == shop.count(note) == 0


def test_notes_are_the_shops_and_the_history_does_not_quote_them(shop):
    reference = shop.book(None, "cut", "ann", TEN)
    run(shop, write_note, reference, "Allergic to henna.", actor="Rita", now=NOW)
    entry = last(shop, reference)
    assert (entry.what, entry.actor, entry.details) == ("note", "Rita", {})
    with shop.reading() as session:
        (kept,) = notes_of(session, booking_by_reference(session, reference).id)
    assert (kept.text, kept.author, kept.moment) == ("Allergic to henna.", "Rita", NOW)


def test_a_note_that_is_sent_twice_is_kept_once(shop):
    reference = shop.book(None, "cut", "ann", TEN)
    for now in (NOW, later(0.5), later(2)):
        run(shop, write_note, reference, "He called.", actor="Rita", now=now)
    assert shop.count(note) == 2, "two minutes later it is another call"


def test_erased_nothing_of_the_customer_is_left_and_that_it_happened_stays(shop):
    reference = shop.book(None, "cut", "ann", TEN)
    other = shop.book(None, "cut", "ann", ELEVEN)
    for each in (reference, other):
        run(shop, write_note, each, "Allergic.", actor="Rita", now=NOW)
        shop.cancel(each, actor="Rita", words="Ill, she says.")
    with shop.writing() as session:
        erase_history(session, [booking_by_reference(session, reference).id])
    with shop.reading() as session:
        assert notes_of(session, booking_by_reference(session, reference).id) == []
        assert len(notes_of(session, booking_by_reference(session, other).id)) == 1
    assert last(shop, reference).details == {}
    assert told(shop, reference)[-1] == ("cancelled", "desk", "Rita")
    assert last(shop, other).details["words"] == "Ill, she says."


def test_the_shops_history_lists_the_newest_of_all_bookings_by_pages(shop):
    first, second = shop.book(None, "cut", "ann", TEN), shop.book(None, "cut", "ben", TEN)
    shop.cancel(first, actor="Rita")
    shop.cancel(second, actor="Rita")
    with shop.reading() as session:
        every = newest_history(session, most=10)
        assert [one.reference for one in every] == [second, first]
        assert (every[0].customer, every[0].service) == (CUSTOMER.name, "Cut")
        older = newest_history(session, most=10, before=every[0].entry.id)
        assert [one.reference for one in older] == [first]
        ben = find(session, "ben").id
        theirs = newest_history(session, most=10, staff_member_id=ben)
        assert [one.reference for one in theirs] == [second]
        assert len(newest_history(session, most=1)) == 1


def test_holds_that_were_let_go_of_are_told_alone_and_with_what_took_their_place(shop):
    held = shop.hold(shop.tab(), "cut", "ann", TEN)
    shop.run(let_go, HoldFilter(), actor="Rita", now=NOW)
    shop.run(let_go, HoldFilter(), actor="Rita", now=NOW)
    with shop.reading() as session:
        (listed,) = newest_history(session, most=10)
    assert (listed.entry.what, listed.entry.actor, listed.reference) == ("holds_let_go", "Rita", "")
    assert listed.entry.details["holds"][0]["start"] == "2027-03-02T10:00:00Z"
    reference = shop.book(None, "cut", "ann", TEN)
    run(shop, record_taken, reference, [held], actor="Rita", now=NOW)
    run(shop, record_taken, reference, [], actor="Rita", now=NOW)
    assert [what for what, *_ in told(shop, reference)] == ["booked", "holds_let_go"]


# -- who came --------------------------------------------------------------------------------------

HOSTS = Outbox(handlers={"no_show": ["theirs"]})


def note_that(shop, reference, attended, minutes, **more):
    given = {"actor": "Rita", "now": TEN + timedelta(minutes=minutes), **more}
    run(shop, note_attendance, reference, attended, **given)


def test_who_came_is_noted_from_two_hours_before_and_who_did_not_only_after(shop):
    reference = shop.book(None, "cut", "ann", TEN)
    for attended, minutes in ((Attendance.CAME, -121), (Attendance.NO_SHOW, -1)):
        with pytest.raises(NotYet):
            note_that(shop, reference, attended, minutes)
    note_that(shop, reference, Attendance.CAME, -10)
    assert shop.state(reference) == "completed"
    note_that(shop, reference, Attendance.NO_SHOW, 20)
    note_that(shop, reference, Attendance.NO_SHOW, 21)
    note_that(shop, reference, Attendance.CONFIRMED, 22)
    assert [what for what, *_ in told(shop, reference)] == [
        *("booked", "came", "no_show", "attendance_cleared")
    ]
    assert shop.state(reference) == "confirmed"


def test_who_has_come_is_neither_moved_nor_cancelled(shop):
    reference = shop.book(None, "cut", "ann", TEN)
    note_that(shop, reference, Attendance.CAME, -10)
    with pytest.raises(AppointmentPast):
        shop.move(reference, ELEVEN, by="owner")
    with pytest.raises(AppointmentPast):
        shop.cancel(reference)


def test_only_what_is_confirmed_can_be_missed(shop):
    asked = shop.book(None, "cut", "ann", TEN, pending=waiting(60 * 24 * 3))
    with pytest.raises(AppointmentPending):
        run(shop, note_attendance, asked, Attendance.CAME, now=TEN - timedelta(minutes=1))
    shop.cancel(asked)
    with pytest.raises(AppointmentCancelled):
        note_that(shop, asked, Attendance.CAME, 1)


def test_a_hosts_own_functions_hear_of_a_no_show_and_nobody_else(shop):
    reference = shop.book(None, "cut", "ann", TEN)
    outbox = Outbox(mail=True, handlers=HOSTS.handlers)
    note_that(shop, reference, Attendance.CAME, 5, outbox=outbox)
    note_that(shop, reference, Attendance.NO_SHOW, 10, outbox=outbox)
    with shop.engine.connect() as connection:
        rows = connection.execute(select(letter.c.kind, letter.c.role, letter.c.recipient)).all()
    assert rows == [("no_show", "host", "theirs")]
    with shop.reading() as session:
        assert session.scalar(select(Service.name)) == "Cut"
