"""A booking that waits has its time for a while, whether or not a job has run since."""

from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from booking.operations import pending
from booking.operations.bookings import cancel
from booking.operations.outbox import Outbox
from booking.operations.purge import purge_pending
from booking.operations.requests import (
    AppointmentCancelled,
    AppointmentConfirmed,
    AppointmentPending,
    Limit,
    Visitor,
    VisitorLimit,
)
from booking.scheduling.slots import Reason
from booking.storage.models import Booking, Shop, claim, letter
from booking.storage.reads import booking_by_reference, bookings_like
from tests.fixtures.small_shop import NOW, at, later, refused, waiting
from tests.operations.audit import assert_sold_once
from tests.operations.racing import at_once, won

pytestmark = pytest.mark.both_databases

TEN = at("10:00", day=1)
MAIL = Outbox(mail=True, handlers={"booked": ["theirs"], "cancelled": ["theirs"]})


@pytest.fixture
def asked(shop) -> str:
    """The reference of a booking that waits for half an hour."""
    return ask(shop)


def ask(shop, start=TEN, minutes=30, kind="approval", who="ann", **more) -> str:
    return shop.book(None, "cut", who, start, pending=waiting(minutes, kind), **more)


def row(shop, reference):
    with shop.reading() as session:
        booking = booking_by_reference(session, reference)
        return booking.state, booking.cancelled_by, booking.pending_until, booking.changes


# -- its time --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["mail", "approval"])
def test_what_waits_has_its_time_until_the_clock_says_otherwise(shop, kind):
    asked = ask(shop, kind=kind)
    with refused(Reason.TAKEN):
        shop.book(None, "color", "ann", TEN, now=later(29.9))
    with refused(Reason.TAKEN):
        ask(shop, at("10:15", day=1))
    assert shop.state(asked, now=later(29.9)) == "pending"
    assert shop.state(asked, now=later(30)) == "cancelled"
    shop.book(None, "color", "ann", TEN, now=later(30))
    assert_sold_once(shop.engine, later(30))


def test_what_is_confirmed_has_its_time_for_good(shop, asked):
    shop.confirm(asked, now=later(29))
    assert shop.state(asked, now=later(60)) == "confirmed"
    with shop.engine.connect() as connection:
        assert set(connection.scalars(select(claim.c.expires_at))) == {None}
    with refused(Reason.TAKEN):
        shop.book(None, "cut", "ann", TEN, now=later(60))
    shop.confirm(asked, now=later(60))
    assert row(shop, asked) == ("confirmed", None, None, 1), "a second time changes nothing"
    assert_sold_once(shop.engine, later(60))


def test_what_waited_too_long_cannot_be_confirmed_though_nobody_took_its_time(shop, asked):
    with pytest.raises(AppointmentCancelled):
        shop.confirm(asked, now=later(30))
    assert shop.state(asked, now=later(30)) == "cancelled"


def test_by_a_clock_that_is_behind_it_is_not_confirmed_over_anothers_time(shop, asked):
    shop.book(None, "cut", "ann", at("10:15", day=1), now=later(31))
    with refused(Reason.TAKEN):
        shop.confirm(asked, now=later(29))
    assert_sold_once(shop.engine, later(31))


def test_without_claiming_again_that_clock_would_sell_the_time_twice(shop, asked, monkeypatch):
    """The negative control."""
    monkeypatch.setattr(pending, "claim_for_good", lambda *_: None)
    shop.book(None, "cut", "ann", at("10:15", day=1), now=later(31))
    shop.confirm(asked, now=later(29))
    with pytest.raises(AssertionError, match="minutes sold twice"):
        assert_sold_once(shop.engine, later(31))


def test_claims_that_a_wrong_clock_let_go_of_do_not_sell_the_time_twice(shop, asked):
    shop.book(None, "cut", "ann", TEN, now=later(31))
    with shop.engine.begin() as connection:
        connection.execute(claim.delete())
    with refused(Reason.TAKEN):
        shop.confirm(asked, now=later(29))


def test_what_is_declined_or_cancelled_gives_its_time_back_at_once(shop):
    for verb, by in ((shop.decline, "owner"), (shop.cancel, "customer")):
        asked = ask(shop)
        verb(asked, by=by)
        assert row(shop, asked) == ("cancelled", by, None, 1)
        with pytest.raises(AppointmentCancelled):
            shop.confirm(asked)
        verb(asked, by="owner")
        assert row(shop, asked)[1] == by, "a second time changes nothing"
        assert shop.count(claim) == 0


def test_what_is_confirmed_can_be_cancelled_but_no_more_declined(shop, asked):
    shop.confirm(asked)
    with pytest.raises(AppointmentConfirmed):
        shop.decline(asked)
    shop.cancel(asked)
    assert shop.state(asked) == "cancelled"


