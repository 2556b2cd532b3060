"""How much of a staff member's day one visitor may take, so that nobody can lock the others out."""

GUARANTEED_APPOINTMENTS = 2
"""Appointments that anyone may have: two tabs side by side is what this is for."""


def within_share(
    open_minutes: int, appointments: int, minutes: int, wanted: int, percent: int
) -> bool:
    """Whether the others keep their part of the day.

    The visitor has `appointments` of it already, together `minutes` long, and wants `wanted`
    minutes more; `percent` of the `open_minutes` is the most that is theirs.
    """
    if percent >= 100 or appointments < GUARANTEED_APPOINTMENTS:
        return True
    return (minutes + wanted) * 100 <= open_minutes * percent
