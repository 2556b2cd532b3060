"""Until when, and how often, a customer may change a booking by its link; never the owner's limits.

Checked by the verbs themselves, in their own transaction, and told beforehand by the page.
"""

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from booking.scheduling.clock import wall_clock_before
from booking.storage.models import Booking, StaffMember
from booking.storage.reads import shop_zone

from .requests import AppointmentPast, By, ChangedTooOften, TooLate

MOST_CHANGES = 10
"""How often a booking may have been changed, by anybody, for its customer to change it again.

Of one booking and not of a visitor or a day: each change writes to three people, whatever the
address it comes from, and what was changed ten times is better talked about.
"""


OVER = ("completed", "no_show")
"""States of what has taken place, or should have; who came early has come."""


def last_moment(start: datetime, minutes: int, zone: ZoneInfo) -> datetime:
    """Return until when a customer may do what ends so many minutes before the start.

    Of whole days the time of day counts, on the clock of the shop's `zone`.
    """
    return wall_clock_before(start, minutes, zone)


def is_changed_often(booking: Booking, asked: int = 0) -> bool:
    """Return whether it was changed so often that its customer may no longer.

    `asked` is how often another time was asked for, which writes to as many people.
    """
    return booking.changes + asked >= MOST_CHANGES


def is_movable(booking: Booking, staff: Collection[StaffMember], asked: int) -> bool:
    """Return whether its customer may still move it, or ask for it, where it is not too late.

    `staff` are those who offer its service today, `asked` as in `is_changed_often`.
    """
    return bool(staff) and not is_changed_often(booking, asked)


def refuse_late(session: Session, booking: Booking, minutes: int, *, by: By, now: datetime) -> None:
    """Raise AppointmentPast once it has begun or is over, for a customer TooLate after the last
    moment.
    """
    start = booking.starts_at
    if start <= now or booking.state in OVER:
        raise AppointmentPast
    if by == "customer" and minutes and last_moment(start, minutes, shop_zone(session)) <= now:
        raise TooLate


def refuse_too_often(booking: Booking, *, by: By, asked: int = 0) -> None:
    """Raise ChangedTooOften for a customer whose booking was changed, or `asked` to be, enough."""
    if by == "customer" and is_changed_often(booking, asked):
        raise ChangedTooOften
