"""A customer is a grouping of bookings: by address to begin with, and then as the desk says."""

import secrets
from dataclasses import replace
from functools import partial
from threading import Barrier

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from booking.operations import customers
from booking.operations.bookings import Customer
from booking.operations.customer_keys import keys_of
from booking.operations.customers import NoSuchCustomer, NothingToSplit
from booking.operations.details import mend_details
from booking.operations.requests import CustomerBlocked
from booking.storage import customers as stored
from booking.storage.before_booking import KnownCustomer, before_booking
from booking.storage.customer_reads import find_customers, page_of
from booking.storage.customers import customer, figures_of
from booking.storage.history import history_of_customer
from booking.storage.models import Booking
from booking.storage.reads import booking_by_reference
from booking.tab_sessions import Retry, run_in_transaction
from tests.fixtures.small_shop import CUSTOMER, NOW, at, book_in, later
from tests.operations.racing import at_once
from tests.storage.conftest import counted

pytestmark = pytest.mark.both_databases

ADA = Customer("Ada Byron", "ada@example.com")
BERTA = Customer("Berta Byron", "ada@example.com")
CLARA = Customer("Clara Byron", "clara@example.com")


def book(shop, who: Customer, clock="10:00", day=1, **more) -> str:
    return shop.book(None, "cut", "ann", at(clock, day=day), customer=who, **more)


def whose(shop, *references: str) -> list[int | None]:
    """The customers of these bookings, each as the desk sees it."""
    with shop.reading() as session:
        numbers = [booking_by_reference(session, each).customer_id for each in references]
        return [n and stored.customer_row(session, n).head for n in numbers]


def named(shop) -> dict[str, int]:
    with shop.engine.connect() as connection:
        return dict(connection.execute(select(customer.c.name, customer.c.id)).all())


def bookings_named(session, *references: str) -> list[Booking]:
    return [booking_by_reference(session, each) for each in references]


# -- by the address --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "email", "phone", "address"),
    [
        ("Ada", "Ada@Example.COM", "+49 30 123456", "mail:ada@example.com"),
        ("Ada", "ÄDA@example.com", "", "mail:Äda@example.com"),
        ("Ada", "", "+49 30 123456", "tel:+4930123456"),
        ("Ada", "", "+49 30 123456 ext. 7", "tel:+4930123456"),
        ("Ada", "", "030 \N{ARABIC-INDIC DIGIT ONE}23", "tel:030123"),
        ("Ada", "", "ask at the door", ""),
        ("Ada", "", "", ""),
    ],
)
def test_a_customer_is_known_by_the_address_else_by_the_number(name, email, phone, address):
    keys = keys_of(name, email, phone)
    assert keys.address == address
    assert keys.person == (f"{address} name:ada" if address else "")


def test_bookings_of_one_address_are_one_customers_and_keep_what_was_typed(shop):
    first = book(shop, ADA)
    second = book(shop, replace(BERTA, email="ADA@example.com"), "11:00")
    other = book(shop, CLARA, "12:00")
    assert whose(shop, first, second)[0] == whose(shop, second)[0] != whose(shop, other)[0]
    with shop.reading() as session:
        names = [each.customer_name for each in bookings_named(session, first, second)]
    assert names == ["Ada Byron", "Berta Byron"]
    assert list(named(shop)) == ["Ada Byron", "Clara Byron"]


def test_without_address_and_number_each_booking_is_a_customer_of_its_own(shop):
    unknown = Customer("Somebody", "")
    first, second = book(shop, unknown), book(shop, unknown, "11:00")
    assert whose(shop, first) != whose(shop, second)
    assert None not in whose(shop, first, second)


def test_a_booking_asks_nothing_more_for_a_known_customer_and_once_for_a_new_one(shop):
    book(shop, ADA)
    with counted(shop.engine) as known:
        book(shop, ADA, "11:00")
    with counted(shop.engine) as new:
        book(shop, CLARA, "12:00")
    about = [each for each in known if "booking_customer" in each]
    assert len(about) == 1
    assert "booking_booking.draft" in about[0], "asked for along with the draft"
    assert len(new) == len(known) + 1


def test_two_at_once_make_one_customer(shop):
    jobs = [partial(book, shop, ADA, day=day) for day in range(1, 9)]
    references = at_once(*jobs)
    assert len(set(whose(shop, *references))) == 1
    assert len(named(shop)) == 1


