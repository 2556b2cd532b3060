"""A letter is one deliverer's at a time, and outlives whichever dies with it."""

import random
import secrets
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from booking.notifications import delivery
from booking.storage import deliveries, turns
from booking.storage.models import letter
from booking.storage.outbox import Letter, withdraw_letters
from tests.fixtures.clusters import wait_until
from tests.fixtures.mail_servers import mail_server
from tests.fixtures.small_shop import NOW, at
from tests.notifications.conftest import MAIL
from tests.notifications.delivering import app_that_sends
from tests.operations.racing import at_once

ROOT = Path(__file__).resolve().parents[2]
LEASE = 2  # seconds, of deliverer.py
EACH = 8

pytestmark = pytest.mark.xdist_group("load")


@pytest.fixture
def many(shop):
    """So many letters that are due by every clock: eight of each booking, to eight addresses."""

    def write(count: int) -> None:
        for number in range(count // EACH):
            day, place = divmod(number, 8)
            start = at("09:00", day=1 + day) + timedelta(minutes=45 * place)
            shop.book(None, "cut", "ann", start, outbox=MAIL)
        now = int(time.time()) - 1
        due = {"due_at": now, "created_at": now, "last_moment": None}
        with shop.engine.begin() as connection:
            query = select(letter).where(letter.c.role == "shop").order_by(letter.c.id)
            rows = [{**row, **due} for row in connection.execute(query).mappings()]
            connection.execute(letter.delete())
            for row in rows:
                del row["id"]
            connection.execute(
                insert(letter),
                [
                    row | {"recipient": f"c{n}@example.com", "message_id": secrets.token_hex(12)}
                    for row in rows
                    for n in range(EACH)
                ],
            )

    return write


def claimed_from_whoever_has_it(session, _queue, number, lease, *, until, **_) -> Letter | None:
    it = update(letter).where(letter.c.id == number, letter.c.state != "sent")
    taken = session.execute(
        it.values(state="sending", lease=lease, leased_until=until, tries=1).returning(*letter.c)
    )
    row = taken.mappings().first()
    return Letter(**row) if row else None


@pytest.mark.parametrize("is_leased", [True, False])
def test_two_deliverers_at_once_never_send_one_letter_within_one_lease(
    shop, many, monkeypatch, is_leased
):
    """Also where both believe that it is their turn; without leases they send it twice."""
    many(24)
    monkeypatch.setattr(turns, "take_turn", lambda *_, **__: True)
    if not is_leased:
        monkeypatch.setattr(deliveries, "claim_letter", claimed_from_whoever_has_it)
    with (
        mail_server() as server,
        app_that_sends(shop, server.url) as one,
        app_that_sends(shop, server.url) as other,
    ):
        server.while_it_waits = lambda: time.sleep(0.02)  # so that the other has begun meanwhile
        at_once(*(lambda app=app: delivery.deliver_due(app, now=soon()) for app in (one, other)))
    times = Counter(one.message_id for one in server.received)
    assert len(times) == 24
    assert (max(times.values()) == 1) is is_leased


def soon():
    return NOW.fromtimestamp(time.time(), NOW.tzinfo)


@contextmanager
def deliverer(shop, server):
    """A process that delivers, killed at the end without a word."""
    url = shop.engine.url.render_as_string(hide_password=False)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.notifications.deliverer", url, server.url], cwd=ROOT
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def withdraw_some(shop, dice) -> None:
    """Withdraw what waits for one of the bookings, as moving or cancelling it does."""
    with shop.writing() as session:
        waiting = select(letter.c.booking_id).where(letter.c.state.in_(("waiting", "sending")))
        if bookings := session.scalars(waiting.order_by(letter.c.id)).all():
            withdraw_letters(session, dice.choice(bookings[:20]), now=int(time.time()))


def deliver_while_killed(shop, many, kills: int) -> str:
    dice = random.Random(kills)
    many(4 * EACH * kills)
    with mail_server() as server:
        server.while_it_waits = lambda: time.sleep(0.01)
        for _ in range(kills):
            before = len(server.received)
            with deliverer(shop, server):
                wait_until(lambda before=before: len(server.received) > before)
                time.sleep(dice.uniform(0, 0.3))
                withdraw_some(shop, dice)
                time.sleep(dice.uniform(0, 0.1))
        with deliverer(shop, server):
            wait_until(lambda: not waiting(shop), seconds=900)
        arrived = Counter(one.message_id for one in server.received)
    with shop.engine.connect() as connection:
        rows = connection.execute(select(letter)).all()
    for row in rows:
        if row.state == "withdrawn" and arrived[row.message_id]:
            # It was under way when it was withdrawn: its lease had begun.
            assert row.leased_until - LEASE <= row.ended_at
        else:
            assert (row.state, arrived[row.message_id] > 0) in (
                ("sent", True),
                ("withdrawn", False),
            )
    doubles = sum(times - 1 for times in arrived.values())
    assert doubles <= kills
    withdrawn = sum(row.state == "withdrawn" for row in rows)
    assert withdrawn > 0
    return f"{kills} kills: {len(rows)} letters, {withdrawn} withdrawn, {doubles} doubles, 0 lost"


def waiting(shop) -> list[int]:
    query = select(letter.c.id).where(letter.c.state.in_(("waiting", "sending")))
    with shop.engine.connect() as connection:
        return list(connection.scalars(query))


@pytest.mark.parametrize("kills", [2, pytest.param(50, marks=pytest.mark.extra)])
@pytest.mark.timeout(1800)
def test_killing_deliverers_loses_no_letter_and_doubles_at_most_one_each_time(
    shop, many, figures, kills
):
    figures(f"deliverers on {shop.engine.dialect.name}: {deliver_while_killed(shop, many, kills)}")
