"""What a letter says of changing the appointment by its link: what can be done, and until when."""

from datetime import datetime

from booking.i18n import gettext as _
from booking.i18n import gettext_noop
from booking.operations.changes import last_moment
from booking.storage.models import Booking, Shop
from booking.storage.outbox import Letter

from .when import Clocks, instant, moment, shop_clock


def change_label(booking: Booking) -> str:
    """Return what stands on the button that leads to a booking."""
    if booking.service.approval:
        return gettext_noop("See it, cancel it, or ask for another time")
    return gettext_noop("See, move or cancel it")


def until_when(letter: Letter, booking: Booking, shop: Shop, of: Clocks, now: datetime) -> str:
    """Return until when a letter's link moves and cancels its booking."""
    start, service = instant(letter.facts["start"]), booking.service
    move, cancel = (
        last_moment(start, minutes, shop_clock(shop))
        for minutes in (service.move_until, service.cancel_until)
    )
    if service.approval:
        return f"{_asking(move, start, of, now)} {_cancelling(cancel, start, of, now)}"
    if max(move, cancel) <= now:
        return _("It is too late to move or cancel it by yourself. Please tell us if need be.")
    if move == cancel == start:
        return _("You can move or cancel it until it begins.")
    if move == cancel:
        return _("You can move or cancel it until %(when)s.", when=moment(move, of))
    return f"{_moving(move, start, of, now)} {_cancelling(cancel, start, of, now)}"


def _moving(last: datetime, start: datetime, of: Clocks, now: datetime) -> str:
    if last <= now:
        return _("It is too late to move it by yourself.")
    if last == start:
        return _("You can move it until it begins.")
    return _("You can move it until %(when)s.", when=moment(last, of))


def _asking(last: datetime, start: datetime, of: Clocks, now: datetime) -> str:
    if last <= now:
        return _("It is too late to ask for another time by yourself.")
    if last == start:
        return _("You can ask for another time until it begins; it needs our approval.")
    return _(
        "You can ask for another time until %(when)s; it needs our approval.", when=moment(last, of)
    )


def _cancelling(last: datetime, start: datetime, of: Clocks, now: datetime) -> str:
    if last <= now:
        return _("It is too late to cancel it by yourself.")
    if last == start:
        return _("You can cancel it until it begins.")
    return _("You can cancel it until %(when)s.", when=moment(last, of))
