"""Of who is erased nothing is left, wherever it was written; of everybody else, all of it."""

import re
import secrets
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import JSON, LargeBinary, String, func, insert, inspect, select, text, update
from sqlalchemy.orm import Session

from booking.migrate import merged_metadata
from booking.operations import customers, erasure
from booking.operations.bookings import Customer
from booking.operations.customers import NoSuchCustomer
from booking.operations.details import mend_details
from booking.operations.erasure import HasComingBookings
from booking.operations.history import ERASED
from booking.operations.lost_links import ask_for_links
from booking.operations.notes import write_note
from booking.operations.outbox import Outbox
from booking.operations.personal_data import NOT_PERSONAL, PERSONAL
from booking.operations.requests import Visitor
from booking.storage.customers import customer
from booking.storage.history import history
from booking.storage.models import Booking, Shop, letter
from booking.storage.reads import booking_by_reference
from booking.transactions.sessions import run_in_transaction
from tests.fixtures.small_shop import NOW, SmallShop, at

pytestmark = pytest.mark.both_databases

ADA = Customer(
    "Ada Qwertz",
    "ada.qwertz@example.com",
    "+49 30 5557321",
    "By the Qwertz window",
    "Asia/Tokyo",
    "de",
)
BEFORE = replace(ADA, email="qwertz.typo@example.com")
BERTA = Customer("Berta Byron", "berta@example.com", "+49 30 1112223", "Tea, please")
AFTER = at("12:00", day=9)
"""When all of these appointments are over."""
MAIL = Outbox(mail=True, handlers={"booked": ["theirs"]})
TRACES = re.compile(rb"qwertz|5557321|1237555|Asia/Tokyo", re.IGNORECASE)


def hashed(address: str) -> list[str]:
    return [f"erased-{address[::-1]}"]


@pytest.fixture
def written_to(shop) -> SmallShop:
    """The shop, which writes letters."""
    with shop.writing() as session:
        session.add(session.merge(Shop(id=1, email="shop@shop.example")))
    return shop


def book(shop, who: Customer, clock="10:00", day=1, **more) -> str:
    visitor = Visitor("10.0.0.1", holds=20, bookings=20, share=100, networks=("10.0.0.0/24",))
    more = {"visitor": visitor, "outbox": MAIL, **more}
    return shop.book(None, "cut", "ann", at(clock, day=day), customer=who, **more)


def mend(shop, reference: str, who: Customer) -> None:
    def renew(_session, booking):
        booking.manage_token_hash = secrets.token_bytes(32)
        return "token"

    with shop.writing() as session:
        booking = booking_by_reference(session, reference)
        mend_details(session, booking, who, now=NOW, renew=renew, outbox=MAIL)


def customer_with_all(shop) -> list[str]:
    """Somebody of whom there is something in each table that can have something of a customer."""
    visitor = Visitor("10.0.0.1", holds=20, bookings=20, share=100)
    first, second, third = (book(shop, BEFORE, day=day) for day in (1, 2, 3))
    mend(shop, first, ADA)
    shop.ask_to_move(second, at("15:00", day=4))
    shop.cancel(third, words="Qwertz cannot come", outbox=MAIL)
    for address in (ADA.email, BEFORE.email):
        shop.run(ask_for_links, address, visitor, language="de", now=NOW)
    with shop.writing() as session:
        number = booking_by_reference(session, first).customer_id
        customers.describe(session, number, name=ADA.name, note="Qwertz likes tea", now=NOW)
        about = booking_by_reference(session, first)
        write_note(session, about, "Qwertz comes late", actor="Ann", now=NOW)
        session.execute(
            update(letter)
            .where(letter.c.booking_id.is_(None), func.lower(letter.c.recipient) == ADA.email)
            .values(recipient=hashed(ADA.email)[0], state="sent")
        )
        link = {"token_hash": secrets.token_bytes(32), "created_at": 0}
        row = {"booking_id": booking_by_reference(session, first).id, **link}
        session.execute(insert(merged_metadata().tables["booking_manage_link"]).values(row))
    return [first, second, third]


