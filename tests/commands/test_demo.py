"""The demo's week: invented once, and a way into its desk at each start."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import delete, exists, func, select

from booking.storage.accounts import Account
from booking.storage.bookings import claim
from booking.storage.history import history
from booking.storage.models import Booking, letter
from tests.commands.shell import count, done, in_database
from tests.fixtures.clocks import MONDAY_MORNING
from tests.owner.conftest import Desk

DEMO = Path(__file__).parents[2] / "demo.toml"


@pytest.fixture
def demo(app):
    with time_machine.travel(MONDAY_MORNING):
        done(app, "load", str(DEMO), "--yes")
        app.test_client_class = Desk
        yield app


def test_a_week_of_appointments_is_invented_once_and_nobody_is_written_to(demo):
    first = done(demo, "demo")
    booked = count(demo, Booking.__table__)
    assert 25 <= booked <= 105
    days = in_database(
        demo, lambda s: s.scalars(select(func.date(Booking.starts_at)).distinct()).all()
    )
    assert len(days) >= 6
    assert count(demo, letter) == 0
    second = done(demo, "demo")
    assert count(demo, Booking.__table__) == booked
    assert first != second


def test_every_invented_appointment_keeps_its_time_and_was_made_by_its_customer_by_now(demo):
    done(demo, "demo")
    without = select(Booking.reference).where(~exists().where(claim.c.booking_id == Booking.id))
    assert in_database(demo, lambda s: s.scalars(without).all()) == []
    made = select(func.max(Booking.created_at)), select(func.count(history.c.booking_id))
    newest, said = in_database(demo, lambda s: [s.scalar(each) for each in made])
    assert newest < MONDAY_MORNING + timedelta(hours=1)
    assert said == 0, "nobody did it for them: the shop's history would say so"


def starts_of_day(app, day):
    midnight = datetime.combine(day.date(), time(), UTC)
    on_day = Booking.starts_at.between(midnight, midnight + timedelta(days=1))
    return in_database(
        app, lambda session: session.scalars(select(Booking.starts_at).where(on_day)).all()
    )


@pytest.mark.parametrize("days", range(7), ids=["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
def test_on_each_day_of_the_week_somebody_came_today_and_somebody_comes(demo, days):
    with time_machine.travel(noon := MONDAY_MORNING.replace(hour=12) + timedelta(days=days)):
        done(demo, "demo")
        starts = starts_of_day(demo, noon)
    assert min(starts) < noon <= max(starts)


def test_a_start_of_another_week_finds_a_full_day_and_a_shop_of_somebodys_own_is_left_alone(demo):
    done(demo, "demo")
    later = MONDAY_MORNING + timedelta(days=20)
    with time_machine.travel(later):
        done(demo, "demo")
        booked = len(starts_of_day(demo, later))
        assert booked >= 2
        in_database(demo, lambda session: session.execute(delete(Account)))
    with time_machine.travel(next_week := later + timedelta(days=7)):
        done(demo, "demo")
        assert starts_of_day(demo, next_week) == []


def test_its_link_leads_in_without_a_password_once(demo):
    link = done(demo, "demo").strip()
    browser = demo.test_client()
    assert "Come in" in browser.get(link).text
    assert browser.get("/desk/").status_code == 303
    assert browser.post(link).status_code == 303
    assert "Sign out" in browser.get("/desk/").text
    assert browser.post(link).status_code == 410
