"""Whoever wants one time, by whichever door: one has it, and nobody else was told that they do."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from booking.customer.wizard.state import slot_value
from booking.now import utc_now
from booking.storage.models import Booking
from booking.storage.reads import booking_by_reference
from booking.testing.tab import TabClient
from tests.commands import shell
from tests.customer.walks import ADA, at_time
from tests.fixtures.clocks import MONDAY_MORNING
from tests.operations.audit import assert_sold_once
from tests.operations.racing import at_once

pytestmark = pytest.mark.both_databases
HOURS = (10, 11, 14, 15)
ISO = "%Y-%m-%dT%H:%M:%SZ"


def by_wizard(tab, slot) -> bool:
    tab.submit(slot=slot)
    if tab.step != "details":
        return False
    asks = tab.page.select_one("[name=question_first_visit]")
    tab.submit(**ADA, **({"question_first_visit": "Yes"} if asks else {}))
    tab.submit()
    return tab.step == "done"


def by_desk(desk, reference, slot) -> bool:
    answer = desk.post(f"/desk/bookings/{reference}/time", data={"slot": slot})
    assert answer.status_code in (303, 409), answer.text
    return answer.status_code == 303


def by_caller(tab, slot) -> bool:
    tab.submit("#time-form", slot=slot)
    if tab.step != "customer":
        return False
    tab.submit("#who", name="Caller on the line")
    return tab.step is None


def by_command(app, start) -> bool:
    when = start.strftime("%Y-%m-%d %H:%M")
    answer = shell.run(app, "book", "short", when, "--name", "Caller", "--staff", "ana")
    assert answer.exit_code in (0, 1), answer.output
    return answer.exit_code == 0


def test_wizard_desk_caller_and_command_sell_a_time_once(desk, desk_app, shop):
    for turn, hour in enumerate(HOURS):
        start = MONDAY_MORNING.replace(hour=hour)
        elsewhere = shop.appointment(start + timedelta(days=1), f"Mover {turn}")
        tab = at_time(desk_app, staff="ana")
        call = TabClient(desk, "/desk/bookings/new")
        call.submit("#service-form", service="short", staff="ana")
        had = at_once(
            partial(by_wizard, tab, slot_value(start)),
            partial(by_desk, desk, elsewhere, start.strftime(ISO)),
            partial(by_command, desk_app, start),
            partial(by_caller, call, start.strftime(ISO)),
        )
        assert sum(had) == 1, (turn, had)
        with shop.reading() as session:
            there = session.scalars(select(Booking.reference).where(Booking.starts_at == start))
            assert (len(there.all()), is_moved(session, elsewhere, start)) == (1, had[1])
    with desk_app.app_context():
        assert_sold_once(desk_app.extensions["booking"].engine, utc_now())


def is_moved(session, reference, start) -> bool:
    return booking_by_reference(session, reference).starts_at == start