def whose(session, reference: str) -> erasure.Whose:
    return erasure.whose_of_customer(session, booking_by_reference(session, reference).customer_id)


def erase(shop, reference: str, now=AFTER) -> list[erasure.Touched]:
    with shop.writing() as session:
        return erasure.erase(session, whose(session, reference), now=now, hashed=hashed)


def everything(shop) -> bytes:
    """All that all tables have, as text."""
    with shop.engine.connect() as connection:
        rows = [
            (table, *map(repr, row))
            for table in inspect(shop.engine).get_table_names()
            for row in connection.execute(text(f"SELECT * FROM {table}"))
        ]
    assert len({row[0] for row in rows}) > 10
    return "\n".join(map(str, rows)).encode()


# -- what is personal ------------------------------------------------------------------------------


def test_every_column_that_may_hold_something_personal_is_declared():
    declared = {f"{each.table.name}.{name}" for each in PERSONAL for name in each.personal}
    others = {f"{table}.{name}" for table, names in NOT_PERSONAL.items() for name in names}
    kinds = (String, JSON, LargeBinary)
    there = {
        f"{table.name}.{column.name}"
        for table in merged_metadata().tables.values()
        for column in table.c
        if isinstance(column.type, kinds)
    }
    remedy = "booking/operations/personal_data.py has to say whether it is about a customer"
    assert sorted(there - declared - others) == [], remedy
    assert sorted((declared | others) - there) == [], "named there, and in no table (any more)"
    assert sorted(declared & others) == [], "both personal and not"


def test_somebody_of_whom_there_is_something_everywhere_is_erased_from_everywhere(written_to):
    """Whatever personal column there is: it is filled with a trace of them, and that is gone."""
    references = customer_with_all(written_to)
    with written_to.writing() as session:
        them = whose(session, references[0])
        found = erasure.about(session, them, hashed)
        missing = [each.table.name for each in PERSONAL if not each.count(session, found)]
        assert not missing, "make a row of it in customer_with_all"
        for each in PERSONAL:
            texts = {
                name: "Qwertz"
                for name in each.personal
                if isinstance(each.table.c[name].type, String)
                and not each.table.c[name].unique
                and each.table.c[name].name not in ("recipient", "customer_email")
                and (each.table.c[name].type.length or 99) > 6
            }
            if texts:
                session.execute(update(each.table).where(each.about(found)).values(texts))
    assert TRACES.search(everything(written_to))
    done = erase(written_to, references[0])
    assert {each.table for each in done} == {each.table.name for each in PERSONAL}
    left = everything(written_to)
    assert not TRACES.search(left), TRACES.findall(left)
    assert not [each for each in references if each.encode() in left], "no reference leads to them"


# -- what stays ------------------------------------------------------------------------------------


def test_bookings_stay_as_figures_and_everybody_else_stays_whole(written_to):
    shop = written_to
    ours, theirs = book(shop, ADA), book(shop, BERTA, "11:00")
    before = rows_of(shop, theirs)
    erase(shop, ours)
    assert rows_of(shop, theirs) == before
    with shop.reading() as session:
        left = session.scalars(select(Booking).where(Booking.customer_id.is_(None))).one()
        assert (left.starts_at, left.state) == (at("10:00", day=1), "confirmed")
        assert (left.service.slug, left.staff_member.slug) == ("cut", "ann")
        assert (left.customer_name, left.answers, left.created_at) == ("", [], NOW)
        assert booking_by_reference(session, ours) is None


def rows_of(shop, reference: str) -> list[object]:
    with shop.reading() as session:
        whole = whose(session, reference)
        found = erasure.about(session, whole, hashed)
        return [each.rows(session, found) for each in PERSONAL]


def test_erased_bookings_are_not_taken_for_bookings_that_wait_to_be_grouped(written_to):
    erase(written_to, book(written_to, ADA))
    assert written_to.run(customers.group_bookings, now=AFTER) == 0


