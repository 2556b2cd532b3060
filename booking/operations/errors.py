"""Why an operation was refused. A door turns these into words and a status."""

from booking.scheduling.slots import Reason


class SlotUnavailable(Exception):
    """The time cannot be had; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(f"the time cannot be had: {reason}")


class HoldOver(Exception):
    """The tab holds no time."""


class NoMoreTime(Exception):
    """The hold was extended as often as it may be."""


class TooManyHolds(Exception):
    """The visitor holds as many times as one visitor may."""


class DraftChanged(Exception):
    """The draft was confirmed already, with other answers."""


class AppointmentPast(Exception):
    """The appointment has begun, so it can no longer be cancelled."""