def test_what_waits_cannot_be_moved_and_what_waited_too_long_neither(shop, asked):
    with pytest.raises(AppointmentPending):
        shop.move(asked, at("12:00", day=1))
    with pytest.raises(AppointmentCancelled):
        shop.move(asked, at("12:00", day=1), now=later(30))


def test_it_waits_no_longer_than_until_it_begins(shop):
    asked = ask(shop, at("09:00"), minutes=24 * 60)
    assert shop.state(asked, now=later(59.9)) == "pending"
    assert shop.state(asked, now=later(60)) == "cancelled"


@pytest.mark.parametrize("touch", ["purge", "cancel", "decline"])
def test_whoever_touches_it_next_writes_down_that_it_waited_too_long(shop, asked, touch):
    def write_down(session, reference):
        booking = booking_by_reference(session, reference)
        more = {"by": "customer", "now": later(90), "outbox": MAIL}
        if touch == "purge":
            assert purge_pending(session, now=later(90)) == 1
        else:
            (cancel if touch == "cancel" else pending.decline)(session, booking, **more)

    assert shop.run(purge_pending, now=later(29)) == 0
    shop.run(write_down, asked)
    assert row(shop, asked) == ("cancelled", "clock", None, 1)
    with shop.reading() as session:
        assert booking_by_reference(session, asked).cancelled_at == later(30)
    assert (shop.count(claim), shop.count(letter)) == (0, 0)


def test_the_same_draft_gives_the_booking_that_waits(shop):
    asked = ask(shop, draft="d")
    assert ask(shop, draft="d") == asked
    assert row(shop, asked)[0] == "pending"


# -- limits ----------------------------------------------------------------------------------------


def test_it_counts_as_held_and_not_booked(shop):
    """Of Ann's eight hours 40 minutes a quarter are three appointments."""
    several = {"visitor": Visitor("192.0.2.9", 100, 100, 100, held_share=25)}
    asked = [ask(shop, at(f"{hour}:00", day=1)) for hour in (10, 11, 12)]
    chosen = shop.hold(shop.tab(), "cut", "ann", at("13:00", day=1), **several)
    assert chosen.is_over(NOW), "too much of the day is held, by whatever"
    shop.confirm(asked[0])
    chosen = shop.hold(shop.tab(), "cut", "ann", at("14:00", day=1), **several)
    assert not chosen.is_over(NOW), "what is confirmed is no longer held"
    again = {**several, "now": later(30)}
    for hour in (15, 16):
        assert not shop.hold(shop.tab(), "cut", "ben", at(f"{hour}:00", day=1), **again).is_over(
            later(30)
        )


def test_it_counts_against_its_visitor_as_what_is_held(shop):
    def hold(start, now):
        return shop.hold(shop.tab(), "cut", "ben", at(start, day=1), now=now, visitor=visitor)

    visitor = Visitor("192.0.2.9", holds=2, bookings=100, share=100)
    ask(shop, visitor=visitor)
    hold("11:00", NOW)
    with pytest.raises(VisitorLimit, match=f": {Limit.HOLDS}$"):
        hold("12:00", NOW)
    hold("12:00", later(30))


def test_it_has_a_place_of_a_limited_day_as_long_as_it_waits(shop):
    shop.change("cut", daily_limit=1)
    asked = ask(shop)
    with refused(Reason.LIMIT):
        shop.book(None, "cut", "ben", at("12:00", day=1))
    shop.book(None, "cut", "ben", at("12:00", day=1), now=later(30))
    with refused(Reason.LIMIT):
        shop.confirm(asked, now=later(29))
    assert_sold_once(shop.engine, later(30))


def test_confirmed_it_keeps_its_place_or_takes_one_where_the_limit_came_later(shop, asked):
    shop.change("cut", daily_limit=2)
    shop.confirm(asked)
    with_place = ask(shop, at("11:00", day=1))
    shop.confirm(with_place)
    with refused(Reason.LIMIT):
        shop.book(None, "cut", "ben", at("12:00", day=1))
    assert_sold_once(shop.engine, NOW)


def test_what_waited_too_long_is_not_among_the_appointments_of_its_visitor(shop):
    visitor = Visitor("192.0.2.9", 100, 100, 100)
    first, second = ask(shop, visitor=visitor), ask(shop, at("12:00", day=1), 90, visitor=visitor)
    with shop.reading() as session:
        one = booking_by_reference(session, first)
        like = partial(bookings_like, session, one)
        assert {each.reference for each in like(now=NOW)} == {first, second}
        assert {each.reference for each in like(now=later(30))} == {second}


# -- who is told -----------------------------------------------------------------------------------

CUSTOMER, ANN, SHOP = "asa@example.com", "ann@example.com", "shop@example.com"
TOLD = {
    "mail": {
        ("please_confirm", "customer", NOW),
        ("not_confirmed", "customer", later(30)),
        ("not_confirmed", "shop", later(30)),
    },
    "approval": {
        ("awaiting_approval", "customer", NOW),
        *(("to_decide", role, NOW) for role in ("staff", "shop")),
        *(("not_confirmed", role, later(30)) for role in ("customer", "staff", "shop")),
    },
}
DAY_BEFORE = TEN - timedelta(days=1)
BOOKED = {
    *(("booked", role, later(5)) for role in ("customer", "staff", "shop", "host")),
    ("reminder", "customer", DAY_BEFORE),
}


