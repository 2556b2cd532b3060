"""Links that open a calendar on the web with an appointment filled in, at the customer's own press.

They tell another company what the appointment is, and nothing by which it could be opened or of
whoever has it.
"""

from datetime import UTC
from typing import NamedTuple
from urllib.parse import quote

from booking.storage.models import Booking, Shop

from .calendar_file import as_it_is, with_whom

GOOGLE = "https://calendar.google.com/calendar/render?action=TEMPLATE"
OUTLOOK = (
    "https://outlook.live.com/calendar/deeplink/compose?path=/calendar/action/compose&rru=addevent"
)


class WebCalendars(NamedTuple):
    """One address for each calendar on the web."""

    google: str
    outlook: str


def web_calendars(booking: Booking, shop: Shop) -> WebCalendars:
    """Return the addresses at which this appointment can be entered."""
    occasion = as_it_is(booking, booking.created_at)
    said = (occasion.summary(shop), occasion.location(shop), with_whom(occasion, booking))
    # Not as a form would send it: Outlook shows a plus as a plus.
    what, where, more = (quote(each, safe="") for each in said)
    start, end = occasion.start.astimezone(UTC), occasion.end.astimezone(UTC)
    return WebCalendars(
        f"{GOOGLE}&text={what}&dates={start:%Y%m%dT%H%M%SZ}/{end:%Y%m%dT%H%M%SZ}"
        f"&location={where}&details={more}",
        f"{OUTLOOK}&subject={what}&startdt={start:%Y-%m-%dT%H:%M:%SZ}"
        f"&enddt={end:%Y-%m-%dT%H:%M:%SZ}&location={where}&body={more}",
    )