def test_two_who_both_saw_nobody_make_one_customer(shop, monkeypatch):
    assert race_of_two(shop, monkeypatch) == 1


def test_without_the_key_two_who_both_saw_nobody_would_make_two(shop, monkeypatch):
    """That the test above would notice."""
    monkeypatch.setattr(
        "booking.operations.claimed_bookings.add_customer",
        lambda session, _key, name, *, now: stored.add_customer(session, "", name, now=now),
    )
    assert race_of_two(shop, monkeypatch) == 2


def race_of_two(shop, monkeypatch) -> int:
    """How many customers there are after two have looked for one before either wrote."""
    if shop.engine.dialect.name == "sqlite":
        # One writes after the other there, so what both saw is what each is told it saw.
        monkeypatch.setattr(
            "booking.operations.bookings.before_booking", seeing_nobody(lambda: None)
        )
        for day in (1, 2):
            book(shop, ADA, day=day)
        return shop.count(customer)
    both_looked = Barrier(2)
    wait = partial(both_looked.wait, timeout=30)
    monkeypatch.setattr("booking.operations.bookings.before_booking", seeing_nobody(wait))
    at_once(partial(book, shop, ADA), partial(book, shop, ADA, day=2))
    return shop.count(customer)


def seeing_nobody(then):
    def look(*given, **named):
        found = before_booking(*given, **named)
        then()
        return found._replace(customer=None)

    return look


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_customer_who_is_erased_while_somebody_books_is_made_anew(shop, monkeypatch):
    """What was read may be gone when it is written; SQLite lets nobody between."""
    book(shop, CLARA)
    gone = KnownCustomer(id=named(shop)["Clara Byron"] + 1, is_blocked=False)
    tries = []

    def look(*given, **named):
        tries.append(before_booking(*given, **named))
        return tries[-1]._replace(customer=gone) if len(tries) == 1 else tries[-1]

    monkeypatch.setattr("booking.operations.bookings.before_booking", look)

    def work(session):
        return book_in(session, None, "cut", "ann", at("11:00", day=1), customer=ADA).reference

    reference = run_in_transaction(Session(shop.engine), work)
    assert whose(shop, reference) == [named(shop)["Ada Byron"]]
    assert len(tries) == 2


# -- as the desk says ------------------------------------------------------------------------------


def test_merged_customers_are_one_and_can_be_parted_again(shop):
    ada, clara = book(shop, ADA), book(shop, CLARA, "11:00")
    before = whose(shop, ada, clara)
    shop.run(customers.describe, before[0], name="Ada", note="Tea.", now=NOW)
    shop.run(customers.describe, before[1], name="Clara", note="Coffee.", now=NOW)
    assert shop.run(customers.merge, before[0], [before[1]], now=NOW).id == before[0]
    later_one = book(shop, CLARA, "12:00")
    assert set(whose(shop, ada, clara, later_one)) == {before[0]}
    with shop.reading() as session:
        assert figures_of(session, before)[before[0]].bookings == 3
    shop.run(customers.part, before[1], now=NOW)
    assert whose(shop, ada, clara, later_one) == [before[0], before[1], before[1]]
    assert notes_of(shop, *before) == ["Tea.", "Coffee."]
    with pytest.raises(NoSuchCustomer):
        shop.run(customers.part, before[1], now=NOW)


def notes_of(shop, *numbers: int) -> list[str]:
    with shop.reading() as session:
        return [stored.customer_row(session, number).note for number in numbers]


def test_merged_by_mistake_and_parted_at_once_all_is_as_it_was(shop):
    numbers = whose(
        shop, book(shop, ADA), book(shop, CLARA, "11:00"), book(shop, CUSTOMER, "12:00")
    )
    shop.run(customers.describe, numbers[1], name="Clara", note="Private.", now=NOW)
    shop.run(customers.block, numbers[1], now=NOW)
    with shop.engine.connect() as connection:
        before = connection.execute(select(customer).order_by(customer.c.id)).all()
    shop.run(customers.merge, numbers[0], numbers[1:], now=later(1))
    for number in numbers[1:]:
        shop.run(customers.part, number, now=later(2))
    with shop.engine.connect() as connection:
        assert connection.execute(select(customer).order_by(customer.c.id)).all() == before


