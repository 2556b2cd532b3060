"""Links that open a calendar on the web with an appointment filled in, at the customer's own press.

They tell another house what the appointment is, and nothing by which it could be opened or of
whoever has it.
"""

from datetime import UTC
from typing import NamedTuple
from urllib.parse import quote, urlencode

from booking.storage.models import Booking, Shop

from .calendar_file import as_it_is, with_whom

GOOGLE = "https://calendar.google.com/calendar/render"
OUTLOOK = "https://outlook.live.com/calendar/deeplink/compose"


class WebCalendars(NamedTuple):
    """One address for each calendar on the web."""

    google: str
    outlook: str


def web_calendars(booking: Booking, shop: Shop) -> WebCalendars:
    """Return the addresses at which this appointment can be entered."""
    occasion = as_it_is(booking, booking.created_at)
    what, where = occasion.summary(shop), occasion.location(shop)
    start, end = occasion.start.astimezone(UTC), occasion.end.astimezone(UTC)
    more = with_whom(occasion, booking)
    return WebCalendars(
        google=_address(
            GOOGLE,
            action="TEMPLATE",
            text=what,
            dates=f"{start:%Y%m%dT%H%M%SZ}/{end:%Y%m%dT%H%M%SZ}",
            location=where,
            details=more,
        ),
        outlook=_address(
            OUTLOOK,
            path="/calendar/action/compose",
            rru="addevent",
            subject=what,
            startdt=f"{start:%Y-%m-%dT%H:%M:%SZ}",
            enddt=f"{end:%Y-%m-%dT%H:%M:%SZ}",
            location=where,
            body=more,
        ),
    )


def _address(page: str, **said: str) -> str:
    # Outlook shows a plus as a plus.
    return f"{page}?{urlencode(said, quote_via=quote)}"
