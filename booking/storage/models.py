"""All that is written down, in one place to import it from."""

from .base import Base, UTCDateTime
from .bookings import STATES, Booking, Hold, booking, claim, hold
from .business import (
    Closure,
    DateOverride,
    Question,
    Resource,
    Service,
    Shop,
    StaffMember,
    TimeOff,
    WeeklyHours,
    offer,
)
from .catalogue import catalogue_state
from .holds import past_hold
from .outbox import deliverer, letter, link_key, manage_link
from .visitors import spent_challenge, visitor_drafts, visitor_key

__all__ = [
    "STATES",
    "Base",
    "Booking",
    "Closure",
    "DateOverride",
    "Hold",
    "Question",
    "Resource",
    "Service",
    "Shop",
    "StaffMember",
    "TimeOff",
    "UTCDateTime",
    "WeeklyHours",
    "booking",
    "catalogue_state",
    "claim",
    "deliverer",
    "hold",
    "letter",
    "link_key",
    "manage_link",
    "offer",
    "past_hold",
    "spent_challenge",
    "visitor_drafts",
    "visitor_key",
]
