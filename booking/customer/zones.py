"""The time zones a customer may choose from."""

from __future__ import annotations

from functools import lru_cache

from booking.scheduling import clock

AREAS = (
    *("Africa/", "America/", "Antarctica/", "Arctic/", "Asia/"),
    *("Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/"),
)


@lru_cache(maxsize=256)
def offered(*current: str) -> list[str]:
    """Every place by name, UTC, and the zones in use, whatever they are called."""
    places = {name for name in clock.zone_names() if name.startswith(AREAS)}
    return sorted(places | {"UTC", *current})
