"""Free times as a customer looks for one: a month, the times of a day in it, the nearest ones.

The time step shows it, and so does the manage link's page, to whoever moves an appointment.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from booking.customer.wizard.state import slot_value
from booking.i18n import Language, current_language, formats, gettext_noop, ngettext
from booking.i18n import gettext as _
from booking.scheduling.clock import PartOfDay, month_days, part_of_day, to_minute
from booking.storage.reads import DayAvailability, Diary, FreeSlot
from booking.web import urls

ONE_DAY = timedelta(days=1)
NO_TIMES = {
    "past": gettext_noop("%(day)s: past"),
    "closed": gettext_noop("%(day)s: closed"),
    "full": gettext_noop("%(day)s: no free times"),
}
FREE_TIMES = ("free", "selected")

PARTS = {
    PartOfDay.MORNING: gettext_noop("Morning"),
    PartOfDay.AFTERNOON: gettext_noop("Afternoon"),
    PartOfDay.EVENING: gettext_noop("Evening"),
}

Day = namedtuple(  # noqa: PYI024 - only templates read it
    "Day",
    ("day", "number", "today", "state", "label", "url", "fragment_url"),
    defaults=(None, None),
)
"""A cell of the month, for its template; a day that can be opened carries its link."""


Slot = namedtuple(  # noqa: PYI024 - only templates read it
    "Slot", ("value", "time", "end_time", "shop_time", "checked"), defaults=(False,)
)
"""A free time, for its template; `shop_time` is None where the shop's clock shows the same."""
Addresses = tuple[str, str]
"""What links to days and months begin with: to the page, and to the fragment that htmx loads."""


@dataclass(frozen=True)
class Search:
    """A customer's search for a time: what is free, on whose clock, `start` if one is chosen."""

    diary: Diary
    zone: ZoneInfo
    shop_zone: ZoneInfo
    start: datetime | None
    addresses: Addresses

    @cached_property
    def bookable_days(self) -> tuple[date, date]:
        """The first and the last day, in the customer's zone, on which something can be booked."""
        window, now = timedelta(days=self.diary.service.booking_window), self.diary.now
        return now.astimezone(self.zone).date(), (now + window).astimezone(self.zone).date()

    def asked_for(self, day: date | None, month: date | None) -> date | None:
        """Return the day about which a link wants the calendar opened; None where it cannot be."""
        today, end = self.bookable_days
        if day and today <= day <= end:
            return day
        return max(month, today) if month and first_of(today) <= month <= end else None

    def near(self, start: datetime | None) -> date:
        """Return the day about which the calendar opens by itself: that of the start, or today."""
        today, end = self.bookable_days
        return min(max(start.astimezone(self.zone).date(), today), end) if start else today

    def month_of(self, day: date) -> tuple[date, date]:
        """Return the first and the last of that day's month on which something can be booked."""
        today, end = self.bookable_days
        return max(first_of(day), today), min(last_of(day), end)

    def nearest(self, wanted: datetime) -> list[dict[str, str]]:
        """Return the free times nearest to that one, for their template."""
        return [
            {"value": slot_value(slot.start), "label": formats.format_moment(slot.start, self.zone)}
            for slot in self.diary.nearest_free(wanted)
        ]

    def zone_labels(self, instant: datetime) -> dict[str, Any]:
        """Return whose clock is shown, and whether the shop's differs from it then."""
        at_shop = formats.time_in_zone_if_different(instant, self.zone, self.shop_zone)
        return {
            "zone_label": formats.format_zone(self.zone, instant),
            "shop_zone_label": formats.format_zone(self.shop_zone, instant),
            "zones_differ": at_shop is not None,
        }


