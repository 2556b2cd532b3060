"""What is not written after all: what would be too much, and the end of what nobody heard of."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.storage.models import Booking
from booking.storage.outbox import CONFIRM_ADDRESS, due_of_address, staff_never_told

from .requests import Limit, VisitorLimit

PLEASE_CONFIRM = "please_confirm"
_DAY = 24 * 60 * 60


def without_the_untold(
    session: Session, booking: Booking, rows: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Leave out that it is over for whom it came to from a colleague, and who never heard of it."""
    over = [row for row in rows if row["role"] == "staff" and row["kind"] == "cancelled"]
    untold = staff_never_told(session, booking.id) if over else set()
    return [row for row in rows if row not in over or row["staff_member_id"] not in untold]


def within(
    session: Session, rows: Sequence[dict[str, Any]], most: int, now: datetime
) -> list[dict[str, Any]]:
    """Leave out what would be more than so many letters to the customer on a day (UTC).

    Whoever books can give anybody's address, again and again, and from everywhere.

    Raises: VisitorLimit where that would be the one by which the customer confirms.
    """
    address = next((row["recipient"] for row in rows if row["role"] == "customer"), "")
    if not address:
        return list(rows)
    today = int(now.timestamp()) // _DAY * _DAY
    days = Counter(due // _DAY for due in due_of_address(session, address, since=today))
    kept = []
    for row in rows:
        day = row["due_at"] // _DAY
        if row["role"] != "customer" or days[day] < most:
            kept.append(row)
            days[day] += row["role"] == "customer"
        elif row["kind"] in (PLEASE_CONFIRM, CONFIRM_ADDRESS):
            raise VisitorLimit(Limit.LETTERS)
    return kept
