"""What a service asks of its appointments, and how much of a day one visitor may take."""

from dataclasses import dataclass

from .clock import DAY, TICK, Interval

LONGEST_WINDOW = 3660
"""Days: nobody books further ahead than ten years."""


@dataclass(frozen=True, kw_only=True)
class ServiceRules:
    """One service's rules: minutes, except `booking_window` (days) and `daily_limit` (bookings).

    Raises: ValueError for a value that is off the five-minute grid or out of all proportion.
    """

    duration: int
    buffer_before: int = 0
    buffer_after: int = 0
    minimum_notice: int = 0
    slot_step: int
    booking_window: int
    daily_limit: int | None = None

    def __post_init__(self) -> None:
        least = {"duration": TICK, "slot_step": TICK, "buffer_before": 0, "buffer_after": 0}
        for name, at_least in least.items():
            if not at_least <= getattr(self, name) <= DAY or getattr(self, name) % TICK:
                raise ValueError(f"{name} is {at_least} to {DAY} minutes, in steps of {TICK}")
        if not 0 <= self.booking_window <= LONGEST_WINDOW:
            raise ValueError(f"booking_window is 0 to {LONGEST_WINDOW} days")
        if not 0 <= self.minimum_notice <= LONGEST_WINDOW * DAY:
            raise ValueError(f"minimum_notice is 0 to {LONGEST_WINDOW * DAY} minutes")
        if self.daily_limit is not None and self.daily_limit < 1:
            raise ValueError("daily_limit is at least 1, or None for no limit")

    def earliest(self, now: int) -> int:
        """Return the first minute at which an appointment may start."""
        return now + self.minimum_notice

    def latest(self, now: int) -> int:
        """Return the last minute at which an appointment may start."""
        return now + self.booking_window * DAY

    def span(self, start: int) -> Interval:
        """Return all the time an appointment at `start` takes up, buffers included."""
        return start - self.buffer_before, start + self.duration + self.buffer_after


GUARANTEED_APPOINTMENTS = 2
"""Every visitor may have this many appointments a day regardless of the share limit."""


def within_share(
    open_minutes: int, appointments: int, minutes: int, wanted: int, percent: int
) -> bool:
    """Tell whether others keep their part of the day: nobody may lock them out.

    The visitor has `appointments` of it already, together `minutes` long, and wants `wanted`
    minutes more; `percent` of the `open_minutes` is the most that is theirs.
    """
    if percent >= 100 or appointments < GUARANTEED_APPOINTMENTS:
        return True
    return (minutes + wanted) * 100 <= open_minutes * percent


def is_under_pressure(open_minutes: int, holds: int, minutes: int, percent: int) -> bool:
    """Tell whether so much of a day is held and not booked that one more hold costs something.

    Others have `holds` of it, `minutes` long in all; the limit is `percent` of the `open_minutes`.
    Few holds are never a crowd, however short the day. At 0 and at 100 percent nothing is.
    """
    if not 0 < percent < 100:
        return False
    return holds >= GUARANTEED_APPOINTMENTS and minutes * 100 > open_minutes * percent
