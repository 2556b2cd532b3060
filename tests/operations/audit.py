"""An independent look at the tables: plain SQL and a grid of minutes, no code of the product."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

BOOKED = """
    SELECT staff_member_id AS who, starts_at, ends_at, buffer_before, buffer_after
    FROM booking_booking WHERE state IN ('pending', 'confirmed')
"""
HELD = """
    SELECT hold.staff_member_id AS who, hold.starts_at, hold.ends_at,
           service.buffer_before, service.buffer_after
    FROM booking_hold AS hold JOIN booking_service AS service ON service.id = hold.service_id
    WHERE hold.expires_at > :now
"""
WITHOUT_OWNER = """
    SELECT count(*) FROM booking_claim AS claim
    LEFT JOIN booking_hold AS hold ON hold.id = claim.hold_id
    LEFT JOIN booking_booking AS booking
        ON booking.id = claim.booking_id AND booking.state IN ('pending', 'confirmed')
    WHERE hold.id IS NULL AND booking.id IS NULL
"""
UNCLAIMED = """
    SELECT count(*) FROM booking_booking AS booking
    WHERE state IN ('pending', 'confirmed')
    AND NOT EXISTS (SELECT 1 FROM booking_claim WHERE booking_id = booking.id)
"""


def assert_sold_once(engine, now: datetime) -> None:
    """No minute of a staff member twice, buffers included; no claim without an owner."""
    doubled = {when: times for when, times in minutes(engine, now).items() if times > 1}
    assert not doubled, f"{len(doubled)} minutes sold twice, among them {min(doubled)}"
    with engine.connect() as connection:
        assert connection.scalar(text(WITHOUT_OWNER)) == 0
        assert connection.scalar(text(UNCLAIMED)) == 0


def minutes(engine, now: datetime) -> Counter:
    seconds = {"now": int(now.timestamp())}
    with engine.connect() as connection:
        rows = [*connection.execute(text(BOOKED)), *connection.execute(text(HELD), seconds)]
    sold = Counter()
    for row in rows:
        first = instant(row.starts_at) - timedelta(minutes=row.buffer_before)
        end = instant(row.ends_at) + timedelta(minutes=row.buffer_after)
        length = (end - first) // timedelta(minutes=1)
        sold.update((row.who, first + timedelta(minutes=number)) for number in range(length))
    return sold


def instant(stored: datetime | str) -> datetime:
    if isinstance(stored, datetime):
        return stored.astimezone(UTC)
    return datetime.fromisoformat(stored).replace(tzinfo=UTC)
