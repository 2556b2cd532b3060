"""One letter about all of a series, to its customer and to the shop.

Staff hear of each by itself: an invitation is of one appointment, and fills their calendars.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.storage.catalogue import read_catalogue
from booking.storage.models import Booking
from booking.storage.outbox import SERIES

from .events import Event
from .letter_rows import facts_of, letter_row, mail_of, write_rows
from .outbox import Outbox


def tell_series(
    session: Session, bookings: Sequence[Booking], event: Event, *, outbox: Outbox
) -> None:
    """Write what happened to these bookings of a series, by their start: once to each address.

    The letter names them; how they are then it finds when it goes out.
    """
    if not (bookings and outbox.mail):
        return
    shop, last = read_catalogue(session).shop, max(each.starts_at for each in bookings)
    off, until = mail_of(shop)["off"], None if event.name == "cancelled" else last
    by_address: dict[str, list[Booking]] = defaultdict(list)
    for each in bookings:
        by_address[each.customer_email].append(each)
    for address, theirs in by_address.items():
        if address and event.name not in off:
            is_told = _write(session, theirs, event, ("customer", address, until), outbox)
            for each in theirs:
                each.is_told = is_told
    if shop and shop.email and f"shop_{event.name}" not in off:
        _write(session, bookings, event, ("shop", shop.email, until), outbox)


def _write(
    session: Session,
    bookings: Sequence[Booking],
    event: Event,
    to: tuple[str, str, datetime | None],
    outbox: Outbox,
) -> bool:
    """Write it to that role, address, and until when it has a point; tell whether it was."""
    role, recipient, until = to
    first = bookings[0]
    facts: dict[str, Any] = facts_of(first, first.service, first.staff_member, event)
    facts["series"] = [each.id for each in bookings]
    kind = SERIES[event.name]
    row = letter_row(kind, role, recipient, first.staff_member, event.now, until)
    rows = outbox.timed([row], event.now)
    write_rows(session, first, facts, event.now, rows)
    return bool(rows)
