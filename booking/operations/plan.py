"""What a business file asks for, once everything in it has been found right."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from booking.scheduling.slots import TimeRange

Week = Mapping[int, tuple[TimeRange, ...]]

LETTERS = (
    *("booked", "moved", "cancelled", "reminder", "address_changed"),
    *("confirm_address", "lost_link"),
    *("please_confirm", "awaiting_approval", "not_confirmed", "declined"),
    *("move_awaiting_approval", "move_declined", "move_not_confirmed"),
    *("staff_booked", "staff_moved", "staff_cancelled", "staff_tomorrow"),
    *("staff_to_decide", "staff_not_confirmed"),
    *("staff_move_to_decide", "staff_move_not_confirmed", "staff_move_taken_back"),
    *("shop_booked", "shop_moved", "shop_cancelled", "shop_to_decide", "shop_not_confirmed"),
    *("shop_move_to_decide", "shop_move_not_confirmed", "shop_move_taken_back"),
)
"""What a shop calls its letters: a customer's by what happened, another's by who it is, too."""

MAIL: Mapping[str, Any] = {
    "off": [],
    "invitation": "request",
    "link_in_invitation": True,
    "reminders": [24 * 60],
    "lists_at": 18 * 60,
    "texts": {},
}
"""What holds of letters where a shop's `mail` says nothing else.

`reminders` are minutes before the start, `lists_at` is when tomorrow's lists are written, in
minutes of the shop's day.
"""


def is_off(mail: Mapping[str, Any] | None, name: str) -> bool:
    """Tell whether a shop that says so of its letters has turned that one off."""
    return name in {**MAIL, **(mail or {})}["off"]


LAST_HOUR = 60
"""Minutes at a day's end in which no list is written: it would come when tomorrow has begun."""


@dataclass(frozen=True)
class ShopPlan:
    """The business itself; `zone` is the IANA name its own days are counted in.

    `mail` is what it says of its letters, as `Shop.mail` keeps it; empty: nothing. `accent` is its
    colour, such as "#0b5d57"; empty: ours. `language` is that of letters to staff and shop, and of
    whoever has no other; empty: English.
    """

    name: str
    zone: str
    phone: str
    email: str
    address: str
    about: str
    mail: Mapping[str, Any]
    accent: str = ""
    language: str = ""


@dataclass(frozen=True)
class QuestionPlan:
    """Something a service asks its customers; `kind` is text, choice or checkbox."""

    key: str
    label: str
    help: str
    kind: str
    required: bool
    choices: tuple[str, ...]


@dataclass(frozen=True)
class ServicePlan:
    """A service: lengths in minutes, the booking window in days; an empty place is the shop's.

    Until `cancel_until` and `move_until` minutes before the start customers do so by themselves.
    With `confirm_by_mail` or `approval` a booking waits until it is confirmed.
    """

    slug: str
    name: str
    description: str
    price: str
    place: str
    duration: int
    buffer_before: int
    buffer_after: int
    minimum_notice: int
    slot_step: int
    booking_window: int
    daily_limit: int | None
    is_online: bool
    confirm_by_mail: bool
    approval: bool
    cancel_until: int
    move_until: int
    questions: tuple[QuestionPlan, ...]


@dataclass(frozen=True)
class TimeOffPlan:
    """A staff member is away between two instants (UTC)."""

    starts_at: datetime
    ends_at: datetime
    reason: str


@dataclass(frozen=True)
class StaffPlan:
    """A staff member; weekdays count from Monday as 0, and a day not named is a day off.

    An override with no range closes its day. `letters` is when they are written to at `email`:
    at_once, daily or never.
    """

    slug: str
    name: str
    about: str
    zone: str
    email: str
    letters: str
    offers: tuple[str, ...]
    hours: Week
    breaks: Week
    overrides: Mapping[date, tuple[TimeRange, ...]]
    time_off: tuple[TimeOffPlan, ...]


@dataclass(frozen=True)
class ClosurePlan:
    """The whole business is closed from one day to another, both included, in the shop's zone."""

    first_day: date
    last_day: date
    reason: str


@dataclass(frozen=True)
class BusinessPlan:
    """Everything a business file says; `notes` are worth telling the owner, but no mistakes.

    `versions` are those of what it was made from (`plan_versions`); empty where it says nothing.
    """

    shop: ShopPlan
    services: tuple[ServicePlan, ...]
    staff: tuple[StaffPlan, ...]
    closures: tuple[ClosurePlan, ...]
    notes: tuple[str, ...]
    versions: Mapping[str, str] = field(default_factory=dict, compare=False)
