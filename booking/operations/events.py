"""What happened to a booking, as whoever is to hear of it is told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from booking.storage.models import StaffMember

from .requests import By

EventName = Literal["booked", "moved", "cancelled", "pending", "declined", "no_show"]


class Before(NamedTuple):
    """Where a booking was before it was moved."""

    starts_at: datetime
    ends_at: datetime
    staff: StaffMember


@dataclass(frozen=True)
class Event:
    """What happened to a booking: when, by whom, and in whose words; `before`: it was moved.

    `pending_for` says what it had waited for until then, if it was pending. `was_asked_for`: its
    customer had asked to be moved there, and whoever decides has agreed. `is_one_of_many`: customer
    and shop hear of it by a letter about several, from whoever does it (`series_letters`).
    """

    name: EventName
    now: datetime
    by: By
    words: str = ""
    before: Before | None = None
    pending_for: str = ""
    was_asked_for: bool = False
    is_one_of_many: bool = False

    @property
    def is_for_hosts(self) -> bool:
        """Tell whether hosts hear of it: what was never confirmed was never booked to them."""
        is_new = self.name == "booked" or not self.pending_for
        return is_new and self.name not in ("pending", "declined")
