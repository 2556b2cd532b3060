"""Appointments that stay although nobody works then any more: somebody has to call."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.scheduling.clock import local_day, to_minute
from booking.scheduling.hours import open_intervals
from booking.scheduling.intervals import contains
from booking.storage.catalogue import Catalogue, read_catalogue
from booking.storage.models import Booking


def stranded(session: Session, now: datetime) -> Sequence[Booking]:
    """Appointments to come, in order of time, that lie outside the hours as they are now.

    Those of a staff member who left are among them, those of a service that is no longer sold not.
    """
    catalogue = read_catalogue(session)
    query = (
        select(Booking)
        .options(joinedload(Booking.staff_member), joinedload(Booking.service))
        .where(Booking.state.in_(("pending", "confirmed")), Booking.starts_at > now)
        .order_by(Booking.starts_at, Booking.id)
    )
    return [one for one in session.scalars(query) if not _attended(catalogue, one)]


def _attended(catalogue: Catalogue, booking: Booking) -> bool:
    member = catalogue.staff.get(booking.staff_member_id)
    if member is None or member.retired:
        return False
    working = catalogue.working[member.id]
    start, end = to_minute(booking.starts_at), to_minute(booking.ends_at)
    opened = open_intervals(working, local_day(start, working.zone), local_day(end, working.zone))
    return contains(opened, start, end)
