"""In which country a phone number without '+' is meant to be dialled: the shop's."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

import phonenumbers

# Clocks of many countries: 'WET' says nothing of Portugal, although it is a link to Lisbon.
_NO_PLACE = frozenset({"CET", "EET", "EST", "HST", "MET", "MST", "WET"})


@lru_cache(maxsize=64)  # each page asks, and reading a number takes a tenth of a millisecond
def shop_region(phone: str, zone: str) -> str | None:
    """The country code (ISO) of the shop's own number, else of its zone; None if neither tells."""
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(phone))
    except phonenumbers.NumberParseException:
        region = None
    return region if _is_country(region) else zone_region(zone)


def zone_region(zone: str) -> str | None:
    """The country of a time zone: 'Europe/Berlin' is in 'DE'; 'UTC' and 'CET' are in none.

    A former name counts where it can mean one country only: 'Asia/Calcutta' is in 'IN'.
    """
    region = _places().get(zone) or _former_names().get(zone)
    return region if _is_country(region) else None


def _is_country(region: str | None) -> bool:
    # '001' is the region of numbers that belong to no country: freephone, satellite, premium.
    return region in phonenumbers.SUPPORTED_REGIONS


@lru_cache(maxsize=1)
def _places() -> dict[str, str]:
    return {row[2]: row[0] for row in _rows("zone.tab")}


@lru_cache(maxsize=1)
def _former_names() -> dict[str, str]:
    """The country of each name that was given up for another, where that leaves no doubt."""
    named = {row[1].replace(" ", "_"): row[0] for row in _rows("iso3166.tab")}
    codes = set(named.values())
    shared = {row[2]: set(row[0].split(",")) - {"AQ"} for row in _rows("zone1970.tab")}
    found = {}
    for name, target in _links():
        countries = shared.get(target, set())
        if name in codes or name in named:  # 'GB', 'Japan'
            found[name] = named.get(name, name)
        elif len(countries) == 1 and name not in _NO_PLACE:
            [found[name]] = countries
    return found


def _links() -> Iterator[tuple[str, str]]:
    words = (line.split() for line in _text("tzdata.zi").splitlines() if line.startswith("L "))
    return ((name, target) for _, target, name in words)


def _rows(name: str) -> Iterator[list[str]]:
    lines = _text(name).splitlines()
    return (line.split("\t") for line in lines if line and not line.startswith("#"))


def _text(name: str) -> str:
    return files("tzdata").joinpath("zoneinfo", name).read_text(encoding="utf-8")
