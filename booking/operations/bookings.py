"""Book a time for good; move the booking to another time or staff member; cancel it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, make_transient_to_detached

from booking.scheduling.slots import Reason
from booking.storage.bookings import WIDTHS, insert_booking
from booking.storage.claims import (
    claim_and_release,
    drop_hold,
    owned,
    release_hold,
    staff_ticks,
)
from booking.storage.models import Booking, Hold, Service, StaffMember
from booking.storage.models import booking as bookings
from booking.storage.reads import (
    booking_by_draft,
    booking_or_reference,
    has_booking_within,
    hold_of,
)
from booking.transactions.sessions import Retry

from .allocation import Claimant, Terms, allocate, attempt
from .changes import refuse_late, refuse_too_often
from .outbox import Before, Event, Outbox
from .pending import Pending, end, lock_at
from .purge import delete_past_claims
from .requests import (
    AlreadyConfirmed,
    AppointmentCancelled,
    AppointmentPending,
    By,
    Candidate,
    NeedsApproval,
    SlotRequest,
    SlotUnavailable,
    Visitor,
    VisitorLimit,
    candidates,
)

# No vowels, so no words; nothing that is read as something else (0 O, 1 I L, 2 Z, 5 S, 8 B).
_ALPHABET = "34679CDFGHJKMNPQRTVWXY"
_LENGTH = 8
NOTHING_SENT = Outbox()
DRAFT_KEY = "uq_booking_booking_draft"


@dataclass(frozen=True)
class Customer:
    """Who comes, as they wrote it; `zone` is the IANA name in which they saw the time.

    `language` is the one they were shown (BCP 47); empty where nobody knows it.
    """

    name: str
    email: str
    phone: str = ""
    note: str = ""
    zone: str = ""
    language: str = ""


def book(  # noqa: PLR0913 - each is named where it is called
    session: Session,
    *,
    tab_key: int | None,
    idempotency_key: str,
    fingerprint: str,
    service: Service,
    staff: Sequence[StaffMember],
    start: datetime,
    customer: Customer,
    answers: list[dict[str, Any]],
    manage_token_hash: bytes,
    link_number: bytes | None = None,
    now: datetime,
    by: By = "customer",
    visitor: Visitor | None = None,
    pending: Pending | None = None,
    savepoint: bool = True,
    outbox: Outbox = NOTHING_SENT,
) -> Booking:
    """Return the booking of that draft: made now, or the one that was made of it before.

    Of several staff members one who is free is taken, as for a hold. The time is claimed again,
    whatever the tab held: a hold that ran out still wins while nobody took the time and the rules
    allow it; minimum notice and booking window do not bind the owner. `idempotency_key` names the
    draft, `link_number` is what its manage link is derived from (None: not by `Links`). The limits
    on the visitor are checked (None: not at all) unless the tab still holds this time, which was
    counted when it was held. One that is `pending` (None: confirmed at once) has its time until
    then, as a hold has.

    Without a `savepoint` the whole transaction can only be rolled back when this raises.

    Raises: SlotUnavailable, VisitorLimit, AlreadyConfirmed when the draft was confirmed with
    another fingerprint (what the tab holds stands as it did), or Retry.
    """
    made, reference = _made_or_reference(session, idempotency_key)
    if made is not None:
        return _unchanged(made, fingerprint)
    booking = Booking(
        reference=reference,
        draft=idempotency_key,
        state="pending" if pending else "confirmed",
        pending_until=pending and pending.seconds(start),
        pending_for=pending.kind if pending else "",
        fingerprint=fingerprint,
        customer_name=customer.name,
        customer_email=customer.email,
        customer_phone=customer.phone,
        customer_note=customer.note,
        customer_zone=customer.zone,
        answers=answers,
        manage_token_hash=manage_token_hash,
        link_number=link_number,
        calendar_uid=str(uuid4()),
        created_at=now,
        changes=0,
        cancel_reason="",
        language=customer.language,
        # the INSERT names every column
        **dict.fromkeys(("rescheduled_at", "cancelled_at", "cancelled_by")),
    )
    try:
        with attempt(session, savepoint=savepoint):
            held = hold_of(session, tab_key, lock=True)
            request = SlotRequest(
                service=service,
                candidates=candidates(staff),
                start=start,
                now=now,
                by=by,
                # What the tab still holds was counted when it was held.
                visitor=None if _still_holds(held, service, staff, start, now) else visitor,
                own_hold=held,
            )
            chosen = allocate(session, request, _NewBooking(booking))
            event = Event("pending" if pending else "booked", now, by)
            outbox.write(session, booking, service, chosen.member, event)
            return booking
    except (SlotUnavailable, VisitorLimit, IntegrityError) as error:
        # The same draft may have been confirmed on another connection a moment ago.
        made = booking_by_draft(session, idempotency_key) if savepoint else None
        if made is None and isinstance(error, IntegrityError) and DRAFT_KEY in str(error.orig):
            # By a transaction that this one cannot see, at REPEATABLE READ; or this one is broken.
            raise Retry from error
        if made is None:
            raise
        return _unchanged(made, fingerprint)


def cancel(
    session: Session,
    booking: Booking,
    *,
    by: By,
    now: datetime,
    words: str = "",
    outbox: Outbox = NOTHING_SENT,
) -> Booking:
    """Cancel the booking and let go of its time. A cancelled one stays as it is.

    `words` say why, to whoever is told; they are kept with the booking.

    Raises: AppointmentPast once the appointment has begun, TooLate for a customer after the
    service's `cancel_until`.
    """
    lock_at(session, booking, now)
    if booking.state == "cancelled":
        return booking
    cutoff = 0 if booking.state == "pending" else booking.service.cancel_until
    refuse_late(session, booking, cutoff, by=by, now=now)
    waited_for = booking.pending_for if booking.state == "pending" else ""
    end(session, [booking], by=by, now=now, words=words)
    event = Event("cancelled", now, by, words, pending_for=waited_for)
    outbox.write(session, booking, booking.service, booking.staff_member, event)
    return booking


def keep_calendar_uids(session: Session, host: str) -> None:
    """Store the UID that files of older bookings had when they were taken from that host."""
    before = bookings.c.reference + f"@{host}"
    statement = update(bookings).where(bookings.c.calendar_uid.is_(None))
    session.execute(statement.values(calendar_uid=before))


@dataclass(frozen=True)
class _NewBooking:
    """A new booking, as the record that claims belong to."""

    booking: Booking

    def write(self, session: Session, terms: Terms) -> Claimant:
        booking, request, hashes = self.booking, terms.request, terms.hashes
        for width in WIDTHS:
            mark = hashes.columns()[width] if hashes else getattr(request.own_hold, width, None)
            setattr(booking, width, mark)
        service = request.service
        booking.service_id, booking.staff_member_id = service.id, terms.first.member.id
        booking.starts_at = request.start
        booking.ends_at = request.start + timedelta(minutes=service.duration)
        booking.buffer_before, booking.buffer_after = service.buffer_before, service.buffer_after
        number = insert_booking(session, booking)
        return Claimant(booking_id=number, expires_at=booking.pending_until)

    def assign(self, session: Session, terms: Terms, chosen: Candidate) -> None:
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


def _still_holds(
    held: Hold | None,
    service: Service,
    staff: Sequence[StaffMember],
    start: datetime,
    now: datetime,
) -> bool:
    if held is None or held.is_over(now):
        return False
    is_same = (held.service_id, held.starts_at) == (service.id, start)
    return is_same and held.staff_member_id in {member.id for member in staff}


def _unchanged(booking: Booking, fingerprint: str) -> Booking:
    if booking.fingerprint != fingerprint:
        raise AlreadyConfirmed
    return booking


def _made_or_reference(session: Session, draft: str) -> tuple[Booking | None, str]:
    """The booking that was made of that draft, and a reference that no other has."""
    while True:
        reference = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
        made, is_used = booking_or_reference(session, draft, reference)
        if made or not is_used:
            return made, reference


def reschedule(
    session: Session,
    booking: Booking,
    *,
    staff: Sequence[StaffMember],
    start: datetime,
    now: datetime,
    tab_key: int | None = None,
    by: By = "customer",
    outbox: Outbox = NOTHING_SENT,
) -> Booking:
    """Move the booking to `start` with one of `staff`; its old time is let go of at once.

    The new time is claimed before the old one goes, in one statement, so a move that is refused
    leaves the booking as it was, and what the tab `tab_key` holds may be moved to. Length and
    buffers are what the service asks for today; notice and window do not bind the owner. Moved to
    where it is, it stays as it is, and claims again what is missing of its claims.

    Raises: SlotUnavailable, AppointmentCancelled, AppointmentPending, AppointmentPast once the
    appointment has begun; for a customer TooLate after the service's `move_until`, and
    ChangedTooOften.
    """
    with attempt(session):
        lock_at(session, booking, now)
        if booking.state == "cancelled":
            raise AppointmentCancelled
        if booking.state == "pending":
            raise AppointmentPending
        refuse_late(session, booking, booking.service.move_until, by=by, now=now)
        if by == "customer" and booking.service.approval:
            raise NeedsApproval
        if booking.starts_at == start and booking.staff_member_id in {one.id for one in staff}:
            _claim_again(session, booking, now)
            return booking
        refuse_too_often(booking, by=by)
        request = SlotRequest(
            service=booking.service,
            candidates=candidates(staff),
            start=start,
            now=now,
            by=by,
            own_hold=hold_of(session, tab_key, lock=True),
            own_booking=booking.id,
        )
        before = Before(booking.starts_at, booking.ends_at, booking.staff_member)
        chosen = allocate(session, request, _MovedBooking(booking))
        event = Event("moved", now, by, before=before)
        outbox.write(session, booking, booking.service, chosen.member, event)
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
        session, booking.staff_member_id, booking.span, now=now, besides=booking.id
    ):
        raise SlotUnavailable(Reason.TAKEN)
