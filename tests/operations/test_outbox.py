"""Whoever should know of a change is written down in the same transaction, and nobody else."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, select, update

from booking.operations.bookings import Customer
from booking.operations.details import mend_details
from booking.operations.outbox import Outbox
from booking.operations.purge import purge_letters, purge_pending
from booking.operations.requests import Limit, VisitorLimit
from booking.scheduling.clock import wall_clock_before
from booking.storage.letter_reads import letters_to_retry
from booking.storage.models import Booking, Shop, letter
from booking.storage.reads import booking_by_reference
from tests.fixtures.small_shop import NOW, at, book_in, find, later, staff_member, waiting

MAIL = Outbox(mail=True)
NINE, TEN = at("09:00", day=3), at("10:00", day=3)


@pytest.fixture
def shop(shop):
    """With addresses for the shop and for Ann, but none for Ben."""
    with shop.writing() as session:
        session.get(Shop, 1).email = "shop@example.com"
    shop.change("ann", email="ann@example.com")
    return shop


def letters(shop, *states: str) -> list[tuple[str, str, str]]:
    """Kind, role and recipient of the letters in these states: by default of those that wait."""
    rows = select(letter).where(letter.c.state.in_(states or ("waiting",))).order_by(letter.c.id)
    with shop.engine.connect() as connection:
        return [(row.kind, row.role, row.recipient) for row in connection.execute(rows)]


def booked(shop, who="ann", start=TEN, **more) -> str:
    return shop.book(None, "cut", who, start, **{"outbox": MAIL, **more})


CUSTOMER = "asa@example.com"


@pytest.mark.both_databases
def test_a_booking_is_told_to_customer_staff_and_shop_and_the_customer_is_reminded(shop):
    booked(shop)
    assert letters(shop) == [
        ("booked", "customer", CUSTOMER),
        ("booked", "staff", "ann@example.com"),
        ("booked", "shop", "shop@example.com"),
        ("reminder", "customer", CUSTOMER),
    ]


def test_a_letter_keeps_the_facts_as_they_were_and_no_words_made_of_them(shop):
    booked(shop)
    shop.change("cut", name="Trim", price="9 €")
    with shop.engine.connect() as connection:
        row = connection.execute(select(letter)).first()
    assert row.facts == {
        "start": "2027-03-04T10:00:00Z",
        "end": "2027-03-04T10:30:00Z",
        "service": "Cut",
        "staff": "Ann",
        "price": "",
        "place": "",
        "is_online": False,
        "by": "customer",
        "words": "",
    }
    assert (row.due_at, row.last_moment) == (int(NOW.timestamp()), int(TEN.timestamp()))


def test_without_mail_and_handlers_nothing_is_written(shop):
    reference = booked(shop, outbox=Outbox())
    shop.move(reference, NINE)
    shop.cancel(reference)
    assert shop.count(letter) == 0


@pytest.mark.both_databases
def test_whoever_rolls_back_has_told_nobody(shop):
    def fails(session):
        book_in(session, None, "cut", "ann", TEN, outbox=MAIL)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        shop.run(fails)
    assert shop.count(letter) == 0


@pytest.mark.both_databases
def test_a_later_event_withdraws_what_nobody_has_begun_to_send(shop):
    reference = booked(shop)
    shop.move(reference, NINE, outbox=MAIL)
    assert [kind for kind, *_ in letters(shop)] == ["moved", "moved", "moved", "reminder"]
    assert [kind for kind, *_ in letters(shop, "withdrawn")] == [
        *("booked", "booked", "booked", "reminder")
    ]
    shop.cancel(reference, outbox=MAIL)
    assert letters(shop) == [
        ("cancelled", "customer", CUSTOMER),
        ("cancelled", "staff", "ann@example.com"),
        ("cancelled", "shop", "shop@example.com"),
    ]


def test_what_is_under_way_may_still_arrive_and_is_not_sent_again(shop):
    reference = booked(shop)
    with shop.engine.begin() as connection:
        first = connection.scalar(select(letter.c.id).order_by(letter.c.id))
        taken = update(letter).where(letter.c.id == first).values(state="sending", lease="mine")
        connection.execute(taken)
    shop.cancel(reference, outbox=MAIL)
    with shop.engine.connect() as connection:
        row = connection.execute(select(letter).where(letter.c.id == first)).one()
    assert (row.state, row.lease) == ("withdrawn", "mine")


def test_the_same_draft_confirmed_again_is_told_once(shop):
    booked(shop, draft="d1")
    booked(shop, draft="d1")
    assert shop.count(letter) == 4


def test_a_cancelled_booking_cancelled_again_is_told_once(shop):
    reference = booked(shop)
    shop.cancel(reference, outbox=MAIL)
    shop.cancel(reference, outbox=MAIL)
    assert len(letters(shop)) == 3


def test_whoever_loses_an_appointment_to_a_colleague_hears_that_it_is_over(shop):
    shop.change("ben", email="ben@example.com")
    reference = booked(shop)
    shop.move(reference, TEN, who="ben", outbox=MAIL)
    assert [each for each in letters(shop) if each[1] == "staff"] == [
        ("cancelled", "staff", "ann@example.com"),
        ("booked", "staff", "ben@example.com"),
    ]


def delivered(shop) -> None:
    with shop.engine.begin() as connection:
        due = update(letter).where(letter.c.state == "waiting", letter.c.kind != "reminder")
        connection.execute(due.values(state="sent", tries=1))


def to_ben(shop, reference):
    shop.move(reference, TEN, who="ben", outbox=MAIL)


def to_cem(shop, reference):
    shop.move(reference, NINE, who="cem", outbox=MAIL)


def to_ann(shop, reference):
    shop.move(reference, NINE, outbox=MAIL)


def it_is_cancelled(shop, reference):
    shop.cancel(reference, outbox=MAIL)


@pytest.fixture
def three(shop):
    """With a third, and addresses for all of them."""
    with shop.writing() as session:
        session.add(staff_member("cem", 3, [find(session, "cut")]))
    for who in ("ben", "cem"):
        shop.change(who, email=f"{who}@example.com")
    return shop


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("then", "told"),
    [
        ((to_ben, to_cem), [("cancelled", "ann"), ("booked", "cem")]),
        ((to_ben, it_is_cancelled), [("cancelled", "ann")]),
        ((to_ben, to_cem, it_is_cancelled), [("cancelled", "ann")]),
        ((to_ben, to_ann), [("booked", "ann")]),
        ((to_ben, to_ann, it_is_cancelled), [("cancelled", "ann")]),
        ((to_ben, to_cem, to_ben), [("cancelled", "ann"), ("booked", "ben")]),
        ((to_ben, delivered, to_cem), [("cancelled", "ben"), ("booked", "cem")]),
        ((to_ben, delivered, it_is_cancelled), [("cancelled", "ben")]),
    ],
)
def test_of_staff_each_hears_what_became_of_what_they_know_and_nobody_else(three, then, told):
    reference = booked(three)
    delivered(three)
    for each in then:
        each(*(three, reference)[: each.__code__.co_argcount])
    staff = [(kind, whom) for kind, role, whom in letters(three) if role == "staff"]
    assert staff == [(kind, f"{who}@example.com") for kind, who in told]


@pytest.mark.parametrize(("last", "retried"), [(to_cem, 1), (to_ann, 0)])
def test_that_it_is_over_for_somebody_can_be_sent_again_as_long_as_it_is(three, last, retried):
    reference = booked(three)
    delivered(three)
    to_ben(three, reference)
    with three.engine.begin() as connection:
        lost = (letter.c.kind == "cancelled") & (letter.c.recipient == "ann@example.com")
        connection.execute(update(letter).where(lost).values(state="refused", tries=1))
    last(three, reference)
    with three.reading() as session:
        assert len(letters_to_retry(session, None, now=int(NOW.timestamp()))) == retried


def refused(shop, *kinds) -> None:
    """Let the server have refused for good what waits of these kinds."""
    with shop.engine.begin() as connection:
        waiting = update(letter).where(letter.c.state == "waiting", letter.c.kind.in_(kinds))
        connection.execute(waiting.values(state="refused", tries=1, ended_at=1))


def to_retry(shop, *, now=NOW) -> list[tuple[str, str]]:
    """Kind and role of what failed and may be sent after all."""
    with shop.reading() as session:
        numbers = letters_to_retry(session, None, now=int(now.timestamp()))
        rows = session.execute(select(letter).where(letter.c.id.in_(numbers)))
        return [(row.kind, row.role) for row in rows]


TO_US = [("booked", "staff"), ("booked", "shop")]


def another_address(shop, reference, *, until=None):
    with shop.writing() as session:
        booking, customer = booking_by_reference(session, reference), Customer("Bea", "b@c.example")
        given = {"now": NOW, "renew": lambda *_: "", "until": until, "outbox": MAIL}
        mend_details(session, booking, customer, **given)


@pytest.mark.both_databases
def test_another_address_of_the_customers_leaves_what_others_are_told_true(shop):
    reference = booked(shop)
    refused(shop, "booked")
    assert to_retry(shop) == [("booked", "customer"), *TO_US]
    another_address(shop, reference)
    assert to_retry(shop) == TO_US
    shop.move(reference, NINE, outbox=MAIL)
    assert to_retry(shop) == []


@pytest.mark.both_databases
def test_an_address_that_is_only_asked_leaves_all_that_was_told_true(shop):
    shop.change("cut", confirm_by_mail=True)
    reference = booked(shop)
    refused(shop, "booked")
    another_address(shop, reference, until=later(30))
    assert to_retry(shop) == [("booked", "customer"), *TO_US]


@pytest.mark.both_databases
@pytest.mark.parametrize("change", ["moved", "moved there and back", "with Ben", "cancelled"])
def test_what_came_later_makes_it_untrue_though_nobody_is_told_of_that(shop, change):
    off = [role + kind for role in ("", "staff_", "shop_") for kind in ("moved", "cancelled")]
    reference = booked(shop)
    refused(shop, "booked")
    with shop.writing() as session:
        session.get(Shop, 1).mail = {"off": [] if "back" in change else off}
    if change == "cancelled":
        shop.cancel(reference, outbox=MAIL)
    else:
        shop.move(reference, TEN if "Ben" in change else NINE, "ben" if "Ben" in change else "ann")
    if "back" in change:
        shop.move(reference, TEN, outbox=MAIL)
    assert to_retry(shop) == []


@pytest.mark.both_databases
def test_that_nobody_decided_in_time_can_be_sent_again_though_that_was_written_down(shop):
    booked(shop, pending=waiting())
    refused(shop, "not_confirmed")
    assert shop.run(purge_pending, now=later(31)) == 1
    expected = [("not_confirmed", role) for role in ("customer", "staff", "shop")]
    assert to_retry(shop, now=later(31)) == expected


@pytest.mark.both_databases
def test_that_there_is_something_to_decide_can_be_sent_again_after_another_address(shop):
    shop.change("cut", approval=True)
    reference = booked(shop)
    shop.ask_to_move(reference, NINE, outbox=MAIL)
    refused(shop, "move_to_decide")
    another_address(shop, reference)
    assert to_retry(shop) == [("move_to_decide", "staff"), ("move_to_decide", "shop")]
    shop.ask_to_move(reference, at("11:00", day=3), now=later(1), outbox=MAIL)
    assert to_retry(shop) == []


@pytest.mark.both_databases
def test_a_verbs_letters_are_written_by_one_statement(shop):
    said = []

    def hear(*given):
        said.append(given[2])

    event.listen(shop.engine, "before_cursor_execute", hear)
    try:
        reference = booked(shop)
        shop.move(reference, NINE, who="ben", outbox=MAIL)
        shop.cancel(reference, outbox=MAIL)
    finally:
        event.remove(shop.engine, "before_cursor_execute", hear)
    assert shop.count(letter) > 9
    assert sum("INSERT INTO booking_letter" in each for each in said) == 3


@pytest.mark.both_databases
def test_whatever_is_to_be_told_is_announced_once_and_to_hosts_only_what_is_theirs(shop):
    heard = []
    outbox = Outbox(mail=True, announce=lambda what, reference: heard.append((what, reference)))
    asked = booked(shop, pending=waiting(), outbox=outbox)
    shop.decline(asked, outbox=outbox)
    assert heard == [("letter", asked), ("letter", asked)]
    sure = booked(shop, outbox=outbox)
    assert heard[2:] == [("booked", sure)]


@pytest.mark.parametrize("choice", ["daily", "never"])
def test_staff_who_do_not_want_to_know_at_once_are_not_told(shop, choice):
    shop.change("ann", letters=choice)
    booked(shop)
    assert "staff" not in [role for _, role, _ in letters(shop)]


# The shop is at UTC; tomorrow's list is written at 18:00.
@pytest.mark.parametrize(
    ("now", "start", "is_told"),
    [
        (at("08:00"), at("15:00"), True),
        (at("17:59"), at("10:00", day=1), False),
        (at("18:00"), at("10:00", day=1), True),
        (at("23:59"), at("10:00", day=2), False),
        (at("00:00", day=1), at("10:00", day=1), True),
    ],
)
def test_who_has_a_list_in_the_evening_hears_at_once_of_what_no_list_will_tell(
    shop, now, start, is_told
):
    shop.change("ann", letters="daily")
    reference = booked(shop, start=start, now=now)
    shop.cancel(reference, now=now, outbox=MAIL)
    told = letters(shop, "waiting", "withdrawn")
    assert [kind for kind, role, _ in told if role == "staff"] == ["booked", "cancelled"] * is_told


def test_who_has_a_list_hears_at_once_of_what_is_moved_off_or_onto_a_day_that_is_listed(shop):
    evening = at("18:00", day=2)
    shop.change("ann", letters="daily")
    shop.change("ben", email="ben@example.com", letters="daily")
    reference = booked(shop)
    shop.move(reference, at("10:00", day=8), now=evening, outbox=MAIL)
    shop.move(reference, at("11:00", day=8), now=evening, outbox=MAIL)
    shop.move(reference, NINE, now=evening, outbox=MAIL)
    shop.move(reference, at("10:00", day=8), "ben", now=evening, outbox=MAIL)
    told = [each for each in letters(shop, "waiting", "withdrawn") if each[1] == "staff"]
    assert told == [
        ("moved", "staff", "ann@example.com"),
        ("moved", "staff", "ann@example.com"),
        ("cancelled", "staff", "ann@example.com"),
    ]


@pytest.mark.parametrize("choice", ["at_once", "daily", "never"])
@pytest.mark.parametrize("end", ["cancelled", "booked"])
def test_who_was_asked_to_decide_hears_what_became_of_it_whatever_they_chose(shop, choice, end):
    shop.change("ann", letters=choice)
    reference = booked(shop, start=at("10:00", day=5), pending=waiting())
    if end == "booked":
        shop.confirm(reference, by="owner", outbox=MAIL)
    else:
        shop.cancel(reference, by="customer", outbox=MAIL)
    told = [kind for kind, role, _ in letters(shop, "waiting", "withdrawn") if role == "staff"]
    assert told == ["to_decide", "not_confirmed", end] * (choice != "never")


def test_who_was_not_asked_to_decide_hears_of_it_by_the_list(shop):
    shop.change("ann", letters="daily")
    with shop.writing() as session:
        session.get(Shop, 1).mail = {"off": ["staff_to_decide", "staff_not_confirmed"]}
    reference = booked(shop, start=at("10:00", day=5), pending=waiting())
    shop.cancel(reference, by="customer", outbox=MAIL)
    assert "staff" not in [role for _, role, _ in letters(shop, "waiting", "withdrawn")]


def test_kinds_that_the_shop_turned_off_are_not_written(shop):
    with shop.writing() as session:
        session.get(Shop, 1).mail = {"off": ["shop_booked", "staff_booked", "reminder"]}
    booked(shop)
    assert letters(shop) == [("booked", "customer", CUSTOMER)]


def test_a_reminder_whose_time_has_passed_is_not_written(shop):
    with shop.writing() as session:
        session.get(Shop, 1).mail = {"reminders": [3 * 24 * 60, 24 * 60, 120]}
    booked(shop, start=at("14:00", day=1))
    with shop.engine.connect() as connection:
        due = connection.scalars(select(letter.c.due_at).where(letter.c.kind == "reminder")).all()
    assert due == [int(at("14:00").timestamp()), int(at("12:00", day=1).timestamp())]


def test_handlers_are_told_without_mail_and_their_events_are_never_withdrawn(shop):
    outbox = Outbox(handlers={"booked": ["host.booked"], "reminder": ["host.remind"]})
    reference = booked(shop, outbox=outbox)
    assert letters(shop) == [("booked", "host", "host.booked"), ("reminder", "host", "host.remind")]
    shop.cancel(reference, outbox=outbox)
    assert letters(shop) == [("booked", "host", "host.booked")]


FEW = Outbox(mail=True, letters_per_address=3)


def to_customer(shop) -> list[str]:
    return [kind for kind, role, _ in letters(shop) if role == "customer"]


@pytest.mark.both_databases
def test_an_address_gets_at_most_so_many_letters_a_day_over_all_bookings(shop):
    for place, clock in enumerate(("09:00", "10:00", "11:00", "12:00", "13:00")):
        reference = booked(shop, start=at(clock, day=3 + place % 2), outbox=FEW)
        with shop.engine.begin() as connection:  # however it is written
            connection.execute(
                update(letter)
                .where(letter.c.role == "customer")
                .values(recipient="ASA@example.com")
            )
    assert to_customer(shop).count("booked") == 3
    assert to_customer(shop).count("reminder") == 5  # three on one day, two on the other
    shop.cancel(reference, by="customer", outbox=FEW)
    assert "cancelled" not in to_customer(shop)
    assert ("cancelled", "shop") in [each[:2] for each in letters(shop)]


def test_another_day_has_letters_again(shop):
    one = Outbox(mail=True, letters_per_address=1)
    for day, clock in ((0, "09:00"), (0, "10:00"), (1, "11:00"), (1, "12:00")):
        booked(shop, start=at(clock, day=5), now=at("09:00", day=day), outbox=one)
    assert to_customer(shop) == ["booked", "reminder", "booked"]


def test_what_was_withdrawn_is_not_counted(shop):
    one = Outbox(mail=True, letters_per_address=1)
    reference = booked(shop, outbox=one)
    shop.cancel(reference, by="customer", outbox=one)
    assert to_customer(shop) == ["cancelled"]


def test_what_the_shop_does_is_told_all_the_same(shop):
    one = Outbox(mail=True, letters_per_address=1)
    for clock in ("09:00", "10:00"):
        booked(shop, start=at(clock, day=3), by="owner", outbox=one)
    assert to_customer(shop) == ["booked", "reminder", "booked", "reminder"]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "ends", [{"state": "sent", "ended_at": int(NOW.timestamp())}, {"tries": 1}]
)
def test_after_so_many_days_it_is_not_kept_who_was_sent_what_or_was_to_be(shop, ends):
    booked(shop, start=at("10:00", day=40))
    with shop.engine.begin() as connection:
        connection.execute(update(letter).where(letter.c.kind == "booked").values(ends))
    for day, gone in ((29, 0), (31, 2), (31, 1), (31, 0)):
        purged = shop.run(purge_letters, now=NOW + timedelta(days=day), days=30, most=2)
        assert purged == gone
    assert letters(shop) == [("reminder", "customer", CUSTOMER)]


@pytest.mark.parametrize(
    ("start", "minutes", "expected"),
    [
        ("2027-03-28T13:00+01:00", 24 * 60, "2027-03-27T13:00+00:00"),  # the clock went forward
        ("2027-10-31T13:00+00:00", 24 * 60, "2027-10-30T13:00+01:00"),  # and back
        ("2027-10-31T13:00+00:00", 2 * 60, "2027-10-31T11:00+00:00"),
        ("2027-03-28T03:00+01:00", 2 * 60, "2027-03-28T00:00+00:00"),
        ("2027-10-31T13:00+00:00", 26 * 60, "2027-10-30T11:00+01:00"),
    ],
)
def test_whole_days_before_are_counted_by_the_wall_clock(start, minutes, expected):
    zone = ZoneInfo("Europe/Lisbon")
    before = wall_clock_before(datetime.fromisoformat(start), minutes, zone)
    assert before == datetime.fromisoformat(expected)
    assert before.tzinfo is UTC


@pytest.mark.both_databases
def test_what_could_not_be_confirmed_for_want_of_its_letter_is_not_booked(shop):
    one = Outbox(mail=True, letters_per_address=1)
    booked(shop, outbox=one)
    with pytest.raises(VisitorLimit, match=f": {Limit.LETTERS}$"):
        booked(shop, start=NINE, pending=waiting(kind="mail"), outbox=one)
    assert shop.count(Booking) == 1
    booked(shop, start=NINE, pending=waiting(kind="approval"), outbox=one)