def test_merging_long_notes_cuts_none_of_them(shop):
    numbers = whose(shop, book(shop, ADA), book(shop, CLARA, "11:00"))
    notes = ["a" * 3000, "b" * 2990 + " SEVERE ALLERGY"]
    for number, note in zip(numbers, notes, strict=True):
        shop.run(customers.describe, number, name="Ada", note=note, now=NOW)
    shop.run(customers.merge, numbers[0], numbers[1:], now=NOW)
    assert notes_of(shop, *numbers) == notes


def test_each_part_keeps_a_note_of_its_own_that_can_be_written_while_they_are_one(shop):
    numbers = whose(
        shop, book(shop, ADA), book(shop, CLARA, "11:00"), book(shop, CUSTOMER, "12:00")
    )
    shop.run(customers.merge, numbers[0], numbers[1:2], now=NOW)
    desk = {"actor": "Rita", "now": NOW}
    more = {numbers[1]: "Coffee."}
    shop.run(customers.describe, numbers[0], name="Ada", note="Tea.", notes=more, **desk)
    shop.run(customers.describe, numbers[0], name="Ada", note="Tea.", notes=more, **desk)
    shop.run(customers.describe, numbers[1], name="A.", note="Cocoa.", **desk)
    assert notes_of(shop, *numbers) == ["Tea.", "Cocoa.", ""]
    assert named(shop).keys() == {"A.", "Clara Byron", CUSTOMER.name}, "the name is the customer's"
    fields = [
        [each["fields"] for what, _, _, each in told(shop, number) if what == "described"]
        for number in numbers
    ]
    assert fields == [[["name", "note"], ["name"]], [["note"], ["note"]], []]
    with pytest.raises(NoSuchCustomer):
        shop.run(
            customers.describe, numbers[0], name="A.", note="", notes={numbers[2]: "x"}, **desk
        )
    assert notes_of(shop, *numbers) == ["Tea.", "Cocoa.", ""]


def test_what_was_merged_before_comes_along(shop):
    numbers = whose(
        shop, book(shop, ADA), book(shop, CLARA, "11:00"), book(shop, CUSTOMER, "12:00")
    )
    shop.run(customers.merge, numbers[1], [numbers[2]], now=NOW)
    shop.run(customers.merge, numbers[0], [numbers[2]], now=NOW)
    with shop.reading() as session:
        assert [row.id for row in customers.customer_of(session, numbers[2])] == numbers


def test_two_merges_at_once_leave_nobody_without_a_customer(shop):
    numbers = whose(shop, book(shop, ADA), book(shop, CLARA, "11:00"))

    def merge(into, other):
        try:
            shop.run(customers.merge, into, [other], now=NOW)
        except NoSuchCustomer:
            return

    at_once(partial(merge, *numbers), partial(merge, *numbers[::-1]))
    with shop.engine.connect() as connection:
        into = dict(connection.execute(select(customer.c.id, customer.c.merged_into)).all())
    assert sorted(map(bool, into.values())) == [False, True], into


def test_who_shares_an_address_is_split_off_and_known_by_name_from_then_on(shop):
    ada, berta = book(shop, ADA), book(shop, BERTA, "11:00")
    with shop.writing() as session:
        customers.split(session, bookings_named(session, berta), now=NOW)
    assert whose(shop, ada) != whose(shop, berta)
    again = [book(shop, who, clock) for who, clock in ((ADA, "12:00"), (BERTA, "13:00"))]
    assert whose(shop, *again) == whose(shop, ada, berta)
    mother = book(shop, replace(ADA, name="Mother"), "14:00")
    assert whose(shop, mother) == whose(shop, ada), "whoever is not known by name"


def test_split_merged_and_split_again_it_is_the_same_customer(shop):
    ada, berta = book(shop, ADA), book(shop, BERTA, "11:00")
    numbers = []
    for _ in range(2):
        with shop.writing() as session:
            numbers.append(customers.split(session, bookings_named(session, berta), now=NOW))
        shop.run(customers.merge, *[whose(shop, ada)[0], whose(shop, berta)], now=NOW)
    assert numbers[0] == numbers[1]


