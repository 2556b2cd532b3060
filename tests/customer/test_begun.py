"""How many bookings one visitor may begin, copies among them; and that nothing else is refused."""

from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy import select

from booking.customer.wizard.texts import VISITOR_LIMIT_MESSAGES
from booking.operations.requests import Limit
from booking.storage.models import visitor_drafts
from booking.testing import TabClient
from tests.customer.test_holds import marks, type_a_name
from tests.customer.walks import ADA, alert, at_details


def most(drafts: int):
    """As many may be begun; of holds and bookings there are fewer."""
    few = {"holds_per_visitor": 2, "bookings_per_visitor": 2}
    return pytest.mark.settings(drafts_per_visitor=drafts, **few)


@pytest.fixture
def begun(database):
    """How often each width was counted, and with how many bytes."""

    def look() -> set[tuple[int, int]]:
        with database() as session:
            found = session.execute(select(visitor_drafts.c.drafts, visitor_drafts.c.bytes))
            return {tuple(row) for row in found}

    return look


def begin(app) -> TabClient:
    return TabClient(app, "/book/").submit(service="short")


def is_refused(tab) -> bool:
    if tab.status != 429:
        return False
    assert VISITOR_LIMIT_MESSAGES[Limit.DRAFTS] in alert(tab)
    assert tab.headers["Retry-After"] == "3600", "an hour before midnight, UTC"
    return True


@pytest.mark.both_databases
@time_machine.travel(datetime(2026, 3, 2, 23, tzinfo=UTC), tick=False)
@most(drafts=3)
def test_a_visitor_begins_so_many_bookings_a_day_whatever_became_of_them(app, rows):
    open_tab = begin(app)
    begin(app).post("clear")
    TabClient(app, "/book/").post("new/form", service="short", name="x" * 11_000)
    refused = begin(app)
    assert is_refused(refused)
    assert is_refused(refused.post("new/form", service="short"))
    assert rows()["tabs"] == 3, "of what is refused there is no trace"
    assert open_tab.submit(staff="ana").step == "time", "what was begun goes on"
    with time_machine.travel(datetime(2026, 3, 3, tzinfo=UTC), tick=False):
        assert begin(app).step == "staff"


@time_machine.travel(datetime(2026, 3, 2, 23, tzinfo=UTC), tick=False)
@most(drafts=2)
def test_a_copy_counts_though_it_is_only_looked_at(app, rows):
    tab = begin(app)
    assert tab.duplicate().status == 200
    copy = tab.duplicate()
    assert is_refused(copy)
    assert rows()["tabs"] == 2
    assert copy.refresh().status == 429, "it is not shown empty: its draft lies in the other tab"
    assert tab.submit(staff="ana").step == "time"


@most(drafts=2)
def test_bytes_count_too_and_no_save_is_ever_refused(app, begun):
    tab = at_details(app, service="short", staff="ana")
    ((drafts, before),) = begun()
    assert (drafts, before < 1000) == (1, True)
    type_a_name(tab)
    assert begun() == {(1, before)}, "small drafts are counted once"
    own = marks(tab)
    for _ in range(5):
        for length in (11_000, 1):
            assert tab.post("details/typed", name="x" * length, **own).status == 204
    ((drafts, size),) = begun()
    assert (drafts, size > 32 * 1024) == (1, True)
    assert begin(app).status == 429, "the second draft, but too many bytes"
    assert tab.open("details").submit(**ADA).submit().step == "done"


def test_looking_and_refused_answers_count_for_nothing(app, begun):
    tab = TabClient(app, "/book/")
    tab.refresh().submit(service="no such", force=True)
    tab.post("hold/extension")
    assert begun() == set()


@most(drafts=2)
def test_a_taken_time_is_told_before_that_too_many_were_begun(app):
    """In the contract's order: 409 before 429."""
    begin(app), begin(app)
    late = TabClient(app, "/book/")
    assert late.post("time/form", slot="2020-01-01T10:00Z").status == 409
    assert late.post("service/form", service="short").status == 429
