"""A closure over a thousand appointments, and a spreadsheet of ten thousand customers.

A closure is seen in pages, agreed to as one, and made whole or not at all.
"""

import csv
import gc
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import event, func, insert, select

from booking.operations.plan import ClosurePlan
from booking.owner.shop_saving import PAGE
from booking.spreadsheet import MARK
from booking.storage.customers import customer
from booking.storage.models import Booking
from booking.storage.reads import service_by_slug, staff_by_slug
from tests.commands.shell import done
from tests.fixtures.clocks import MONDAY_MORNING
from tests.owner.conftest import page_of
from tests.owner.days import LISBON
from tests.owner.test_closures import CLOSE, plan
from tests.owner.test_services import fields
from tests.storage.conftest import counted

CHANGING = ("INSERT", "UPDATE", "DELETE")
HOURS = (9, 10, 11, 13, 14, 15, 16)
FEW, MANY = len(HOURS), 1_050
FIRST = date(2026, 3, 4)
SENT = {"first": "2026-03-04", "last": "2026-12-31", "reason": "Floor"}
MADE = (ClosurePlan(FIRST, date(2026, 12, 31), "Floor"),)


@pytest.fixture
def engine(shop):
    with shop.app.app_context():
        return shop.app.extensions["booking"].engine


def fill(shop, first: int, end: int, *, customers: bool = False) -> None:
    """Ana's appointments of these numbers, seven a day from the closure's first day on.

    With `customers` each is one of a customer of its own, who has the same number.
    """
    with shop.writing() as session:
        service, member = service_by_slug(session, "short"), staff_by_slug(session, "ana")
        of_all = {"service_id": service.id, "staff_member_id": member.id, "fingerprint": "x"}
        of_all |= {"created_at": MONDAY_MORNING}
        numbers = range(first, end)
        if customers:
            session.execute(insert(customer), [a_customer(number) for number in numbers])
        whose = [{"customer_id": number} if customers else {} for number in numbers]
        rows = [
            of_all | an_appointment(number) | theirs
            for number, theirs in zip(numbers, whose, strict=True)
        ]
        session.execute(insert(Booking.__table__), rows)


def an_appointment(number: int) -> dict[str, object]:
    days, place = divmod(number, len(HOURS))
    day = FIRST + timedelta(days=days)
    start = datetime(day.year, day.month, day.day, HOURS[place], tzinfo=LISBON)
    return {
        "reference": f"N{number:05}",
        "draft": f"number {number}",
        "starts_at": start,
        "ends_at": start + timedelta(minutes=30),
        "customer_name": f"Zoë {number:05}",
        "customer_email": f"zoe{number}@example.com",
        "customer_phone": f"+49 30 {number:07}",
        "manage_token_hash": str(number).encode().ljust(32),
    }


def a_customer(number: int) -> dict[str, object]:
    name = f"Zoë {number:05}"
    named = {"id": number, "name": name, "sort_name": name.casefold()}
    return named | {"created_at": MONDAY_MORNING}


def shown(page) -> list[str]:
    return [each["data-booking-reference"] for each in page.select("[data-booking-reference]")]


def agreeing(page) -> dict[str, object]:
    agreed = page.select_one("#closure [name=agreed]")["value"]
    return fields(page, "#closure") | {"agreed": agreed}


def states(shop) -> dict[str, int]:
    with shop.reading() as session:
        query = select(Booking.state, func.count()).group_by(Booking.state)
        return dict(session.execute(query).all())


