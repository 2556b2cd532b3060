"""Letting go of what nobody needs any more: holds long over, and claims on time gone by."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, delete, or_, select, tuple_
from sqlalchemy.orm import Session

from booking.scheduling.clock import local_day, to_minute
from booking.scheduling.hours import TICK
from booking.storage.claims import PLACES_A_DAY, release_holds
from booking.storage.models import Resource, claim, hold
from booking.storage.reads import shop_zone

# A hold that ran out may still be extended while nobody wants its time.
GRACE = timedelta(hours=1)


def purge_holds(session: Session, *, now: datetime, most: int = 500) -> int:
    """Delete up to `most` holds that ran out an hour ago or more; how many went."""
    long_over = int((now - GRACE).timestamp())
    over = (
        select(hold.c.id)
        .where(hold.c.expires_at <= long_over)
        .order_by(hold.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    found = session.scalars(over).all()
    release_holds(session, found)
    return len(found)


def purge_claims(session: Session, *, now: datetime, most: int = 5000) -> int:
    """Delete up to `most` claims on days before yesterday; how many went.

    Nobody can book the past, so they guard nothing; the bookings themselves stay.
    """
    yesterday = now - timedelta(days=1)
    tick = to_minute(yesterday) // TICK
    place = local_day(to_minute(yesterday), shop_zone(session)).toordinal() * PLACES_A_DAY
    past = (
        select(claim.c.resource_id, claim.c.tick)
        .join(Resource, Resource.id == claim.c.resource_id)
        .where(
            or_(
                and_(Resource.kind == "staff", claim.c.tick < tick),
                and_(Resource.kind == "service_day", claim.c.tick < place),
            )
        )
        .order_by(claim.c.resource_id, claim.c.tick)
        .limit(most)
    )
    pairs = [tuple(row) for row in session.execute(past)]
    for start in range(0, len(pairs), 400):
        here = tuple_(claim.c.resource_id, claim.c.tick).in_(pairs[start : start + 400])
        session.execute(delete(claim).where(here))
    return len(pairs)
