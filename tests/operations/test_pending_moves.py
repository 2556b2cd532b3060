"""A move that is asked for claims its time for a while, and the old time stands beside it."""

from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from booking.operations import pending_moves
from booking.operations.changes import MOST_CHANGES
from booking.operations.outbox import Outbox
from booking.operations.purge import purge_pending_moves
from booking.operations.requests import (
    AppointmentCancelled,
    AppointmentPast,
    AppointmentPending,
    ChangedTooOften,
    Limit,
    NeedsApproval,
    NoPendingMove,
    TooLate,
    Visitor,
    VisitorLimit,
)
from booking.operations.series import cancel_following
from booking.scheduling.slots import Reason
from booking.storage.models import Booking, PendingMove, Shop, StaffMember, claim, letter
from booking.storage.pending_moves import pending_move
from booking.storage.reads import booking_by_reference
from tests.fixtures.small_shop import CUSTOMER, NOW, at, later, refused, waiting
from tests.operations.audit import assert_sold_once
from tests.operations.racing import at_once, won

pytestmark = pytest.mark.both_databases

TEN, HALF_PAST, NOON = (at(clock, day=1) for clock in ("10:00", "10:30", "12:00"))
MAIL = Outbox(mail=True, handlers={"moved": ["theirs"]})


@pytest.fixture
def booked(shop) -> str:
    """The reference of a booking of ten o'clock, whose moves need approval."""
    shop.change("cut", approval=True)
    return shop.book(None, "cut", "ann", TEN)


def row(shop, reference):
    """With whom and when the booking is, and how often it was changed."""
    with shop.reading() as session:
        booking = booking_by_reference(session, reference)
        return booking.staff_member.slug, booking.starts_at, booking.changes


def outcome(shop, reference, now=NOW) -> str:
    with shop.reading() as session:
        return pending_move(session, booking_by_reference(session, reference).id).outcome_at(now)


STANDS, IS_MOVED = ("ann", TEN, 0), ("ann", NOON, 1)


# -- its time --------------------------------------------------------------------------------------


def test_both_times_are_taken_until_somebody_has_decided(shop, booked):
    shop.ask_to_move(booked, NOON)
    assert row(shop, booked) == STANDS
    for start in (TEN, NOON):
        with refused(Reason.TAKEN):
            shop.book(None, "cut", "ann", start, now=later(29.9))
    assert_sold_once(shop.engine, NOW)
    shop.approve_move(booked, now=later(29))
    assert row(shop, booked) == IS_MOVED
    assert outcome(shop, booked) == "moved"
    shop.book(None, "cut", "ann", TEN, now=later(29))
    with refused(Reason.TAKEN):
        shop.book(None, "cut", "ann", NOON, now=later(90))
    assert_sold_once(shop.engine, later(90))
    with shop.engine.connect() as connection:
        assert set(connection.scalars(select(claim.c.expires_at))) == {None}


def test_when_the_while_is_over_the_new_time_is_free_though_no_job_has_run(shop, booked):
    shop.ask_to_move(booked, NOON)
    with pytest.raises(NoPendingMove):
        shop.approve_move(booked, now=later(30))
    assert outcome(shop, booked, later(30)) == "lapsed"
    shop.book(None, "color", "ann", NOON, now=later(30))
    with refused(Reason.TAKEN):
        shop.book(None, "cut", "ann", TEN, now=later(30))
    assert row(shop, booked) == STANDS
    assert_sold_once(shop.engine, later(30))


def test_by_a_clock_that_is_behind_it_is_not_given_over_anothers_time(shop, booked):
    shop.ask_to_move(booked, NOON)
    shop.book(None, "cut", "ann", at("12:15", day=1), now=later(31))
    with refused(Reason.TAKEN):
        shop.approve_move(booked, now=later(29))
    assert row(shop, booked) == STANDS
    assert_sold_once(shop.engine, later(31))


def test_without_claiming_again_that_clock_would_sell_the_time_twice(shop, booked, monkeypatch):
    """The negative control."""
    monkeypatch.setattr(pending_moves, "claim_for_good", lambda *_: None)
    shop.ask_to_move(booked, NOON)
    shop.book(None, "cut", "ann", at("12:15", day=1), now=later(31))
    shop.approve_move(booked, now=later(29))
    with pytest.raises(AssertionError, match="minutes sold twice"):
        assert_sold_once(shop.engine, later(31))


