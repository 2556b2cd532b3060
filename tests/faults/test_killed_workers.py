"""A worker dies at any moment, as when memory is short: nothing is lost, nothing half made."""

import random
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from booking.customer.wizard.state import slot_value
from tests.attacks.conftest import SHOP
from tests.attacks.field import Field, at
from tests.conftest import app_over
from tests.fixtures.clusters import wait_until
from tests.fixtures.gunicorns import Gunicorn, gunicorn_over
from tests.fixtures.load import Load
from tests.fixtures.small_shop import book_in, open_engine
from tests.operations.audit import instant

WORKERS = 3
HOLDS = """
    SELECT hold.*, staff.slug FROM booking_hold AS hold
    JOIN booking_staff_member AS staff ON staff.id = hold.staff_member_id
"""

pytestmark = pytest.mark.xdist_group("load")


def kill_one_after_the_other(server: Gunicorn, load: Load, kills: int) -> None:
    dice = random.Random(kills)
    for _ in range(kills):
        time.sleep(dice.uniform(0.1, 0.8))
        server.kill(dice.choice(server.workers()))
        wait_until(lambda: len(server.workers()) == WORKERS)
    load.wait_for(5)  # and it goes on


def book_while_workers_die(database_url: str, figures, kills: int) -> None:
    with (
        app_over(database_url, SHOP),
        open_engine(database_url) as engine,
        gunicorn_over(database_url, workers=WORKERS) as server,
    ):
        field = Field(server, engine, guarded=True)
        [forgotten] = field.at_time(1, "ana")
        assert forgotten.choose_time(slot_value(at(12))).status == 200
        with Load(server.url, customers=6) as load:
            kill_one_after_the_other(server, load, kills)
        assert load.unexpected == []
        field.audit()
        lost = set(load.acknowledged) - references(engine)
        assert lost == set()
        assert_the_rest_comes_free(field)
    figures(
        f"killed on {engine.dialect.name}: {kills} workers, {len(load.acknowledged)} bookings "
        f"acknowledged, {len(lost)} lost, 0 half made ({dict(load.told)})"
    )


def references(engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.scalars(text("SELECT reference FROM booking_booking")))


def assert_the_rest_comes_free(field: Field) -> None:
    """What was held for those who gave up is anybody's once their ten minutes are over."""
    later = datetime.now(UTC) + timedelta(minutes=11)
    with field.engine.connect() as connection:
        left = connection.execute(text(HOLDS)).all()
    assert at(12) in [instant(one.starts_at) for one in left]
    for one in left:
        with field.writing() as session:
            booked = book_in(session, None, "short", one.slug, instant(one.starts_at), now=later)
            assert booked.state == "confirmed"


@pytest.mark.parametrize("kills", [4, pytest.param(25, marks=pytest.mark.extra)])
def test_killing_workers_loses_nothing_and_leaves_nothing_half_made(database_url, figures, kills):
    book_while_workers_die(database_url, figures, kills)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_killing_hundreds_of_workers_loses_nothing(database_url, figures):
    book_while_workers_die(database_url, figures, kills=200)