@dataclass(frozen=True)
class Calendar:
    """A month of a customer's zone, with one day of it opened (or none, when none is free)."""

    search: Search
    first: date
    day: date | None
    days: Mapping[date, DayAvailability]

    @classmethod
    def of(
        cls, search: Search, day: date | None, month: date | None, lost: datetime | None
    ) -> Calendar:
        """Opens the day asked for, else the chosen slot's, else the first with a free time."""
        wanted = search.asked_for(day, month)
        if wanted and wanted == day:
            return cls(search, first_of(wanted), wanted, _month(search, wanted))
        shown = cls._on_first_free(search, wanted or search.near(lost or search.start))
        is_left = wanted or shown.day
        ahead = None if is_left else search.diary.next_free_day(shown.last, search.zone)
        return cls._on_first_free(search, ahead) if ahead else shown

    @classmethod
    def _on_first_free(cls, search: Search, near: date) -> Calendar:
        days = _month(search, near)
        free = [day for day in sorted(days) if days[day].starts]
        opened = next((day for day in free if day >= near), free[-1] if free else None)
        return cls(search, first_of(near), opened, days)

    @property
    def last(self) -> date:
        """The month's last day."""
        return last_of(self.first)

    @cached_property
    def slots(self) -> list[FreeSlot]:
        """The opened day's times, each once, whoever has them free."""
        return self.days[self.day].slots if self.day else []

    def weeks(self) -> tuple[tuple[Day | None, ...], ...]:
        """The month as it hangs on a wall, Monday first, but for the weeks that are over."""
        today, kept = self.search.bookable_days[0], (current_language(), self.search.addresses)

        def cell(day: date) -> Day:
            free = len(self.days[day].starts) if day in self.days else 0
            return _cell(*kept, day, self._state(day), free, is_today=day == today)

        return tuple(
            [
                tuple([cell(day) if day else None for day in row])
                for row in month_days(self.first.year, self.first.month)
                if max(day for day in row if day) >= today
            ]
        )

    def month_link(self, day: date) -> urls.Link | None:
        """The link to that day's month, if anything in it can be booked."""
        today, end = self.search.bookable_days
        if not first_of(today) <= first_of(day) <= end:
            return None
        return _link(self.search.addresses, "month", str(day)[:7], formats.format_month(day))

    @cached_property
    def next_free(self) -> urls.Link | None:
        """The link to the next day with a free time, where nothing is free in this one."""
        if self.slots:
            return None
        diary, zone = self.search.diary, self.search.zone
        day = diary.next_free_day(self.day or self.last, zone)
        day = day or diary.next_free_day(self.search.bookable_days[0] - ONE_DAY, zone)
        if day is None:
            return None
        label = _("Next free day: %(day)s", day=formats.format_day(day))
        return _link(self.search.addresses, "day", str(day), label)

    @property
    def address(self) -> str:
        """The address of the fragment with just this month and day."""
        opened = f"day={self.day}" if self.day else f"month={str(self.first)[:7]}"
        return f"{self.search.addresses[1]}{opened}"

    @property
    def shown(self) -> list[Any]:
        """What is free and shown, as values that JSON takes: another list, another picture."""
        days = [[str(day), each.open, len(each.starts)] for day, each in self.days.items()]
        starts = self.days[self.day].starts if self.day else ()
        following = self.next_free.url if self.next_free else ""
        return [str(self.first), str(self.day), days, list(starts), following]

    def context(self, marked: datetime | None) -> dict[str, Any]:
        """Return what templates need of the month, and of the opened day; `marked` is ticked."""
        count = len(self.slots)
        return {
            "month": {"label": formats.format_month(self.first), "weeks": self.weeks()},
            "previous_month": self.month_link(self.first - ONE_DAY),
            "next_month": self.month_link(self.last + ONE_DAY),
            "next_free": self.next_free,
            "day": self.day.isoformat() if self.day else "",
            "day_label": formats.format_day(self.day) if self.day else "",
            "free_words": ngettext("%(number)s free time", "%(number)s free times", count),
            "parts": self._parts(marked),
        }

    def _parts(self, marked: datetime | None) -> list[dict[str, Any]]:
        grouped: dict[PartOfDay, list[Slot]] = {part: [] for part in PARTS}
        language, search = current_language(), self.search
        for slot in self.slots:
            part, shown = _slot(language, slot.start, slot.end, search.zone, search.shop_zone)
            grouped[part].append(shown._replace(checked=True) if slot.start == marked else shown)
        return [{"label": _(PARTS[part]), "slots": some} for part, some in grouped.items() if some]

    def _state(self, day: date) -> str:
        times = self.days.get(day)
        if day == self.day:
            return "selected"
        if times is None:
            return "past" if day < self.search.bookable_days[0] else "closed"
        if times.starts:
            return "free"
        return "full" if times.open else "closed"


@lru_cache(maxsize=5000)  # a month has thirty, and few of them change from one customer to the next
def _cell(
    _language: Language, addresses: Addresses, day: date, state: str, free: int, *, is_today: bool
) -> Day:
    link = _link(addresses, "day", str(day))[:2] if state in FREE_TIMES else ()
    return Day(str(day), day.day, is_today, state, _label(day, state, free), *link)


def _label(day: date, state: str, free: int) -> str:
    name = formats.format_day(day)
    if state == "free":
        return ngettext(
            "%(day)s: %(number)s free time", "%(day)s: %(number)s free times", free, day=name
        )
    if state == "selected":
        return ngettext(
            "%(day)s: shown, %(number)s free time",
            "%(day)s: shown, %(number)s free times",
            free,
            day=name,
        )
    return _(NO_TIMES[state], day=name)


def first_of(day: date) -> date:
    """The first of that day's month."""
    return day.replace(day=1)


def last_of(day: date) -> date:
    """The last of that day's month."""
    return first_of(first_of(day) + timedelta(days=31)) - ONE_DAY


def _month(search: Search, day: date) -> dict[date, DayAvailability]:
    return search.diary.days(*search.month_of(day), search.zone)


def _link(addresses: Addresses, name: str, value: str, label: str = "") -> urls.Link:
    page, fragment = addresses
    return urls.Link(f"{page}{name}={value}", f"{fragment}{name}={value}", label)


@lru_cache(maxsize=5000)
def _slot(
    _language: Language, start: datetime, end: datetime, zone: ZoneInfo, shop_zone: ZoneInfo
) -> tuple[PartOfDay, Slot]:
    times = formats.format_time(start, zone), formats.format_time(end, zone)
    at_shop = formats.time_in_zone_if_different(start, zone, shop_zone)
    return part_of_day(to_minute(start), zone), Slot(slot_value(start), *times, at_shop)