def test_it_may_overlap_the_time_that_stands_and_only_the_rest_is_let_go_of(shop, booked):
    had = owned(shop, booked)
    shop.ask_to_move(booked, at("10:15", day=1))
    assert owned(shop, booked) == had, "not one of its claims runs out"
    assert shop.count(claim) == 11, "those of eight ticks, and three more"
    assert_sold_once(shop.engine, NOW)
    shop.decline_move(booked)
    assert shop.count(claim) == len(had) == len(owned(shop, booked)) == 8
    shop.ask_to_move(booked, at("10:15", day=1))
    shop.approve_move(booked)
    assert row(shop, booked) == ("ann", at("10:15", day=1), 1)
    assert (shop.count(claim), len(owned(shop, booked))) == (8, 8)
    assert_sold_once(shop.engine, NOW)


def owned(shop, reference) -> set:
    """What it has for good."""
    with shop.engine.connect() as connection:
        query = select(claim.c.resource_id, claim.c.tick).join(Booking)
        rows = connection.execute(
            query.where(Booking.reference == reference, claim.c.expires_at.is_(None))
        )
        return {*map(tuple, rows)}


@pytest.mark.parametrize("how", ["declined", "taken_back"])
def test_declined_or_taken_back_its_time_is_free_at_once_and_the_old_one_stands(shop, booked, how):
    end = shop.decline_move if how == "declined" else shop.take_move_back
    shop.ask_to_move(booked, NOON)
    end(booked)
    assert (row(shop, booked), outcome(shop, booked)) == (STANDS, how)
    shop.book(None, "cut", "ann", NOON)
    for decide in (shop.approve_move, shop.decline_move):
        with pytest.raises(NoPendingMove):
            decide(booked)
    shop.take_move_back(booked)
    assert outcome(shop, booked) == how, "a second time changes nothing"
    assert_sold_once(shop.engine, NOW)


def test_asked_for_another_time_the_first_is_let_go_of(shop, booked):
    shop.ask_to_move(booked, NOON)
    assert shop.ask_to_move(booked, HALF_PAST, "ann ben") == "ben", "who has less to do that day"
    shop.book(None, "cut", "ann", NOON)
    assert_sold_once(shop.engine, NOW)
    shop.approve_move(booked)
    assert row(shop, booked) == ("ben", HALF_PAST, 1)


def test_asked_for_what_is_taken_the_first_waits_on(shop, booked):
    shop.book(None, "cut", "ann", at("14:00", day=1))
    shop.ask_to_move(booked, NOON)
    with refused(Reason.TAKEN):
        shop.ask_to_move(booked, at("14:00", day=1))
    assert_sold_once(shop.engine, NOW)
    shop.approve_move(booked)
    assert row(shop, booked) == IS_MOVED


def test_asked_for_twice_it_is_asked_for_once_and_for_where_it_is_not_at_all(shop, booked):
    for _ in range(2):
        assert shop.ask_to_move(booked, NOON, outbox=MAIL) == "ann"
    assert told(shop) == {("move_awaiting_approval", NOW), ("move_not_confirmed", later(30))}
    assert shop.ask_to_move(booked, TEN) is None
    assert outcome(shop, booked) == ""
    with shop.reading() as session:
        assert session.scalars(select(PendingMove.times)).all() == [1]


def test_a_cancel_of_the_booking_ends_it_and_nothing_is_claimed_any_more(shop, booked):
    shop.ask_to_move(booked, NOON)
    shop.cancel(booked)
    assert (shop.count(claim), outcome(shop, booked)) == (0, "cancelled")
    for end in (shop.approve_move, shop.decline_move, shop.take_move_back):
        with pytest.raises(AppointmentCancelled):
            end(booked)


@pytest.mark.parametrize("start", [NOON, HALF_PAST, at("15:00", day=2)])
def test_the_shop_may_move_it_meanwhile_and_then_nothing_is_asked_any_more(shop, booked, start):
    shop.ask_to_move(booked, NOON)
    shop.move(booked, start, by="owner")
    assert (row(shop, booked), outcome(shop, booked)) == (("ann", start, 1), "moved")
    assert (shop.count(claim), len(owned(shop, booked))) == (8, 8)
    assert_sold_once(shop.engine, NOW)