@pytest.mark.parametrize("who", [0, 1], ids=["the first", "another"])
def test_all_the_appointments_of_a_part_are_split_off_with_what_is_noted_about_it(shop, who):
    references = [book(shop, each, f"{9 + n}:00") for n, each in enumerate((ADA, CLARA, CUSTOMER))]
    numbers = whose(shop, *references)
    for number, name in zip(numbers, "ABC", strict=True):
        shop.run(customers.describe, number, name=name, note=f"About {name}.", now=NOW)
    shop.run(customers.block, numbers[1], now=NOW)
    shop.run(customers.merge, numbers[0], numbers[1:], now=NOW)
    with shop.writing() as session:
        (picked,) = bookings_named(session, references[who])
        assert customers.split(session, [picked], now=NOW) == numbers[who]
    rest = min(numbers[:who] + numbers[who + 1 :])
    assert whose(shop, *references) == [
        numbers[who] if each == who else rest for each in range(len(numbers))
    ]
    assert notes_of(shop, *numbers) == ["About A.", "About B.", "About C."]
    assert told(shop, rest)[-1][::3] == ("split", {"others": [numbers[who]]})
    assert told(shop, numbers[who])[-1][::3] == ("split_off", {"others": [rest]})
    with shop.reading() as session:
        blocked = [each.id for each in stored.all_customers(session) if each.blocked_at]
    assert blocked == [whose(shop, references[1])[0]], "whoever Clara is a part of"
    typed = (ADA, CLARA)[who]
    assert whose(shop, book(shop, typed, "15:00", by="owner")) == [numbers[who]]


def test_some_of_the_appointments_of_a_part_leave_its_note_where_it_is(shop):
    references = [book(shop, ADA), book(shop, CLARA, "11:00"), book(shop, CLARA, "12:00")]
    numbers = whose(shop, *references)[:2]
    shop.run(customers.describe, numbers[1], name="Clara", note="Coffee.", now=NOW)
    shop.run(customers.merge, numbers[0], numbers[1:], now=NOW)
    with shop.writing() as session:
        made = customers.split(session, bookings_named(session, references[2]), now=NOW)
    assert whose(shop, *references) == [numbers[0], numbers[0], made]
    assert notes_of(shop, *numbers, made) == ["", "Coffee.", ""]


@pytest.mark.parametrize("chosen", [[], [0, 1]], ids=["none", "all"])
def test_nothing_is_split_that_leaves_nobody(shop, chosen):
    references = [book(shop, ADA), book(shop, BERTA, "11:00")]
    with shop.writing() as session:
        picked = bookings_named(session, *[references[each] for each in chosen])
        with pytest.raises(NothingToSplit):
            customers.split(session, picked, now=NOW)


def test_bookings_of_two_customers_are_not_split_together(shop):
    references = [book(shop, ADA), book(shop, BERTA, "11:00"), book(shop, CLARA, "12:00")]
    with shop.writing() as session:
        picked = bookings_named(session, *references[1:])
        with pytest.raises(NothingToSplit):
            customers.split(session, picked, now=NOW)


def test_splitting_many_asks_and_writes_no_more_often_than_splitting_two(shop):
    sent = []
    for day, (who, until) in enumerate(((ADA, 12), (CLARA, 16)), 1):
        references = [book(shop, who, f"{hour}:00", day) for hour in range(9, until)]
        with shop.writing() as session:
            picked = bookings_named(session, *references[1:])
            with counted(shop.engine) as statements:
                customers.split(session, picked, now=NOW)
        sent.append(len(statements))
        assert len({*whose(shop, *references[1:])}) == 1
        assert whose(shop, references[0]) != whose(shop, references[1])
    assert sent[0] == sent[1]


def test_a_booking_that_was_erased_since_it_was_chosen_is_given_to_nobody(shop):
    """Its name, read before, would stay behind in the new customer's row."""
    references = [book(shop, ADA), book(shop, BERTA, "11:00"), book(shop, BERTA, "12:00")]
    with Session(shop.engine) as session:
        picked = bookings_named(session, *references[1:])
        erased = update(Booking.__table__).where(Booking.reference == references[1])
        session.connection().execute(erased.values(customer_id=None))
        with pytest.raises(Retry):
            customers.split(session, picked, now=NOW)


# -- written down ----------------------------------------------------------------------------------


def told(shop, *numbers) -> list[tuple]:
    with shop.reading() as session:
        found = history_of_customer(session, numbers, most=50)
    return [(each.what, each.door, each.actor, dict(each.details)) for each in found][::-1]


