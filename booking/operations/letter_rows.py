"""A letter's row of the outbox: who gets it and when, and the appointment as it is at this moment.

What happened, and who is to hear of it, is said by whoever writes one: see outbox.py.
"""

import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from booking.storage.models import Booking, PendingMove, Service, Shop, StaffMember
from booking.storage.outbox import NEW, add_letters

from .events import Event
from .plan import MAIL


def write_rows(
    session: Session,
    booking: Booking,
    facts: Mapping[str, Any],
    now: datetime,
    *rows: Iterable[Mapping[str, Any]],
) -> None:
    """Write rows about a booking that say these facts; each names what is its own."""
    common, every = {**shared_columns(booking, now), "facts": facts}, chain.from_iterable(rows)
    add_letters(
        session, [{**common, **each, "message_id": secrets.token_hex(12)} for each in every]
    )


def shared_columns(booking: Booking, now: datetime) -> dict[str, Any]:
    """Return what all rows of one event say of their booking."""
    return {
        "booking_id": booking.id,
        "language": booking.language,
        "sequence": booking.changes,
        "created_at": int(now.timestamp()),
        **NEW,
    }


def letter_row(
    kind: str,
    role: str,
    recipient: str,
    member: StaffMember,
    due: datetime,
    last: datetime | None,
) -> dict[str, Any]:
    """Return what is a letter's own: to whom, when, and until when it has a point (None: ever)."""
    return {
        "kind": kind,
        "role": role,
        "recipient": recipient,
        "staff_member_id": member.id if role == "staff" else None,
        "due_at": int(due.timestamp()),
        "last_moment": None if last is None else int(last.timestamp()),
    }


def facts_of(
    booking: Booking, service: Service, member: StaffMember, event: Event
) -> dict[str, Any]:
    """Return the appointment as it is now: it may be another one when the letter goes out."""
    facts: dict[str, Any] = {
        "start": iso(booking.starts_at),
        "end": iso(booking.ends_at),
        "service": service.name,
        "staff": member.name,
        "price": service.price,
        "place": service.place,
        "is_online": service.is_online,
        "by": event.by,
        "words": event.words,
    }
    if event.was_asked_for:
        facts["was_asked_for"] = True
    if event.name == "booked" and event.pending_for:
        facts["was_pending"] = True
    if not event.is_for_hosts:
        facts["pending_for"] = booking.pending_for
    if booking.pending_until:
        facts["until"] = iso(datetime.fromtimestamp(booking.pending_until, UTC))
    if before := event.before:
        facts["before"] = {
            "start": iso(before.starts_at),
            "end": iso(before.ends_at),
            "staff": before.staff.name,
        }
    return facts


def asked_for(move: PendingMove) -> dict[str, Any]:
    """Return what facts say of a move, beside what they say of its booking."""
    staff = move.staff_member.name
    asked = {"start": iso(move.starts_at), "end": iso(move.ends_at), "staff": staff}
    return {"asked": asked, "until": iso(move.waits_until)}


def mail_of(shop: Shop | None) -> Mapping[str, Any]:
    """Return what holds of the shop's letters, with what it says nothing of."""
    return {**MAIL, **((shop and shop.mail) or {})}


def zone_of(shop: Shop | None) -> ZoneInfo:
    """Return the shop's zone; UTC before there is one."""
    return ZoneInfo(shop.zone if shop else "UTC")


def iso(instant: datetime) -> str:
    """Return an instant as facts have it."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
