"""Bookings that wait: for their customer's word from a letter, or for the shop's approval.

A pending booking keeps its time by claims that run out with it; confirming claims it once more, for
good. When the while is over the time is free by itself and the booking is cancelled by the clock:
whoever reads it sees that at once (`Booking.state_at`), and whoever touches it next writes it down.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.scheduling.clock import local_day, to_minute
from booking.scheduling.slots import Reason
from booking.storage.catalogue import read_catalogue
from booking.storage.claims import (
    Pair,
    claim_and_release,
    day_place,
    day_places,
    owned,
    release_bookings,
    staff_ticks,
)
from booking.storage.models import Booking, PendingMove
from booking.storage.reads import has_booking_within
from booking.storage.snapshot import free_places

from .allocation import attempt
from .events import Event
from .history import CLOCK, CONFIRMED, DECLINED, letters_in, record, state_of
from .outbox import Outbox
from .requests import AppointmentCancelled, AppointmentConfirmed, By, SlotUnavailable


@dataclass(frozen=True)
class Pending:
    """What a booking waits for: its customer's word by mail or the shop's approval; until when."""

    kind: Literal["mail", "approval"]
    until: datetime

    def seconds(self, start: datetime) -> int:
        """Return when it lapses, at its start at the latest, in seconds since the epoch."""
        return int(min(self.until, start).timestamp())


def confirm(
    session: Session,
    booking: Booking,
    *,
    by: By,
    actor: str = "",
    now: datetime,
    outbox: Outbox,
) -> Booking:
    """Confirm a pending booking, and claim its time for good. A confirmed one stays as it is.

    Raises: AppointmentCancelled where it was declined or cancelled or waited too long, or
    SlotUnavailable where its time is another's, as it can be by a clock that is ahead of ours.
    """
    with attempt(session):
        lock_at(session, booking, now)
        if booking.state == "cancelled":
            raise AppointmentCancelled
        if booking.state == "pending":
            before = state_of(booking)
            claim_for_good(session, booking, booking, now)
            booking.state, booking.pending_until = "confirmed", None
            booking.changes += 1
            session.flush()
            event = Event("booked", now, by, pending_for=booking.pending_for)
            gone = outbox.write(session, booking, booking.service, booking.staff_member, event)
            details = {"before": before, **letters_in(booking, outbox, gone)}
            record(session, booking.id, CONFIRMED, by=by, actor=actor, now=now, details=details)
        return booking


def decline(
    session: Session,
    booking: Booking,
    *,
    by: By,
    actor: str = "",
    now: datetime,
    words: str = "",
    outbox: Outbox,
) -> Booking:
    """Decline a pending booking and let go of its time. A cancelled one stays as it is.

    `words` say why; the customer is told, once.

    Raises: AppointmentConfirmed where nobody waits for it any more.
    """
    lock_at(session, booking, now)
    if booking.state == "cancelled":
        return booking
    if booking.state != "pending":
        raise AppointmentConfirmed
    before = state_of(booking)
    end(session, [booking], by=by, now=now, words=words)
    event = Event("declined", now, by, words, pending_for=booking.pending_for)
    gone = outbox.write(session, booking, booking.service, booking.staff_member, event)
    details = {"before": before, "words": words, **letters_in(booking, outbox, gone)}
    record(session, booking.id, DECLINED, by=by, actor=actor, now=now, details=details)
    return booking


def lock(session: Session, booking: Booking) -> None:
    """Keep others from changing the booking until the transaction ends, and see it as it is now."""
    session.execute(select(Booking.id).where(Booking.id == booking.id).with_for_update())
    session.refresh(booking)


def lock_at(session: Session, booking: Booking, now: datetime) -> None:
    """Lock the booking, and write down that it is cancelled if it waited too long."""
    lock(session, booking)
    if booking.has_lapsed(now):
        lapse(session, [booking])


def lapse(session: Session, bookings: Sequence[Booking]) -> None:
    """Write down that these waited too long. Who is told of it was written when they were made."""
    for booking in bookings:
        booking.cancelled_at = datetime.fromtimestamp(booking.pending_until or 0, UTC)
    end(session, bookings, by=CLOCK)


def end(
    session: Session,
    bookings: Sequence[Booking],
    *,
    by: str,
    now: datetime | None = None,
    words: str = "",
) -> None:
    """Cancel these bookings and let go of their time; `now` of None: when is known already."""
    for booking in bookings:
        booking.state, booking.cancelled_by, booking.cancel_reason = "cancelled", by, words
        booking.cancelled_at = now or booking.cancelled_at
        booking.pending_until = None
        booking.changes += 1
    session.flush()
    release_bookings(session, [booking.id for booking in bookings])


def claim_for_good(
    session: Session, booking: Booking, where: Booking | PendingMove, now: datetime
) -> None:
    """Claim all that the booking takes up there, whoever had a part of it since, and nothing else.

    Raises: SlotUnavailable.
    """
    claimed, at = owned(session, booking_id=booking.id), int(now.timestamp())
    ticks = staff_ticks(where.staff_member.resource_id, where.span)
    wanted = ticks | _place(session, booking, to_minute(where.starts_at), claimed, now)
    lost = claim_and_release(session, wanted, claimed, booking_id=booking.id, now=at)
    if lost or has_booking_within(
        session, where.staff_member_id, where.span, now=now, besides=booking.id
    ):
        raise SlotUnavailable(Reason.TAKEN)


def _place(
    session: Session, booking: Booking, start: int, has: set[Pair], now: datetime
) -> set[Pair]:
    """The place in the day of that start that it has, or else one that is free; none where there is
    no limit.

    Raises: SlotUnavailable.
    """
    service, zone = booking.service, read_catalogue(session).zone
    day = local_day(start, zone)
    of_day = day_places(day)
    places = {pair for pair in has if pair[0] == service.resource_id and pair[1] in of_day}
    if places or service.daily_limit is None:
        return places
    free = free_places(session, service, start, zone, now=now, booking_id=booking.id)
    if not free:
        raise SlotUnavailable(Reason.LIMIT)
    return {day_place(service.resource_id, day, free[0])}
