"""Move a booking to another time, to another staff member, or both."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.scheduling.slots import Reason
from booking.storage.catalogue import read_catalogue
from booking.storage.claims import claim_and_release, owned, release_hold, staff_ticks
from booking.storage.models import Booking, Hold, StaffMember
from booking.storage.reads import has_booking_within, hold_of

from .bookings import lock
from .choosing import (
    by_preference,
    claim_first_available,
    require_free,
    require_offered,
    translate_missing_reference,
    validate_start,
)
from .claiming import By, Claimant, snapshot_for_start
from .errors import AppointmentCancelled, AppointmentPast, SlotUnavailable


def reschedule(
    session: Session,
    booking: Booking,
    *,
    staff: Sequence[StaffMember],
    start: datetime,
    now: datetime,
    tab_key: int | None = None,
    by: By = "customer",
) -> Booking:
    """Move the booking to `start` with one of `staff`; its old time is let go of at once.

    The new time is claimed before the old one goes, in one statement, so a move that is refused
    leaves the booking as it was, and what the tab `tab_key` holds may be moved to. Length and
    buffers are what the service asks for today; notice and window do not bind the owner. Moved to
    where it is, it stays as it is, and claims again what is missing of its claims. Raises
    SlotUnavailable, AppointmentCancelled, or AppointmentPast once the appointment has begun.
    """
    validate_start(start, now)
    with translate_missing_reference(), session.begin_nested():
        lock(session, booking)
        if booking.state == "cancelled":
            raise AppointmentCancelled
        if booking.starts_at <= now:
            raise AppointmentPast
        here = booking.staff_member_id
        if booking.starts_at == start and here in {member.id for member in staff}:
            _claim_again(session, booking, now)
            return booking
        return _move(session, booking, staff, start, now, tab_key, by)


def _move(
    session: Session,
    booking: Booking,
    staff: Sequence[StaffMember],
    start: datetime,
    now: datetime,
    tab_key: int | None,
    by: By,
) -> Booking:
    service, held = booking.service, hold_of(session, tab_key, lock=True)
    catalogue = read_catalogue(session)
    able = require_offered(catalogue, service, staff)
    snapshot = snapshot_for_start(
        session, catalogue, service, able, start, now=now, own=held, booking_id=booking.id, by=by
    )
    turn = by_preference(session, require_free(snapshot, able, start), snapshot, start)
    claimant = _claimant(session, booking, held, now)
    member = claim_first_available(session, service, turn, start, snapshot, claimant)
    booking.staff_member_id = member.id
    booking.starts_at, booking.ends_at = start, start + timedelta(minutes=service.duration)
    booking.buffer_before, booking.buffer_after = service.buffer_before, service.buffer_after
    booking.rescheduled_at, booking.changes = now, booking.changes + 1
    session.flush()
    session.expire(booking, ["staff_member"])
    if held is not None:
        release_hold(session, held.id)
    return booking


def _claim_again(session: Session, booking: Booking, now: datetime) -> None:
    """Put back what is missing of its claims, and let go of what is not its any more."""
    claimed = owned(session, booking_id=booking.id)
    ticks = staff_ticks(booking.staff_member.resource_id, booking.span)
    elsewhere = {pair for pair in claimed if pair[0] != booking.service.resource_id}
    if elsewhere == ticks:
        return
    at = int(now.timestamp())
    lost = claim_and_release(session, ticks, elsewhere, booking_id=booking.id, now=at)
    if lost or has_booking_within(
        session, booking.staff_member_id, booking.span, besides=booking.id
    ):
        raise SlotUnavailable(Reason.TAKEN)


def _claimant(session: Session, booking: Booking, held: Hold | None, now: datetime) -> Claimant:
    own = owned(session, booking_id=booking.id)
    held_too = owned(session, hold_id=held.id) if held else set()
    return Claimant(
        now=int(now.timestamp()),
        booking_id=booking.id,
        own_hold_id=held.id if held else None,
        to_release=frozenset(own | held_too),
    )
