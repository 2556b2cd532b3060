"""Whether somebody came: noted by the shop, and taken back where it was a mistake."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.storage.models import Booking

from .bookings import NOTHING_SENT
from .events import Event
from .history import ATTENDANCE_CLEARED, CAME, NO_SHOW, record
from .outbox import Outbox
from .pending import lock_at
from .requests import AppointmentCancelled, AppointmentPending, Attendance, NotYet

EARLY = timedelta(hours=2)
"""How long before its start somebody can have come."""
_WHAT = {
    Attendance.CAME: CAME,
    Attendance.NO_SHOW: NO_SHOW,
    Attendance.CONFIRMED: ATTENDANCE_CLEARED,
}


def note_attendance(
    session: Session,
    booking: Booking,
    attended: Attendance,
    *,
    actor: str = "",
    now: datetime,
    outbox: Outbox = NOTHING_SENT,
) -> Booking:
    """Note that its customer came or did not come, or that nobody knows; noted already, it stays.

    A host's own functions hear of a no-show.

    Raises: NotYet more than two hours before it begins, and for a no-show before it has begun;
    AppointmentCancelled, AppointmentPending.
    """
    lock_at(session, booking, now)
    if booking.state == "cancelled":
        raise AppointmentCancelled
    if booking.state == "pending":
        raise AppointmentPending
    if booking.state == attended.value:
        return booking
    if not may_note(booking, attended, now):
        raise NotYet
    details = {"before": {"state": booking.state}, "sequence": booking.changes}
    booking.state = attended.value
    session.flush()
    if attended is Attendance.NO_SHOW:
        outbox.tell_hosts(session, booking, Event("no_show", now, "owner"))
    record(session, booking.id, _WHAT[attended], actor=actor, now=now, details=details)
    return booking


def may_note(booking: Booking, attended: Attendance, now: datetime) -> bool:
    """Tell whether the clock allows it to be noted already."""
    early = timedelta(0) if attended is Attendance.NO_SHOW else EARLY
    return attended is Attendance.CONFIRMED or booking.starts_at - early <= now
