"""Move a booking to another time, to another staff member, or both."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.scheduling.slots import Reason
from booking.storage.claims import claim_and_release, owned, release_hold, staff_ticks
from booking.storage.models import Booking, StaffMember
from booking.storage.reads import has_booking_within, hold_of

from .allocation import Claimant, Terms, allocate, attempt
from .bookings import lock
from .errors import AppointmentCancelled, AppointmentPast, SlotUnavailable
from .slot_request import By, Candidate, SlotRequest, candidates


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
    where it is, it stays as it is, and claims again what is missing of its claims.

    Raises: SlotUnavailable, AppointmentCancelled, or AppointmentPast once the appointment has
    begun.
    """
    with attempt(session):
        lock(session, booking)
        if booking.state == "cancelled":
            raise AppointmentCancelled
        if booking.starts_at <= now:
            raise AppointmentPast
        if booking.starts_at == start and booking.staff_member_id in {one.id for one in staff}:
            _claim_again(session, booking, now)
            return booking
        request = SlotRequest(
            service=booking.service,
            candidates=candidates(staff),
            start=start,
            now=now,
            by=by,
            own_hold=hold_of(session, tab_key, lock=True),
            own_booking=booking.id,
        )
        allocate(session, request, _MovedBooking(booking))
        return booking


@dataclass(frozen=True)
class _MovedBooking:
    """A booking that is moved, as the record that claims belong to."""

    booking: Booking

    def write(self, _session: Session, _terms: Terms) -> Claimant:
        return Claimant(booking_id=self.booking.id)

    def assign(self, session: Session, terms: Terms, chosen: Candidate) -> None:
        booking, request, service = self.booking, terms.request, terms.request.service
        booking.staff_member_id, booking.starts_at = chosen.member.id, request.start
        booking.ends_at = request.start + timedelta(minutes=service.duration)
        booking.buffer_before, booking.buffer_after = service.buffer_before, service.buffer_after
        booking.rescheduled_at, booking.changes = request.now, booking.changes + 1
        session.flush()
        session.expire(booking, ["staff_member"])
        if request.own_hold is not None:
            release_hold(session, request.own_hold.id)


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
