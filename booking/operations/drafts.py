"""How many bookings one visitor may begin, and how much of them may be stored, in a day (UTC)."""

from datetime import UTC, datetime, timedelta
from math import ceil

from sqlalchemy.orm import Session

from booking.storage import drafts as storage
from booking.storage.visitors import visitor_hashes

from .errors import Limit, VisitorLimit
from .visitors import Visitor

MULTIPLES = (1, 32, 128)
"""Of what one visitor may begin, for each network around. Larger than those of holds: a draft takes
nothing from the shop, and few addresses must not be able to use up what a provider's customers of a
whole day need."""
A_DRAFT = 16 * 1024
"""Bytes that the drafts of one visitor may have on average; most have a tenth of it."""


def count_drafts(
    session: Session, visitor: Visitor, *, drafts: int, size: int, now: datetime
) -> None:
    """Count what is stored for the visitor, and for each network around.

    Copies count, and so do drafts that were ended: each leaves its trace for a month. Raises
    VisitorLimit where more is begun than may be; to go on with a draft is always let.
    """
    if visitor.shared:
        return
    marks = visitor_hashes(session, (visitor.address, *visitor.networks), now).today
    known = [mark for mark in marks if mark]
    begun = storage.add(session, known, _day(now), drafts, size)
    for multiple, mark in zip(MULTIPLES, known, strict=False):
        most, found = visitor.drafts * multiple, begun[mark]
        if drafts and (found.drafts > most or found.bytes > most * A_DRAFT):
            raise VisitorLimit(Limit.DRAFTS)


def seconds_left_of_day(now: datetime) -> int:
    """Until more may be begun by whoever has begun enough."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return ceil((midnight + timedelta(days=1) - now).total_seconds())


def purge_drafts(session: Session, *, now: datetime, most: int = 500) -> int:
    """Forget up to `most` counts of what visitors began before yesterday; how many went."""
    return storage.forget(session, _day(now) - 1, most)


def _day(now: datetime) -> int:
    return now.astimezone(UTC).date().toordinal()
