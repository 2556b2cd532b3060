"""A move that waits for approval: the new time is claimed for a while, and the old one stands.

The customer asks, and may take it back or ask for another time in its place; whoever decides gives
the new time, and then the old one is let go of in the same transaction, or declines. When the while
is over the new time is free by itself, by the clock, as that of a pending booking is.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from booking.scheduling.clock import to_minute
from booking.storage.bookings import WIDTHS
from booking.storage.catalogue import read_catalogue
from booking.storage.claims import owned_for_good, release_what_waits
from booking.storage.models import Booking, PendingMove, StaffMember
from booking.storage.outbox import told_of_change
from booking.storage.pending_moves import Outcome, end_moves, pending_move

from .allocation import Claimant, Terms, allocate, attempt
from .changes import refuse_late, refuse_too_often
from .events import Before, Event
from .history import (
    CLOCK,
    MOVE_ASKED,
    MOVE_DECLINED,
    MOVE_LAPSED,
    MOVE_TAKEN_BACK,
    MOVED,
    letters_in,
    place_of,
    record,
    record_all,
    state_of,
)
from .letter_rows import asked_for, mail_of
from .move_letters import tell_asked, tell_declined, tell_taken_back
from .outbox import Outbox
from .pending import claim_for_good, lock_at
from .requests import (
    AppointmentCancelled,
    AppointmentPending,
    By,
    Candidate,
    Kept,
    NoPendingMove,
    Restored,
    SlotRequest,
    UndoRefused,
    Visitor,
    candidates,
)

_NUMBER = 16  # bytes


def ask_to_move(
    session: Session,
    booking: Booking,
    *,
    staff: Sequence[StaffMember],
    start: datetime,
    until: datetime,
    now: datetime,
    visitor: Visitor | None = None,
    outbox: Outbox,
) -> PendingMove | None:
    """Claim `start` with one of `staff` beside the time that stands, until somebody has decided.

    It waits until `until`, and no longer than until either time begins. What the two times share is
    claimed already, and stays so. What was asked for before, and waits, is let go of; asked for
    again, it stays as it is. Returns None where the booking is there already, and nothing changes.

    Raises: SlotUnavailable, VisitorLimit (a `visitor` of None is not counted); then whatever waited
    waits on. AppointmentCancelled, AppointmentPending, AppointmentPast, TooLate after the service's
    `move_until`, ChangedTooOften where it was changed and asked about often enough.
    """
    with attempt(session):
        lock_at(session, booking, now)
        _refuse_unconfirmed(booking)
        refuse_late(session, booking, booking.service.move_until, by="customer", now=now)
        if _is_at(booking, staff, start):
            return None
        move = pending_move(session, booking.id, lock=True)
        if move and move.waits_at(now) and _is_at(move, staff, start):
            return move
        refuse_too_often(booking, by="customer", asked=move.times if move else 0)
        is_instead = move is not None and move.waits_at(now)
        asked = _AskedMove(booking, _made_anew(session, booking, move, now), until)
        request = SlotRequest(
            service=booking.service,
            candidates=candidates(staff),
            start=start,
            now=now,
            visitor=visitor,
            own_booking=booking.id,
            keeps=owned_for_good(session, booking.id),
        )
        allocate(session, request, asked)
        tell_asked(session, booking, asked.move, is_instead=is_instead, now=now, outbox=outbox)
        details = asked_for(asked.move)
        record(session, booking.id, MOVE_ASKED, by="customer", now=now, details=details)
        return asked.move


def approve_move(
    session: Session,
    booking: Booking,
    *,
    by: By,
    actor: str = "",
    now: datetime,
    outbox: Outbox,
) -> Booking:
    """Give the time that was asked for, claimed once more for good, and let go of the old one.

    Raises: NoPendingMove where nothing is asked for, or it waited too long; AppointmentCancelled;
    SlotUnavailable where the time is another's by now. Then the old time stands.
    """
    with attempt(session):
        move = _to_decide(session, booking, now)
        claim_for_good(session, booking, move, now)
        before = Before(booking.starts_at, booking.ends_at, booking.staff_member)
        was, waited = state_of(booking), _wait_details(move, was_approved=True)
        booking.staff_member_id = move.staff_member_id
        booking.starts_at, booking.ends_at = move.starts_at, move.ends_at
        booking.buffer_before, booking.buffer_after = move.buffer_before, move.buffer_after
        booking.rescheduled_at, booking.changes = now, booking.changes + 1
        end_moves(session, [booking.id], "moved")
        move.times -= 1  # from now on it counts as a change
        session.flush()
        session.expire(booking, ["staff_member"])
        event = Event("moved", now, by, before=before, was_asked_for=True)
        gone = outbox.write(session, booking, booking.service, booking.staff_member, event)
        details = {"before": was, "after": place_of(booking), **waited}
        details |= letters_in(booking, outbox, gone)
        record(session, booking.id, MOVED, by=by, actor=actor, now=now, details=details)
        return booking


def decline_move(
    session: Session,
    booking: Booking,
    *,
    by: By,
    actor: str = "",
    now: datetime,
    words: str = "",
    outbox: Outbox,
) -> Booking:
    """Let the old time stand; `words` say why, and the customer is told, once.

    Raises: NoPendingMove, AppointmentCancelled.
    """
    move = _to_decide(session, booking, now)
    gone = tell_declined(session, booking, move, by=by, now=now, words=words, outbox=outbox)
    details = {**asked_for(move), **_wait_details(move), "words": words}
    details |= letters_in(booking, outbox, gone)
    record(session, booking.id, MOVE_DECLINED, by=by, actor=actor, now=now, details=details)
    _let_go(session, booking, "declined")
    return booking


def take_move_back(session: Session, booking: Booking, *, now: datetime, outbox: Outbox) -> None:
    """Let the old time stand, as its customer wishes; where nothing waits any more, so it does.

    Raises: AppointmentCancelled.
    """
    lock_at(session, booking, now)
    if booking.state == "cancelled":
        raise AppointmentCancelled
    move = pending_move(session, booking.id, lock=True)
    if move and move.waits_at(now):
        tell_taken_back(session, booking, move, now=now, outbox=outbox)
        record(session, booking.id, MOVE_TAKEN_BACK, by="customer", now=now)
        _let_go(session, booking, "taken_back")


def end_with_booking(
    session: Session,
    booking: Booking,
    move: PendingMove | None,
    outcome: Outcome,
    *,
    now: datetime,
    is_one_of_many: bool,
    outbox: Outbox,
) -> dict[str, Any]:
    """End what is asked for, of a booking that was moved or cancelled meanwhile.

    Returns what an entry says of it, so that it can wait again. What it had claimed has gone with
    the booking's claims, and who hears of the booking hears no more; whoever else was to decide
    hears that it was taken back. `move` was locked before anything was claimed. Of one of many the
    shop hears by the letter about all of them.
    """
    if move is None or move.until is None:
        return {}
    waited: dict[str, Any] = {}
    if move.waits_at(now):
        waited = _wait_details(move)
        shop = read_catalogue(session).shop
        theirs = told_of_change(session, booking.id, sequence=booking.changes)
        if is_one_of_many and shop and f"shop_{outcome}" not in mail_of(shop)["off"]:
            theirs.add(shop.email)
        tell_taken_back(session, booking, move, now=now, besides=theirs, outbox=outbox)
    end_moves(session, [booking.id], outcome)
    return waited


def move_to_wait_again(
    session: Session, booking: Booking, waited: Mapping[str, Any], now: datetime
) -> PendingMove:
    """Return what was asked of the booking, kept from others before anything is claimed.

    Raises: UndoRefused where it would wait no longer by now.
    """
    move = pending_move(session, booking.id, lock=True)
    if move is None or waited["until"] <= int(now.timestamp()):
        raise UndoRefused(Kept.ENDED)
    return move


def wait_again(
    session: Session, booking: Booking, move: PendingMove, waited: Mapping[str, Any], now: datetime
) -> None:
    """Let what was asked for wait again, until then as before, and claim its time for that while.

    Whoever asked is not known any more, so it is counted for nobody.

    Raises: SlotUnavailable where the time is another's by now, or over.
    """
    length = to_minute(move.ends_at) - to_minute(move.starts_at)
    request = SlotRequest(
        service=booking.service,
        candidates=candidates([move.staff_member]),
        start=move.starts_at,
        now=now,
        by="owner",
        own_booking=booking.id,
        keeps=owned_for_good(session, booking.id),
        restored=Restored(length, move.buffer_before, move.buffer_after),
    )
    allocate(session, request, _RestoredMove(booking, move, waited["until"]))
    move.times += waited["was_approved"]


def lapse_moves(session: Session, booking_ids: Sequence[int], *, now: datetime) -> None:
    """Write down that nobody decided in time. Who is told of it was written when it was asked."""
    end_moves(session, booking_ids, "lapsed")
    release_what_waits(session, booking_ids)
    record_all(session, booking_ids, MOVE_LAPSED, by=CLOCK, now=now)


def waits_for_decision(session: Session, booking: Booking, now: datetime) -> bool:
    """Tell whether it is confirmed, and its customer has asked for another time."""
    move = pending_move(session, booking.id)
    return booking.state == "confirmed" and move is not None and move.waits_at(now)


@dataclass(frozen=True)
class _AskedMove:
    """What is asked for, as the record that claims are written for: they are its booking's."""

    booking: Booking
    move: PendingMove
    until: datetime

    def write(self, _session: Session, terms: Terms) -> Claimant:
        move, request, service = self.move, terms.request, terms.request.service
        marks = terms.hashes.columns() if terms.hashes else dict.fromkeys(WIDTHS)
        for width, mark in marks.items():
            setattr(move, width, mark)
        move.starts_at = request.start
        move.ends_at = request.start + timedelta(minutes=service.duration)
        move.buffer_before, move.buffer_after = service.buffer_before, service.buffer_after
        move.until = int(min(self.until, self.booking.starts_at, request.start).timestamp())
        return Claimant(booking_id=self.booking.id, expires_at=move.until)

    def assign(self, session: Session, _terms: Terms, chosen: Candidate) -> None:
        self.move.staff_member_id = chosen.member.id
        session.add(self.move)
        session.flush()
        session.expire(self.move, ["staff_member"])