def test_moved_by_the_shop_to_where_it_is_it_stays_and_what_is_asked_waits_on(shop, booked):
    shop.ask_to_move(booked, NOON)
    with shop.engine.begin() as connection:  # as after a clock that was wrong
        connection.execute(claim.delete().where(claim.c.expires_at.is_(None)))
    shop.move(booked, TEN, by="owner")
    assert_sold_once(shop.engine, NOW)
    shop.approve_move(booked)
    assert row(shop, booked) == IS_MOVED


def test_it_waits_no_longer_than_until_either_time_begins(shop, booked):
    today = shop.book(None, "cut", "ben", at("09:00"))
    shop.ask_to_move(today, at("15:00"), "ben", minutes=24 * 60)
    assert outcome(shop, today, later(59.9)) == ""
    assert outcome(shop, today, later(60)) == "lapsed"
    shop.ask_to_move(booked, at("09:30"), minutes=24 * 60)
    assert outcome(shop, booked, later(90)) == "lapsed"


def test_who_may_not_move_it_may_not_ask_either(shop, booked):
    ask = partial(shop.ask_to_move, booked, NOON)
    with pytest.raises(NeedsApproval):
        shop.move(booked, NOON)
    shop.change("cut", move_until=60)
    with pytest.raises(TooLate):
        ask(now=TEN - timedelta(minutes=60))
    with pytest.raises(AppointmentPast):
        ask(now=TEN)
    with pytest.raises(AppointmentPending):
        shop.ask_to_move(shop.book(None, "cut", "ben", TEN, pending=waiting()), NOON)
    shop.cancel(booked)
    with pytest.raises(AppointmentCancelled):
        ask()


def test_whoever_asks_again_and_again_is_refused_like_whoever_moves(shop, booked):
    for turn in range(MOST_CHANGES - 1):
        shop.ask_to_move(booked, [NOON, HALF_PAST][turn % 2])
    shop.approve_move(booked)
    assert row(shop, booked)[2] == 1
    shop.ask_to_move(booked, at("15:00", day=1))
    with pytest.raises(ChangedTooOften):
        shop.ask_to_move(booked, at("15:30", day=1))


def test_whoever_purges_writes_down_that_nobody_decided_in_time(shop, booked):
    shop.ask_to_move(booked, NOON)
    assert shop.run(purge_pending_moves, now=later(29)) == 0
    assert shop.run(purge_pending_moves, now=later(30)) == 1
    assert outcome(shop, booked) == "lapsed"
    assert shop.count(claim) == 8
    assert_sold_once(shop.engine, NOW)


# -- limits ----------------------------------------------------------------------------------------


def test_it_counts_as_held_and_not_booked(shop, booked):
    """Of Ann's eight hours 40 minutes a quarter are three appointments."""
    visitor = {"visitor": Visitor("192.0.2.9", 100, 100, 100, held_share=25)}
    others = [shop.book(None, "cut", "ben", at(f"{hour}:00", day=1)) for hour in (10, 11)]
    for number, reference in enumerate([booked, *others]):
        shop.ask_to_move(reference, at(f"{11 + number}:00", day=1))
    chosen = shop.hold(shop.tab(), "cut", "ann", at("15:00", day=1), **visitor)
    assert chosen.is_over(NOW), "too much of the day is held, by whatever"
    shop.approve_move(others[0])
    chosen = shop.hold(shop.tab(), "cut", "ann", at("16:00", day=1), **visitor)
    assert not chosen.is_over(NOW), "what is given is no longer held"


def test_it_counts_against_whoever_asks_as_what_is_held(shop, booked):
    visitor = Visitor("192.0.2.9", holds=2, bookings=100, share=100)
    other = shop.book(None, "cut", "ben", TEN)
    shop.ask_to_move(booked, NOON, visitor=visitor)
    shop.ask_to_move(booked, HALF_PAST, visitor=visitor)
    shop.ask_to_move(other, NOON, "ben", visitor=visitor)
    with pytest.raises(VisitorLimit, match=f": {Limit.HOLDS}$"):
        shop.hold(shop.tab(), "cut", "ben", at("15:00", day=1), visitor=visitor)
    shop.ask_to_move(other, at("13:00", day=1), "ben", visitor=visitor)
    shop.hold(shop.tab(), "cut", "ben", at("15:00", day=1), visitor=visitor, now=later(30))


