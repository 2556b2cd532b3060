"""Why an operation was refused. A door turns these into a sentence and a status."""

from enum import StrEnum

from booking.scheduling.slots import Reason


class SlotUnavailable(Exception):
    """The time cannot be had; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(f"the time cannot be had: {reason}")


class NoHold(Exception):
    """The tab holds no time."""


class NoMoreTime(Exception):
    """The hold was extended as often as it may be."""


class Limit(StrEnum):
    """Which of the limits on one visitor was reached."""

    HOLDS = "holds"
    BOOKINGS = "bookings"
    DAY = "day"
    DRAFTS = "drafts"


class VisitorLimit(Exception):
    """The visitor has as much as one visitor may; `limit` says of what."""

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        super().__init__(f"the visitor has as much as one may: {limit}")


class ProofOfWorkRequired(Exception):
    """So much of the day is held that this hold costs a proof of work, and none came along."""


class AlreadyConfirmed(Exception):
    """The draft was confirmed already, with other answers."""


class AppointmentPast(Exception):
    """The appointment has begun, so it can no longer be cancelled or moved."""


class AppointmentCancelled(Exception):
    """The appointment is cancelled, so there is nothing to move."""
