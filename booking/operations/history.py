"""Write down what was done: to whom or what, by whom, from where, and what was before.

Each verb does so in its own transaction, with one statement. That a customer has booked is said by
the booking itself: a row for it would be one more statement in the transaction that everybody who
books waits for, and tell nothing new.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.storage.history import About, Door, Entry, add_entries, history_of
from booking.storage.models import Booking

from .letter_rows import iso
from .outbox import Outbox

SHELL, CLOCK = "shell", "clock"
"""Who acts where it is no person: a command, and what waited too long."""

BOOKED = "booked"
MOVED, CANCELLED, DECLINED = "moved", "cancelled", "declined"
CONFIRMED, LAPSED = "confirmed", "lapsed"
MENDED, ADDRESS_ASKED, ADDRESS_CHANGED = "mended", "address_asked", "address_changed"
MOVE_ASKED, MOVE_DECLINED = "move_asked", "move_declined"
MOVE_TAKEN_BACK, MOVE_LAPSED = "move_taken_back", "move_lapsed"
CAME, NO_SHOW, ATTENDANCE_CLEARED = "came", "no_show", "attendance_cleared"
NOTE, LETTER_AGAIN, UNDONE = "note", "letter_again", "undone"
LETTER_RETRIED = "letter_retried"
HOLDS_LET_GO = "holds_let_go"
ERASED = "customer_erased"
WHATS = (
    *(BOOKED, MOVED, CANCELLED, DECLINED, CONFIRMED, LAPSED),
    *(MENDED, ADDRESS_ASKED, ADDRESS_CHANGED),
    *(MOVE_ASKED, MOVE_DECLINED, MOVE_TAKEN_BACK, MOVE_LAPSED),
    *(CAME, NO_SHOW, ATTENDANCE_CLEARED, NOTE, LETTER_AGAIN, LETTER_RETRIED, UNDONE),
    *(HOLDS_LET_GO, ERASED),
)
"""All that an entry about bookings may tell."""
MERGED, MERGED_INTO, PARTED = "merged", "merged_into", "parted"
SPLIT, SPLIT_OFF = "split", "split_off"
BLOCKED, UNBLOCKED, DESCRIBED = "blocked", "unblocked", "described"
OF_CUSTOMERS = (MERGED, MERGED_INTO, PARTED, SPLIT, SPLIT_OFF, BLOCKED, UNBLOCKED, DESCRIBED)
"""All that one about a customer may tell."""
ACCOUNT_MADE, ACCOUNT_CHANGED, ACCOUNT_REMOVED = (
    "account_made",
    "account_changed",
    "account_removed",
)
LINK_MADE, SESSIONS_ENDED = "link_made", "sessions_ended"
OF_ACCOUNTS = (ACCOUNT_MADE, ACCOUNT_CHANGED, ACCOUNT_REMOVED, LINK_MADE, SESSIONS_ENDED)
"""All that one about an account may tell."""


def record(
    session: Session,
    booking_id: int | None,
    what: str,
    *,
    actor: str = "",
    now: datetime,
    details: Mapping[str, Any] | None = None,
    by: str = "owner",
) -> None:
    """Write down that it happened, in the verb's own transaction; None: it is about no booking.

    `by` is customer, owner or clock, `actor` the name of whoever did it for the owner, or SHELL;
    nobody's name: it was done by the link in a letter to the shop.
    """
    record_all(session, [booking_id], what, actor=actor, now=now, details=details, by=by)


def record_all(
    session: Session,
    booking_ids: Sequence[int | None],
    what: str,
    *,
    actor: str = "",
    now: datetime,
    details: Mapping[str, Any] | None = None,
    by: str = "owner",
) -> None:
    """Do what `record` does for several bookings, in one statement."""
    entries = [(number, details or {}) for number in booking_ids]
    record_each(session, entries, what, actor=actor, now=now, by=by)


def record_each(
    session: Session,
    entries: Sequence[tuple[int | None, Mapping[str, Any]]],
    what: str,
    *,
    actor: str = "",
    now: datetime,
    by: str = "owner",
) -> None:
    """Do what `record_all` does for bookings of which each has details of its own."""
    row = _row("booking", what, actor=actor, now=now, by=by)
    rows = [{**row, "booking_id": number, "details": dict(details)} for number, details in entries]
    add_entries(session, rows)


def record_of_customers(
    session: Session,
    numbers: Sequence[int],
    what: str,
    *,
    actor: str,
    now: datetime,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write down what was done to these customers, by the numbers of their rows.

    `details` name others by their numbers alone: whoever of them is erased stays unnamed.
    """
    row = _row("customer", what, actor=actor, now=now)
    rows = [{**row, "customer_id": number, "details": dict(details or {})} for number in numbers]
    add_entries(session, rows)