def test_of_a_day_its_visitor_may_have_no_more_than_anybody(shop, booked):
    half_an_hour = Visitor("192.0.2.9", 100, 100, share=5)
    for reference, start in ((booked, NOON), (shop.book(None, "cut", "ben", TEN), HALF_PAST)):
        shop.ask_to_move(reference, start + timedelta(days=1), visitor=half_an_hour)
    third = shop.book(None, "cut", "ben", NOON)
    with pytest.raises(VisitorLimit, match=f": {Limit.DAY}$"):
        shop.ask_to_move(third, at("15:00", day=2), visitor=half_an_hour)


def test_it_has_a_place_of_a_limited_day_as_long_as_it_waits(shop, booked):
    shop.change("cut", daily_limit=1)
    shop.ask_to_move(booked, NOON + timedelta(days=1))
    with refused(Reason.LIMIT):
        shop.book(None, "cut", "ben", at("12:00", day=2))
    with refused(Reason.LIMIT):
        shop.book(None, "cut", "ben", at("12:00", day=1))
    shop.book(None, "cut", "ben", at("12:00", day=2), now=later(30))
    with refused(Reason.LIMIT):
        shop.approve_move(booked, now=later(29))
    assert row(shop, booked) == STANDS
    assert_sold_once(shop.engine, later(30))


def test_on_its_own_day_it_needs_no_second_place(shop):
    shop.change("cut", daily_limit=1, approval=True)
    booked = shop.book(None, "cut", "ann", TEN)
    shop.ask_to_move(booked, NOON, "ben")
    shop.approve_move(booked)
    assert row(shop, booked) == ("ben", NOON, 1)
    with refused(Reason.LIMIT):
        shop.book(None, "cut", "ann", TEN)
    shop.cancel(booked)
    assert shop.count(claim) == 0


# -- who is told -----------------------------------------------------------------------------------

ASA, ANN, BEN, SHOP = CUSTOMER.email, "ann@example.com", "ben@example.com", "shop@example.com"


@pytest.fixture
def with_addresses(shop):
    with shop.writing() as session:
        session.get(Shop, 1).email = SHOP
        for member in session.scalars(select(StaffMember)):
            member.email = f"{member.slug}@example.com"


def told(shop) -> set[tuple[str, object]]:
    """Kind and due time of the letters that wait."""
    return {each[:2] for each in all_told(shop)}


def all_told(shop) -> set[tuple[str, object, str]]:
    with shop.engine.connect() as connection:
        rows = connection.execute(select(letter).where(letter.c.state == "waiting")).all()
    seconds = int(NOW.timestamp())
    return {
        (row.kind, NOW + timedelta(seconds=row.due_at - seconds), row.recipient) for row in rows
    }


def asked_of(shop, reference, start=NOON, who="ann") -> None:
    shop.ask_to_move(reference, start, who, outbox=MAIL)


REMINDED = ("reminder", TEN - timedelta(days=1), ASA)
ASKED = {
    REMINDED,
    *(("booked", NOW, whom) for whom in (ASA, ANN, SHOP)),
    ("move_awaiting_approval", NOW, ASA),
    *(("move_to_decide", NOW, whom) for whom in (ANN, SHOP)),
    *(("move_not_confirmed", later(30), whom) for whom in (ASA, ANN, SHOP)),
}


@pytest.fixture
def reminded(shop, with_addresses) -> str:
    shop.change("cut", approval=True)
    return shop.book(None, "cut", "ann", TEN, outbox=MAIL)


def leave(shop) -> None:
    """Let all letters that are due have left."""
    with shop.engine.begin() as connection:
        due = letter.c.due_at <= int(NOW.timestamp())
        connection.execute(letter.update().where(due).values(state="sent", tries=1))


def test_who_decides_is_told_and_its_customer_and_of_its_end_both_sides(shop, reminded):
    asked_of(shop, reminded)
    assert all_told(shop) == ASKED
    leave(shop)
    assert told(shop) == {REMINDED[:2], ("move_not_confirmed", later(30))}, "by the clock alone"