def test_who_merged_parted_split_and_blocked_whom_is_written_down(shop):
    ada, clara, berta = book(shop, ADA), book(shop, CLARA, "11:00"), book(shop, BERTA, "12:00")
    first, second = whose(shop, ada, clara)
    desk = {"actor": "Rita", "now": NOW}
    shop.run(customers.merge, first, [second], **desk)
    shop.run(customers.block, second, **desk)
    shop.run(customers.block, first, now=NOW)
    shop.run(customers.unblock, first, now=later(1))
    shop.run(customers.part, second, **desk)
    with shop.writing() as session:
        third = customers.split(session, bookings_named(session, berta), **desk)
    assert told(shop, first) == [
        ("merged", "desk", "Rita", {"others": [second]}),
        ("blocked", "desk", "Rita", {}),
        ("unblocked", "shell", "", {}),
        ("parted", "desk", "Rita", {"others": [second]}),
        ("split", "desk", "Rita", {"others": [third]}),
    ]
    assert [what for what, *_ in told(shop, second)] == ["merged_into", "parted"]
    assert told(shop, third) == [("split_off", "desk", "Rita", {"others": [first]})]


def test_what_the_desk_says_of_somebody_is_written_down_by_its_fields_and_only_once(shop):
    (number,) = whose(shop, book(shop, ADA))
    for _ in range(2):
        shop.run(customers.describe, number, name=ADA.name, note="Tea.", actor="Rita", now=NOW)
    assert told(shop, number) == [("described", "desk", "Rita", {"fields": ["note"]})]


# -- blocked ---------------------------------------------------------------------------------------


def test_who_is_blocked_books_no_more_by_the_web_and_always_at_the_desk(shop):
    first = book(shop, ADA)
    shop.run(customers.block, whose(shop, first)[0], now=NOW)
    for typed in (ADA, replace(ADA, email="Ada@EXAMPLE.com", name="Another")):
        with pytest.raises(CustomerBlocked):
            book(shop, typed, "11:00")
    book(shop, ADA, "11:00", by="owner")
    book(shop, CLARA, "12:00")
    shop.run(customers.unblock, whose(shop, first)[0], now=NOW)
    book(shop, ADA, "13:00")


def test_a_block_holds_for_all_that_was_merged_and_goes_from_all(shop):
    numbers = whose(shop, book(shop, ADA), book(shop, CLARA, "11:00"))
    shop.run(customers.block, numbers[1], now=NOW)
    shop.run(customers.merge, numbers[0], [numbers[1]], now=NOW)
    for typed in (ADA, CLARA):
        with pytest.raises(CustomerBlocked):
            book(shop, typed, "12:00")
    shop.run(customers.unblock, numbers[0], now=NOW)
    shop.run(customers.part, numbers[1], now=NOW)
    book(shop, ADA, "12:00"), book(shop, CLARA, "13:00")


def test_a_block_of_two_that_were_merged_is_one_of_both_and_of_each_when_they_are_parted(shop):
    numbers = whose(shop, book(shop, ADA), book(shop, CLARA, "11:00"))
    shop.run(customers.merge, numbers[0], [numbers[1]], now=NOW)
    shop.run(customers.block, numbers[1], now=NOW)
    shop.run(customers.part, numbers[1], now=NOW)
    for typed in (ADA, CLARA):
        with pytest.raises(CustomerBlocked):
            book(shop, typed, "12:00")


@pytest.mark.parametrize("asked", ["first", "second"])
def test_who_is_one_with_somebody_blocked_is_asked_for_by_one_question_as_well(shop, asked):
    numbers = whose(shop, book(shop, ADA), book(shop, CLARA, "11:00"))
    shop.run(customers.block, numbers[1], now=NOW)
    shop.run(customers.merge, numbers[0], [numbers[1]], now=NOW)
    typed = {"first": ADA, "second": CLARA}[asked]
    with counted(shop.engine) as sent, pytest.raises(CustomerBlocked):
        book(shop, typed, "12:00")
    assert len([each for each in sent if "booking_customer" in each]) == 1


def test_lists_know_who_is_blocked_by_any_part(shop):
    numbers = whose(shop, book(shop, ADA), book(shop, CLARA, "11:00"))
    shop.run(customers.block, numbers[1], now=NOW)
    shop.run(customers.merge, numbers[0], [numbers[1]], now=later(1))
    with shop.reading() as session:
        lists = (
            list(stored.all_customers(session)),
            stored.listed_customers(session, numbers),
            page_of(session, most=9),
            find_customers(session, "ada", most=9),
        )
    assert [[(each.id, each.blocked_at) for each in some] for some in lists] == [
        [(numbers[0], NOW)]
    ] * len(lists)


