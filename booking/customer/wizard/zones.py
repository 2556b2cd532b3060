"""The time zones a customer may choose from: the same list for everybody.

A module of its own, because it is no part of any tab: it has an address that browsers may keep.
"""

from functools import lru_cache

from flask import Response, make_response

from booking.scheduling import clock
from booking.web.templating import render_template

ENDPOINT = "zones"
A_WEEK = "public, max-age=604800"  # zones are added every few years
AREAS = (
    *("Africa/", "America/", "Antarctica/", "Arctic/", "Asia/"),
    *("Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/"),
)


def show() -> Response:
    """The list, for whoever opens "another time zone": it is longer than the step itself."""
    html = render_template("parts/all_zones.html", zones=offered())
    return make_response((html, {"Cache-Control": A_WEEK}))


@lru_cache(maxsize=1)
def offered() -> list[str]:
    """Every place by name, and UTC."""
    return sorted({name for name in clock.zone_names() if name.startswith(AREAS)} | {"UTC"})
