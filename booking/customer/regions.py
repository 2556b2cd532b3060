"""In which country a phone number without '+' is meant to be dialled: the shop's."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import phonenumbers


def shop_region(phone: str, zone: str) -> str | None:
    """The country code (ISO) of the shop's own number, else of its zone; None if neither tells."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(phone)) or zone_region(zone)
    except phonenumbers.NumberParseException:
        return zone_region(zone)


def zone_region(zone: str) -> str | None:
    """The country of a time zone: 'Europe/Berlin' is in 'DE'; 'UTC' is in none."""
    return _countries().get(zone)


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return {row[2]: row[0] for row in rows}
