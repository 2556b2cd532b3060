"""All that is stored about a customer, as a document: for the customer, and to be looked at."""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from .erasure import Hashed, Whose, about
from .personal_data import PERSONAL

Document = Mapping[str, Any]


def stored_about(session: Session, whose: Whose, *, now: datetime, hashed: Hashed) -> Document:
    """Return all that is stored about them, as JSON can say it.

    First what people want to know; then, under "stored", every row of every table that has anything
    of theirs, as it stands there. Instants are in UTC; bytes are base64url.
    """
    found = about(session, whose, hashed)
    rows = {each.table.name: each.rows(session, found) for each in PERSONAL}
    return {
        "written_at": _plain(now),
        "customers": [
            {"number": row.id, "name": row.name, "note": row.note, "blocked": bool(row.blocked_at)}
            for row in whose.customers
        ],
        "appointments": [
            {
                "reference": booking.reference,
                "state": booking.state_at(now),
                "service": booking.service.name,
                "with": booking.staff_member.name,
                "starts_at": _plain(booking.starts_at),
                "ends_at": _plain(booking.ends_at),
                "booked_at": _plain(booking.created_at),
                "name": booking.customer_name,
                "email": booking.customer_email,
                "phone": booking.customer_phone,
                "note": booking.customer_note,
                "time_zone": booking.customer_zone,
                "language": booking.language,
                "answers": booking.answers,
                "cancelled_because": booking.cancel_reason,
            }
            for booking in whose.bookings
        ],
        "stored": {table: [_plain(dict(row)) for row in each] for table, each in rows.items()},
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, bytes | memoryview):
        return base64.urlsafe_b64encode(bytes(value)).decode()
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