def test_given_it_is_told_as_any_move_and_reminded_of_at_the_new_time(shop, reminded):
    asked_of(shop, reminded)
    shop.approve_move(reminded, now=later(5), outbox=MAIL)
    assert all_told(shop) == {
        *(("moved", later(5), whom) for whom in (ASA, ANN, SHOP, "theirs")),
        ("reminder", NOON - timedelta(days=1), ASA),
    }


def test_one_letter_tells_of_declining_and_the_reminder_stays(shop, reminded):
    asked_of(shop, reminded)
    leave(shop)
    shop.decline_move(reminded, now=later(5), words="We are full.", outbox=MAIL)
    assert all_told(shop) == {REMINDED, ("move_declined", later(5), ASA)}


def test_taken_back_it_is_told_only_to_whoever_had_heard_of_it(shop, reminded):
    asked_of(shop, reminded)
    shop.take_move_back(reminded, now=later(5), outbox=MAIL)
    assert not any(kind.startswith("move_") for kind, _due in told(shop))
    asked_of(shop, reminded)
    leave(shop)
    shop.take_move_back(reminded, now=later(5), outbox=MAIL)
    back = {("move_taken_back", later(5), whom) for whom in (ANN, SHOP)}
    assert all_told(shop) == {REMINDED, *back}


def test_who_is_not_to_decide_any_more_hears_so(shop, reminded):
    asked_of(shop, reminded, TEN + timedelta(minutes=30), "ben")
    leave(shop)
    asked_of(shop, reminded)
    assert ("move_taken_back", NOW, BEN) in all_told(shop)
    assert ("move_to_decide", NOW, ANN) in all_told(shop)
    with shop.engine.connect() as connection:
        theirs = select(letter.c.facts).where(letter.c.kind == "move_taken_back")
        asked = connection.scalar(theirs)["asked"]
    assert (asked["start"], asked["staff"]) == ("2027-03-02T10:30:00Z", "Ben"), "as they knew it"


def test_whoever_was_to_decide_hears_once_that_it_is_over_and_of_what_they_were_asked(
    shop, reminded
):
    asked_of(shop, reminded, NOON, "ben")
    leave(shop)
    for clock in ("13:00", "14:00", "15:00"):
        asked_of(shop, reminded, at(clock, day=1))
        leave(shop)
    shop.take_move_back(reminded, outbox=MAIL)
    assert over_for(shop) == [
        (BEN, "2027-03-02T12:00:00Z", "Ben"),
        (SHOP, "2027-03-02T15:00:00Z", "Ann"),
        (ANN, "2027-03-02T15:00:00Z", "Ann"),
    ]


def test_whoever_is_asked_again_hears_again_that_it_is_over_and_of_what_had_left(shop, reminded):
    asked_of(shop, reminded, NOON, "ben")
    leave(shop)
    asked_of(shop, reminded, at("13:00", day=1))
    leave(shop)
    asked_of(shop, reminded, at("14:00", day=1), "ben")
    leave(shop)
    asked_of(shop, reminded, at("15:00", day=1), "ben")
    shop.take_move_back(reminded, outbox=MAIL)
    assert [each for each in over_for(shop) if each[0] == BEN] == [
        (BEN, "2027-03-02T12:00:00Z", "Ben"),
        (BEN, "2027-03-02T14:00:00Z", "Ben"),
    ]


def over_for(shop) -> list[tuple[str, str, str]]:
    """To whom it is said that another time is asked for no more, and which one, in that order."""
    with shop.engine.connect() as connection:
        of_it = select(letter).where(
            letter.c.kind == "move_taken_back", letter.c.state != "withdrawn"
        )
        rows = connection.execute(of_it.order_by(letter.c.id)).all()
    asked = [(row.recipient, row.facts["asked"]) for row in rows]
    return [(whom, each["start"], each["staff"]) for whom, each in asked]


def cancelled(shop, reference) -> None:
    shop.cancel(reference, by="customer", now=later(40), outbox=MAIL)


def moved(shop, reference) -> None:
    shop.move(reference, at("15:00", day=1), by="owner", now=later(40), outbox=MAIL)


def asked_again(shop, reference) -> None:
    shop.ask_to_move(reference, HALF_PAST, now=later(40), outbox=MAIL)


