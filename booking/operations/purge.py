"""Let go of what nobody needs any more: holds long over, and claims on time gone by.

Always a little at a time, a transaction each, so that nobody who books has to wait for it.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import case, exists, select, update
from sqlalchemy.orm import Session

from booking.scheduling.clock import DAY, TICK, local_day, to_minute
from booking.storage.bookings import WIDTHS
from booking.storage.claims import PLACES_A_DAY, release_holds, release_past
from booking.storage.deliveries import delete_old_letters
from booking.storage.models import Booking, Resource, Service, StaffMember, claim, hold
from booking.storage.pending_moves import lapsed_moves
from booking.storage.reads import shop_zone
from booking.storage.visitors import delete_old_keys

from .pending import lapse
from .pending_moves import lapse_moves

# A hold that ran out may still be extended while nobody wants its time.
GRACE = timedelta(hours=1)
LONGEST = 3 * DAY // TICK
"""Ticks of an appointment of a day with a day's buffer on both sides."""
_CHECKED = "booking.past_claims"  # in a connection's info: the hour in which none was left
_MOST_CHECKED = 2000  # resources


def purge_holds(session: Session, *, now: datetime, most: int = 50) -> int:
    """Delete up to `most` holds that ran out an hour ago or more; return how many went."""
    over = (
        select(hold.c.id)
        .where(hold.c.expires_at <= int((now - GRACE).timestamp()))
        .order_by(hold.c.expires_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    over_holds = session.scalars(over).all()
    release_holds(session, over_holds)
    return len(over_holds)


def purge_marks(session: Session, *, now: datetime, most: int = 500) -> int:
    """Forget old days' keys, and take their marks off up to `most` bookings; return of how many."""
    delete_old_keys(session, now)
    old = (
        select(Booking.id)
        .where(Booking.visitor.is_not(None), Booking.created_at < now - timedelta(days=2))
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    old_bookings = session.scalars(old).all()
    session.execute(
        update(Booking).where(Booking.id.in_(old_bookings)).values(dict.fromkeys(WIDTHS))
    )
    return len(old_bookings)


def purge_pending(session: Session, *, now: datetime, most: int = 50) -> int:
    """Write down of up to `most` pending bookings that they waited too long; of how many.

    Their time was free before, and to whoever read them they were cancelled.
    """
    over = (
        select(Booking)
        .where(Booking.pending_until <= int(now.timestamp()), Booking.state == "pending")
        .order_by(Booking.pending_until)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    over_bookings = session.scalars(over).all()
    lapse(session, over_bookings)
    return len(over_bookings)


def purge_pending_moves(session: Session, *, now: datetime, most: int = 50) -> int:
    """Write down of up to `most` moves that were asked for that nobody decided in time; how many.

    The new times were free before, and the old ones stand.
    """
    over = lapsed_moves(session, now=now, most=most)
    lapse_moves(session, over, now=now)
    return len(over)


def purge_letters(session: Session, *, now: datetime, days: int, most: int = 500) -> int:
    """Delete up to `most` letters that ended, or were due, so many days ago; how many went."""
    before = int((now - timedelta(days=days)).timestamp())
    return delete_old_letters(session, before=before, most=most)


def purge_claims(session: Session, *, now: datetime, most: int = 500) -> int:
    """Delete up to `most` claims on days before yesterday; how many went.

    Nobody can book the past, so they guard nothing; the bookings themselves stay.
    """
    gone, past = 0, _past_ticks(now, shop_zone(session))
    before = case(past, value=Resource.kind)
    # In one question: a shop with a thousand people would be asked a thousand for nothing.
    has_some = exists().where(claim.c.resource_id == Resource.id, claim.c.tick < before)
    query = select(Resource.id, Resource.kind).where(has_some)
    for resource_id, kind in session.execute(query).all():
        gone += release_past(session, resource_id, past[kind], most - gone)
        if gone == most:
            break
    return gone


def delete_past_claims(
    session: Session, member: StaffMember, service: Service, *, now: datetime, zone: ZoneInfo
) -> None:
    """Delete past claims of these two: at most as many as the longest booking adds.

    Each booking does this for what it claims itself, so the table of claims stays small even where
    nobody ever purges. Once nothing is left, each connection checks again in the next hour.
    """
    past, hour = _past_ticks(now, zone), int(now.timestamp()) // 3600
    resources = {member.resource_id: past["staff"]}
    if service.daily_limit is not None:
        resources[service.resource_id] = past["service_day"]
    checked: dict[int, int] = session.connection().info.setdefault(_CHECKED, {})
    if len(checked) > _MOST_CHECKED:
        checked.clear()
    for resource_id, before in resources.items():
        is_due = checked.get(resource_id) != hour
        if is_due and release_past(session, resource_id, before, LONGEST) < LONGEST:
            checked[resource_id] = hour


def _past_ticks(now: datetime, zone: ZoneInfo) -> dict[str, int]:
    """The first tick of each kind of resource that is not long past, in a shop of that zone."""
    yesterday = to_minute(now - timedelta(days=1))
    day = local_day(yesterday, zone).toordinal()
    return {"staff": yesterday // TICK, "service_day": day * PLACES_A_DAY}