def test_letters_to_an_address_that_somebody_else_has_stay(written_to):
    shop = written_to
    ours = book(shop, ADA)
    theirs = book(shop, replace(BERTA, email=ADA.email), "11:00")
    with shop.writing() as session:
        customers.split(session, [booking_by_reference(session, theirs)], now=NOW)
        asked = Visitor("10.0.0.1", holds=20, bookings=20, share=100)
        ask_for_links(session, ADA.email, asked, language="", now=NOW)
    erase(shop, ours)
    with shop.engine.connect() as connection:
        kinds = set(connection.scalars(select(letter.c.kind).where(letter.c.role == "customer")))
    assert kinds == {"booked", "reminder", "lost_link"}
    erase(shop, theirs)
    assert not shop.count(letter)


@pytest.mark.both_databases
def test_letters_to_an_address_with_an_accent_stay_where_somebody_else_has_it(written_to):
    shop, ada = written_to, replace(ADA, email="Ádá@example.com")
    ours = book(shop, ada)
    theirs = book(shop, replace(BERTA, email=ada.email), "11:00")
    with shop.writing() as session:
        customers.split(session, [booking_by_reference(session, theirs)], now=NOW)
        asked = Visitor("10.0.0.1", holds=20, bookings=20, share=100)
        ask_for_links(session, ada.email, asked, language="", now=NOW)
    erase(shop, ours)
    with shop.engine.connect() as connection:
        kinds = set(connection.scalars(select(letter.c.kind).where(letter.c.role == "customer")))
    assert "lost_link" in kinds


def test_of_bookings_that_several_share_only_those_that_were_chosen_are_erased(written_to):
    shop = written_to
    ours, theirs = book(shop, ADA), book(shop, replace(BERTA, email=ADA.email), "11:00")
    with shop.writing() as session:
        chosen = erasure.whose_of_bookings(session, [booking_by_reference(session, ours)])
        assert (chosen.customers, chosen.names) == ([], [ADA.name])
        erasure.erase(session, chosen, now=AFTER, hashed=hashed)
    with shop.reading() as session:
        left = whose(session, theirs)
        assert left.names == [BERTA.name]
        assert len(left.customers) == 1


def test_what_was_merged_stays_together_without_who_is_erased(written_to):
    shop = written_to
    references = [book(shop, replace(ADA, email=f"{n}@x.example"), f"{n}:00") for n in (10, 11, 12)]
    with shop.writing() as session:
        numbers = [booking_by_reference(session, each).customer_id for each in references]
        customers.merge(session, numbers[0], numbers[1:], now=NOW)
        customers.block(session, numbers[0], now=NOW)
    with shop.writing() as session:
        chosen = erasure.whose_of_bookings(session, [booking_by_reference(session, references[0])])
        assert [row.id for row in chosen.customers] == numbers[:1]
        erasure.erase(session, chosen, now=AFTER, hashed=hashed)
    with shop.reading() as session:
        head, part = customers.customer_of(session, numbers[2])
        assert (head.id, part.id) == (numbers[1], numbers[2])
        assert head.blocked_at == NOW


@pytest.mark.parametrize("who", [0, 1], ids=["the first", "another"])
def test_who_is_erased_of_those_that_were_merged_takes_their_own_note_and_block_along(
    written_to, who
):
    shop = written_to
    references = [book(shop, ADA), book(shop, replace(BERTA, email="b@x.example"), "11:00")]
    with shop.writing() as session:
        numbers = [booking_by_reference(session, each).customer_id for each in references]
        customers.describe(session, numbers[who], name="Qwertz", note="Qwertz is ill.", now=NOW)
        customers.block(session, numbers[who], now=NOW)
        customers.merge(session, numbers[0], numbers[1:], now=NOW)
    with shop.writing() as session:
        picked = [booking_by_reference(session, references[who])]
        chosen = erasure.whose_of_bookings(session, picked)
        erasure.erase(session, chosen, now=AFTER, hashed=hashed)
    with shop.reading() as session:
        (left,) = customers.customer_of(session, numbers[1 - who])
        assert (left.note, left.blocked_at) == ("", None)


