"""All that is written down, in one place to import it from."""

from .accounts import Account, desk_session, known_browser, one_time_link, sign_in
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
from .customers import customer
from .history import history, note
from .holds import past_hold
from .loaded_business import loaded_business
from .outbox import deliverer, letter, link_key, manage_link
from .pending_moves import PendingMove
from .search_keys import search_key
from .visitors import spent_challenge, visitor_drafts, visitor_key

__all__ = [
    "STATES",
    "Account",
    "Base",
    "Booking",
    "Closure",
    "DateOverride",
    "Hold",
    "PendingMove",
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
    "customer",
    "deliverer",
    "desk_session",
    "history",
    "hold",
    "known_browser",
    "letter",
    "link_key",
    "loaded_business",
    "manage_link",
    "note",
    "offer",
    "one_time_link",
    "past_hold",
    "search_key",
    "sign_in",
    "spent_challenge",
    "visitor_drafts",
    "visitor_key",
]
