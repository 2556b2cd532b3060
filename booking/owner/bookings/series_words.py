"""What the page of an appointment says of the series that it is of."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for
from sqlalchemy.orm import Session

from booking.i18n import formats
from booking.i18n import gettext as _
from booking.operations.series import Clash
from booking.owner.access import current_person, may_see
from booking.storage.models import Booking
from booking.storage.series import series_of


def clash(each: Clash, zone: ZoneInfo) -> str:
    """Return which date is in the way, and what is free near it."""
    shown = formats.format_day(each.day)
    if each.start is not None:
        shown = formats.format_moment(each.start, zone)
    if not each.nearest:
        return shown
    near = formats.join_list([formats.format_moment(one, zone) for one in each.nearest])
    return _("%(date)s. Free near it: %(times)s", date=shown, times=near)


def others(session: Session, booking: Booking, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Return all appointments of its series that this person may see; none where it is of none."""
    if booking.series is None:
        return []
    person = current_person()
    return [
        {
            "url": url_for(".booking", reference=each.reference),
            "words": formats.format_moment(each.starts_at, zone),
            "is_this": each.id == booking.id,
            "is_over": each.state == "cancelled",
        }
        for each in series_of(session, booking)
        if may_see(person, each)
    ]
