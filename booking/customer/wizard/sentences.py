"""Why an answer was not taken, in the sentences that customers read."""

from __future__ import annotations

from booking.i18n import words
from booking.operations.errors import Limit
from booking.scheduling.slots import Reason
from booking.storage.models import Service

CHANGED = "Something has changed since you saw this page. Please check it once more."
OTHERWISE = "This appointment was already confirmed in another window, with these answers."
EARLIER = "There is a question before this one that needs your answer first."
NOT_HELD = (
    "Times were held from your connection for as long as one can, so this one is not held for you. "
    "It is yours if you confirm it before somebody else does."
)
MANY_HELD = (
    "Many times of that day are being held just now, so this one is not held for you. "
    "It is yours if you confirm it before somebody else does."
)
TOO_MUCH = {
    Limit.HOLDS: "Too many times are being held from your connection. Please try again in a while.",
    Limit.BOOKINGS: "Many appointments were booked from your connection in the last 24 hours. "
    "Please get in touch with us for another one.",
    Limit.DRAFTS: "Very many bookings were begun from your connection today. Please go on with one "
    "that is open in another tab, or get in touch with us.",
    Limit.DAY: "From your connection much of that day is taken already, and others want to come "
    "too. Please choose another day, or get in touch with us.",
}

TIME_LOST = "This time is no longer free. Go on, and we show you the nearest free times."
NO_MORE_TIME = "There is no more time to be had. You can still go on: nothing you typed is lost."


def why(reason: Reason, service: Service | None) -> str:
    """Why a time cannot be had, in a sentence."""
    notice = words.duration(service.minimum_notice) if service else ""
    return {
        Reason.PAST: "That time has passed already. Please choose another one.",
        Reason.TOO_SOON: f"That is too soon: we need to know {notice} ahead.",
        Reason.TOO_FAR: "That is further ahead than can be booked yet.",
        Reason.CLOSED: "That time cannot be booked. Please choose one of those below.",
        Reason.TAKEN: "Somebody was faster: that time is taken. Your other answers are kept.",
        Reason.LIMIT: "That day is fully booked. Please choose another one.",
    }[reason]
