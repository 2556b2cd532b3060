"""What the agenda shows is read in a constant number of statements, and a change of it in one."""

import pytest
from sqlalchemy import event, update

from booking.operations.bookings import Customer
from booking.operations.details import mend_details
from booking.operations.holds import extend, release
from booking.scheduling.clock import day_interval, to_minute
from booking.storage.agenda import read_agenda, standing
from booking.storage.agenda import waiting as undecided
from booking.storage.models import Booking, hold
from booking.storage.reads import booking_by_reference
from tests.fixtures.small_shop import NOW, TODAY, at, find, later, waiting
from tests.fixtures.write_locks import fill, reads_all
from tests.storage.conftest import counted
from tests.storage.test_live import LISBON, plan

pytestmark = pytest.mark.both_databases
DAY = day_interval(TODAY, LISBON)
WEEK = DAY[0], DAY[0] + 7 * 24 * 60


def agenda(shop, span=DAY, *, now=NOW, **more):
    with shop.reading() as session:
        return read_agenda(session, span, now=now, **more)


def stands_on(shop, span=DAY, *, now=NOW, **more) -> str:
    with shop.reading() as session:
        return standing(session, span, now=now, **more)


def number_of(shop, slug) -> int:
    with shop.reading() as session:
        return find(session, slug).id


def test_a_booking_is_shown_with_its_buffers_and_who_comes(shop):
    reference = shop.book(None, "color", "ann", at("10:00"))
    (shown,) = agenda(shop).appointments
    assert (shown.reference, shown.state) == (reference, "confirmed")
    assert (shown.name, shown.phone, shown.note) == ("Åsa Öberg", "", "")
    start = to_minute(at("10:00"))
    assert shown.span == (start, start + 60)
    assert shown.buffered == (start - 5, start + 75)
    assert shown.staff_member_id == number_of(shop, "ann")
    assert shown.service_id == number_of(shop, "color")


def test_what_is_held_is_shown_until_it_runs_out_and_nobody_is_named(shop):
    shop.hold(shop.tab(), "color", "ben", at("10:00"))
    (held,) = agenda(shop).held
    start = to_minute(at("10:00"))
    assert (held.span, held.buffered) == ((start, start + 60), (start - 5, start + 75))
    assert agenda(shop, now=later(9.9)).held == [held]
    assert agenda(shop, now=later(10)).held == []


def test_what_waits_is_pending_and_by_the_clock_cancelled(shop):
    shop.book(None, "cut", "ann", at("10:00"), pending=waiting(30))
    assert [(each.state, each.pending_for) for each in agenda(shop).appointments] == [
        ("pending", "approval")
    ]
    lapsed = agenda(shop, now=later(30)).appointments
    assert [each.state for each in lapsed] == ["cancelled"]


def test_another_time_that_is_asked_for_is_shown_beside_the_one_that_stands(shop):
    shop.change("cut", approval=True)
    reference = shop.book(None, "cut", "ann", at("10:00"))
    shop.ask_to_move(reference, at("14:00"), "ben")
    shown = agenda(shop)
    assert [each.reference for each in shown.appointments] == [reference]
    (wished,) = shown.wished
    assert (wished.reference, wished.name) == (reference, "Åsa Öberg")
    assert wished.start == to_minute(at("14:00"))
    assert wished.staff_member_id == number_of(shop, "ben")
    assert agenda(shop, now=later(30)).wished == []


def test_what_waits_for_a_decision_is_read_whatever_its_day(shop):
    shop.change("cut", approval=True)
    ben = number_of(shop, "ben")
    last, first = (
        shop.book(None, "cut", who, at("10:00", day=day), pending=waiting(30))
        for who, day in (("ann", 9), ("ben", 2))
    )
    shop.book(None, "cut", "ann", at("11:00"), pending=waiting(30, "mail"))
    moved = shop.book(None, "cut", "ann", at("12:00"))
    shop.ask_to_move(moved, at("14:00", day=3), "ben")

    def read(minutes=0, **more):
        with shop.reading() as session:
            found = undecided(session, now=later(minutes), **more)
            return [[each.reference for each in part] for part in found]

    assert read() == [[first, last], [moved]]
    assert read(staff_member_id=ben) == [[first], [moved]]
    assert read(staff_member_id=number_of(shop, "ann")) == [[last], [moved]]
    assert read(minutes=30) == [[], []]


def test_what_is_confirmed_by_mail_and_waits_for_the_shop_then_is_a_change(shop):
    made = shop.book(None, "cut", "ann", at("10:00"), pending=waiting(30, "mail"))
    before = stands_on(shop)
    with shop.writing() as session:
        booking_by_reference(session, made).pending_for = "approval"
    assert stands_on(shop) != before


def test_what_reaches_into_the_span_is_shown_and_what_touches_it_is_not(shop):
    shop.book(None, "cut", "ann", at("10:00"))
    start = to_minute(at("10:00"))
    counts = {
        (start - 60, start): 0,
        (start - 60, start + 1): 1,
        (start + 29, start + 60): 1,
        (start + 30, start + 60): 0,
    }
    for span, count in counts.items():
        assert len(agenda(shop, span).appointments) == count


