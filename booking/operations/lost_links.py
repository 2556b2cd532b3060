"""Links that customers have lost: an address asks for them, and whoever delivers looks them up.

Who asks is told nothing, and nothing is looked up meanwhile: a row is written whatever there is, so
that neither the answer nor how long it takes says whether an address has an appointment here.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.storage.models import Booking
from booking.storage.outbox import LOST_LINK, NEW, Letter, add_letters, due_of_address, links_sent
from booking.storage.reads import coming_of_address

from .requests import Visitor
from .visitors import count_searches

MOST_A_DAY = 3
"""Letters with lost links that an address gets in a day (UTC), beside those about bookings."""
GOOD_FOR = timedelta(days=1)
_DAY = 24 * 60 * 60


def ask_for_links(
    session: Session, address: str, visitor: Visitor, *, language: str, now: datetime
) -> None:
    """Write down that an address asks for the links of its bookings. The caller commits.

    Raises: VisitorLimit.
    """
    count_searches(session, visitor, now=now)
    at = int(now.timestamp())
    row = {
        "booking_id": None,
        "staff_member_id": None,
        "kind": LOST_LINK,
        "role": "customer",
        "recipient": address,
        "language": language,
        "facts": {},
        "sequence": 0,
        "message_id": secrets.token_hex(12),
        "due_at": at,
        "last_moment": int((now + GOOD_FOR).timestamp()),
        "created_at": at,
        **NEW,
    }
    add_letters(session, [row])


def bookings_asked_for(
    session: Session, letter: Letter, *, hashed: str, at_most: int, now: datetime, most: int
) -> Sequence[Booking]:
    """Return up to `most` bookings to come whose links that letter asks for.

    None where its address has had enough for a day: `at_most` letters of all kinds, or a few of
    this one, which are known by the address as it was `hashed`.
    """
    today = letter.due_at // _DAY * _DAY
    sent = links_sent(session, hashed, since=today)
    others = due_of_address(session, letter.recipient, since=today)
    total = sent + sum(due < today + _DAY for due in others)
    if sent >= MOST_A_DAY or total >= at_most:
        return ()
    return coming_of_address(session, letter.recipient, now=now, most=most)