@dataclass(frozen=True)
class _RestoredMove:
    """What was asked for, decided and is undone, as the record that claims are written for."""

    booking: Booking
    move: PendingMove
    until: int

    def write(self, _session: Session, _terms: Terms) -> Claimant:
        return Claimant(booking_id=self.booking.id, expires_at=self.until)

    def assign(self, session: Session, _terms: Terms, _chosen: Candidate) -> None:
        self.move.until, self.move.outcome = self.until, ""
        session.flush()


def _wait_details(move: PendingMove, *, was_approved: bool = False) -> dict[str, Any]:
    """What an entry says of another time that waits no longer; an approved one is a change."""
    return {"waited": {"until": move.until, "was_approved": was_approved}}


def _made_anew(
    session: Session, booking: Booking, move: PendingMove | None, now: datetime
) -> PendingMove:
    """The row for what is asked for now; what waited before is not counted any more."""
    since = move.asked_at if move and move.waits_at(now) else int(now.timestamp())
    if move is None:
        number = secrets.token_bytes(_NUMBER)
        move = PendingMove(booking_id=booking.id, number=number, times=0, until=None)
    else:
        end_moves(session, [booking.id], "taken_back")
    move.times, move.asked_at, move.outcome = move.times + 1, since, ""
    return move


def _to_decide(session: Session, booking: Booking, now: datetime) -> PendingMove:
    lock_at(session, booking, now)
    if booking.state == "cancelled":
        raise AppointmentCancelled
    move = pending_move(session, booking.id, lock=True)
    if booking.state != "confirmed" or move is None or not move.waits_at(now):
        raise NoPendingMove
    return move


def _let_go(session: Session, booking: Booking, outcome: Outcome) -> None:
    end_moves(session, [booking.id], outcome)
    release_what_waits(session, [booking.id])


def _refuse_unconfirmed(booking: Booking) -> None:
    if booking.state == "pending":
        raise AppointmentPending
    if booking.state != "confirmed":
        raise AppointmentCancelled


def _is_at(one: Booking | PendingMove, staff: Sequence[StaffMember], start: datetime) -> bool:
    return one.starts_at == start and one.staff_member_id in {each.id for each in staff}