def test_of_one_staff_member_nobody_elses_customers_are_read(shop):
    shop.change("cut", approval=True)
    ann, ben = number_of(shop, "ann"), number_of(shop, "ben")
    one, other = (shop.book(None, "cut", who, at("10:00")) for who in ("ann", "ben"))
    shop.hold(shop.tab(), "cut", "ben", at("12:00"))
    shop.ask_to_move(other, at("14:00"), "ben")
    anns, bens = (agenda(shop, staff_member_id=who) for who in (ann, ben))
    assert [each.reference for each in anns.appointments] == [one]
    assert not [*anns.held, *anns.wished]
    assert [each.reference for each in bens.appointments] == [other]
    assert (len(bens.held), len(bens.wished)) == (1, 1)


def test_a_cancelled_one_is_there_for_who_asks_for_it(shop):
    shop.cancel(shop.book(None, "cut", "ann", at("10:00")))
    assert [each.state for each in agenda(shop).appointments] == ["cancelled"]


def test_a_week_takes_as_many_statements_as_an_empty_day(shop):
    agenda(shop)
    with counted(shop.engine) as of_nothing:
        agenda(shop)
    for day in range(7):
        for who in ("ann", "ben"):
            shop.book(None, "cut", who, at("10:00", day=day))
    with counted(shop.engine) as of_a_week:
        assert len(agenda(shop, WEEK).appointments) == 14
    own = [[each for each in told if "booking_" in each] for told in (of_nothing, of_a_week)]
    assert [len(each) for each in own] == [4, 4], "the business's token, and one each"
    with counted(shop.engine) as asked:
        stands_on(shop, WEEK)
    assert len([each for each in asked if "booking_" in each]) == 1


CHANGES = {
    "booked": lambda shop, made: shop.book(None, "cut", "ben", at("15:00")),
    "held": lambda shop, made: shop.hold(shop.tab(), "cut", "ann", at("15:00")),
    "cancelled": lambda shop, made: shop.cancel(made),
    "moved": lambda shop, made: shop.move(made, at("15:00")),
    "given to somebody else": lambda shop, made: shop.move(made, at("10:00"), "ben"),
    "asked to be moved": lambda shop, made: (
        shop.change("cut", approval=True),
        shop.ask_to_move(made, at("15:00")),
    ),
    "mended": lambda shop, made: mended(shop, made, Customer("Åsa Ek", "asa@example.com")),
    "given a phone": lambda shop, made: mended(
        shop, made, Customer("Åsa Öberg", "asa@example.com", "+351 1")
    ),
    "a note": lambda shop, made: mended(
        shop, made, Customer("Åsa Öberg", "asa@example.com", note="Late")
    ),
    "no-show": lambda shop, made: set_state(shop, made, "no_show"),
    "the shop itself": lambda shop, made: shop.change("cut", name="Haircut"),
}


def mended(shop, reference, customer):
    with shop.writing() as session:
        booking = booking_by_reference(session, reference)
        mend_details(session, booking, customer, now=NOW, by="owner", renew=lambda *_: "")


def set_state(shop, reference, state):
    with shop.writing() as session:
        session.execute(update(Booking).where(Booking.reference == reference).values(state=state))


@pytest.mark.parametrize("happens", CHANGES.values(), ids=CHANGES)
def test_whatever_is_shown_otherwise_is_a_change(shop, happens):
    made = shop.book(None, "cut", "ann", at("10:00"))
    before = stands_on(shop)
    assert stands_on(shop, now=later(1)) == before
    happens(shop, made)
    assert stands_on(shop) != before


def test_the_clock_alone_changes_what_waits_and_what_is_held(shop):
    shop.book(None, "cut", "ann", at("10:00"), pending=waiting(30))
    shop.hold(shop.tab(), "cut", "ben", at("10:00"))
    states = {stands_on(shop, now=later(minutes)) for minutes in (0, 9, 10, 29, 30)}
    assert len(states) == 3


def test_what_is_of_another_day_or_of_somebody_else_or_not_shown_is_none(shop):
    tab, ann = shop.tab(), number_of(shop, "ann")
    shop.hold(tab, "cut", "ann", at("10:00"))
    before, anns = stands_on(shop), stands_on(shop, staff_member_id=ann)
    shop.book(None, "cut", "ann", at("10:00", day=1))
    shop.run(extend, tab_key=tab, now=later(1), minutes=10, most=3)
    assert stands_on(shop) == before
    shop.book(None, "cut", "ben", at("11:00"))
    assert stands_on(shop) != before
    assert stands_on(shop, staff_member_id=ann) == anns
    shop.run(release, tab_key=tab)
    assert stands_on(shop, staff_member_id=ann) != anns


@pytest.mark.fresh_database
def test_it_reads_by_indexes_alone(shop):
    """In a database with ten thousand rows in each table that grows."""
    fill(shop.engine, int(NOW.timestamp()))
    with shop.writing() as session:  # few are booking at the same time
        session.execute(update(hold).where(hold.c.id % 200 != 0).values(expires_at=1))
    with shop.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    asked = []
    event.listen(shop.engine, "before_cursor_execute", lambda *told: asked.append(told[2:4]))
    span = DAY[0] - 10 * 365 * 24 * 60, DAY[0] - 10 * 365 * 24 * 60 + 7 * 24 * 60
    for staff_member_id in (None, 1):
        agenda(shop, span, staff_member_id=staff_member_id)
        stands_on(shop, span, staff_member_id=staff_member_id)
    growing = [each for each in asked if "booking_hold" in each[0] or "starts_at" in each[0]]
    assert len(growing) >= 6
    for query in growing:
        assert not [step for step in plan(shop.engine, *query) if reads_all(step)]
