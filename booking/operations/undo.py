"""Undo what was just done at the desk: its letters have not left, so nobody has heard of it.

Letters that the desk causes are due a little later, and until then it is as if nothing had
happened: they are withdrawn, those that they took the place of wait again, and the time of before
is claimed like any other. All of it or nothing, in one transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from booking.scheduling.clock import to_minute
from booking.storage.history import Entry, history_of
from booking.storage.models import Booking, StaffMember
from booking.storage.undone_letters import (
    leave_out,
    lock_letters,
    lock_series_letters,
    put_back,
    withdraw_event,
)
from booking.transactions.sessions import after_commit

from .allocation import Claimant, Terms, allocate, attempt
from .customers import keys_of_booking, regroup
from .history import (
    ATTENDANCE_CLEARED,
    CAME,
    CANCELLED,
    CONFIRMED,
    DECLINED,
    LETTER_AGAIN,
    LETTER_RETRIED,
    MENDED,
    MOVE_DECLINED,
    MOVED,
    NO_SHOW,
    NOTE,
    UNDONE,
    record,
)
from .outbox import LETTER, Outbox
from .pending import lock_at
from .pending_moves import move_to_wait_again, wait_again
from .requests import Candidate, Kept, Restored, SlotRequest, UndoRefused, candidates

PUT_BACK = (MOVED, CANCELLED, DECLINED, CONFIRMED)
"""What has its time claimed once more when it is undone, as it was: for good, or for a while."""
UNDOABLE = (*PUT_BACK, MOVE_DECLINED, CAME, NO_SHOW, ATTENDANCE_CLEARED, MENDED, LETTER_AGAIN)
_CHANGES_NOTHING = (NOTE, LETTER_RETRIED)
_NEEDED = {CONFIRMED: "before", MOVE_DECLINED: "waited"}
"""What an earlier version did not write down of them, and without which there is no way back."""
# To a host what waits again is booked no more, as it was not before.
_SIGNALS = {MOVED: "moved", CANCELLED: "booked", CONFIRMED: "cancelled"}


def to_undo(entries: Sequence[Entry]) -> Entry | None:
    """Return what can be undone of a booking's entries, the latest first; None: nothing.

    The last thing that was done to it, at the desk. A note is no such thing, nor is
    that a letter was tried again. Another address
    stays, whose links ended the earlier ones; and what an earlier version decided about another
    time that was asked for, without keeping what it takes.
    """
    last = next((each for each in entries if each.what not in _CHANGES_NOTHING), None)
    if last is None or last.door != "desk" or last.what not in UNDOABLE:
        return None
    details = last.details
    is_kept = details.get("decided") or "email" in details.get("before", {})
    is_whole = last.what not in _NEEDED or _NEEDED[last.what] in details
    return last if details and is_whole and not is_kept else None


def undo(
    session: Session,
    booking: Booking,
    number: int,
    *,
    actor: str,
    now: datetime,
    outbox: Outbox,
) -> Entry:
    """Undo what the entry of that number tells, and return it; or leave everything as it is.

    Raises: UndoRefused where something else was done since, a letter of it is on its way, or what
    waited has ended meanwhile; SlotUnavailable where the time of before is another's, or over.
    """
    with attempt(session):
        lock_at(session, booking, now)
        entry = to_undo(history_of(session, booking.id))
        if entry is None or entry.id != number:
            raise UndoRefused(Kept.CHANGED)
        _refuse_told(session, booking, entry)
        _put_back(session, booking, entry, now)
        session.flush()
        _letters_of_before(session, booking, entry, now)
        details = {"what": entry.what, "entry": entry.id}
        record(session, booking.id, UNDONE, actor=actor, now=now, details=details)
        if outbox.announce:
            event = _SIGNALS.get(entry.what, LETTER)
            after_commit(session, partial(outbox.announce, event, booking.reference))
        return entry


def _letters(entry: Entry) -> dict[str, Any]:
    """Which letters it wrote."""
    # The others count as a change, so that all letters of that number are theirs.
    kinds = {LETTER_AGAIN: entry.details.get("kind", "")} | {w: w for w in (NO_SHOW, MOVE_DECLINED)}
    return {
        "sequence": entry.details["sequence"],
        "since": entry.at,
        "kinds": [kinds[entry.what]] if entry.what in kinds else [],
    }


def _has_letters(entry: Entry) -> bool:
    return entry.what in (*PUT_BACK, MOVE_DECLINED, NO_SHOW, LETTER_AGAIN)


def _refuse_told(session: Session, booking: Booking, entry: Entry) -> None:
    if _has_letters(entry) and not lock_letters(session, booking.id, **_letters(entry)):
        raise UndoRefused(Kept.TOLD)
    series = booking.series if entry.details.get("together") else None
    if series and not lock_series_letters(session, series, since=entry.at):
        raise UndoRefused(Kept.TOLD)


def _letters_of_before(session: Session, booking: Booking, entry: Entry, now: datetime) -> None:
    seconds = int(now.timestamp())
    if _has_letters(entry):
        withdraw_event(session, booking.id, **_letters(entry), now=seconds)
    if booking.series and entry.details.get("together"):
        told: dict[str, Any] = {"event": entry.what, "since": entry.at, "now": seconds}
        leave_out(session, booking.series, booking.id, **told)
    put_back(session, entry.details.get("withdrew", ()), sequence=booking.changes)


def _put_back(session: Session, booking: Booking, entry: Entry, now: datetime) -> None:
    before: Mapping[str, Any] = entry.details.get("before", {})
    waited: Mapping[str, Any] | None = entry.details.get("waited")
    move = move_to_wait_again(session, booking, waited, now) if waited else None
    if entry.what in PUT_BACK:
        _claim_again(session, booking, before, now)
    elif entry.what == MENDED:
        known_by = keys_of_booking(booking)
        for name, value in before.items():
            setattr(booking, _COLUMNS[name], value)
        regroup(session, booking, known_by, now=now)
    elif "state" in before:
        booking.state = before["state"]
    if waited and move:
        wait_again(session, booking, move, waited, now)


_COLUMNS = {
    "name": "customer_name",
    "phone": "customer_phone",
    "note": "customer_note",
    "answers": "answers",
}


def _claim_again(
    session: Session, booking: Booking, before: Mapping[str, Any], now: datetime
) -> None:
    until = before["pending_until"]
    if until is not None and until <= int(now.timestamp()):
        raise UndoRefused(Kept.ENDED)
    start, end = _instant(before["start"]), _instant(before["end"])
    member = session.get_one(StaffMember, before["staff_member_id"])
    lengths = Restored(
        to_minute(end) - to_minute(start), before["buffer_before"], before["buffer_after"]
    )
    request = SlotRequest(
        service=booking.service,
        candidates=candidates([member]),
        start=start,
        now=now,
        by="owner",
        own_booking=booking.id,
        restored=lengths,
    )
    allocate(session, request, _AsBefore(booking, before, start, end))


@dataclass(frozen=True)
class _AsBefore:
    """A booking that gets its earlier time back, as the record that claims belong to."""

    booking: Booking
    before: Mapping[str, Any]
    start: datetime
    end: datetime

    def write(self, _session: Session, _terms: Terms) -> Claimant:
        return Claimant(booking_id=self.booking.id, expires_at=self.before["pending_until"])

    def assign(self, session: Session, _terms: Terms, chosen: Candidate) -> None:
        booking, before = self.booking, self.before
        booking.staff_member_id = chosen.member.id
        booking.starts_at, booking.ends_at = self.start, self.end
        booking.buffer_before = before["buffer_before"]
        booking.buffer_after = before["buffer_after"]
        booking.state, booking.pending_until = before["state"], before["pending_until"]
        moved = before["rescheduled_at"]
        booking.rescheduled_at = datetime.fromisoformat(moved) if moved else None
        booking.cancelled_at, booking.cancelled_by, booking.cancel_reason = None, None, ""
        # Not the number of before: who looked meanwhile has a calendar's file with this one.
        booking.changes += 1
        session.flush()
        session.expire(booking, ["staff_member"])


def _instant(written: str) -> datetime:
    return datetime.fromisoformat(written).astimezone(UTC)
