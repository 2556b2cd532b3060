"""What the page behind a manage link offers of an appointment, and what it says of that."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from booking.i18n import formats
from booking.i18n import gettext as _
from booking.operations.changes import is_movable, last_moment
from booking.operations.details import may_mend
from booking.storage.catalogue import Catalogue
from booking.storage.models import Booking, PendingMove, StaffMember
from booking.web import urls

ANY = "any"


@dataclass(frozen=True)
class Offers:
    """What its customer may do with it now. `is_open`: it is confirmed and has not begun.

    `move` is what was last asked of it, over or not.
    """

    booking: Booking
    staff: list[StaffMember]
    shop_zone: ZoneInfo
    now: datetime
    move: PendingMove | None = None

    @classmethod
    def of(
        cls, booking: Booking, catalogue: Catalogue, now: datetime, move: PendingMove | None
    ) -> "Offers":
        """Return what holds of it; `staff` are those who offer its service today."""
        return cls(booking, catalogue.offering(booking.service_id), catalogue.zone, now, move)

    @property
    def state(self) -> str:
        """The booking's, by the clock."""
        return self.booking.state_at(self.now)

    @property
    def is_open(self) -> bool:
        """Whether it stands and is still to come."""
        return self.state == "confirmed" and self.booking.starts_at > self.now

    @property
    def may_mend(self) -> bool:
        """Whether it may be said anew who comes: also where a letter to a wrong address waits."""
        return (
            self.state == self.booking.state
            and may_mend(self.booking)
            and self.booking.starts_at > self.now
        )

    @property
    def may_cancel(self) -> bool:
        """Whether it may be cancelled."""
        stands = self.state in {"pending", "confirmed"}
        minutes = 0 if self.state == "pending" else self.booking.service.cancel_until
        return stands and not self._is_late(minutes)

    @property
    def may_move(self) -> bool:
        """Whether it may be moved to another time, or, where that `is_asked_for`, be asked to."""
        is_late = self._is_late(self.booking.service.move_until)
        asked = self.move.times if self.move else 0
        return self.is_open and is_movable(self.booking, self.staff, asked) and not is_late

    @property
    def is_asked_for(self) -> bool:
        """Whether another time needs approval, and this one stands until it is given."""
        return self.booking.service.approval

    @property
    def waiting(self) -> PendingMove | None:
        """What is asked of it and waits to be decided."""
        return self.move if self.is_open and self.move and self.move.waits_at(self.now) else None

    @property
    def may_choose_person(self) -> bool:
        """Whether another person could take it over."""
        return [self.booking.staff_member_id] != [each.id for each in self.staff]

    def ways(self, *, anyone: bool) -> list[list[StaffMember]]:
        """Return with whom it may be: first those it is with; with `anyone`, else the others."""
        own = [each for each in self.staff if each.id == self.booking.staff_member_id]
        others = [each for each in self.staff if each not in own]
        return [some for some in (own, others if anyone or not own else []) if some]

    def rules(self, zone: ZoneInfo) -> list[str]:
        """Return until when it may be moved and cancelled; of one that is over, nothing."""
        if not self.is_open:
            return []
        service, move, cancel = self.booking.service, self.may_move, self.may_cancel
        is_one = service.move_until == service.cancel_until and not self.is_asked_for
        if move and cancel and is_one:
            until = self._until(service.move_until, zone)
            return [_("You can move or cancel it here until %(when)s.", when=until)]
        until_moved, until_cancelled = (
            self._until(minutes, zone) for minutes in (service.move_until, service.cancel_until)
        )
        return [
            self._moving(until_moved)
            if move
            else _("It can no longer be moved here. Please get in touch with us."),
            _("You can cancel it here until %(when)s.", when=until_cancelled)
            if cancel
            else _("It can no longer be cancelled here. Please get in touch with us."),
        ]

    def _moving(self, until: str) -> str:
        if self.is_asked_for:
            return _(
                "You can ask for another time here until %(when)s; it needs our approval.",
                when=until,
            )
        return _("You can move it here until %(when)s.", when=until)

    def again(self) -> str:
        """Return the link that books the same again; empty where the service is gone."""
        if not self.staff:
            return ""
        own = next((each for each in self.staff if each.id == self.booking.staff_member_id), None)
        wish: dict[str, Any] = {"service": self.booking.service.slug}
        return urls.address("", wish | ({"staff": own.slug} if own else {}))

    def _is_late(self, minutes: int) -> bool:
        return self._last_moment(minutes) <= self.now

    def _until(self, minutes: int, zone: ZoneInfo) -> str:
        return formats.format_moment(self._last_moment(minutes), zone)

    def _last_moment(self, minutes: int) -> datetime:
        return last_moment(self.booking.starts_at, minutes, self.shop_zone)
