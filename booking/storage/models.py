"""All that is written down, in one place to import it from."""

from booking.storage.base import Base, UTCDateTime
from booking.storage.bookings import STATES, Booking, Hold, booking, claim, hold
from booking.storage.business import Question, Resource, Service, Shop, StaffMember, offer
from booking.storage.catalogue import catalogue_state
from booking.storage.challenges import spent_challenge
from booking.storage.drafts import visitor_drafts
from booking.storage.hours import Closure, DateOverride, TimeOff, WeeklyHours
from booking.storage.past_holds import past_hold
from booking.storage.visitors import visitor_key

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
    "hold",
    "offer",
    "past_hold",
    "spent_challenge",
    "visitor_drafts",
    "visitor_key",
]