THEN = pytest.mark.parametrize("then", [cancelled, moved, asked_again])


@THEN
def test_that_it_was_taken_back_is_said_though_it_waited_for_a_mail_server(shop, reminded, then):
    asked_of(shop, reminded, NOON, "ben")
    leave(shop)
    shop.take_move_back(reminded, now=later(5), outbox=MAIL)
    then(shop, reminded)
    assert ("move_taken_back", later(5), BEN) in all_told(shop)


@THEN
def test_that_nobody_decided_in_time_is_said_though_it_waited_for_a_mail_server(
    shop, reminded, then
):
    asked_of(shop, reminded, NOON, "ben")
    leave(shop)
    then(shop, reminded)
    assert {whom for kind, due, whom in all_told(shop) if due == later(30)} >= {BEN, SHOP}


@pytest.mark.parametrize("then", [cancelled, moved])
def test_whoever_hears_of_it_by_nothing_else_hears_that_there_is_nothing_to_decide(
    shop, reminded, then
):
    shop.change("ann", letters="daily")
    with shop.writing() as session:
        session.get(Shop, 1).mail = {"off": ["shop_moved", "shop_cancelled"]}
    start = at("10:00", day=5)
    later_one = shop.book(None, "cut", "ann", start, outbox=MAIL)
    shop.ask_to_move(later_one, at("12:00", day=5), outbox=MAIL, minutes=60)
    leave(shop)
    then(shop, later_one)
    assert [whom for whom, *_ in over_for(shop)] == [SHOP, ANN]


def test_who_hears_of_several_by_one_letter_hears_nothing_else_of_them(shop, reminded):
    asked_of(shop, reminded, NOON, "ben")
    leave(shop)
    with shop.writing() as session:
        booking = booking_by_reference(session, reminded)
        booking.series = "several"
        cancel_following(session, booking, now=later(5), outbox=MAIL)
    assert [whom for whom, *_ in over_for(shop)] == [BEN]
    assert ("series_cancelled", later(5), SHOP) in all_told(shop)


@pytest.mark.parametrize("choice", ["at_once", "daily", "never"])
def test_who_was_asked_for_another_time_hears_that_it_is_given_whatever_they_chose(
    shop, reminded, choice
):
    shop.change("ben", letters=choice)
    start = at("12:00", day=5)
    shop.ask_to_move(reminded, start, "ben", outbox=MAIL)
    asked = {whom for kind, _due, whom in all_told(shop) if kind == "move_to_decide"}
    shop.approve_move(reminded, outbox=MAIL)
    told = {whom for kind, _due, whom in all_told(shop) if kind == "booked"}
    assert (BEN in asked, BEN in told) == ((choice != "never"),) * 2


@pytest.mark.parametrize("how", ["cancel", "move"])
def test_whoever_was_to_decide_about_what_ends_otherwise_hears_of_it_once(shop, reminded, how):
    asked_of(shop, reminded, NOON, "ben")
    leave(shop)
    if how == "cancel":
        shop.cancel(reminded, now=later(5), outbox=MAIL)
    else:
        shop.move(reminded, HALF_PAST, by="owner", now=later(5), outbox=MAIL)
    heard = [whom for kind, _due, whom in all_told(shop) if kind != "reminder"]
    assert sorted(set(heard) - {"theirs"}) == [ANN, ASA, BEN, SHOP]
    assert len(heard) == len(set(heard))
    assert ("move_taken_back", later(5), BEN) in all_told(shop)


def test_what_the_shop_does_not_send_is_not_written(shop, reminded):
    with shop.writing() as session:
        session.get(Shop, 1).mail = {"off": ["move_awaiting_approval", "staff_move_to_decide"]}
    leave(shop)
    asked_of(shop, reminded)
    assert {each for each in all_told(shop) if each[1] == NOW} == {("move_to_decide", NOW, SHOP)}


def test_an_address_gets_no_more_letters_than_it_may_and_the_shop_is_told_all_the_same(
    shop, reminded
):
    few = Outbox(mail=True, letters_per_address=3)
    shop.ask_to_move(reminded, NOON, outbox=few)
    shop.ask_to_move(reminded, HALF_PAST, outbox=few)
    asked = [whom for kind, _due, whom in all_told(shop) if kind == "move_to_decide"]
    assert sorted(asked) == [ANN, SHOP]
    theirs = {kind for kind, _due, whom in all_told(shop) if whom == ASA}
    assert theirs == {"booked", "reminder", "move_awaiting_approval"}