@pytest.fixture
def with_addresses(shop):
    with shop.writing() as session:
        session.get(Shop, 1).email = SHOP
    shop.change("ann", email=ANN)


def told(shop) -> set[tuple[str, str, object]]:
    """Kind, role and due time of the letters that wait."""
    with shop.engine.connect() as connection:
        rows = connection.execute(select(letter).where(letter.c.state == "waiting")).all()
    assert {row.recipient for row in rows} <= {CUSTOMER, ANN, SHOP, "theirs"}
    return {(row.kind, row.role, NOW + timedelta(seconds=row.due_at - SECONDS)) for row in rows}


SECONDS = int(NOW.timestamp())


@pytest.mark.parametrize("kind", ["mail", "approval"])
@pytest.mark.usefixtures("with_addresses")
def test_both_sides_are_told_what_waits_and_at_its_end_that_nobody_confirmed_it(shop, kind):
    asked = ask(shop, kind=kind, outbox=MAIL)
    assert told(shop) == TOLD[kind]
    shop.confirm(asked, now=later(5), outbox=MAIL)
    assert told(shop) == BOOKED, "as of any booking, and nothing of before"


@pytest.mark.usefixtures("with_addresses")
def test_one_letter_tells_of_declining(shop):
    shop.decline(ask(shop, outbox=MAIL), now=later(5), words="We are full.", outbox=MAIL)
    assert told(shop) == {("declined", "customer", later(5))}


@pytest.mark.parametrize(("kind", "roles"), [("mail", ["customer"]), ("approval", None)])
@pytest.mark.usefixtures("with_addresses")
def test_who_never_heard_of_it_is_not_told_that_it_was_cancelled(shop, kind, roles):
    shop.cancel(ask(shop, kind=kind, outbox=MAIL), by="customer", now=later(5), outbox=MAIL)
    to = roles or ["customer", "staff", "shop"]
    assert told(shop) == {("cancelled", role, later(5)) for role in to}


# -- races, on connections of their own ------------------------------------------------------------


def test_confirming_while_another_takes_the_time_sells_it_once(shop):
    for turn in range(10):
        asked = ask(shop, at("10:00", day=turn + 2))
        take = partial(shop.book, None, "color", "ann", at("10:15", day=turn + 2), now=later(30))
        results = at_once(partial(shop.confirm, asked, now=later(29)), take)
        assert len(won(results)) == 1
        assert_sold_once(shop.engine, later(30))


def test_confirming_twice_at_once_is_told_once(shop, asked):
    confirm = partial(shop.confirm, asked, outbox=Outbox(mail=True))
    assert won(at_once(confirm, confirm)) == [None, None]
    assert row(shop, asked) == ("confirmed", None, None, 1)
    with shop.engine.connect() as connection:
        kinds = connection.execute(select(letter.c.kind).order_by(letter.c.id)).scalars().all()
    assert kinds == ["booked", "reminder"]


def decided_at_once(shop) -> list[int]:
    """In each of several turns, how many of confirming and declining were had."""
    had = []
    for turn in range(5):
        asked = ask(shop, at("10:00", day=turn + 2))
        both = partial(shop.confirm, asked), partial(shop.decline, asked)
        had.append(len(won(at_once(*both))))
        assert_sold_once(shop.engine, NOW)
    return had


def test_of_confirming_and_declining_at_once_one_is_had(shop):
    assert decided_at_once(shop) == [1] * 5


@pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_without_the_lock_both_would_be_had(shop, monkeypatch):
    """The negative control; on SQLite there is one writer at a time anyway."""
    looked = Barrier(2)

    def look(_session, _booking, _now):
        looked.wait(timeout=60)

    monkeypatch.setattr(pending, "lock_at", look)
    with pytest.raises((AssertionError, DBAPIError)):  # both, or a deadlock
        assert decided_at_once(shop) == [1] * 5


def test_ending_what_waited_too_long_while_it_is_confirmed_leaves_no_claim_behind(shop):
    for turn in range(5):
        asked = ask(shop, at("10:00", day=turn + 2))
        jobs = (
            partial(shop.confirm, asked, now=later(29)),
            partial(shop.run, purge_pending, now=later(30)),
        )
        at_once(*jobs)
        assert row(shop, asked)[0] in ("confirmed", "cancelled")
        assert_sold_once(shop.engine, later(30))


def test_two_that_wait_never_share_a_time(shop):
    jobs = [partial(ask, shop, TEN + timedelta(minutes=15 * (turn % 3))) for turn in range(8)]
    assert len(won(at_once(*jobs))) == 1
    assert shop.count(Booking) == 1
    assert_sold_once(shop.engine, NOW)
