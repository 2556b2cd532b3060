"""One appointment, as the agenda shows it to who is at the desk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from booking.i18n import formats, gettext_noop
from booking.i18n import gettext as _
from booking.owner import cookies
from booking.owner.access import STAFF, Person
from booking.scheduling.clock import from_minute
from booking.storage.agenda import Agenda, Appointment, HeldTime
from booking.storage.catalogue import Catalogue
from booking.storage.models import StaffMember

from .asked import Asked

HELD, WISHED = "held", "wished"
"""What an entry may be besides the states of a booking."""
SHORT, BRIEF = 20, 45
"""Minutes: up to that an entry has room for one line, and for two."""
STATE_WORDS = {
    "confirmed": "",
    "pending": gettext_noop("Waits for your decision"),
    "cancelled": gettext_noop("Cancelled"),
    "completed": gettext_noop("Came"),
    "no_show": gettext_noop("Did not come"),
    WISHED: gettext_noop("Asks for this time instead"),
}
WAITS_FOR_MAIL = gettext_noop("Waits for the customer's confirmation")


class Entry(NamedTuple):
    """What is shown of an appointment or a time that is held; `start` and `end` in minutes.

    `reference` is empty where somebody is only booking: there is nobody to name. `hold` is its
    number then, and `url` where it can be let go of. `url` is empty where that is not for whoever
    looks, as of a colleague's appointment that is asked to be theirs.
    """

    kind: str
    start: int
    end: int
    staff_member_id: int
    reference: str
    url: str
    hold: int
    time: str
    until: str
    name: str
    service: str
    staff: str
    state: str
    phone: str
    note: str


@dataclass(frozen=True)
class Shown:
    """What an agenda shows of what was read, and to whom."""

    agenda: Agenda
    asked: Asked
    person: Person
    now: datetime

    @property
    def catalogue(self) -> Catalogue:
        """The business."""
        return self.agenda.catalogue

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone whose clock is shown."""
        return self.catalogue.zone

    @cached_property
    def staff(self) -> list[StaffMember]:
        """Whose appointments are shown, in the shop's order; who has retired if there are any."""
        met = {each.staff_member_id for each in self.agenda.appointments}
        people = staff_seen(self.catalogue, self.person)
        return [
            each
            for each in people
            if (each.slug == self.asked.staff or not self.asked.staff)
            and (not each.retired or each.id in met)
        ]

    @cached_property
    def entries(self) -> list[Entry]:
        """What is shown, by its start."""
        asked, services = self.asked, self.catalogue.every_service
        booked = [
            self.entry(each, each.state)
            for each in self.agenda.appointments
            if asked.admits(each.state, services[each.service_id].slug)
        ]
        wished = [
            self.entry(each, WISHED)
            for each in self.agenda.wished
            if asked.admits("pending", services[each.service_id].slug)
        ]
        held = [] if asked.is_filtered else [self._held(each) for each in self.agenda.held]
        own = {member.id for member in self.staff}
        found = [each for each in (*booked, *wished, *held) if each.staff_member_id in own]
        return sorted(found, key=lambda each: (each.start, each.end, each.reference))

    @cached_property
    def taken(self) -> list[Appointment | HeldTime]:
        """Everything that takes up time, asked for or not."""
        standing = [each for each in self.agenda.appointments if each.state != "cancelled"]
        return [*standing, *self.agenda.held, *self.agenda.wished]

    @cached_property
    def clock(self) -> Callable[[int], str]:
        """Return what the clock shows at that minute, as people write it."""
        zone = self.zone
        return cache(lambda minute: formats.format_time(from_minute(minute), zone))

    def new_address(self, new_url: str, minute: int, staff: str) -> str:
        """Return where an appointment is made that begins then, with that person."""
        local = from_minute(minute).astimezone(self.zone)
        query = {"day": local.date().isoformat(), "time": f"{local:%H:%M}", "staff": staff}
        return f"{new_url}?{urlencode(query)}"

    @cached_property
    def _own(self) -> set[int]:
        return {each.id for each in staff_seen(self.catalogue, self.person)}

    @cached_property
    def _root(self) -> str:
        return f"{cookies.root()}bookings/"

    def entry(self, each: Appointment, kind: str) -> Entry:
        """Return what is shown of an appointment, of a state or of another time asked for."""
        words, whose = STATE_WORDS[kind], each.staff_member_id
        if kind == "pending" and each.pending_for == "mail":
            words = WAITS_FOR_MAIL
        return Entry(
            kind,
            each.start,
            each.end,
            whose,
            each.reference,
            self._root + each.reference if (each.stands_with or whose) in self._own else "",
            0,
            self.clock(each.start),
            self.clock(each.end),
            each.name,
            self.catalogue.every_service[each.service_id].name,
            self.catalogue.staff[whose].name,
            _(words) if words else "",
            each.phone,
            each.note,
        )

    @cached_property
    def _holds(self) -> str:
        """Where a time is let go of, for whom may; empty for who may not."""
        return "" if self.person.role == STAFF else f"{cookies.root()}holds"

    def _held(self, each: HeldTime) -> Entry:
        return Entry(
            HELD,
            each.start,
            each.end,
            each.staff_member_id,
            "",
            self._holds,
            each.id,
            self.clock(each.start),
            self.clock(each.end),
            _("Somebody is booking"),
            self.catalogue.every_service[each.service_id].name,
            self.catalogue.staff[each.staff_member_id].name,
            "",
            "",
            "",
        )


def staff_seen(catalogue: Catalogue, person: Person) -> Sequence[StaffMember]:
    """Return those whose appointments the person sees, in the shop's order."""
    people = sorted(catalogue.staff.values(), key=lambda each: (each.position, each.id))
    if not person.sees_only_own:
        return people
    return [each for each in people if each.slug == person.staff_slug]