# -- races, on connections of their own ------------------------------------------------------------


def test_two_that_are_asked_for_never_share_a_time_nor_one_with_a_booking(shop):
    for turn in range(5):
        day = turn + 2
        several = [
            shop.book(None, "cut", who, at(clock, day=day))
            for who in ("ann", "ben")
            for clock in ("09:00", "15:00", "16:00")
        ]
        starts = [at("12:00", day=day) + timedelta(minutes=15 * (n % 2)) for n in range(6)]
        jobs = [partial(shop.ask_to_move, *each) for each in zip(several, starts, strict=True)]
        jobs.append(partial(shop.book, None, "color", "ann", at("12:15", day=day)))
        assert len(won(at_once(*jobs))) == 1
        assert_sold_once(shop.engine, NOW)


def test_giving_a_time_while_another_takes_it_sells_it_once(shop, booked):
    for turn in range(5):
        start = at("12:00", day=turn + 2)
        reference = shop.book(None, "cut", "ann", at("10:00", day=turn + 2))
        shop.ask_to_move(reference, start)
        take = partial(shop.book, None, "color", "ann", start, now=later(30))
        results = at_once(partial(shop.approve_move, reference, now=later(29)), take)
        assert len(won(results)) == 1
        assert_sold_once(shop.engine, later(30))


JOBS = {
    "approve": lambda shop, one: shop.approve_move(one),
    "decline": lambda shop, one: shop.decline_move(one),
    "take back": lambda shop, one: shop.take_move_back(one),
    "cancel": lambda shop, one: shop.cancel(one),
    "ask anew": lambda shop, one: shop.ask_to_move(one, at("14:00", day=9)),
    "moved by the shop": lambda shop, one: shop.move(one, at("15:00", day=9), by="owner"),
    "purge": lambda shop, _one: shop.run(purge_pending_moves, now=later(30)),
}


def test_whatever_is_done_at_once_leaves_no_claim_and_no_time_sold_twice(shop, booked):
    for turn in range(6):
        reference = shop.book(None, "cut", "ann", at("10:00", day=turn + 2))
        shop.ask_to_move(reference, at("10:15", day=turn + 2), minutes=60)
        results = at_once(*[partial(job, shop, reference) for job in JOBS.values()])
        assert won(results)
        assert_sold_once(shop.engine, NOW)
        shop.cancel(reference)
    assert shop.count(claim) == 8, "those of the booking that nobody touched"


def decided_at_once(shop) -> list[int]:
    """In each of several turns, how many of approving and declining were had."""
    had, days = [], range(2, 7)
    asked = [shop.book(None, "cut", "ann", at("10:00", day=day)) for day in days]
    for day, reference in zip(days, asked, strict=True):
        shop.ask_to_move(reference, at("12:00", day=day))
    for reference in asked:
        both = partial(shop.approve_move, reference), partial(shop.decline_move, reference)
        had.append(len(won(at_once(*both))))
        assert_sold_once(shop.engine, NOW)
    return had


def test_of_giving_and_declining_at_once_one_is_had(shop):
    assert decided_at_once(shop) == [1] * 5


@pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_without_the_locks_both_would_be_had(shop, monkeypatch):
    """The negative control; on SQLite there is one writer at a time anyway."""
    looked = Barrier(2)

    def look(session, booking, _now):
        move = pending_move(session, booking.id)
        looked.wait(timeout=60)
        return move

    monkeypatch.setattr(pending_moves, "_to_decide", look)
    with pytest.raises((AssertionError, DBAPIError)):  # both, or a deadlock
        assert decided_at_once(shop) == [1] * 5


def test_a_booking_that_is_deleted_takes_along_what_was_asked(shop, booked):
    shop.ask_to_move(booked, NOON)
    with shop.engine.begin() as connection:
        connection.execute(claim.delete())
        connection.execute(Booking.__table__.delete())
        assert connection.scalar(select(func.count()).select_from(PendingMove)) == 0
