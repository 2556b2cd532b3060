"""Book a time for good; move the booking to another time or staff member; cancel it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.scheduling.slots import Reason
from booking.storage.before_booking import (
    BeforeBooking,
    before_booking,
    booking_by_draft,
)
from booking.storage.claims import (
    claim_and_release,
    owned_for_good,
    staff_ticks,
)
from booking.storage.models import Booking, Hold, Service, StaffMember
from booking.storage.models import booking as bookings
from booking.storage.pending_moves import pending_move
from booking.storage.reads import has_booking_within, hold_of
from booking.transactions.sessions import Retry

from .allocation import allocate, attempt
from .changes import refuse_late, refuse_too_often
from .claimed_bookings import MovedBooking, NewBooking
from .customer_keys import CustomerKeys, keys_of
from .events import Before, Event, EventName
from .history import (
    BOOKED,
    CANCELLED,
    MOVED,
    letters_in,
    openly,
    place_of,
    record,
    silence_in,
    state_of,
    together,
)
from .outbox import Outbox
from .pending import Pending, end, lock_at
from .pending_moves import end_with_booking
from .references import random_reference
from .requests import (
    AlreadyConfirmed,
    AppointmentCancelled,
    AppointmentPending,
    By,
    CustomerBlocked,
    NeedsApproval,
    SlotRequest,
    SlotUnavailable,
    Visitor,
    VisitorLimit,
    candidates,
)

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
    actor: str = "",
    anyway: Collection[Reason] | None = None,
    visitor: Visitor | None = None,
    pending: Pending | None = None,
    series: str | None = None,
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
    then, as a hold has. `anyway` has what the owner passes over openly (see `SlotRequest`),
    `series` the number that it shares with others: its customer is told of all of them at once.

    Without a `savepoint` the whole transaction can only be rolled back when this raises.

    Raises: SlotUnavailable, VisitorLimit, AlreadyConfirmed when the draft was confirmed with
    another fingerprint (what the tab holds stands as it did), CustomerBlocked for a customer whom
    the desk wants to call first, or Retry.
    """
    keys = keys_of(customer.name, customer.email, customer.phone)
    before, reference = _before_booking(session, idempotency_key, keys)
    if before.made is not None:
        return _unchanged(before.made, fingerprint)
    if by == "customer" and before.customer and before.customer.is_blocked:
        raise CustomerBlocked
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
        series=series,
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
                anyway=anyway,
            )
            entry = NewBooking(booking, keys, before.customer)
            chosen = allocate(session, request, entry)
            name: EventName = "pending" if pending else "booked"
            event = Event(name, now, by, is_one_of_many=series is not None)
            outbox.write(session, booking, service, chosen.member, event)
            if by != "customer":
                details = silence_in(outbox) | openly(entry.passed_over)
                record(session, booking.id, BOOKED, actor=actor, now=now, details=details)
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
    actor: str = "",
    now: datetime,
    words: str = "",
    is_one_of_many: bool = False,
    outbox: Outbox = NOTHING_SENT,
) -> Booking:
    """Cancel the booking and let go of its time. A cancelled one stays as it is.

    `words` say why, to whoever is told; they are kept with the booking. Of one of many customer and
    shop are told by whoever cancels them all.

    Raises: AppointmentPast once the appointment has begun, TooLate for a customer after the
    service's `cancel_until`.
    """
    lock_at(session, booking, now)
    if booking.state == "cancelled":
        return booking
    cutoff = 0 if booking.state == "pending" else booking.service.cancel_until
    refuse_late(session, booking, cutoff, by=by, now=now)
    move = pending_move(session, booking.id, lock=True)
    waited_for = booking.pending_for if booking.state == "pending" else ""
    before = state_of(booking)
    end(session, [booking], by=by, now=now, words=words)
    event = Event(
        "cancelled", now, by, words, pending_for=waited_for, is_one_of_many=is_one_of_many
    )
    gone = outbox.write(session, booking, booking.service, booking.staff_member, event)
    details: dict[str, Any] = {
        "before": before,
        "words": words,
        **letters_in(booking, outbox, gone),
        **together(is_one_of_many=is_one_of_many),
    }
    details |= end_with_booking(
        session,
        booking,
        move,
        "cancelled",
        now=now,
        is_one_of_many=is_one_of_many,
        outbox=outbox,
    )
    record(session, booking.id, CANCELLED, by=by, actor=actor, now=now, details=details)
    return booking


def keep_calendar_uids(session: Session, host: str) -> None:
    """Store the UID that files of older bookings had when they were taken from that host."""
    before = bookings.c.reference + f"@{host}"
    statement = update(bookings).where(bookings.c.calendar_uid.is_(None))
    session.execute(statement.values(calendar_uid=before))


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


def _before_booking(session: Session, draft: str, keys: CustomerKeys) -> tuple[BeforeBooking, str]:
    """What there is already, and a reference that no other booking has."""
    while True:
        reference = random_reference()
        before = before_booking(session, draft, reference, **keys._asdict())
        if before.made or not before.is_used:
            return before, reference


def reschedule(  # noqa: PLR0913 - each is named where it is called
    session: Session,
    booking: Booking,
    *,
    staff: Sequence[StaffMember],
    start: datetime,
    now: datetime,
    tab_key: int | None = None,
    by: By = "customer",
    actor: str = "",
    anyway: Collection[Reason] | None = None,
    is_one_of_many: bool = False,
    outbox: Outbox = NOTHING_SENT,
) -> Booking:
    """Move the booking to `start` with one of `staff`; its old time is let go of at once.

    The new time is claimed before the old one goes, in one statement, so a move that is refused
    leaves the booking as it was, and what the tab `tab_key` holds may be moved to. Length and
    buffers are what the service asks for today; notice and window do not bind the owner, who may
    pass over more `anyway` (see `SlotRequest`). Moved to
    where it is, it stays as it is, and claims again what is missing of its claims. Another time
    that its customer has asked for is let go of. Of one of many customer and shop are told by
    whoever moves them all.

    Raises: SlotUnavailable, AppointmentCancelled, AppointmentPending, AppointmentPast once the
    appointment has begun; for a customer TooLate after the service's `move_until`, ChangedTooOften,
    and NeedsApproval where it can only be asked for (`pending_moves.ask_to_move`).
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
        move = pending_move(session, booking.id, lock=True)
        request = SlotRequest(
            service=booking.service,
            candidates=candidates(staff),
            start=start,
            now=now,
            by=by,
            own_hold=hold_of(session, tab_key, lock=True),
            own_booking=booking.id,
            anyway=anyway,
        )
        before = Before(booking.starts_at, booking.ends_at, booking.staff_member)
        was = state_of(booking)
        entry = MovedBooking(booking)
        chosen = allocate(session, request, entry)
        event = Event("moved", now, by, before=before, is_one_of_many=is_one_of_many)
        gone = outbox.write(session, booking, booking.service, chosen.member, event)
        details: dict[str, Any] = {"before": was, "after": place_of(booking)}
        details |= letters_in(booking, outbox, gone) | openly(entry.passed_over)
        details |= together(is_one_of_many=is_one_of_many)
        details |= end_with_booking(
            session,
            booking,
            move,
            "moved",
            now=now,
            is_one_of_many=is_one_of_many,
            outbox=outbox,
        )
        record(session, booking.id, MOVED, by=by, actor=actor, now=now, details=details)
        return booking


def _claim_again(session: Session, booking: Booking, now: datetime) -> None:
    """Put back what is missing of its claims, and let go of what is not its any more."""
    claimed = owned_for_good(session, booking.id)
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
