"""When so much of a day is held and not booked that a hold begins to cost something."""

from .share import GUARANTEED_APPOINTMENTS


def is_under_pressure(open_minutes: int, holds: int, minutes: int, percent: int) -> bool:
    """Whether others hold more than `percent` of the `open_minutes` of a day.

    They have `holds` of it, together `minutes` long. Few holds are never a crowd, however short
    the day. At 0 and at 100 percent there is no pressure.
    """
    if not 0 < percent < 100:
        return False
    return holds >= GUARANTEED_APPOINTMENTS and minutes * 100 > open_minutes * percent