@pytest.mark.parametrize("then", ["merged", "parted"])
def test_who_is_merged_or_parted_while_a_customer_is_read_is_read_again(shop, monkeypatch, then):
    numbers = whose(shop, book(shop, ADA), book(shop, CLARA, "11:00"))
    if then == "parted":
        shop.run(customers.merge, numbers[0], [numbers[1]], now=NOW)
    with shop.reading() as session:
        before = stored.customer_row(session, numbers[1])
    if then == "parted":
        shop.run(customers.part, numbers[1], now=NOW)
    else:
        shop.run(customers.merge, numbers[0], [numbers[1]], now=NOW)

    def as_it_was(*_given, **_named):
        monkeypatch.undo()
        return before

    monkeypatch.setattr(customers, "customer_row", as_it_was)
    with shop.reading() as session:
        rows = customers.customer_of(session, numbers[1])
    assert [row.id for row in rows] == (numbers if then == "merged" else numbers[1:])


def test_the_same_confirmation_again_finds_its_booking_though_blocked_since(shop):
    first = book(shop, ADA, draft="d", fingerprint="f")
    shop.run(customers.block, whose(shop, first)[0], now=NOW)
    assert book(shop, ADA, draft="d", fingerprint="f") == first


# -- another address -------------------------------------------------------------------------------


def mend(shop, reference, who: Customer) -> None:
    def renew(_session, booking):
        booking.manage_token_hash = secrets.token_bytes(32)
        return "token"

    with shop.writing() as session:
        booking = booking_by_reference(session, reference)
        mend_details(session, booking, who, now=later(1), renew=renew)


def test_who_mends_the_address_of_the_only_booking_stays_the_same_customer(shop):
    only = book(shop, replace(ADA, email="adda@example.com"))
    number = whose(shop, only)
    shop.run(customers.describe, number[0], name="Ada", note="Tea.", now=NOW)
    mend(shop, only, ADA)
    assert whose(shop, only) == number == whose(shop, book(shop, ADA, "11:00"))


def test_another_address_under_the_same_name_is_the_same_customers(shop):
    first, second = book(shop, ADA), book(shop, ADA, "11:00")
    mend(shop, second, replace(ADA, email="ada@new.example"))
    again = book(shop, replace(ADA, email="ada@new.example"), "12:00")
    assert len(set(whose(shop, first, second, again))) == 1


def test_another_name_and_address_is_another_customer(shop):
    first, second = book(shop, ADA), book(shop, ADA, "11:00")
    mend(shop, second, CLARA)
    assert whose(shop, first) != whose(shop, second) == whose(shop, book(shop, CLARA, "12:00"))


def test_the_address_of_somebody_known_brings_the_booking_there(shop):
    typo, known = book(shop, replace(ADA, email="adda@example.com")), book(shop, ADA, "11:00")
    mend(shop, typo, ADA)
    assert whose(shop, typo) == whose(shop, known)
    assert len(named(shop)) == 1, "and nobody is left who has no booking"


def test_what_the_desk_said_stays_said(shop):
    ada, berta = book(shop, ADA), book(shop, BERTA, "11:00")
    with shop.writing() as session:
        customers.split(session, bookings_named(session, berta), now=NOW)
    book(shop, BERTA, "12:00")
    before = whose(shop, berta)
    shop.run(customers.merge, whose(shop, ada)[0], before, now=NOW)
    mend(shop, berta, replace(BERTA, email="berta@example.com"))
    assert whose(shop, berta) == whose(shop, ada)


# -- bookings of before ----------------------------------------------------------------------------


def test_bookings_of_nobody_are_grouped_a_portion_at_a_time(shop):
    phone = Customer("Dora", "", phone="+351 21 000 000")
    made = [
        book(shop, who, clock)
        for who, clock in ((ADA, "9:00"), (BERTA, "10:00"), (phone, "11:00"), (phone, "12:00"))
    ]
    with shop.engine.begin() as connection:
        connection.execute(update(Booking).values(customer_id=None))
        connection.execute(text("DELETE FROM booking_customer"))
    counts = [shop.run(customers.group_bookings, now=NOW, most=3) for _ in range(3)]
    assert counts == [3, 1, 0]
    found = whose(shop, *made)
    assert found[0] == found[1] != found[2] == found[3]
    assert list(named(shop)) == ["Ada Byron", "Dora"]