@pytest.mark.parametrize("who", [0, 1], ids=["the first", "another"])
def test_who_stays_of_those_that_were_merged_keeps_their_own_note_and_block(written_to, who):
    shop = written_to
    references = [book(shop, ADA), book(shop, replace(BERTA, email="b@x.example"), "11:00")]
    with shop.writing() as session:
        numbers = [booking_by_reference(session, each).customer_id for each in references]
        customers.describe(session, numbers[1 - who], name="B.", note="Tea.", now=NOW)
        customers.block(session, numbers[1 - who], now=NOW)
        customers.merge(session, numbers[0], numbers[1:], now=NOW)
    with shop.writing() as session:
        picked = [booking_by_reference(session, references[who])]
        erasure.erase(session, erasure.whose_of_bookings(session, picked), now=AFTER, hashed=hashed)
    with shop.reading() as session:
        (left,) = customers.customer_of(session, numbers[1 - who])
        assert (left.note, left.blocked_at) == ("Tea.", NOW)


def test_the_history_says_that_somebody_was_erased_and_by_whom_and_not_who_it_was(written_to):
    shop = written_to
    ours = book(shop, ADA)
    with shop.writing() as session:
        erasure.erase(session, whose(session, ours), now=AFTER, hashed=hashed, actor="Ola")
    with shop.engine.connect() as connection:
        row = connection.execute(select(history).where(history.c.what == ERASED)).one()
    assert (row.booking_id, row.door, row.actor, row.details) == (None, "desk", "Ola", {})


def test_what_was_done_to_a_customer_says_nothing_of_them_any_more(written_to):
    shop = written_to
    ours = book(shop, ADA)
    with shop.writing() as session:
        number = booking_by_reference(session, ours).customer_id
        customers.describe(session, number, name="Ada", note="Tea", actor="Ola", now=NOW)
    with shop.writing() as session:
        erasure.erase(session, whose(session, ours), now=AFTER, hashed=hashed)
    with shop.engine.connect() as connection:
        row = connection.execute(select(history).where(history.c.about == "customer")).one()
    assert (row.customer_id, row.what, row.actor, row.details) == (None, "described", "Ola", {})


# -- not yet ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "is_refused"),
    [(NOW, True), (at("10:29", day=1), True), (at("10:30", day=1), False)],
    ids=["to come", "under way", "over"],
)
def test_who_has_an_appointment_to_come_is_not_erased(written_to, now, is_refused):
    ours = book(written_to, ADA)
    before = everything(written_to)
    if not is_refused:
        assert erase(written_to, ours, now)
        return
    with pytest.raises(HasComingBookings) as refused:
        erase(written_to, ours, now)
    assert [booking.reference for booking in refused.value.bookings] == [ours]
    assert everything(written_to) == before


def test_once_it_is_cancelled_it_stands_in_nobodys_way(written_to):
    ours = book(written_to, ADA)
    written_to.cancel(ours)
    assert erase(written_to, ours, NOW)


def test_whoever_comes_second_is_told_that_nobody_is_there(written_to):
    ours = book(written_to, ADA)
    with written_to.writing() as session:
        number = booking_by_reference(session, ours).customer_id
        them = erasure.whose_of_customer(session, number)
        erasure.erase(session, them, now=AFTER, hashed=hashed)
        with pytest.raises(NoSuchCustomer):
            erasure.whose_of_customer(session, number)


# -- by itself -------------------------------------------------------------------------------------


def quiet(shop, days: int, now=AFTER) -> int:
    with shop.reading() as session:
        numbers = erasure.quiet_since(session, now=now, days=days)
    more = {"now": now, "days": days, "hashed": hashed}
    return shop.run(erasure.erase_quiet, numbers, **more)


