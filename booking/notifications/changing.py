"""What a letter says of changing the appointment by its link: what can be done, and until when."""

from dataclasses import dataclass
from datetime import datetime

from booking.i18n import gettext as _
from booking.i18n import gettext_noop
from booking.operations.changes import last_moment
from booking.storage.models import Booking, Shop
from booking.storage.outbox import Letter

from .when import Clocks, instant, moment, shop_clock


@dataclass(frozen=True)
class Changing:
    """Until when an appointment can be changed by its link, as it is when the letter is read.

    `is_movable`: were it not for `move`, until when it can be moved, or asked to be where that
    `is_asked_for`.
    """

    start: datetime
    move: datetime
    cancel: datetime
    is_movable: bool
    is_asked_for: bool
    now: datetime

    @classmethod
    def of(
        cls, letter: Letter, booking: Booking, shop: Shop, now: datetime, *, is_movable: bool
    ) -> "Changing":
        """Return what holds of the appointment as this letter tells it."""
        start, service = instant(letter.facts["start"]), booking.service
        move, cancel = (
            last_moment(start, minutes, shop_clock(shop))
            for minutes in (service.move_until, service.cancel_until)
        )
        return cls(start, move, cancel, is_movable, service.approval, now)

    @property
    def label(self) -> str:
        """What stands on the button that leads to the booking."""
        if not self.is_movable or self.move <= self.now:
            may_cancel = self.cancel > self.now
            return gettext_noop("See or cancel it") if may_cancel else gettext_noop("See it")
        if self.is_asked_for:
            return gettext_noop("See it, cancel it, or ask for another time")
        return gettext_noop("See, move or cancel it")

    def until_when(self, of: Clocks) -> str:
        """Return until when the link moves and cancels it, in a sentence or two."""
        move, cancel, start = self.move, self.cancel, self.start
        if not self.is_movable and cancel > self.now:
            lost = _("This link can no longer move it. Please tell us if need be.")
            return f"{lost} {self._cancelling(of)}"
        if self.is_asked_for and self.is_movable:
            return f"{self._asking(of)} {self._cancelling(of)}"
        if not self.is_movable or max(move, cancel) <= self.now:
            return _("It is too late to move or cancel it by yourself. Please tell us if need be.")
        if move == cancel == start:
            return _("You can move or cancel it until it begins.")
        if move == cancel:
            return _("You can move or cancel it until %(when)s.", when=moment(move, of))
        return f"{self._moving(of)} {self._cancelling(of)}"

    def _moving(self, of: Clocks) -> str:
        if self.move <= self.now:
            return _("It is too late to move it by yourself.")
        if self.move == self.start:
            return _("You can move it until it begins.")
        return _("You can move it until %(when)s.", when=moment(self.move, of))

    def _asking(self, of: Clocks) -> str:
        if self.move <= self.now:
            return _("It is too late to ask for another time by yourself.")
        if self.move == self.start:
            return _("You can ask for another time until it begins; it needs our approval.")
        return _(
            "You can ask for another time until %(when)s; it needs our approval.",
            when=moment(self.move, of),
        )

    def _cancelling(self, of: Clocks) -> str:
        if self.cancel <= self.now:
            return _("It is too late to cancel it by yourself.")
        if self.cancel == self.start:
            return _("You can cancel it until it begins.")
        return _("You can cancel it until %(when)s.", when=moment(self.cancel, of))
