"""A new booking, and one that is moved, as the records that claims belong to (see allocation.py).

`passed_over` is what spoke against the time and was set aside openly, once it is claimed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session, make_transient_to_detached

from booking.scheduling.slots import Reason
from booking.storage.before_booking import KnownCustomer
from booking.storage.bookings import WIDTHS, insert_booking
from booking.storage.claims import drop_hold, release_hold
from booking.storage.customers import add_customer
from booking.storage.models import Booking
from booking.storage.models import booking as bookings

from .allocation import Claimant, Terms
from .customer_keys import CustomerKeys
from .purge import delete_past_claims
from .requests import Candidate


@dataclass
class NewBooking:
    """A new booking, as the record that claims belong to, and whose it is as far as is `known`."""

    booking: Booking
    keys: CustomerKeys
    known: KnownCustomer | None
    passed_over: tuple[Reason, ...] = ()

    def write(self, session: Session, terms: Terms) -> Claimant:
        """Write the booking and, if need be, its customer."""
        booking, request, hashes = self.booking, terms.request, terms.hashes
        booking.customer_id = self._customer(session, request.now)
        for width in WIDTHS:
            mark = hashes.columns()[width] if hashes else getattr(request.own_hold, width, None)
            setattr(booking, width, mark)
        service, rules = request.service, terms.snapshot.rules
        booking.service_id, booking.staff_member_id = service.id, terms.first.member.id
        booking.starts_at = request.start
        booking.ends_at = request.start + timedelta(minutes=service.duration)
        # Not the service's: there may have been room for less.
        booking.buffer_before, booking.buffer_after = rules.buffer_before, rules.buffer_after
        number = insert_booking(session, booking)
        return Claimant(booking_id=number, expires_at=booking.pending_until)

    def assign(self, session: Session, terms: Terms, chosen: Candidate) -> None:
        """Name who was had, and let go of what the tab held."""
        self.passed_over = terms.passed_over
        booking, request, member = self.booking, terms.request, chosen.member
        if member.id != booking.staff_member_id:
            booking.staff_member_id = member.id
            moved = update(bookings).where(bookings.c.id == booking.id)
            session.execute(moved.values(staff_member_id=member.id))
        if request.own_hold is not None:
            drop_hold(session, request.own_hold.id)
        delete_past_claims(
            session, member, request.service, now=request.now, zone=terms.snapshot.zone
        )
        # Nothing can refuse it any more: now the session tracks it, as if it had flushed it.
        make_transient_to_detached(booking)
        session.add(booking)

    def _customer(self, session: Session, now: datetime) -> int:
        if self.known is not None:
            return self.known.id
        return add_customer(session, self.keys.address, self.booking.customer_name, now=now)


@dataclass
class MovedBooking:
    """A booking that is moved, as the record that claims belong to."""

    booking: Booking
    passed_over: tuple[Reason, ...] = ()

    def write(self, _session: Session, _terms: Terms) -> Claimant:
        """Write nothing: it is there."""
        return Claimant(booking_id=self.booking.id)

    def assign(self, session: Session, terms: Terms, chosen: Candidate) -> None:
        """Let it be there, with whoever was had, and let go of what the tab held."""
        self.passed_over = terms.passed_over
        booking, request, rules = self.booking, terms.request, terms.snapshot.rules
        booking.staff_member_id, booking.starts_at = chosen.member.id, request.start
        booking.ends_at = request.start + timedelta(minutes=rules.duration)
        booking.buffer_before, booking.buffer_after = rules.buffer_before, rules.buffer_after
        booking.rescheduled_at, booking.changes = request.now, booking.changes + 1
        session.flush()
        session.expire(booking, ["staff_member"])
        if request.own_hold is not None:
            release_hold(session, request.own_hold.id)