def test_who_has_not_come_for_long_is_erased_and_nobody_else(written_to):
    shop = written_to
    long_ago, lately = book(shop, ADA, day=1), book(shop, BERTA, day=5)
    regular = [book(shop, replace(BERTA, email="r@x.example"), "15:00", day=n) for n in (1, 20)]
    blocked = book(shop, replace(ADA, email="b@x.example"), "16:00", day=1)
    with shop.writing() as session:
        number = booking_by_reference(session, blocked).customer_id
        customers.block(session, number, now=NOW)
    assert quiet(shop, days=7) == 1
    with shop.reading() as session:
        there = [booking_by_reference(session, each) for each in (lately, *regular, blocked)]
        assert all(there)
        assert booking_by_reference(session, long_ago) is None


def test_who_is_one_with_somebody_blocked_is_not_erased_by_itself(written_to):
    shop = written_to
    references = [book(shop, ADA, day=1), book(shop, replace(BERTA, email="b@x.example"), day=2)]
    with shop.writing() as session:
        numbers = [booking_by_reference(session, each).customer_id for each in references]
        customers.block(session, numbers[1], now=NOW)
        customers.merge(session, numbers[0], numbers[1:], now=NOW)
    assert quiet(shop, days=7) == 0


def test_who_comes_again_meanwhile_stays(written_to):
    shop = written_to
    book(shop, ADA, day=1)
    with shop.reading() as session:
        numbers = erasure.quiet_since(session, now=AFTER, days=7)
    assert len(numbers) == 1
    book(shop, ADA, day=9)
    more = {"now": AFTER, "days": 7, "hashed": hashed}
    assert shop.run(erasure.erase_quiet, numbers, **more) == 0


def test_a_merged_customer_stays_as_long_as_any_part_comes(written_to):
    shop = written_to
    old, new = book(shop, ADA, day=1), book(shop, BERTA, day=8)
    with shop.writing() as session:
        numbers = [booking_by_reference(session, each).customer_id for each in (old, new)]
        customers.merge(session, numbers[0], numbers[1:], now=NOW)
    assert quiet(shop, days=7) == 0
    assert quiet(shop, days=7, now=AFTER + timedelta(days=10)) == 1
    assert shop.count(customer) == 0


@pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_whoever_books_while_they_are_erased_has_a_coming_booking_and_stays(shop, monkeypatch):
    """On SQLite one writes after the other."""
    first = book(shop, ADA)
    second: list[str] = []
    lock = erasure.lock_bookings

    def lock_once_they_have_booked(session, ids):
        if not second:
            second.append(book(shop, ADA, day=20))
        return lock(session, ids)

    monkeypatch.setattr(erasure, "lock_bookings", lock_once_they_have_booked)
    with Session(shop.engine) as session, pytest.raises(HasComingBookings) as left:
        run_in_transaction(
            session,
            lambda inside: erasure.erase(inside, whose(inside, first), now=AFTER, hashed=hashed),
        )
    assert str(left.value) == second[0]
    assert shop.count(customer) == 1


@pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_of_two_who_erase_the_same_customer_one_does_and_it_is_written_down_once(shop, monkeypatch):
    number = shop.run(lambda session: booking_by_reference(session, book(shop, ADA)).customer_id)
    lock, others = erasure.lock_bookings, []

    def work(session):
        theirs = erasure.whose_of_customer(session, number)
        return erasure.erase(session, theirs, now=AFTER, hashed=hashed)

    def lock_once_another_has_erased(session, ids):
        if not others:
            others.append(shop)
            shop.run(work)
        return lock(session, ids)

    monkeypatch.setattr(erasure, "lock_bookings", lock_once_another_has_erased)
    with Session(shop.engine) as session, pytest.raises(NoSuchCustomer):
        run_in_transaction(session, work)
    with shop.reading() as session:
        entries = session.execute(select(history.c.what)).scalars().all()
    assert entries.count(ERASED) == 1