@pytest.mark.both_databases
def test_a_thousand_are_shown_in_pages_and_one_transaction_closes_over_them(desk, shop, engine):
    fill(shop, 0, FEW)
    few = page_of(desk.post(CLOSE, data=SENT))
    with counted(engine) as asked_of_few:
        desk.post(CLOSE, data=SENT)
    fill(shop, FEW, MANY)
    with counted(engine) as asked_of_many:
        answer = desk.post(CLOSE, data=SENT)
    first = page_of(answer)
    assert answer.status_code == 409
    assert "This touches 1050 appointments to come" in first.get_text()
    assert len(asked_of_many) == len(asked_of_few)
    assert shown(first) == [f"N{n:05}" for n in range(PAGE)]
    assert first.find("button", string="The next ones")["value"] == str(PAGE)
    turned = fields(first, "#closure") | {"touched_from": str(MANY - PAGE)}
    last = page_of(desk.post(CLOSE, data=turned))
    assert shown(last) == [f"N{n:05}" for n in range(MANY - PAGE, MANY)]
    assert not last.find("button", string="The next ones")
    # What was agreed to is exactly what was shown: with seven of them it closes over no more.
    assert desk.post(CLOSE, data=agreeing(few)).status_code == 409
    assert plan(shop).closures == ()
    commits = []
    event.listen(engine, "commit", lambda _connection: commits.append(len(told)))
    with counted(engine) as told:
        assert desk.post(CLOSE, data=agreeing(last)).status_code == 303
    changing = [n for n, one in enumerate(told) if one.split()[0] in CHANGING]
    assert len({sum(end <= n for end in commits) for n in changing}) == 1, "one transaction"
    assert len(told) < len(asked_of_few) + 25
    assert plan(shop).closures == MADE
    assert states(shop) == {"confirmed": MANY}
    assert not [n for n in changing if "booking_booking" in told[n]]


class Broken(Exception):
    """The database gives way in the middle."""


@pytest.mark.both_databases
def test_a_closure_that_is_broken_off_at_any_statement_leaves_nothing_half_done(desk, shop, engine):
    fill(shop, 0, FEW)
    page = page_of(desk.post(CLOSE, data=SENT))
    before, broken = plan(shop), 0
    for place in count(1):
        changes = count(1)

        def give_way(_connection, _cursor, statement, *_rest, at=place, changes=changes):
            if statement.split()[0] in CHANGING and next(changes) == at:
                raise Broken

        event.listen(engine, "after_cursor_execute", give_way)
        try:
            answer = desk.post(CLOSE, data=agreeing(page))
        except Broken:
            broken += 1
        else:
            break
        finally:
            event.remove(engine, "after_cursor_execute", give_way)
        assert plan(shop) == before
        assert states(shop) == {"confirmed": FEW}
    assert broken >= 1
    assert answer.status_code == 303
    assert plan(shop).closures == MADE


# -- ten thousand customers ------------------------------------------------------------------------

CUSTOMERS, A_PART = 10_000, 500
STATEMENTS_A_PART = 3  # the customers, their figures, how they were reached last
# A part has six for each of its customers; all rows at once would be 12,000, all customers 21,000.
MOST_ALIVE = 12 * A_PART


@contextmanager
def alive(engine) -> Iterator[list[int]]:
    """How many objects there are as each statement is sent.

    Memory in bytes would say when garbage was looked for, and what other threads did. Whatever is
    there already is set apart: looking through all of a run's objects took a minute for each test.
    """
    numbers = []
    gc.collect()
    gc.freeze()

    def note(*_which) -> None:
        gc.collect()
        numbers.append(len(gc.get_objects()))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield numbers
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("whence", ["the desk", "the shell"])
def test_a_spreadsheet_of_ten_thousand_customers_has_a_part_of_them_in_memory_at_a_time(
    desk, shop, engine, tmp_path, whence
):
    def spreadsheet() -> bytes:
        if whence == "the desk":
            return desk.get("/desk/customers/customers.csv").data
        file = tmp_path / "customers.csv"
        done(shop.app, "customer", "list", "--csv", file)
        return file.read_bytes()

    spreadsheet()  # what is made once and kept, such as statements
    fill(shop, 1, CUSTOMERS + 1, customers=True)
    with counted(engine) as told, alive(engine) as numbers:
        content = spreadsheet()
    _titles, *rows = csv.reader(io.StringIO(content.decode().removeprefix(MARK), newline=""))
    assert [row[:3] for row in rows] == [
        [str(number), f"Zoë {number:05}", f"zoe{number}@example.com"]
        for number in range(1, CUSTOMERS + 1)
    ]
    assert len(told) <= STATEMENTS_A_PART * CUSTOMERS // A_PART + 10
    assert max(numbers) - numbers[0] < MOST_ALIVE
