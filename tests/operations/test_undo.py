"""What was done at the desk is undone whole, or nothing is: its letters, its time, its state."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select, update

from booking.operations import undo as undoing
from booking.operations.attendance import note_attendance
from booking.operations.bookings import Customer
from booking.operations.details import mend_details
from booking.operations.history import (
    CONFIRMED,
    LETTER_RETRIED,
    MOVE_DECLINED,
    MOVED,
    entries_of,
    record,
    record_each,
)
from booking.operations.letter_again import send_again
from booking.operations.notes import write_note
from booking.operations.outbox import Outbox
from booking.operations.requests import (
    Attendance,
    Kept,
    NothingToSend,
    SlotUnavailable,
    UndoRefused,
)
from booking.operations.undo import to_undo, undo
from booking.scheduling.slots import Reason
from booking.storage.deliveries import claim_letter
from booking.storage.history import history_of
from booking.storage.models import Booking, Shop, claim, letter
from booking.storage.pending_moves import pending_moves
from booking.storage.reads import booking_by_reference
from booking.storage.turns import Queue
from tests.fixtures.small_shop import CUSTOMER, NOW, at, later, refused, waiting
from tests.operations.audit import assert_sold_once
from tests.operations.racing import at_once

pytestmark = pytest.mark.both_databases

TEN, ELEVEN = at("10:00", day=3), at("11:00", day=3)
MAIL = Outbox(mail=True, handlers={"moved": ["theirs"], "cancelled": ["theirs"]})
DESK = Outbox(mail=True, handlers=MAIL.handlers, delay=60)
AT_THE_DESK = {"by": "owner", "actor": "Rita", "outbox": DESK}


@pytest.fixture
def shop(shop):
    with shop.writing() as session:
        session.get(Shop, 1).email = "shop@example.com"
    shop.change("ann", email="ann@example.com")
    return shop


def run(shop, verb, reference, *given, **named):
    with shop.writing() as session:
        return verb(session, booking_by_reference(session, reference), *given, **named)


def row(shop, reference) -> dict:
    with shop.reading() as session:
        booking = booking_by_reference(session, reference)
        kept = {key: value for key, value in vars(booking).items() if not key.startswith("_")}
    return {k: v for k, v in kept.items() if k not in ("changes", "service", "staff_member")}


def waits(shop) -> list[tuple[str, str]]:
    rows = select(letter).where(letter.c.state == "waiting").order_by(letter.c.id)
    with shop.engine.connect() as connection:
        return [(row.kind, row.role) for row in connection.execute(rows)]


def to_be_undone(shop, reference):
    with shop.reading() as session:
        return to_undo(history_of(session, booking_by_reference(session, reference).id))


def undone(shop, reference, minutes=0.5, number=None):
    number = number or to_be_undone(shop, reference).id
    given = {"actor": "Rita", "now": later(minutes), "outbox": DESK}
    return run(shop, undo, reference, number, **given)


def kept(shop, reference, why, **more):
    with pytest.raises(UndoRefused, match=f": {why}$"):
        undone(shop, reference, **more)


def move(shop, reference, start=ELEVEN, who="ann", **more):
    shop.move(reference, start, who, **{**AT_THE_DESK, **more})


def cancel(shop, reference, **more):
    shop.cancel(reference, **{**AT_THE_DESK, **more})


CHANGES = {
    "moved": move,
    "given to a colleague": partial(move, start=TEN, who="ben"),
    "cancelled": cancel,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_undone_the_booking_is_as_it_was_and_its_letters_wait_again(shop, change):
    reference = shop.book(None, "cut", "ann", TEN, outbox=MAIL)
    before, letters = row(shop, reference), waits(shop)
    change(shop, reference)
    assert row(shop, reference) != before
    assert undone(shop, reference).actor == "Rita"
    assert (row(shop, reference), waits(shop)) == (before, letters)
    assert_sold_once(shop.engine, NOW)
    with shop.reading() as session:
        booking = booking_by_reference(session, reference)
        entry = entries_of(session, booking, NOW)[0]
        sequences = set(session.scalars(select(letter.c.sequence).where(waiting_ones())))
    assert (entry.what, entry.details["what"]) == ("undone", change_name(change))
    assert sequences == {booking.changes} == {2}, "what is sent is the newest"
    assert to_be_undone(shop, reference) is None, "and nothing is undone twice"


def waiting_ones():
    return letter.c.state == "waiting"


def change_name(change):
    return "cancelled" if change is cancel else "moved"


def test_what_waited_for_approval_waits_again_as_long_as_before(shop):
    reference = shop.book(None, "cut", "ann", TEN, pending=waiting(), outbox=MAIL)
    before, letters = row(shop, reference), waits(shop)
    shop.decline(reference, actor="Rita", outbox=DESK)
    undone(shop, reference)
    assert (row(shop, reference), waits(shop)) == (before, letters)
    assert_sold_once(shop.engine, later(29))
    shop.decline(reference, actor="Rita", now=later(29), outbox=DESK)
    kept(shop, reference, Kept.ENDED, minutes=30)
    assert shop.state(reference) == "cancelled"


def test_letters_of_the_desk_are_due_after_the_delay_and_reminders_when_they_were(shop):
    reference = shop.book(None, "cut", "ann", TEN, outbox=MAIL)
    move(shop, reference)
    with shop.engine.connect() as connection:
        due = connection.execute(select(letter.c.kind, letter.c.due_at).where(waiting_ones())).all()
    at_once_, reminder = int(later(1).timestamp()), int((ELEVEN - timedelta(days=1)).timestamp())
    assert set(due) == {("moved", at_once_), ("reminder", reminder)}
    assert len(due) == 5


def test_without_a_letter_the_customer_gets_none_and_the_others_do(shop):
    reference = shop.book(None, "cut", "ann", TEN, outbox=MAIL)
    silent = Outbox(mail=True, silent=True, delay=60)
    move(shop, reference, outbox=silent)
    assert waits(shop) == [("moved", "staff"), ("moved", "shop"), ("reminder", "customer")]
    with shop.reading() as session:
        entry = history_of(session, booking_by_reference(session, reference).id)[0]
    assert entry.details["without_letter"] is True


@pytest.mark.parametrize("state", ["sending", "sent"])
def test_once_a_letter_is_on_its_way_nothing_is_undone(shop, state):
    reference = shop.book(None, "cut", "ann", TEN, outbox=MAIL)
    cancel(shop, reference)
    with shop.engine.begin() as connection:
        one = select(letter.c.id).where(waiting_ones(), letter.c.kind == "cancelled").limit(1)
        taken = update(letter).where(letter.c.id == connection.scalar(one))
        connection.execute(taken.values(state=state, tries=1, lease="theirs"))
    before, letters = row(shop, reference), waits(shop)
    kept(shop, reference, Kept.TOLD)
    assert (row(shop, reference), waits(shop)) == (before, letters)


def test_what_was_under_way_when_it_was_withdrawn_is_not_sent_again(shop):
    reference = shop.book(None, "cut", "ann", TEN, outbox=MAIL)
    with shop.engine.begin() as connection:
        booked = update(letter).where(letter.c.kind == "booked", letter.c.role == "customer")
        connection.execute(booked.values(state="sending", tries=1, lease="theirs"))
    cancel(shop, reference)
    undone(shop, reference)
    assert waits(shop) == [("booked", "staff"), ("booked", "shop"), ("reminder", "customer")]


@pytest.mark.parametrize("change", [move, cancel])
def test_a_time_that_somebody_has_by_now_is_not_given_back(shop, change):
    reference = shop.book(None, "cut", "ann", TEN, outbox=MAIL)
    change(shop, reference)
    shop.book(None, "cut", "ann", TEN)
    before, letters = row(shop, reference), waits(shop)
    with refused(Reason.TAKEN):
        undone(shop, reference)
    assert (row(shop, reference), waits(shop)) == (before, letters)
    assert_sold_once(shop.engine, NOW)


def test_hours_that_are_others_by_now_do_not_keep_it_from_its_time(shop):
    reference = shop.book(None, "cut", "ann", TEN)
    move(shop, reference)
    with shop.writing() as session:
        booking_by_reference(session, reference).staff_member.weekly_hours = []
    shop.change("cut", buffer_after=30, duration=60)
    undone(shop, reference)
    assert row(shop, reference)["ends_at"] == TEN + timedelta(minutes=30)
    assert_sold_once(shop.engine, NOW)


def test_the_place_of_a_full_day_is_not_given_back(shop):
    shop.change("cut", daily_limit=1)
    reference = shop.book(None, "cut", "ann", TEN)
    cancel(shop, reference)
    shop.book(None, "cut", "ben", ELEVEN)
    with refused(Reason.LIMIT):
        undone(shop, reference)


def test_what_has_begun_meanwhile_cannot_be_had_back(shop):
    reference = shop.book(None, "cut", "ann", at("09:00"))
    cancel(shop, reference, now=later(59))
    with pytest.raises(SlotUnavailable):
        undone(shop, reference, minutes=61)


def test_only_the_last_thing_done_at_the_desk_is_undone(shop):
    reference = shop.book(None, "cut", "ann", TEN)
    assert to_be_undone(shop, reference) is None, "its customer's own"
    move(shop, reference)
    first = to_be_undone(shop, reference).id
    run(shop, write_note, reference, "He called.", actor="Rita", now=NOW)
    assert to_be_undone(shop, reference).id == first, "a note changes nothing"
    with shop.writing() as session:
        number = booking_by_reference(session, reference).id
        told = [(number, {"kind": "booked", "role": "customer"})]
        record_each(session, told, LETTER_RETRIED, actor="Rita", now=NOW)
    assert to_be_undone(shop, reference).id == first, "nor does a letter that is tried again"
    move(shop, reference, at("12:00", day=3))
    kept(shop, reference, Kept.CHANGED, number=first)
    shop.move(reference, TEN, by="customer")
    assert to_be_undone(shop, reference) is None
    kept(shop, reference, Kept.CHANGED, number=first)
    shop.cancel(reference, by="owner", actor="shell")
    assert to_be_undone(shop, reference) is None


def test_what_was_confirmed_waits_again_as_long_as_before(shop):
    shop.change("cut", daily_limit=2)
    reference = shop.book(None, "cut", "ann", TEN, pending=waiting(), outbox=MAIL)
    before, letters, taken = row(shop, reference), waits(shop), claims(shop)
    shop.confirm(reference, **AT_THE_DESK)
    assert claims(shop) != taken
    undone(shop, reference)
    assert (row(shop, reference), waits(shop), claims(shop)) == (before, letters, taken)
    assert to_be_undone(shop, reference) is None
    shop.confirm(reference, now=later(2), **AT_THE_DESK)
    kept(shop, reference, Kept.ENDED, minutes=30)
    assert shop.state(reference) == "confirmed"
    assert_sold_once(shop.engine, later(30))


def test_a_confirmation_that_is_on_its_way_stays(shop):
    reference = shop.book(None, "cut", "ann", TEN, pending=waiting(), outbox=MAIL)
    shop.confirm(reference, **AT_THE_DESK)
    with shop.engine.begin() as connection:
        ours = letter.c.kind == "booked", letter.c.role == "customer"
        connection.execute(update(letter).where(*ours).values(state="sent", tries=1))
    kept(shop, reference, Kept.TOLD)
    assert shop.state(reference, now=later(31)) == "confirmed"


def test_to_a_host_what_waits_again_is_cancelled(shop):
    told = []
    outbox = Outbox(announce=lambda event, reference: told.append((event, reference)), delay=60)
    reference = shop.book(None, "cut", "ann", TEN, pending=waiting())
    shop.confirm(reference, by="owner", actor="Rita", outbox=outbox)
    number = to_be_undone(shop, reference).id
    run(shop, undo, reference, number, actor="Rita", now=later(1), outbox=outbox)
    assert told == [("booked", reference), ("cancelled", reference)]


def claims(shop) -> list:
    rows = select(claim.c.resource_id, claim.c.tick, claim.c.expires_at).order_by(
        *claim.primary_key
    )
    with shop.engine.connect() as connection:
        return [tuple(each) for each in connection.execute(rows)]


def asked(shop, start=ELEVEN, who="ann"):
    """An appointment at ten whose customer has asked for another time."""
    shop.change("cut", approval=True, daily_limit=3)
    reference = shop.book(None, "cut", "ann", TEN, outbox=MAIL)
    shop.ask_to_move(reference, start, who, outbox=MAIL)
    return reference


def asked_row(shop) -> dict:
    with shop.reading() as session:
        return dict(session.execute(select(*pending_moves.c)).mappings().one())


DECISIONS = {
    "given": lambda shop, one: shop.approve_move(one, **AT_THE_DESK),
    "declined": lambda shop, one: shop.decline_move(one, words="We are full.", **AT_THE_DESK),
    "moved elsewhere": lambda shop, one: move(shop, one, at("12:00", day=5)),
    "cancelled": cancel,
}


ASKED_FOR = {
    "later": (ELEVEN, "ann"),
    "overlapping": (at("10:15", day=3), "ann"),
    "with a colleague": (TEN, "ben"),
    "another day": (at("09:00", day=4), "ben"),
}


@pytest.mark.parametrize(
    ("how", "what"),
    [
        *(("given", what) for what in ASKED_FOR),
        ("declined", "overlapping"),
        ("moved elsewhere", "overlapping"),
        ("cancelled", "another day"),
    ],
)
def test_another_time_that_was_decided_about_waits_again_beside_the_first(shop, how, what):
    decide, (start, who) = DECISIONS[how], ASKED_FOR[what]
    reference = asked(shop, start, who)
    before = row(shop, reference), asked_row(shop), waits(shop), claims(shop)
    decide(shop, reference)
    assert (row(shop, reference), asked_row(shop), waits(shop), claims(shop)) != before
    undone(shop, reference)
    assert (row(shop, reference), asked_row(shop), waits(shop), claims(shop)) == before
    assert to_be_undone(shop, reference) is None
    shop.approve_move(reference, now=later(29), **AT_THE_DESK)
    with shop.reading() as session:
        assert booking_by_reference(session, reference).starts_at == start


@pytest.mark.parametrize("decide", DECISIONS.values(), ids=DECISIONS)
def test_another_time_that_would_wait_no_longer_does_not_wait_again(shop, decide):
    reference = asked(shop)
    decide(shop, reference)
    before = row(shop, reference), asked_row(shop), waits(shop), claims(shop)
    kept(shop, reference, Kept.ENDED, minutes=30)
    assert (row(shop, reference), asked_row(shop), waits(shop), claims(shop)) == before


@pytest.mark.parametrize(
    ("decide", "gone"),
    [("given", TEN), ("declined", ELEVEN), ("moved elsewhere", ELEVEN), ("cancelled", ELEVEN)],
)
def test_where_either_of_the_two_times_is_anothers_by_now_nothing_is_undone(shop, decide, gone):
    reference = asked(shop)
    DECISIONS[decide](shop, reference)
    shop.book(None, "cut", "ann", gone)
    before = row(shop, reference), asked_row(shop), waits(shop), claims(shop)
    with refused(Reason.TAKEN):
        undone(shop, reference)
    assert (row(shop, reference), asked_row(shop), waits(shop), claims(shop)) == before
    assert_sold_once(shop.engine, NOW)


@pytest.mark.parametrize(("decide", "kind"), [("given", "moved"), ("declined", "move_declined")])
def test_a_decision_about_another_time_that_is_on_its_way_stays(shop, decide, kind):
    reference = asked(shop)
    DECISIONS[decide](shop, reference)
    with shop.engine.begin() as connection:
        theirs = letter.c.kind == kind, letter.c.role == "customer"
        taken = update(letter).where(*theirs).values(state="sending", tries=1, lease="x")
        assert connection.execute(taken).rowcount == 1
    kept(shop, reference, Kept.TOLD)
    assert asked_row(shop)["until"] is None


def test_what_an_earlier_version_decided_stays(shop):
    reference = shop.book(None, "cut", "ann", TEN)
    for what, details in [
        (MOVED, {"decided": True, "before": {}}),
        (MOVE_DECLINED, {"words": ""}),
        (CONFIRMED, {"sequence": 1}),
    ]:
        with shop.writing() as session:
            number = booking_by_reference(session, reference).id
            record(session, number, what, actor="Rita", now=NOW, details=details)
        assert to_be_undone(shop, reference) is None


def test_who_came_and_what_was_mended_go_back(shop):
    reference = shop.book(None, "cut", "ann", TEN)
    before, changes = row(shop, reference), changes_of(shop, reference)
    run(shop, note_attendance, reference, Attendance.NO_SHOW, actor="Rita", now=ELEVEN)
    undone(shop, reference)
    assert row(shop, reference) == before
    mended = Customer("Asa", CUSTOMER.email, "+351 210 000 000")
    given = {"now": NOW, "renew": None, "by": "owner", "actor": "Rita"}
    run(shop, mend_details, reference, mended, answers=[], **given)
    undone(shop, reference)
    assert (row(shop, reference), changes_of(shop, reference)) == (before, changes)


def changes_of(shop, reference):
    with shop.reading() as session:
        return booking_by_reference(session, reference).changes


def test_a_no_show_that_a_hosts_function_was_told_of_stays(shop):
    reference = shop.book(None, "cut", "ann", TEN)
    outbox = Outbox(handlers={"no_show": ["theirs"]}, delay=60)
    given = {"actor": "Rita", "now": ELEVEN, "outbox": outbox}
    run(shop, note_attendance, reference, Attendance.NO_SHOW, **given)
    with shop.engine.begin() as connection:
        connection.execute(update(letter).values(state="sent", tries=1))
    kept(shop, reference, Kept.TOLD)


def test_the_letter_that_tells_what_is_goes_once_more_and_can_be_taken_back(shop):
    reference = shop.book(None, "cut", "ann", TEN)
    again = {"actor": "Rita", "now": NOW, "outbox": DESK}
    assert run(shop, send_again, reference, **again) == "booked"
    assert waits(shop) == [("booked", "customer")]
    undone(shop, reference)
    assert waits(shop) == []
    cancel(shop, reference, outbox=Outbox())
    assert run(shop, send_again, reference, **again) == "cancelled"
    with pytest.raises(NothingToSend):
        run(shop, send_again, reference, **{**again, "now": TEN})
    with pytest.raises(NothingToSend):
        run(shop, send_again, reference, **{**again, "outbox": Outbox()})


# -- races, on connections of their own ------------------------------------------------------------


def in_words(job):
    def run_job():
        try:
            return job()
        except (UndoRefused, SlotUnavailable) as refusal:
            return refusal

    return run_job


def test_of_an_undo_and_another_who_takes_the_time_one_wins(shop):
    for turn in range(6):
        start = at("10:00", day=turn + 2)
        reference = shop.book(None, "cut", "ann", start, outbox=MAIL)
        cancel(shop, reference)
        take = in_words(partial(shop.book, None, "color", "ann", start - timedelta(minutes=15)))
        back, other = at_once(in_words(partial(undone, shop, reference)), take)
        assert isinstance(back, Exception) != isinstance(other, Exception)
        is_back = shop.state(reference) == "confirmed"
        assert is_back != isinstance(back, Exception)
        assert_sold_once(shop.engine, NOW)


def race_with_the_deliverer(shop) -> list[tuple[bool, bool]]:
    """In each of several turns, whether it was undone, and whether a letter had left."""
    had = []
    for turn in range(6):
        reference = shop.book(None, "cut", "ann", at("10:00", day=turn + 2), outbox=MAIL)
        cancel(shop, reference)
        number = one_letter(shop, reference)
        now = int(later(1).timestamp())
        send = partial(shop.run, claim_letter, Queue.LETTERS, number, "x", now=now, until=now + 90)
        back, sent = at_once(in_words(partial(undone, shop, reference)), send)
        had.append((not isinstance(back, Exception), sent is not None))
    return had


def one_letter(shop, reference) -> int:
    with shop.reading() as session:
        booking = session.scalar(select(Booking.id).where(Booking.reference == reference))
        theirs = letter.c.booking_id == booking, letter.c.kind == "cancelled"
        return session.scalar(select(letter.c.id).where(*theirs, letter.c.role == "customer"))


def test_of_an_undo_and_whoever_delivers_one_wins(shop):
    assert all(is_undone != has_left for is_undone, has_left in race_with_the_deliverer(shop))


def test_without_a_look_at_the_letters_both_would(shop, monkeypatch):
    """The negative control."""
    monkeypatch.setattr(undoing, "lock_letters", lambda *_, **__: True)
    reference = shop.book(None, "cut", "ann", TEN, outbox=MAIL)
    cancel(shop, reference)
    number, now = one_letter(shop, reference), int(later(1).timestamp())
    sent = shop.run(claim_letter, Queue.LETTERS, number, "x", now=now, until=now + 90)
    assert sent is not None
    undone(shop, reference)