def record_of_account(
    session: Session, what: str, *, name: str, role: str, actor: str, now: datetime
) -> None:
    """Write down what was done to an account, as it is called and what it may do from then on."""
    details = {"name": name, "role": role}
    row = _row("account", what, actor=actor, now=now)
    add_entries(session, [{**row, "details": details}])


def _row(
    about: About, what: str, *, actor: str, now: datetime, by: str = "owner"
) -> dict[str, Any]:
    """What an entry says, about nothing in particular yet."""
    return {
        "at": int(now.timestamp()),
        "what": what,
        "door": _door(by, actor),
        "actor": "" if actor == SHELL else actor,
        "about": about,
        "booking_id": None,
        "customer_id": None,
    }


def place_of(booking: Booking) -> dict[str, Any]:
    """Return when and with whom it is, for an entry's details."""
    return {
        "start": iso(booking.starts_at),
        "end": iso(booking.ends_at),
        "staff": booking.staff_member.name,
    }


def state_of(booking: Booking) -> dict[str, Any]:
    """Return all that moving or cancelling it changes, so that it can be put back."""
    moved = booking.rescheduled_at
    return {
        **place_of(booking),
        "state": booking.state,
        "pending_until": booking.pending_until,
        "staff_member_id": booking.staff_member_id,
        "buffer_before": booking.buffer_before,
        "buffer_after": booking.buffer_after,
        "rescheduled_at": moved.isoformat() if moved else None,
    }


def letters_in(booking: Booking, outbox: Outbox, gone: Sequence[int]) -> dict[str, Any]:
    """Return what an entry says of letters: which it wrote, by their number of the booking's
    changes, which it withdrew, and whether the customer was to get none.
    """
    return {"sequence": booking.changes, "withdrew": list(gone), **silence_in(outbox)}


def silence_in(outbox: Outbox) -> dict[str, Any]:
    """Return what an entry says where the customer was to get no letter of it."""
    return {"without_letter": True} if outbox.silent else {}


def openly(passed_over: Sequence[str]) -> dict[str, Any]:
    """Return what an entry says of what spoke against the time, and was set aside by the shop."""
    return {"anyway": [*map(str, passed_over)]} if passed_over else {}


def together(*, is_one_of_many: bool) -> dict[str, Any]:
    """Return what an entry says where one letter tells of several appointments of a series."""
    return {"together": True} if is_one_of_many else {}


def entries_of(session: Session, booking: Booking, now: datetime) -> list[Entry]:
    """Return what became of the booking, the latest first, its beginning and its end among them."""
    entries = [*history_of(session, booking.id)]
    if booking.has_lapsed(now) or booking.cancelled_by == CLOCK:
        entries.append(_lapse(booking))
    if not any(each.what == BOOKED for each in entries):
        entries.append(_beginning(booking))
    return sorted(entries, key=lambda each: (each.at, each.id), reverse=True)


def _beginning(booking: Booking) -> Entry:
    """That its customer made it; or the shell, before there was a history.

    What was entered by hand has no fingerprint of what was shown.
    """
    door: Door = "customer" if booking.fingerprint else "shell"
    at = int(booking.created_at.timestamp())
    return Entry(0, booking.id, at, BOOKED, door, "", {})


def _lapse(booking: Booking) -> Entry:
    ended = booking.cancelled_at
    at = int(ended.timestamp()) if ended else booking.pending_until or 0
    return Entry(0, booking.id, at, LAPSED, "clock", "", {})


def _door(by: str, actor: str) -> Door:
    if by == "customer":
        return "customer"
    if by == CLOCK:
        return "clock"
    if actor == SHELL:
        return "shell"
    return "desk" if actor else "link"
