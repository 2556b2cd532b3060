"""An independent look at the tables: plain SQL and a grid of minutes, no code of the product.

What is counted is what was promised, bookings and live holds, and beside it the claims that must
cover every minute of it. A pending booking counts as long as it waits.
"""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text

BOOKED = """
    SELECT 'booking' AS kind, booking.id, staff.resource_id AS who, starts_at, ends_at,
           buffer_before, buffer_after
    FROM booking_booking AS booking
    JOIN booking_staff_member AS staff ON staff.id = booking.staff_member_id
    WHERE state = 'confirmed' OR (state = 'pending' AND pending_until > :now)
"""
ASKED = """
    SELECT 'booking' AS kind, booking.id, staff.resource_id AS who, move.starts_at, move.ends_at,
           move.buffer_before, move.buffer_after
    FROM booking_pending_move AS move JOIN booking_booking AS booking ON booking.id = booking_id
    JOIN booking_staff_member AS staff ON staff.id = move.staff_member_id
    WHERE move.until > :now AND state = 'confirmed'
"""
HELD = """
    SELECT 'hold' AS kind, hold.id, staff.resource_id AS who, hold.starts_at, hold.ends_at,
           service.buffer_before, service.buffer_after
    FROM booking_hold AS hold JOIN booking_service AS service ON service.id = hold.service_id
    JOIN booking_staff_member AS staff ON staff.id = hold.staff_member_id
    WHERE hold.expires_at > :now
"""
WITHOUT_OWNER = """
    SELECT count(*) FROM booking_claim AS claim
    LEFT JOIN booking_hold AS hold ON hold.id = claim.hold_id
    LEFT JOIN booking_booking AS booking
        ON booking.id = claim.booking_id AND booking.state IN ('pending', 'confirmed')
    WHERE hold.id IS NULL AND booking.id IS NULL
"""
LIMITED = """
    SELECT service.slug, service.daily_limit, booking.starts_at
    FROM booking_booking AS booking JOIN booking_service AS service
        ON service.id = booking.service_id
    WHERE (state = 'confirmed' OR (state = 'pending' AND pending_until > :now))
      AND service.daily_limit IS NOT NULL
"""
STAFF = "SELECT id FROM booking_resource WHERE kind = 'staff'"
CLAIMED = """
    SELECT resource_id, tick, hold_id, booking_id FROM booking_claim
    WHERE expires_at IS NULL OR expires_at > :now
"""


def assert_sold_once(engine, now: datetime, *, claims_went: bool = False) -> None:
    """No minute of a staff member twice, buffers included; every one claimed by its owner.

    Nor may there be a claim without an owner, or of what is not its owner's, or a day with more
    than its limit. `claims_went`:
    a wrong clock let go of some, so that only what was promised is looked at.
    """
    assert_no_day_is_overfull(engine, now)
    sold = promised(engine, now)
    doubled = {when: owners for when, owners in sold.items() if len(owners) > 1}
    assert not doubled, f"{len(doubled)} minutes sold twice, among them {min(doubled)}"
    with engine.connect() as connection:
        assert connection.scalar(text(WITHOUT_OWNER)) == 0, "claims without an owner"
        claims = claimed(connection.execute(text(CLAIMED), {"now": int(now.timestamp())}))
        staff = set(connection.scalars(text(STAFF)))
    if claims_went:
        return
    unclaimed = {
        (who, minute): owner
        for (who, minute), [owner] in sold.items()
        if claims.get((who, int(minute.timestamp()) // 300)) != owner
    }
    assert not unclaimed, f"{len(unclaimed)} minutes not claimed, among them {min(unclaimed)}"
    theirs = {((who, int(m.timestamp()) // 300), owner) for (who, m), [owner] in sold.items()}
    owners = {owner for _, owner in theirs}
    surplus = {
        place
        for place, owner in claims.items()
        if place[0] in staff and owner in owners and (place, owner) not in theirs
    }
    assert not surplus, f"{len(surplus)} claims of what is nobody's, among them {min(surplus)}"


def assert_no_day_is_overfull(engine, now: datetime) -> None:
    """No service more often in a day of the shop than its limit."""
    with engine.connect() as connection:
        zone = ZoneInfo(connection.scalar(text("SELECT zone FROM booking_shop")))
        rows = connection.execute(text(LIMITED), {"now": int(now.timestamp())}).all()
    limits = {row.slug: row.daily_limit for row in rows}
    counts = Counter((row.slug, instant(row.starts_at).astimezone(zone).date()) for row in rows)
    overfull = {day for day in counts if counts[day] > limits[day[0]]}
    assert not overfull, f"{len(overfull)} days have more than their limit, among them {overfull}"


def promised(engine, now: datetime) -> dict[tuple[int, datetime], list[tuple[str, int]]]:
    """Whose each minute of each resource is."""
    seconds = {"now": int(now.timestamp())}
    with engine.connect() as connection:
        rows = [
            *connection.execute(text(BOOKED), seconds),
            *connection.execute(text(ASKED), seconds),
            *connection.execute(text(HELD), seconds),
        ]
    sold = defaultdict(list)
    for row in rows:
        first = instant(row.starts_at) - timedelta(minutes=row.buffer_before)
        end = instant(row.ends_at) + timedelta(minutes=row.buffer_after)
        for number in range((end - first) // timedelta(minutes=1)):
            owners = sold[row.who, first + timedelta(minutes=number)]
            # A booking and the time that it is asked to be moved to may overlap.
            if (row.kind, row.id) not in owners:
                owners.append((row.kind, row.id))
    return sold


def claimed(rows) -> dict[tuple[int, int], tuple[str, int]]:
    return {
        (row.resource_id, row.tick): ("booking", row.booking_id)
        if row.booking_id
        else ("hold", row.hold_id)
        for row in rows
    }


def instant(stored: datetime | str) -> datetime:
    if isinstance(stored, datetime):
        return stored.astimezone(UTC)
    return datetime.fromisoformat(stored).replace(tzinfo=UTC)
